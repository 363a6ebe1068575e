"""Takes what Exchange keeps apart into slots, and folds slots back into whole resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, Mailbox, MailList, Resource, Signing
from reconciler.model.value import Value

PRESENT = "present"
SYSTEM = "exchange"
#: Slot part before the slash -> field that holds addresses.
SETS = {"aliases": "aliases", "members": "members", "fullAccess": "full_access", "sendAs": "send_as"}


def parts(resource: Resource) -> dict[str, Value]:
    """Take a live resource apart; what a signing is not on yet, it has no slot for."""
    if isinstance(resource, AcceptedDomain):
        return {"relay": resource.relay}
    found: dict[str, Value] = {"": PRESENT}
    if isinstance(resource, Signing):
        return found | ({"enabled": True} if resource.enabled else {})
    if isinstance(resource, Mailbox | MailList):
        found["displayName"] = resource.display_name
        for part, name in SETS.items():
            found |= {f"{part}/{one}": PRESENT for one in getattr(resource, name, ())}
    return found


def fold(key: Key, live: Resource | None, writes: Mapping[str, Value | None]) -> Resource | None:
    """The whole resource after the writes; what they do not name stays.

    Returns:
        None when the resource shall not exist.
    """
    if "" in writes and writes[""] is None:
        return None
    if key.kind == "accepted-domain":
        return replace(live if isinstance(live, AcceptedDomain) else AcceptedDomain(key), relay=str(writes["relay"]))
    if key.kind == "dkim":
        signing = live if isinstance(live, Signing) else Signing(key)
        return replace(signing, enabled=bool(writes["enabled"])) if "enabled" in writes else signing
    made: Mailbox | MailList
    if key.kind == "mailbox":
        made = live if isinstance(live, Mailbox) else Mailbox(key, key.name)
    else:
        made = live if isinstance(live, MailList) else MailList(key, key.name)
    if writes.get("displayName") is not None:
        made = replace(made, display_name=str(writes["displayName"]))
    for part, name in SETS.items():
        wanted = {one: value for one, value in writes.items() if one.startswith(f"{part}/")}
        if wanted:
            held = set(getattr(made, name))
            held |= {one.removeprefix(f"{part}/") for one, value in wanted.items() if value}
            held -= {one.removeprefix(f"{part}/") for one, value in wanted.items() if not value}
            made = replace(made, **{name: tuple(sorted(held))})  # type: ignore[arg-type]
    return made
