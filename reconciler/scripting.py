"""What one script makes in Exchange Online, as public JSON: the steps of one stage, and what it is to look at.

Pure. A step says what to do (`do`), to what (`of`, an address or a domain) and with what (`value`); nothing of it hangs
on the clock or on where it is made, so that the same plan gives the same script.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model import powershell
from reconciler.model.key import Key
from reconciler.model.value import Value
from reconciler.plan import Act

#: What makes a resource, by its kind.
MADE = {"mailbox": "mailbox", "list": "list", "dkim": "dkim"}
#: What gives, by the slot part before the slash; the same with `no-` before it takes away.
GIVEN = {"aliases": "alias", "members": "member", "fullAccess": "full-access", "sendAs": "send-as"}
#: An address of a person, which Graph can give and not take.
PERSON = "no-person-alias"
#: What comes first in a script, by what a step does: an address is freed before something else is made or gets it, and
#: everything is made before it is named by a member, a right or another list.
_ORDER = (
    ("no-alias", PERSON),
    ("mailbox", "list"),
    ("name",),
    ("alias",),
    ("member", "no-member"),
    ("full-access", "no-full-access", "send-as", "no-send-as"),
    ("dkim", "sign"),
    ("relay",),
)
_RANK = {do: rank for rank, some in enumerate(_ORDER) for do in some}


@dataclass(frozen=True, slots=True)
class Whose:
    """For whom a script is written.

    Attributes:
        names: addresses and domains of which it is to tell what Exchange keeps.
    """

    customer: str
    tenant: str
    language: str
    names: frozenset[str]


def script(whose: Whose, stage: str, acts: Iterable[Act], address_of: Callable[[Key], str]) -> dict[str, Any]:
    """One stage's script without its text; steps as they need each other, and else in the plan's order.

    Args:
        address_of: the sign-in address of a user.
    """
    return {
        "stage": stage,
        "name": f"{stage}.ps1",
        "customer": whose.customer,
        "tenant": whose.tenant,
        "language": whose.language,
        "steps": sorted((_step(act, address_of) for act in acts), key=lambda step: _RANK[step["do"]]),
        "look": {
            "addresses": sorted(one for one in whose.names if "@" in one),
            "domains": sorted(one for one in whose.names if "@" not in one),
        },
    }


def sayable(one: Mapping[str, Any]) -> bool:
    """Every value of a script's public JSON may stand in a script."""
    said = [one["tenant"], *one["look"]["addresses"], *one["look"]["domains"]]
    said += [step[name] for step in one["steps"] for name in ("of", "value")]
    return not any(powershell.problem(text) for text in said)


def _step(act: Act, address_of: Callable[[Key], str]) -> dict[str, Any]:
    key, part = act.slot
    kind, _, value = part.partition("/")
    after = act.row.target
    if key.system == "tenant":
        do, of = PERSON, address_of(key)
    elif not part:
        carried = act.row.carried.get("displayName")
        do, of, value = MADE[key.kind], key.name, _text(carried.value if carried else None) or key.name
        value = "" if key.kind == "dkim" else value
    elif kind in GIVEN:
        do, of = GIVEN[kind] if after is not None else f"no-{GIVEN[kind]}", key.name
    else:
        do, of, value = {"displayName": "name", "enabled": "sign"}.get(kind, kind), key.name, _text(after)
        value = "" if do == "sign" else value
    return {"id": act.id, "address": act.slot.address, "do": do, "of": of, "value": value}


def _text(value: Value | object | None) -> str:
    return value if isinstance(value, str) else ""
