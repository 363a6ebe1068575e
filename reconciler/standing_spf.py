"""The SPF record that stands in a zone: which record set holds it, and what must be pinned before mail moves.

`mx` and `a` admit whatever the names lead to: once MX or an address moves they admit the new servers and no longer the
old ones, which still send. So the addresses behind them are written out first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.ledger import Owned, recorded
from reconciler.mail.spf.syntax import Directive, read
from reconciler.mail.spf.terms import divide, identity, is_spf, parse
from reconciler.mail.wants import Asked
from reconciler.model.answer import Status
from reconciler.model.diagnostic import Diagnostic, Origin, error, info
from reconciler.model.key import Key, Slot
from reconciler.model.names import fqdn
from reconciler.model.route import Facts, Manage, Want
from reconciler.model.value import Unknown, Value
from reconciler.zones import Zones

#: Redirects that are followed; more would not be valid either (RFC 7208, section 4.6.4).
FOLLOWED = 10
#: Types whose values say where a name leads.
LEADING = frozenset({"MX", "A", "AAAA", "CNAME"})


def home(domain: str, zones: Zones) -> Key:
    """The record set that holds a domain's SPF record: its apex, or where a record that only redirects leads.

    A `redirect=` is followed as long as it leads into zones that were read.
    """
    key = Key("dns", domain, "TXT", "@")
    for _ in range(FOLLOWED):
        name = _redirected(zones, key)
        place = zones.place(name) if name else None
        following = Key("dns", place[0], "TXT", place[1]) if place else key
        if following == key or not _texts(zones, following):
            break
        key = following
    return key


def shared(domain: str, key: Key, zones: Zones, domains: Iterable[str], origin: Origin) -> Iterator[Diagnostic]:
    """Say that a domain's SPF record is kept elsewhere, and which other domains use it."""
    if key == Key("dns", domain, "TXT", "@"):
        return
    name = fqdn(key.name, key.scope).removesuffix(".")
    others = [other for other in domains if other != domain and home(other, zones) == key]
    users = f"; also used by {', '.join(others)}" if others else ""
    what = f"the SPF record of {domain} redirects to {name}: its terms are kept there{users}"
    yield info("spf/redirect", what, origin=origin, address=key.address)


def pins(
    key: Key, asked: Sequence[Asked], facts: Facts, zones: Zones, ours: Mapping[str, Owned]
) -> tuple[list[Asked], list[Diagnostic]]:
    """Ask for the addresses behind `mx` and `a` of a standing record in place of those that are about to move.

    Args:
        key: where the SPF record is.
        asked: everything else that the spec asks for.
        ours: what we wrote or adopted, by address. What is not ours moves only where the spec overwrites it, and what
            somebody else changed since stays as it is: nothing that a record admits moves by our hand.

    Returns:
        Wants of the stage `prepare`, and an error for each term that cannot be pinned.
    """
    texts = _texts(zones, key)
    moving = _moving([one for one in asked if _may_move(one, zones, ours)], facts, zones)
    if len(texts) != 1 or not moving:
        return [], []
    said = {slot.part for _, slot, _ in asked if slot.key == key}
    directives = read(texts[0]).directives
    name = fqdn(key.name, key.scope).removesuffix(".")
    found: list[Asked] = []
    problems: list[Diagnostic] = []
    for one in directives:
        if one.name not in {"a", "mx"} or f"spf/{identity(one.text)}" in said:
            continue
        # Where a macro leads only a message tells: what moves may be it.
        want = next(iter(moving.values())) if one.has_macro else _leads_to(one, name, moving, zones)
        if want is None:
            continue
        mixed = len({other.qualifier for other in directives if other.name != "all"}) > 1
        addresses = None if mixed or one.has_macro else _addresses(one, name, zones)
        if addresses is None:
            problems.append(_unpinned(one, key, want, mixed=mixed))
        else:
            found += _pinned(one, key, want, addresses)
    return found, problems


def _may_move(asked: Asked, zones: Zones, ours: Mapping[str, Owned]) -> bool:
    _, slot, want = asked
    if want.manage in {Manage.OBSERVE, Manage.CREATE} or slot.key.kind not in LEADING or slot.part:
        return False
    owned, live = ours.get(slot.address), zones.set(slot.key)
    if owned is None or live is None:
        return want.overwrite
    return recorded(slot, live.values) == owned.value


def _texts(zones: Zones, key: Key) -> list[str]:
    rs = zones.set(key)
    return [text for text in rs.values if is_spf(text)] if rs else []


def _redirected(zones: Zones, key: Key) -> str:
    """Where a record leads that does nothing but redirect; empty otherwise."""
    texts = _texts(zones, key)
    if len(texts) != 1:
        return ""
    parts = divide(parse(texts[0]))
    if parts.end is None or not parts.end.is_redirect or any(not one.is_modifier for one in parts.before):
        return ""
    return parts.end.identity.removeprefix("redirect=")


def _moving(asked: Sequence[Asked], facts: Facts, zones: Zones) -> dict[Key, Want]:
    """Record sets that lead somewhere and are about to lead elsewhere, with the last wish for each."""
    found: dict[Key, Want] = {}
    for _, slot, want in asked:
        live = zones.set(slot.key)
        if live is not None and _leaves(want.value, live.values, facts):
            found[slot.key] = want
    return found


def _leaves(value: Value | Unknown | None, live: tuple[str, ...], facts: Facts) -> bool:
    """Whether anything that is led to now is led to no more; what only comes beside it takes nothing away."""
    if isinstance(value, Unknown):
        named = facts.get(value.source)
        if named is None:
            return not value.constraint.allows(live)
        value = named
    kept = value if isinstance(value, tuple) else ()
    return bool({one.split()[-1] for one in live} - {one.split()[-1] for one in kept})


def _leads_to(one: Directive, name: str, moving: dict[Key, Want], zones: Zones) -> Want | None:
    """The wish that moves something that a term leads to; none when it stays where it is."""
    names = [(one.domain or name).lower().removesuffix(".")]
    if one.name == "mx":
        place = zones.place(names[0])
        if place is None:
            return None
        if want := moving.get(Key("dns", place[0], "MX", place[1])):
            return want
        names = _hosts(names[0], zones) or []
    for host in names:
        place = zones.place(host)
        for kind in ("A", "AAAA", "CNAME") if place else ():
            if place and (want := moving.get(Key("dns", place[0], kind, place[1]))):
                return want
    return None


def _hosts(name: str, zones: Zones) -> list[str] | None:
    answer = zones.ask(name, "MX")
    if answer is None or answer.status is Status.FAILED:
        return None
    return [value.split()[1].removesuffix(".") for value in answer.values if value.split()[1] != "."]


def _addresses(one: Directive, name: str, zones: Zones) -> list[str] | None:
    """Every address a term leads to now; none when it is not known, or there is none."""
    target = (one.domain or name).lower().removesuffix(".")
    hosts = [target] if one.name == "a" else _hosts(target, zones)
    found: list[str] = []
    for answer in [zones.ask(host, kind) for host in hosts or () for kind in ("A", "AAAA")]:
        if answer is None or answer.status is Status.FAILED:
            return None
        found += answer.values
    return found or None


def _pinned(one: Directive, key: Key, want: Want, addresses: Sequence[str]) -> Iterator[Asked]:
    from ipaddress import ip_network

    sign = one.qualifier.removeprefix("+")
    term = identity(one.text)
    bits = {4: one.four, 6: one.six}
    for address in dict.fromkeys(addresses):
        version = 6 if ":" in address else 4
        value = identity(f"{sign}ip{version}:{ip_network(f'{address}/{bits[version]}', strict=False)}")
        yield "prepare", Slot(key, f"spf/{value}"), Want(value, want.origin, manage=want.manage, pin=term)
    yield "prepare", Slot(key, f"spf/{term}"), Want(None, want.origin, manage=want.manage, pin=term)


def _unpinned(one: Directive, key: Key, want: Want, *, mixed: bool) -> Diagnostic:
    may = "may admit" if one.has_macro else "admits"
    what = f"{one.text} in the SPF record {may} servers that the plan moves away from"
    why = (
        "The record also holds terms with other qualifiers, so their order matters and it is not rewritten."
        if mixed
        else "Their addresses are not known, so they cannot be written in its place, and their mail would fail."
    )
    remedy = (
        f"List the old servers under `senders` with their `address`, and `{identity(one.text)}` under `spf: absent:`"
        + ("." if mixed or one.has_macro else "; or name a `resolver` in workspace.yaml that can answer for them.")
    )
    return error(
        "spf/unpinned", what, why, remedy, origin=want.origin, address=Slot(key, f"spf/{identity(one.text)}").address
    )
