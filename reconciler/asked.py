"""What became of a record set that a person was asked for: done, not yet, partly, wrongly, twice; said in one sentence.

Pure. Only what stands in public DNS is judged, so what somebody did before being asked is recognised in the same way.
Nothing here is quadratic in the length of a value: a typing error is what is left between a common head and tail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from reconciler.mail.spf.compose import slots
from reconciler.mail.spf.terms import is_spf
from reconciler.mail.txt import txt_part
from reconciler.model import names
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet

#: Characters by which a value may differ on either side and still be meant.
SLIP = 3
#: Characters of a value that a sentence shows.
SHOWN = 120
#: Values and faults that a sentence names; the rest are counted.
NAMED = 4
#: Where a type's value names a host, and that is its last word.
_TARGETED = frozenset({"CNAME", "MX", "NS", "PTR", "SRV"})


class State(StrEnum):
    """How far it has come."""

    DONE = "done"
    NOT_YET = "not yet"
    PARTLY = "partly"
    WRONG = "wrong"
    TWICE = "twice"


class Fault(NamedTuple):
    """One mistake: its short name, and what a person is told."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of it.

    Attributes:
        text: one sentence without final full stop, for a person.
        faults: short names of the mistakes: `final-dot`, `doubled`, `quotes`, `blanks`, `priority`, `case`, `cut`,
            `slip`, `type`, `other`, `two-spf`, `two-dmarc`, `old`, `extra`, `again`.
    """

    state: State
    text: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One record set that somebody was asked for, or would be.

    Attributes:
        wanted: as it shall be; none = it shall not exist.
        before: as it was when it was asked for; none = it did not exist.
        shown: what each authoritative server shows now, by the server's name.
        doubled: what stands at the name with the zone's name behind it twice, where somebody looked.
    """

    key: Key
    wanted: RecordSet | None
    before: RecordSet | None
    shown: Mapping[str, RecordSet | None]
    doubled: RecordSet | None = None


def recognise(case: Case) -> Seen:
    """Judge one record set; TTLs are told and never a fault."""
    wanted = _values(case.wanted)
    right = [name for name, held in case.shown.items() if _fits(case, _values(held))]
    if len(right) == len(case.shown) and right:
        return Seen(State.DONE, _done(case))
    old = [name for name, held in case.shown.items() if name not in right and _as_before(case, _values(held))]
    wrong = [name for name in case.shown if name not in right and name not in old]
    if wrong:
        return _judged(case, _values(case.shown[wrong[0]]), wanted)
    if right:
        return Seen(State.PARTLY, f"shown by {_list(right)}, not yet by {_list(old)}")
    if case.wanted is not None and case.doubled is not None and _meant(case, case.doubled):
        place = names.fqdn(doubled(case.key).name, case.key.scope)
        text = f"the record was made at {place}: the panel adds the zone's name itself, so {case.key.name} is enough"
        return Seen(State.WRONG, text, ("doubled",))
    return Seen(State.NOT_YET, "not done yet: everything is as it was")


def mistyped(case: Case, found: Seen, others: Iterable[RecordSet]) -> Seen:
    """The same, unless nothing is there and the value stands at the name as a record of another type."""
    if found.state is not State.NOT_YET or case.wanted is None:
        return found
    wanted = {_host(text, case.key) for text in case.wanted.values}
    for other in others:
        if other.key.kind != case.key.kind and wanted & {_host(text, case.key) for text in other.values}:
            text = f"it was made as {other.key.kind}, and {case.key.kind} was asked for"
            return Seen(State.WRONG, text, ("type",))
    return found


def _host(text: str, key: Key) -> str:
    """A value as a careless panel would hold it in a record of another type."""
    bare = text.strip('"').rpartition(" ")[2] if key.kind in _TARGETED else text.strip('"')
    return bare.lower().removesuffix(".").removesuffix(f".{key.scope}")


def doubled(key: Key) -> Key:
    """Where a record ends up when the zone's name is typed into a panel that adds it."""
    return key._replace(name=key.scope if key.name == "@" else f"{key.name}.{key.scope}")


def _values(held: RecordSet | None) -> frozenset[str]:
    return frozenset(held.values) if held else frozenset()


def _fits(case: Case, now: frozenset[str]) -> bool:
    """What was asked for is there, and what was to go is gone, purpose by purpose; what stands beside is no fault."""
    wanted, before = _values(case.wanted), _values(case.before)
    if case.key.kind != "TXT" or now == wanted:
        return now == wanted
    if not _stands(case, now, wanted) or any(_doubles(case, now)):
        return False
    strange = [text for text in now - wanted if not is_spf(text)]
    if not wanted:
        return not any(_fault(case, text, strange) for text in before)
    return not any(_near(text, wanted) for text in strange)


def _as_before(case: Case, now: frozenset[str]) -> bool:
    """Nobody has begun: all that is to change stands as it stood, and nothing new is meant for it."""
    wanted, before = _values(case.wanted), _values(case.before)
    if case.key.kind != "TXT" or now == before:
        return now == before
    fresh = sorted(now - before)
    meant = any(_near(text, wanted) for text in fresh if not is_spf(text))
    meant = meant or any(_fault(case, text, fresh) for text in sorted(wanted - now))
    return _stands(case, now, before) and not meant and not any(_doubles(case, now))


def _stands(case: Case, now: frozenset[str], texts: frozenset[str]) -> bool:
    """Every purpose that the case changes is served by these texts, or by none, as they serve it."""
    mine, theirs = _purposes(case.key.name, now), _purposes(case.key.name, texts)
    return all(mine.get(part) == theirs.get(part) for part in _changed(case))


def _changed(case: Case) -> set[str]:
    """Purposes that the case changes; of an SPF record that it touches, every term that is to stay or to go."""
    before, wanted = (_purposes(case.key.name, _values(held)) for held in (case.before, case.wanted))
    found = {part for part in before.keys() | wanted.keys() if before.get(part) != wanted.get(part)}
    if any(part.startswith("spf") for part in found):
        found |= {part for part in wanted if part.startswith("spf")}
    return found or set(wanted)


def _purposes(name: str, texts: Iterable[str]) -> dict[str, object]:
    """What TXT values say, by purpose; an SPF record by its terms, whatever their order."""
    found: dict[str, object] = {}
    by_part: dict[str, set[str]] = {}
    for text in texts:
        by_part.setdefault(txt_part(name, text), set()).add(text)
    spf = sorted(by_part.pop("spf", ()))
    found |= by_part
    found |= slots(*spf)
    return found | {"spf": spf} if len(spf) > 1 else found


def _near(text: str, wanted: Iterable[str]) -> bool:
    """A text that means one of the wanted ones."""
    return any(_bare(text) == _bare(other) for other in wanted)


def _bare(text: str) -> str:
    """Without what panels add and lose: quotes, the backslashes before them, blanks; case does not count."""
    return "".join(text.replace("\\", "").replace('"', "").split()).lower()


def _meant(case: Case, held: RecordSet) -> bool:
    wanted = _values(case.wanted)
    return bool(wanted & _values(held)) or any(_fault(case, text, held.values) for text in wanted)


def _done(case: Case) -> str:
    if case.wanted is None:
        return "done: it is gone"
    ttls = sorted({held.ttl for held in case.shown.values() if held is not None})
    if ttls and ttls != [case.wanted.ttl]:
        return f"done; its TTL is {' or '.join(map(str, ttls))}, and {case.wanted.ttl} was asked for"
    return "done"


def _judged(case: Case, now: frozenset[str], wanted: frozenset[str]) -> Seen:
    """What one server shows, which is neither as it was nor as it shall be."""
    before = _values(case.before)
    if case.wanted is None:
        left = now & before
        if now - before:
            return Seen(State.WRONG, f"it was to go, and now it is {_quoted(now)}", ("other",))
        return Seen(State.PARTLY, f"a part of it is still there: {_quoted(left)}", ("old",))
    missing, extra = _missing(case, now), sorted(now - wanted)
    faults = [*_doubles(case, now)]
    unexplained: list[str] = []
    used: set[str] = set()
    fresh = [text for text in extra if text not in before]
    for text in missing:
        fault = _fault(case, text, [one for one in fresh if one not in used])
        if fault is None:
            unexplained.append(text)
        else:
            faults.append(fault[0])
            used.add(fault[1])
    fresh = [text for text in fresh if text not in used]
    if case.key.kind != "TXT" and len(unexplained) == len(fresh) == 1:
        faults.append(Fault("other", f"it is {_short(fresh[0])} instead of {_short(unexplained.pop())}"))
        used.add(fresh[0])
    extra = [text for text in extra if text not in used]
    faults += _beside(case, extra, before, missing=bool(missing), doubles=bool(faults))
    return _sentence(case, faults, unexplained, now & (wanted - before))


def _missing(case: Case, now: frozenset[str]) -> list[str]:
    """Values that were asked for and are not there, in these words or others."""
    missing = sorted(_values(case.wanted) - now)
    if case.key.kind != "TXT":
        return missing
    changed, name = _changed(case), case.key.name
    mine, theirs = _purposes(name, now), _purposes(name, missing)
    spf = {part for part in changed if part.startswith("spf") and mine.get(part) != theirs.get(part)}
    return [text for text in missing if (spf if is_spf(text) else txt_part(name, text) in changed)]


def _sentence(case: Case, faults: Sequence[Fault], unexplained: Sequence[str], there: frozenset[str]) -> Seen:
    kinds = tuple(dict.fromkeys(one.name for one in faults))
    texts = [one.text for one in faults]
    if unexplained:
        texts.append(f"missing: {_quoted(unexplained)}")
    text = "; ".join(texts[:NAMED]) + (f"; and {len(texts) - NAMED} more" if len(texts) > NAMED else "")
    if kinds and set(kinds) <= {"again"} and not unexplained:
        return Seen(State.TWICE, text, kinds)
    if kinds and not set(kinds) <= {"old", "again"}:
        return Seen(State.WRONG, text, kinds)
    if unexplained and not there and not kinds:
        return Seen(State.WRONG, f"it is not as it was, and not as asked: {text}", ("other",))
    return Seen(State.PARTLY, text or f"{case.key.kind} {case.key.name} is done in part", kinds)


def _doubles(case: Case, now: frozenset[str]) -> Iterator[Fault]:
    """Two records where only one may stand, both count as none."""
    if case.key.kind != "TXT":
        return
    spf = sorted(text for text in now if is_spf(text.strip('"')))
    if len(spf) > 1:
        yield Fault(
            "two-spf",
            f"{len(spf)} SPF records stand side by side, and none counts (RFC 7208, section 4.5): {_quoted(spf)}",
        )
    dmarc = sorted(text for text in now if txt_part(case.key.name, text.strip('"')) == "dmarc")
    if len(dmarc) > 1:
        yield Fault("two-dmarc", f"{len(dmarc)} DMARC records stand side by side, and none counts: {_quoted(dmarc)}")


def _beside(
    case: Case, extra: Sequence[str], before: frozenset[str], *, missing: bool, doubles: bool
) -> Iterator[Fault]:
    """What stands beside the values asked for."""
    wanted = _values(case.wanted)
    again = [text for text in extra if _near(text, wanted) and text not in before]
    if again:
        yield Fault("again", f"made twice: beside it stands {_quoted(again)}")
    old = [text for text in extra if text in before and not (doubles and is_spf(text))]
    if old and not missing:
        yield Fault("old", f"the old {case.key.kind} is still there beside the new: {_quoted(old)}")
    others = [text for text in extra if text not in before and text not in again]
    if others and case.key.kind != "TXT":
        yield Fault("extra", f"beside it stands {_quoted(others)}, which nobody asked for")


_Check = Callable[[Case, str, str], str]


def _fault(case: Case, wanted: str, found: Sequence[str]) -> tuple[Fault, str] | None:
    """The first mistake that explains why a value is not there, and the value that was made instead."""
    for name, check in _CHECKS:
        for text in found:
            said = check(case, wanted, text)
            if said:
                return Fault(name, said), text
    return None


def _final_dot(case: Case, wanted: str, found: str) -> str:
    if case.key.kind not in _TARGETED or not wanted.endswith("."):
        return ""
    if found.lower() != f"{wanted}{case.key.scope}.".lower():
        return ""
    target = wanted.rpartition(" ")[2]
    return f"the target lacks its final dot: it became {found.rpartition(' ')[2]} instead of {target}"


def _quotes(case: Case, wanted: str, found: str) -> str:
    if case.key.kind != "TXT" or '"' not in found:
        return ""
    if found.replace("\\", "").replace('"', "") != wanted.replace("\\", "").replace('"', ""):
        return ""
    return f"quotation marks became part of the text: {_short(found)}"


def _blanks(case: Case, wanted: str, found: str) -> str:
    if case.key.kind != "TXT" or "".join(found.split()) != "".join(wanted.split()):
        return ""
    at = next((at for at, (one, other) in enumerate(zip(wanted, found, strict=False)) if one != other), len(found))
    lost = len(wanted) > len(found)
    return f"a blank was {'lost' if lost else 'added'} after {_short(wanted[max(0, at - 30) : at])}"


def _priority(case: Case, wanted: str, found: str) -> str:
    if case.key.kind not in ("MX", "SRV") or wanted.rpartition(" ")[2].lower() != found.rpartition(" ")[2].lower():
        return ""
    numbers = [text.rpartition(" ")[0] for text in (found, wanted)]
    what = "the priority" if case.key.kind == "MX" else "priority, weight and port"
    return f"{what} of {wanted.rpartition(' ')[2]} is {numbers[0]} instead of {numbers[1]}"


def _case(_: Case, wanted: str, found: str) -> str:
    return f"capital letters differ: {_short(found)}" if wanted.lower() == found.lower() else ""


def _cut(case: Case, wanted: str, found: str) -> str:
    if case.key.kind != "TXT" or len(found) < 20 or not wanted.startswith(found):
        return ""
    return f"the text was cut off after {len(found)} of {len(wanted)} characters"


def _slip(_: Case, wanted: str, found: str) -> str:
    """A typing error: all but a few characters are the same."""
    least = min(len(wanted), len(found))
    head = next((at for at in range(least) if wanted[at] != found[at]), least)
    tail = next((at for at in range(least - head) if wanted[-1 - at] != found[-1 - at]), least - head)
    middles = wanted[head : len(wanted) - tail], found[head : len(found) - tail]
    if head + tail < 2 * SLIP or max(map(len, middles)) > SLIP:
        return ""
    return f"a typing error: {_around(found, head)} instead of {_around(wanted, head)}"


def _around(text: str, at: int) -> str:
    """As much of a text as is shown, with the place that matters in it."""
    if at <= SHOWN // 2:
        return _short(text)
    return f"...{_short(text[at - SHOWN // 2 :])}"


_CHECKS: tuple[tuple[str, _Check], ...] = (
    ("final-dot", _final_dot),
    ("quotes", _quotes),
    ("blanks", _blanks),
    ("case", _case),
    ("priority", _priority),
    ("cut", _cut),
    ("slip", _slip),
)


def _short(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _quoted(texts: Iterable[str]) -> str:
    return _list([_short(text) for text in sorted(texts)])


def _list(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - NAMED} more" if len(texts) > NAMED else ""
    return ", ".join(texts[:NAMED]) + more
