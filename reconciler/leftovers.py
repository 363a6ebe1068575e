"""What we own or see and no wish mentions: omissions, orphans, things forgotten, things that are not ours."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from reconciler.accounts import STAGE
from reconciler.diff import Row, World
from reconciler.model.key import ALIAS, TRAITS, Key, Slot, parse_slot
from reconciler.model.route import Route
from reconciler.recordset import replaced
from reconciler.tenant import BLOCKED
from reconciler.verdict import Judgement, Known, Verdict, unsaid

RETIRE = "retire"
#: Sets of which a spec names some: who else is in them stays there, and is to be seen.
SETS = (ALIAS, "members/", "fullAccess/", "sendAs/")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Every slot that any stage of any route names, by key.

    Attributes:
        kinds: types of record wished at (zone, name).
        homes: route and stage of each user, shared mailbox and list that is wished for: what leaves it leaves there.
        addresses: the address wished for each user.
    """

    parts: dict[Key, set[str]]
    kinds: dict[tuple[str, str], set[str]]
    homes: dict[Key, tuple[Route, int]]
    addresses: set[tuple[Key, str]]

    @classmethod
    def of(cls, routes: Collection[Route]) -> Mentioned:
        """Gather them."""
        parts: dict[Key, set[str]] = {}
        kinds: dict[tuple[str, str], set[str]] = {}
        homes: dict[Key, tuple[Route, int]] = {}
        addresses: set[tuple[Key, str]] = set()
        for route in routes:
            for index, stage in enumerate(route.stages):
                for slot, want in stage.wants.items():
                    parts.setdefault(slot.key, set()).add(slot.part)
                    if slot.key.system == "dns" and want.value is not None:
                        kinds.setdefault((slot.key.scope, slot.key.name), set()).add(slot.key.kind)
                    elif slot.key.kind in ("user", "mailbox", "list") and slot.part == "":
                        homes[slot.key] = route, index
                    elif slot.key.kind == "user" and slot.part == "upn":
                        addresses.add((slot.key, str(want.value)))
        return cls(parts, kinds, homes, addresses)

    def __contains__(self, slot: Slot) -> bool:
        """Tell whether a slot is named; the TTL and the like of a set are, where any part of the set is."""
        named = self.parts.get(slot.key)
        return named is not None and (slot.part in named or slot.part in TRAITS)


def owned_rows(
    routes: Collection[Route], mentioned: Mentioned, world: World, covers: Callable[[Key], bool]
) -> Iterator[tuple[Route, Row]]:
    """A row for each slot the ledger holds and no wish mentions; those outside every reading give none.

    Removals come in `retire`, but whoever left is shut out in `accounts`: that waits for nothing else.
    Rows belong to the route of their zone, a licence to its user's, the rest to the tenant's own; a slot without a
    route gives none.
    """
    by_scope = {route.subject: route for route in routes}
    for address, owned in world.owned.items():
        slot = parse_slot(address)
        route, stage = _home(slot, mentioned) or (by_scope.get(slot.key.scope), -1)
        if slot in mentioned or route is None or not covers(slot.key) or _of_omitted_user(slot, mentioned):
            continue
        parts = world.parts(slot.key)
        if slot.part in TRAITS:
            judgement = Judgement(Verdict.FORGET, "no longer asked for", None)
        else:
            judgement = unsaid(Known(slot, owned, parts.get(slot.part)), owned)
        if slot.part.startswith(ALIAS) and (slot.key, slot.part.removeprefix(ALIAS)) in mentioned.addresses:
            judgement = Judgement(Verdict.FORGET, "it becomes the account's own address", None)
        if slot.key.system == "exchange" and judgement.verdict is Verdict.OMITTED and not _may_leave(slot, mentioned):
            judgement = Judgement(Verdict.FORGET, "no longer in the spec; what Exchange keeps is removed by hand", None)
        if slot.key.kind == "user" and slot.part == "" and judgement.verdict is Verdict.OMITTED:
            judgement = _ladder(judgement, parts.get(""))
            stage = _place(route, STAGE)
        yield (
            route,
            Row(
                slot,
                _stage(route, slot, mentioned) if stage < 0 else stage,
                judgement.verdict,
                judgement.reason,
                parts.get(slot.part),
                judgement.value,
                named=world.named(judgement.value),
            ),
        )


def unmanaged(mentioned: Mentioned, world: World) -> Iterator[Slot]:
    """Live slots that are neither mentioned nor owned; a TTL is never one by itself.

    Of what the spec mentions whole these are the strangers in its sets; what Exchange keeps beside that is not ours to
    list.
    """
    for key in world.resources:
        named = mentioned.parts.get(key)
        if named is not None and "" in named:
            added = (Slot(key, part) for part in _added(key, named, world))
            yield from (slot for slot in added if slot.address not in world.owned)
            continue
        if key.kind in ("sku", "sign-in") or key.system == "exchange":
            continue
        for part in world.parts(key):
            slot = Slot(key, part)
            if (key.system == "dns" and part in TRAITS) or (key.kind in ("domain", "user", "group") and part):
                continue
            if key.kind == "licenses" and "/" in part:  # what is off in a product says nothing by itself
                continue
            if slot not in mentioned and slot.address not in world.owned:
                yield slot


def _added(key: Key, named: Collection[str], world: World) -> Iterator[str]:
    """Parts of a resource of the spec that others gave it; of a person who is only to be absent there are none."""
    if key.system == "dns" or (key.kind == "user" and "upn" not in named):
        return
    parts = world.parts(key)
    local = str(parts.get("upn", key.name)).partition("@")[0].lower()
    for part in parts:
        if part.startswith(SETS) and part not in named and not _by_itself(part, local, key.scope):
            yield part


def _by_itself(part: str, local: str, tenant: str) -> bool:
    """An address that Exchange gives everybody by itself.

    Source: Microsoft 365, "How the proxyAddresses attribute is populated in Microsoft Entra ID", read 2026-11: the
    mail nickname at the initial domain; `*.mail.onmicrosoft.com` is the routing address of a hybrid tenant.
    """
    if not part.startswith(ALIAS):
        return False
    name, _, home = part.removeprefix(ALIAS).rpartition("@")
    return home.endswith(".mail.onmicrosoft.com") or (name, home) == (local, tenant)


def foreign_rows(routes: Collection[Route], foreign: Iterable[Slot], world: World) -> Iterator[tuple[Route, Row]]:
    """A removal for each slot that is not ours in a zone that the spec alone fills; never the zone's own NS and SOA."""
    by_scope = {route.subject: route for route in routes if route.subject in world.authoritative}
    for slot in foreign if by_scope else ():
        key = slot.key
        if key.system == "dns" and key.scope in by_scope and (key.name != "@" or key.kind not in ("NS", "SOA")):
            route = by_scope[key.scope]
            reason = "nothing in the spec asks for it, and the zone holds nothing else"
            before = world.parts(key).get(slot.part)
            yield route, Row(slot, _retire(route), Verdict.OMITTED, reason, before, None)


def emptied(routes: Collection[Route], mentioned: Mentioned) -> set[str]:
    """Zones and tenants of which the spec mentions nothing any more."""
    named = {key.scope for key in mentioned.parts}
    return {route.subject for route in routes if route.subject not in named}


def _home(slot: Slot, mentioned: Mentioned) -> tuple[Route, int] | None:
    """Licences and attributes go where others come: a swap, or an address handed over, is one change."""
    if slot.key.system == "exchange":
        return mentioned.homes.get(slot.key)
    of_user = slot.key.kind == "licenses" or (slot.key.kind == "user" and slot.part)
    return mentioned.homes.get(slot.key._replace(kind="user")) if of_user else None


def _may_leave(slot: Slot, mentioned: Mentioned) -> bool:
    """An address or a member of something that the spec still has; a mailbox with its mail is never taken away."""
    return "/" in slot.part and "" in mentioned.parts.get(slot.key, ())


def _of_omitted_user(slot: Slot, mentioned: Mentioned) -> bool:
    """Attributes and licences of a user who is no account of the spec stay, be it left out or named as absent."""
    if slot.key.kind not in ("user", "licenses") or (slot.key.kind == "user" and slot.part == ""):
        return False
    return "upn" not in mentioned.parts.get(slot.key._replace(kind="user"), ())


def _ladder(judgement: Judgement, now: object) -> Judgement:
    if now == BLOCKED:
        return Judgement(Verdict.SAME, "blocked; omission goes no further", BLOCKED)
    return judgement._replace(value=BLOCKED, reason="no longer in the spec: sign-in is blocked, nothing is deleted")


def _stage(route: Route, slot: Slot, mentioned: Mentioned) -> int:
    """Removals come in `retire`, but a record set makes way in the stage of what takes its name."""
    key = slot.key
    if key.system == "dns" and replaced(key, mentioned.kinds.get((key.scope, key.name), ())):
        for index, stage in enumerate(route.stages):
            if any((one.key.scope, one.key.name) == (key.scope, key.name) for one in stage.wants):
                return index
    return _retire(route)


def _retire(route: Route) -> int:
    return _place(route, RETIRE)


def _place(route: Route, name: str) -> int:
    return next(index for index, stage in enumerate(route.stages) if stage.name == name)
