"""A tenant's groups as a spec says them; those that it cannot hold, and members who are no persons of it, are named."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from reconciler.mail.quoting import quoted, sayable
from reconciler.model.resource import Group
from reconciler.model.tenant_rules import GROUP_KINDS
from reconciler.transcript.choice import Choice, Left, Line

_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")


def lines(
    groups: Iterable[Group], ids: Mapping[str, str], users: Mapping[str, str], choice: Choice, left: list[Left]
) -> Iterator[Line]:
    """A line for each group that is known by its name alone.

    Args:
        ids: addresses of the persons of the spec by object id. users: of everybody.
    """
    listed = sorted(groups, key=lambda one: (one.display_name, one.key.name))
    called = Counter(one.display_name.casefold() for one in listed)
    often: Counter[str] = Counter()
    for one in listed:
        shown = one.display_name
        key = _NOT_IN_A_KEY.sub("-", shown.casefold()).strip("-") or "group"
        often[key] += 1
        key += f".{often[key]}" if often[key] > 1 else ""
        reason = _unmanaged(one, called) or choice.why(f"group {key}")
        if reason:
            left.append(Left(f"group {shown or one.key.name}", reason))
            continue
        members = sorted(ids[member] for member in one.members if member in ids)
        strange = [users.get(member, member) for member in one.members if member not in ids]
        left += [Left(f"member {name} of group {shown}", "it is no person of the spec") for name in strange]
        said = f"display_name: {quoted(shown)}, kind: {one.group_kind}, members: [{', '.join(map(quoted, members))}]"
        yield Line(f"  {quoted(key)}: {{{said}}}", f"group {key}")


def _unmanaged(one: Group, called: Mapping[str, int]) -> str:
    if not one.display_name or not sayable(one.display_name):
        return "no spec can write its name"
    if called[one.display_name.casefold()] > 1:
        return "another group has the same name"
    return "" if one.group_kind in GROUP_KINDS else f"it is of another kind: {one.group_kind}"
