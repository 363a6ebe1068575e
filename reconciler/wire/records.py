"""What every adapter of a DNS host does alike: refuse offline, bring to normal form, judge changes before a write."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from reconciler.model import names, rdata
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import Moved, ProviderError, TimedOut, Transient
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.provider import Capabilities

#: Seconds. Source: RFC 2181, section 8.
LONGEST_TTL = 2**31 - 1
#: What may stand beside a CNAME. Source: RFC 2181 section 10.1, RFC 4034 sections 3 and 4.
BESIDE_CNAME = frozenset({"CNAME", "RRSIG", "NSEC", "KEY"})


class AllTypes(Mapping[str, Capabilities]):
    """Capabilities of a host that stores every type but the SOA; the usual ones are listed."""

    def __init__(self, each: Capabilities) -> None:
        """`each`: of every type."""
        self._each = each

    def __getitem__(self, kind: str) -> Capabilities:
        """Of a type, listed or not."""
        if kind in rdata.TYPES or (kind != "SOA" and is_type(kind)):
            return self._each
        raise KeyError(kind)

    def __iter__(self) -> Iterator[str]:
        """The usual types, in alphabetical order."""
        return iter(sorted(rdata.TYPES))

    def __len__(self) -> int:
        """How many are listed."""
        return len(rdata.TYPES)


def is_type(kind: str) -> bool:
    """Tell whether this is a record type as keys hold it."""
    try:
        return rdata.type_name(kind) == kind
    except ValueError:
        return False


def normal(desired: Resource) -> Resource:
    """Values in canonical form, sorted, without repeats; what is refused anyway stays as it is."""
    if not isinstance(desired, RecordSet):
        return desired
    try:
        values = tuple(sorted({rdata.canonical(desired.key.kind, value) for value in desired.values}))
    except ValueError:
        return desired
    return desired if values == desired.values else replace(desired, values=values)


def refusals(
    rule: str,
    host: str,
    desired: Sequence[Resource],
    kinds: Container[str],
    own: Callable[[RecordSet], Iterable[str]] = lambda _: (),
) -> Iterator[Diagnostic]:
    """What a DNS host cannot store, each finding at its record set.

    Args:
        rule: id of the findings (`zonefile/refused`).
        host: what cannot store it, for a person ("a zone file").
        kinds: the types it stores.
        own: what this host alone refuses of one record set.
    """
    beside: dict[tuple[str, str], set[str]] = {}
    for one in desired:
        if isinstance(one, RecordSet):
            found = [*reasons(one, kinds)] or own(one)
            yield from (_refusal(rule, one.key, reason) for reason in found)
            beside.setdefault((one.key.scope, one.key.name), set()).add(one.key.kind)
        else:
            yield _refusal(rule, one.key, f"{host} holds no {one.key.kind}")
    for (zone, name), held in beside.items():
        if "CNAME" in held and len(held) > 1:
            others = ", ".join(sorted(held - {"CNAME"}))
            yield _refusal(rule, Key("dns", zone, "CNAME", name), f"a CNAME stands alone, not beside {others}")


def reasons(wished: RecordSet, kinds: Container[str]) -> Iterator[str]:
    """Why no zone can hold one record set, whatever stands beside it; nothing when one can."""
    kind = wished.key.kind
    if kind not in kinds:
        yield "this type cannot be written"
        return
    if not 0 <= wished.ttl <= LONGEST_TTL:
        yield f"the TTL {wished.ttl} is outside 0 to {LONGEST_TTL}"
    if not wished.values:
        yield "a record set needs a value"
    if kind == "CNAME" and wished.key.name == "@":
        yield "a CNAME cannot stand at the zone's own name, beside its SOA and NS"
    if kind == "CNAME" and len(wished.values) > 1:
        yield "a name has one CNAME"
    try:
        if names.relative(names.absolute(wished.key.name, f"{wished.key.scope}."), wished.key.scope) != wished.key.name:
            yield "the name is not written as keys are: lower case, relative to the zone"
    except ValueError as problem:
        yield str(problem)
    for value in wished.values:
        try:
            rdata.canonical(kind, value)
        except ValueError as problem:
            yield str(problem)


def unproxied(wished: RecordSet) -> Iterator[str]:
    """What every host but one says of a record set that shall be proxied, or not."""
    if wished.proxied is not None:
        yield "this DNS host proxies nothing: leave `proxied` out"


def same(held: Resource | None, wished: Resource | None) -> bool:
    """Tell whether what is held is what is wished.

    Whether it is proxied counts only where the wish says so; where it is silent, the TTL of what is proxied is the
    host's own.
    """
    if isinstance(held, RecordSet) and isinstance(wished, RecordSet) and wished.proxied is None:
        return replace(held, proxied=None, ttl=wished.ttl if held.proxied else held.ttl) == wished
    return held == wished


def judged(
    batch: Sequence[Change], held: Mapping[Key, Resource], zone: str, unholdable: Callable[[Change], str]
) -> dict[Key, Outcome]:
    """The outcomes that are clear without a write: done already, moved, or nothing that the zone could hold.

    Args:
        batch: with every `after` in normal form.
        held: all of the zone as it is now.
        unholdable: why this host cannot make a change; empty when it can.
    """
    found: dict[Key, Outcome] = {}
    for one in batch:
        present = held.get(one.key)
        if one.key.scope != zone:
            found[one.key] = Outcome(one.key, Status.FAILED, f"not a name of the zone {zone}")
        elif same(present, one.after):
            found[one.key] = Outcome(one.key, Status.DONE)
        elif not same(present, one.before):
            found[one.key] = moved(one)
        elif reason := unholdable(one):
            found[one.key] = Outcome(one.key, Status.FAILED, reason)
    rest = [one for one in batch if one.key not in found]
    return found | _conflicts(rest, held)


def moved(change: Change) -> Outcome:
    """Somebody else changed it since it was read."""
    return Outcome(change.key, Status.REFUSED, "moved: it is no longer as it was read: plan again")


def failed(change: Change, problem: ProviderError) -> Outcome:
    """What an error met by a write means for one change that was in it."""
    status = Status.REFUSED if isinstance(problem, Moved) else Status.FAILED
    status = Status.UNKNOWN if isinstance(problem, TimedOut) else status
    wait = problem.retry_after if isinstance(problem, Transient) else 0.0
    return Outcome(change.key, status, str(problem), request_id=problem.request_id, retry_after=wait)


def read_back(batch: Iterable[Change], held: Mapping[Key, Resource]) -> dict[Key, Outcome]:
    """What became of changes that the host said it made."""
    return {
        one.key: Outcome(one.key, Status.DONE)
        if same(held.get(one.key), one.after)
        else Outcome(one.key, Status.FAILED, "the host took the change and did not make it")
        for one in batch
    }


def _conflicts(rest: Sequence[Change], held: Mapping[Key, Resource]) -> dict[Key, Outcome]:
    """Changes that would leave a CNAME beside other data; the other names of the batch are not held up by them."""
    after = {*held, *(one.key for one in rest)} - {one.key for one in rest if one.after is None}
    touched = {one.key.name for one in rest}
    kinds: dict[str, set[str]] = {}
    for key in after:
        if key.name in touched:
            kinds.setdefault(key.name, set()).add(key.kind)
    clash = {name for name, beside in kinds.items() if "CNAME" in beside and beside - BESIDE_CNAME}
    detail = "a CNAME stands alone: it would stand beside other data"
    return {one.key: Outcome(one.key, Status.FAILED, detail) for one in rest if one.key.name in clash}


def _refusal(rule: str, key: Key, reason: str) -> Diagnostic:
    return error(rule, f"{key.name} {key.kind}: {reason}", address=key.address)
