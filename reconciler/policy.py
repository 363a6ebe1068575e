"""Decides which acts may go ahead: guards that no spec can talk its way round, and those it may raise.

Source:
    30 % and the floor of 10 records follow octoDNS, provider/plan.py, 2026-08.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler import addresses, folding, mail_guards, recordset, tenant_guards
from reconciler.diff import Row
from reconciler.model.key import ALIAS, TRAITS, Key, Slot
from reconciler.model.resource import Licenses, Resource, Sku, User
from reconciler.tenant import BLOCKED
from reconciler.verdict import REMOVALS, Verdict

BORN = frozenset({Verdict.CREATE, Verdict.MISSING})
UNREAD = "not everything could be read or understood, and only a complete reading may remove"
MISTAKEN = "first the errors below: with them nothing may be removed"


@dataclass(frozen=True, slots=True)
class Rules:
    """The limits in force.

    Attributes:
        max_destroy: removals by omission that one plan may hold.
        acknowledged: removals the spec expects: their exact count, or their addresses.
        max_share: part of a zone's record sets, 0 to 1, that one plan may remove.
        share_floor: zones with fewer record sets are not held to `max_share`.
    """

    max_destroy: int = 0
    acknowledged: int | tuple[str, ...] = 0
    max_share: float = 0.3
    share_floor: int = 10


@dataclass(frozen=True, slots=True)
class Case:
    """What the guards look at.

    Attributes:
        rows: those of all routes of one customer that would write something.
        complete: every scope was read, and every file of the spec was loaded.
        emptied: zones and tenants of which the spec mentions nothing any more though we own something there.
        protected: addresses that the ledger protects.
        places: of each row's slot, the number of its route and of its stage.
        policies: what the domains' web servers show as their MTA-STS policies.
        locked: what is there and must be left to its owner, with the reason.
        partly: zones of which only some names were read.
        growing: tenants whose provider cannot take an address away from a person, and nobody else is asked.
        mistaken: everything was read, and an error in the spec is what makes it not complete.
    """

    rows: Sequence[Row]
    resources: Mapping[Key, Resource]
    complete: bool
    emptied: Collection[str] = ()
    protected: Collection[str] = ()
    places: Mapping[Slot, addresses.Place] = field(default_factory=dict)
    policies: mail_guards.Policies = field(default_factory=dict)
    locked: Mapping[Key, str] = field(default_factory=dict)
    partly: Collection[str] = ()
    growing: Collection[str] = ()
    mistaken: bool = False


def refusals(case: Case, rules: Rules) -> dict[Slot, str]:
    """Every refused act with the reason, for a person; an act that is missing may go ahead."""
    refused: dict[Slot, str] = {}
    guards = (_kept, _name_servers, _last_mx, _seats, _synced, _emergency, _growing)
    mail = mail_guards.refusals(case.rows, case.resources, case.policies)
    tenant = tenant_guards.refusals(case.rows, case.resources)
    for found in (_removals(case, rules), _shares(case, rules), *(guard(case) for guard in guards), mail, tenant):
        for slot, reason in found:
            refused.setdefault(slot, reason)
    refused |= dict(_half_swaps(case, refused))
    refused = dict(_occupied(case, refused)) | refused
    refused = dict(_replaced(case, refused)) | refused
    return addresses.refusals(case.rows, case.resources, case.places, refused) | refused


def _removed(case: Case) -> list[Row]:
    return [row for row in case.rows if row.verdict in REMOVALS]


def _removals(case: Case, rules: Rules) -> Iterator[tuple[Slot, str]]:
    expected = rules.acknowledged
    omitted = [row for row in case.rows if row.verdict is Verdict.OMITTED and not _comes_on(row)]
    count = expected if isinstance(expected, int) else 0
    named = frozenset(expected if isinstance(expected, tuple) else ())
    given = _given(case)  # another licence in the same call: nobody is left without
    passed = {one for row in case.rows for one in addresses.taken(row)} if omitted else set()
    unnamed = [
        row
        for row in omitted
        if row.slot.address not in named and row.slot.key not in given and not addresses.given(row) & passed
    ]
    for row in _removed(case):
        if not case.complete:
            yield row.slot, MISTAKEN if case.mistaken else UNREAD
        elif row.verdict is Verdict.OMITTED and row.slot.key.scope in case.partly:
            yield (
                row.slot,
                (
                    f"{row.slot.key.scope} cannot be read whole, and nothing goes because a line is gone: list it "
                    "under `absent:`, an SPF term under `spf: {absent: [...]}`"
                ),
            )
        elif row.slot.address in case.protected or _protected(row):
            yield row.slot, "protected: take `protect` away in a change of its own first"
        elif row.verdict is Verdict.OMITTED and row.slot.key.scope in case.emptied:
            yield (
                row.slot,
                f"the spec mentions nothing of {row.slot.key.scope} any more; that removes nothing by itself",
            )
        elif (
            row.verdict is Verdict.OMITTED
            and row in unnamed
            and len(unnamed) > rules.max_destroy
            and len(unnamed) != count
        ):
            yield (
                row.slot,
                (
                    f"{len(unnamed)} would go because the spec no longer names them, {count or rules.max_destroy} "
                    f"acknowledged; write `destroy: {len(unnamed)}` in customer.yaml if that is meant"
                ),
            )


def _comes_on(row: Row) -> bool:
    """A service plan that is off no more is nobody's loss; one that goes with its product is counted there."""
    return row.slot.key.kind == "licenses" and "/" in row.slot.part


def _protected(row: Row) -> bool:
    """The spec protects it; that two SPF texts become one takes nothing away."""
    return row.want is not None and row.want.protect and row.named is None


def _shares(case: Case, rules: Rules) -> Iterator[tuple[Slot, str]]:
    gone = _vanishing(case)
    if not gone:
        return
    sets = Counter(key.scope for key in case.resources if key.system == "dns")
    removed = Counter(key.scope for key in gone)
    for row in _removed(case):
        zone = row.slot.key.scope
        total = sets[zone]
        if row.slot.key in gone and total >= rules.share_floor and removed[zone] > rules.max_share * total:
            yield (
                row.slot,
                f"{removed[zone]} of {total} record sets of {zone} would go, at most {rules.max_share:.0%} may",
            )


def _vanishing(case: Case) -> set[Key]:
    """Record sets of which nothing is left; a TXT set that loses one of its values is none."""
    leaving: dict[Key, set[str]] = {}
    for row in _removed(case):
        if row.slot.key.system == "dns":
            leaving.setdefault(row.slot.key, set()).add(row.slot.part)
    if not leaving:
        return set()
    written = {row.slot.key for row in case.rows if row.verdict not in REMOVALS}
    return {
        key
        for key, parts in leaving.items()
        if key not in written and not set(folding.parts(case.resources.get(key))) - parts - TRAITS - {"spf"}
    }


def _kept(case: Case) -> Iterator[tuple[Slot, str]]:
    """What its owner keeps is neither changed nor given a neighbour that it cannot have."""
    if not case.locked:
        return
    names: dict[tuple[str, str], list[Key]] = {}
    for key in case.locked:
        names.setdefault((key.scope, key.name), []).append(key)
    for row in case.rows:
        key = row.slot.key
        for kept in names.get((key.scope, key.name), ()) if key.system == "dns" else ():
            if kept.kind == key.kind or "CNAME" in (kept.kind, key.kind):
                yield row.slot, f"{kept.kind} at {kept.name} must be left to its owner: {case.locked[kept]}"


def _name_servers(case: Case) -> Iterator[tuple[Slot, str]]:
    for row in case.rows:
        if row.slot.key[2:] == ("NS", "@") and row.before is not None and row.slot.part != "ttl":
            yield row.slot, "name servers of a zone are changed by hand, at its registrar and its host together"


def _last_mx(case: Case) -> Iterator[tuple[Slot, str]]:
    for row in _removed(case):
        if row.slot.key[2:] == ("MX", "@") and row.slot.part == "":
            yield row.slot, "this is the last MX; to refuse mail publish a null MX (`0 .`) instead"


def _occupied(case: Case, refused: Collection[Slot]) -> Iterator[tuple[Slot, str]]:
    """A CNAME stands alone at its name (RFC 1034, 3.6.2); what may not leave is still there."""
    if not any(row.verdict in BORN and row.slot.key.system == "dns" for row in case.rows):
        return
    leaving = {row.slot.key for row in _removed(case) if row.slot not in refused}
    names: dict[tuple[str, str], set[str]] = {}
    for key in case.resources:
        if key.system == "dns" and key not in leaving:
            names.setdefault((key.scope, key.name), set()).add(key.kind)
    for row in case.rows:
        key = row.slot.key
        if key.system != "dns" or row.verdict not in BORN:
            continue
        beside = names.get((key.scope, key.name), set()) - {key.kind}
        clash = beside if key.kind == "CNAME" else beside & {"CNAME"}
        if key.name == "@" and key.kind not in ("A", "AAAA", "CNAME"):
            continue  # a CNAME there is one that its host flattens into addresses: no other type is hidden by it
        if clash:
            yield (
                row.slot,
                (f"{key.name} already has {', '.join(sorted(clash))}, and a CNAME stands alone; {_way(key)}"),
            )


def _way(key: Key) -> str:
    if key.kind == "CNAME" and "._domainkey" in f".{key.name}":
        return (
            "an old signer still uses this selector: let it sign with another one for 7 days, then list the key under "
            "`absent:` of the domain"
        )
    return "list it under `absent:` of the domain, and it makes way in the same step"


def _replaced(case: Case, refused: Collection[Slot]) -> Iterator[tuple[Slot, str]]:
    """What makes way for something stays when that may not come."""
    lost: dict[tuple[str, str], set[str]] = {}
    for row in case.rows:
        if row.verdict in BORN and row.slot in refused:
            lost.setdefault((row.slot.key.scope, row.slot.key.name), set()).add(row.slot.key.kind)
    for row in _removed(case) if lost else ():
        key = row.slot.key
        if key.system == "dns" and recordset.replaced(key, lost.get((key.scope, key.name), ())):
            yield row.slot, "what is to take its place may not come yet"


def _given(case: Case) -> set[Key]:
    """Users' licences to which one is added."""
    return {row.slot.key for row in _licences(case) if row.verdict not in REMOVALS}


def _licences(case: Case) -> list[Row]:
    """Products that are given or taken; a service plan of one needs no seat."""
    return [row for row in case.rows if row.slot.key.kind == "licenses" and "/" not in row.slot.part]


def _seats(case: Case) -> Iterator[tuple[Slot, str]]:
    """Counted before anything is written. Only who gives a licence up for none surely frees a seat in time."""
    given = _given(case)
    wanted = _licences(case)
    freed = Counter(row.slot.part for row in wanted if row.verdict in REMOVALS and row.slot.key not in given)
    taken = [row for row in wanted if row.verdict not in REMOVALS]
    needed = Counter(row.slot.part for row in taken)
    idle = _idle(case) if taken else {}
    for row in taken:
        sku = case.resources.get(row.slot.key._replace(kind="sku", name=row.slot.part))
        free = (sku.free if isinstance(sku, Sku) else 0) + freed[row.slot.part]
        short = needed[row.slot.part] - free
        if short > 0:
            seats = "1 seat" if needed[row.slot.part] == 1 else f"{needed[row.slot.part]} seats"
            need = f"{seats} of {row.slot.part} {'is' if seats == '1 seat' else 'are'} needed"
            have = f"{free or 'none'} {'are' if free > 1 else 'is'} free"
            yield row.slot, f"{need}, {have}: {_bought(sku, short)}{idle.get(row.slot.part, '')}"


def _idle(case: Case) -> dict[str, str]:
    """By product, who holds it and cannot sign in; what already goes is counted as free."""
    blocked = {
        one.remote_id: one.upn
        for one in case.resources.values()
        if isinstance(one, User) and not (one.enabled or one.deleted or one.guest)
    }
    going = {row.slot for row in _removed(case) if row.slot.key.kind == "licenses"}
    found: dict[str, list[str]] = {}
    for key, held in case.resources.items() if blocked else ():
        if isinstance(held, Licenses) and held.remote_id in blocked:
            for part in held.direct:
                if Slot(key, part) not in going:
                    found.setdefault(part, []).append(blocked[held.remote_id])
    return {part: _frees(sorted(some)) for part, some in found.items()}


def _frees(idle: Sequence[str]) -> str:
    others = f" (so {'does' if len(idle) == 2 else 'do'} {len(idle) - 1} more)" if len(idle) > 1 else ""
    return f"; {idle[0]} is blocked and holds one{others}: `absent: [{{user: {idle[0]}, license: NAME}}]` frees it"


def _bought(sku: Resource | None, short: int) -> str:
    """What to do about seats that are missing."""
    if isinstance(sku, Sku) and sku.suspended:
        return f"{sku.suspended} are suspended; have them paid, or buy {short}"
    renews = f" (it renews on {sku.renews})" if isinstance(sku, Sku) and sku.renews else ""
    return f"buy {short}{renews}"


def _half_swaps(case: Case, refused: Collection[Slot]) -> Iterator[tuple[Slot, str]]:
    """Nobody loses a licence, and the mailbox with it, for one that cannot be given."""
    waiting = {slot.key for slot in refused if slot.key.kind == "licenses"} & _given(case)
    for row in _removed(case):
        if row.slot.key in waiting and row.slot not in refused:
            yield row.slot, "the licence that is to replace it cannot be given yet"


def _synced(case: Case) -> Iterator[tuple[Slot, str]]:
    for row in case.rows:
        user = case.resources.get(row.slot.key) if row.slot.key.kind == "user" else None
        if isinstance(user, User) and user.synced:
            yield row.slot, "this account is mastered on premises: change it in Active Directory"


def _growing(case: Case) -> Iterator[tuple[Slot, str]]:
    for row in _removed(case) if case.growing else ():
        if row.slot.key.kind == "user" and row.slot.part.startswith(ALIAS) and row.slot.key.scope in case.growing:
            reason = "Microsoft Graph cannot take an address away: remove it in the Exchange admin centre, or let a "
            yield row.slot, f"{reason}script do it (a provider of type `exchange`)"


def _emergency(case: Case) -> Iterator[tuple[Slot, str]]:
    """The last account on the tenant's initial domain is the way in when everything else fails."""
    users = {
        key
        for key, one in case.resources.items()
        if isinstance(one, User)
        and one.upn.endswith(f"@{key.scope}")
        and one.enabled
        and not (one.deleted or one.guest)
    }
    leaving = [row.slot for row in case.rows if row.slot.key in users and _leaves(row)]
    if leaving and {slot.key for slot in leaving} == users:
        for slot in leaving:
            yield slot, f"no account on {slot.key.scope} would be left to get in with: do that by hand"


def _leaves(row: Row) -> bool:
    """An account is blocked, goes, or gets an address elsewhere."""
    if row.slot.part == "upn":
        return not str(row.target).endswith(f"@{row.slot.key.scope}")
    return not row.slot.part and (row.verdict in REMOVALS or row.after == BLOCKED)
