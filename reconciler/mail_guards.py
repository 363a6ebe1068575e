"""Guards that know mail: which acts would lose it, and which a zone's own shape forbids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.diff import Row
from reconciler.mail import mta_sts
from reconciler.model.answer import Fetched
from reconciler.model.key import Key, Slot
from reconciler.model.names import fqdn
from reconciler.model.resource import RecordSet, Resource
from reconciler.verdict import REMOVALS

#: What the web servers of the domains that have MTA-STS show as its policy; none = nobody could fetch it.
Policies = Mapping[str, Fetched | None]

Refusals = Iterator[tuple[Slot, str]]


def refusals(rows: Iterable[Row], resources: Mapping[Key, Resource], policies: Policies) -> Refusals:
    """Every act that may not go ahead, with the reason for a person."""
    writes = [row for row in rows if row.slot.key.system == "dns" and row.verdict not in REMOVALS]
    yield from _switch(writes, policies)
    yield from _published(writes, policies)
    yield from _delegated(writes, resources)


def _switch(rows: Iterable[Row], policies: Policies) -> Refusals:
    """Senders that honour an enforced policy do not deliver to a host that it does not list (RFC 8461, section 5)."""
    for row in rows:
        key, hosts = row.slot.key, row.target
        if key.kind != "MX" or row.slot.part or not isinstance(hosts, tuple) or _domain(key) not in policies:
            continue
        domain = _domain(key)
        reason = _unlisted(
            domain, policies.get(domain), [name for host in hosts if (name := host.rpartition(" ")[2]) != "."]
        )
        if reason:
            yield row.slot, reason


def _unlisted(domain: str, fetched: Fetched | None, hosts: Sequence[str]) -> str:
    """Why mail may not move to these hosts; empty when the policy lists them, or is not enforced."""
    if fetched is None:
        unseen = f"{domain} has MTA-STS, and its policy could not be looked up to see whether it lists the new MX"
        return f"{unseen}: name a `resolver` in workspace.yaml that answers"
    if fetched.status == 0:
        unknown = f"the MTA-STS policy of {domain} could not be fetched: {fetched.error}"
        return f"{unknown}; mend it, or list {mta_sts.NAME} (TXT) under `absent:`, apply that first, and plan again"
    found = mta_sts.read_policy(fetched.body)
    missing = mta_sts.uncovered(found, hosts)
    if fetched.status != 200 or not found.sound or found.mode != "enforce" or not missing:
        return ""
    lacking = f"the enforced MTA-STS policy of {domain} does not list {', '.join(missing)}"
    return f"{lacking}: add it at {mta_sts.url(domain)}, change the id, and wait until max_age is over"


def _published(rows: Iterable[Row], policies: Policies) -> Refusals:
    """A new id makes every sender fetch the policy anew: what they find must be the new one (RFC 8461, section 8.2)."""
    for row in rows:
        if row.slot.part != "mta-sts" or row.slot.key.name != mta_sts.NAME:
            continue
        domain = row.slot.key.scope
        fetched = policies.get(domain)
        served = _served(fetched) if fetched is not None and fetched.status == 200 else ""
        if served != row.target:
            seen = "nobody could look" if fetched is None else fetched.error or "another text is there"
            yield row.slot, f"{mta_sts.url(domain)} must show the policy of the spec first ({seen})"


def _served(fetched: Fetched) -> str:
    """The record that belongs to the policy a web server shows; empty when that is none."""
    found = mta_sts.read_policy(fetched.body)
    try:
        return mta_sts.text(mta_sts.policy_id(mta_sts.policy_text(found.mode, found.mx, found.max_age or 0)))
    except ValueError:
        return ""


def _delegated(rows: Iterable[Row], resources: Mapping[Key, Resource]) -> Refusals:
    """What lies below a delegation is answered by other servers: a record here would never be seen.

    The delegation itself is ours: its NS, its DS (RFC 4035, section 2.4), the addresses of its servers (glue).
    """
    cuts = {key[1::2] for key in resources if key.kind == "NS" and key.name != "@"}
    for row in rows if cuts else ():
        key = row.slot.key
        labels = key.name.split(".")
        above = [".".join(labels[start:]) for start in range(len(labels))]
        cut = next((name for name in above if (key.scope, name) in cuts), None)
        if cut is None or key.kind in ("NS", "DS"):
            continue
        found = resources[Key("dns", key.scope, "NS", cut)]
        servers = found.values if isinstance(found, RecordSet) else ()
        if key.kind not in ("A", "AAAA") or f"{key.name}.{key.scope}." not in servers:
            named = ", ".join(servers)
            yield row.slot, f"{cut}.{key.scope} is delegated to {named}: have the record made there"


def _domain(key: Key) -> str:
    return fqdn(key.name, key.scope).removesuffix(".")
