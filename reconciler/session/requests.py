"""Requests to DNS hosts that one can only ask: the papers kept for them, and what became of each.

A request's JSON is written last, so where it stands the others stand too; a step that no paper names was never asked
for, whatever the journal says.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler import asked, document, folding, request
from reconciler.apply import Answer
from reconciler.ledger import Begun, Ledger
from reconciler.model import names
from reconciler.model.change import Change
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning
from reconciler.model.errors import ProviderError, Refused
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.model.value import Value
from reconciler.plan import Leg
from reconciler.provider import Witness
from reconciler.session.looking import Seen
from reconciler.session.opened import Session
from reconciler.session.places import Places
from reconciler.session.validity import Validity
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import AskSpec
from reconciler.verdict import Verdict

FOLDER = "requests"
#: Bytes of one paper; a request for a thousand records has about half a million.
LARGEST = 50_000_000
#: Mistakes that are plain even where nobody was asked: they never describe what stood there before us.
PLAIN = frozenset({"final-dot", "doubled", "quotes", "blanks"})
#: Types that are taken for one another at a panel.
OTHERS = ("A", "AAAA", "CNAME", "MX", "TXT")
#: What is told first, of several record sets of one request.
WORST = (asked.State.WRONG, asked.State.TWICE, asked.State.PARTLY, asked.State.NOT_YET, asked.State.DONE)


@dataclass(frozen=True, slots=True)
class Looked:
    """One record set of an open request.

    Attributes:
        why: it is not to be done any more, and this is the reason; empty = it is.
        anew: it is asked for again, by another request.
    """

    key: Key
    steps: tuple[str, ...]
    seen: asked.Seen
    why: str = ""
    anew: bool = False

    @property
    def withdrawn(self) -> bool:
        """It is not to be done any more as this request says."""
        return bool(self.why)

    @property
    def odd(self) -> bool:
        """It is done, but not as it was asked for."""
        return self.seen.state not in (asked.State.DONE, asked.State.NOT_YET)


@dataclass(frozen=True, slots=True)
class Open:
    """One request that is not done, with what became of each record set that is still open."""

    paper: Mapping[str, Any]
    looked: tuple[Looked, ...]
    late: bool

    @property
    def state(self) -> asked.State:
        """The worst of its record sets."""
        states = {one.seen.state for one in self.looked if not one.withdrawn}
        return next((one for one in WORST if one in states), asked.State.NOT_YET)


@dataclass(frozen=True, slots=True)
class Requests:
    """All that is known of one customer's requests.

    Attributes:
        steps: those that a paper names that still holds.
        withdrawn: those that wait and that nothing in the spec asks for any more.
        unread: why nothing is known of zones that have open requests.
        guessed: what somebody seems to have done wrongly before being asked.
    """

    open: tuple[Open, ...] = ()
    steps: frozenset[str] = frozenset()
    withdrawn: frozenset[str] = frozenset()
    guessed: tuple[tuple[Key, asked.Seen], ...] = ()
    broken: tuple[Diagnostic, ...] = ()
    unread: tuple[Diagnostic, ...] = ()
    _by_step: dict[str, asked.Seen] = field(default_factory=dict)

    def answer(self, begun: Begun) -> Answer:
        """What became of a step that the journal says was asked for."""
        if begun.id not in self.steps:
            return Answer(False, False, "no request for it is kept")
        seen = self._by_step.get(begun.id)
        return Answer(True, seen is not None and seen.state is asked.State.DONE, seen.text if seen else "not seen yet")


def look(session: Session, customer: CustomerSpec, seen: Seen, legs: Sequence[Leg]) -> Requests:
    """Read the papers, and ask what became of everything that is open."""
    papers, broken = kept(session.state(customer.id) / FOLDER)
    if not papers and not seen.partly:
        return Requests(broken=tuple(broken))
    waiting = seen.known.waiting
    wanted = [
        (paper, change) for paper in papers for change in paper["changes"] if waiting.keys() & set(change["steps"])
    ]
    cases = {id(change): _case_of(change) for _, change in wanted}
    guesses = _guesses(legs, seen, {key for key, _, _ in cases.values()})
    judged = _judged([*cases.values(), *guesses], seen.places)
    validity = Validity.of(customer, seen, legs, papers)
    by_step: dict[str, asked.Seen] = {}
    looked: dict[str, list[Looked]] = {}
    for paper, change in wanted:
        case = cases[id(change)]
        steps = tuple(one for one in change["steps"] if one in waiting)
        found = judged.get(case, asked.Seen(asked.State.NOT_YET, "could not be looked at"))
        found = asked.mistyped(asked.Case(*case, {}), found, _beside(case[0], seen))
        why, anew = validity.ended(paper, change, steps, found)
        if not anew:
            by_step |= dict.fromkeys(change["steps"], found)
        looked.setdefault(paper["id"], []).append(Looked(case[0], steps, found, why, anew))
    now = session.clock.now()
    open_ = [Open(paper, tuple(looked[paper["id"]]), _late(paper, now)) for paper in papers if paper["id"] in looked]
    told = [(case[0], judged[case]) for case in guesses if case in judged and PLAIN & set(judged[case].faults)]
    unread = validity.unread({case[0].scope for case in cases.values()})
    gone = frozenset(name for name in waiting if validity.gone(name))
    return Requests(tuple(open_), frozenset(by_step), gone, tuple(told), tuple(broken), unread, by_step)


_Case = tuple[Key, RecordSet | None, RecordSet | None]


def _beside(key: Key, seen: Seen) -> list[RecordSet]:
    """What else was read at a name."""
    found = (seen.world.resources.get(key._replace(kind=kind)) for kind in OTHERS if kind != key.kind)
    return [one for one in found if isinstance(one, RecordSet)]


def _case_of(change: Mapping[str, Any]) -> _Case:
    key, before, after = request.sets(change)
    return key, after, before


def _guesses(legs: Iterable[Leg], seen: Seen, known: set[Key]) -> list[_Case]:
    """Record sets as the plan wants them, in zones whose host can only be asked and that nobody was asked for yet."""
    writes: dict[Key, dict[str, Value | None]] = {}
    for row in (row for leg in legs for row in leg.rows if row.acts or row.verdict is Verdict.CONFLICT):
        key = row.slot.key
        if key.system == "dns" and key.scope in seen.partly and key not in known and row.target is not None:
            writes.setdefault(key, {})[row.slot.part] = row.target
    found: list[_Case] = []
    for key, parts in writes.items():
        with suppress(ValueError):
            after = folding.fold(key, None, parts)
            found += [(key, after, None)] if isinstance(after, RecordSet) else []
    return found


def _judged(cases: Iterable[_Case], places: Places) -> dict[_Case, asked.Seen]:
    """What became of each; one whose servers cannot be asked is left out: the reading has said so."""
    by_provider: dict[str, list[_Case]] = {}
    for case in dict.fromkeys(cases):
        by_provider.setdefault(places.provider_of(case[0]), []).append(case)
    found: dict[_Case, asked.Seen] = {}
    for name, some in by_provider.items():
        provider: object = places.providers.get(name)
        if not isinstance(provider, Witness):
            continue
        try:
            shown = provider.shown([key for case in some for key in (case[0], asked.doubled(case[0]))])
        except ProviderError:
            continue
        for case in some:
            key, wanted, before = case
            other = next((one for one in shown[asked.doubled(key)].values() if one is not None), None)
            found[case] = asked.recognise(asked.Case(key, wanted, before, shown[key], other))
    return found


def findings(found: Requests) -> list[Diagnostic]:
    """What a plan says of requests that are open, and of what was done wrongly before anybody was asked."""
    told = [*found.broken]
    for one in found.open:
        told += _findings(one)
    for key, seen in found.guessed:
        what = f"{key.kind} {names.fqdn(key.name, key.scope)}: {seen.text}"
        told.append(warning("ask/wrong", what, "Nobody was asked for it yet.", address=key.address))
    return told


def _findings(one: Open) -> Iterator[Diagnostic]:
    who = f"request {one.paper['id']} to {one.paper['ask']}"
    remedy = f"Tell {one.paper['ask']}; the request stays open until every name server shows it."
    for looked in one.looked:
        name = f"{looked.key.kind} {names.fqdn(looked.key.name, looked.key.scope)}"
        place = {"address": looked.key.address}
        if looked.withdrawn:
            say = warning if looked.anew else info
            what = f"{who}: {name} {looked.why}"
            yield say("ask/withdrawn", what, remedy=f"Tell {one.paper['ask']} to leave it out.", **place)
        elif looked.seen.state is asked.State.DONE:
            late = f", late: it was expected by {one.paper['expected_by']}" if one.late else ""
            yield info("ask/done", f"{who}: {name}: {looked.seen.text}{late}", **place)
        elif looked.seen.state is not asked.State.NOT_YET:
            yield warning("ask/wrong", f"{who}: {name}: {looked.seen.text}", remedy=remedy, **place)
    still = [looked for looked in one.looked if looked.seen.state is asked.State.NOT_YET and not looked.withdrawn]
    if still:
        shown = ", ".join(f"{looked.key.kind} {looked.key.name}" for looked in still[:5])
        more = f" and {len(still) - 5} more" if len(still) > 5 else ""
        what = f"{who} is open since {one.paper['created']}: not done yet are {shown}{more}"
        if one.late:
            yield warning("ask/late", f"{what}; an answer was expected by {one.paper['expected_by']}", remedy=remedy)
        else:
            yield info("ask/open", f"{what}; an answer is expected by {one.paper['expected_by']}")


def _late(paper: Mapping[str, Any], now: datetime) -> bool:
    return now > datetime.fromisoformat(paper["expected_by"])


def ended(found: Requests, known: Ledger) -> list[Diagnostic]:
    """Requests that a run has found done to the last step."""
    told = []
    for one in found.open:
        steps = {step for looked in one.looked if not looked.withdrawn for step in looked.steps}
        if steps and not steps & known.waiting.keys():
            late = f", late: it was expected by {one.paper['expected_by']}" if one.late else ""
            told.append(info("ask/done", f"request {one.paper['id']} to {one.paper['ask']} is done{late}"))
    return told


def awaited(found: Requests, known: Ledger, new: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What an apply document says of requests that wait for their contacts: the new ones, and those still open."""
    written = {paper["id"] for paper in new}
    open_ = [one for one in found.open if one.paper["id"] not in written]
    open_ = [
        one
        for one in open_
        if any(step in known.waiting for looked in one.looked if not looked.withdrawn for step in looked.steps)
    ]
    said = [(one.paper, "late" if one.late and one.state is asked.State.NOT_YET else str(one.state)) for one in open_]
    return [
        {
            "subject": ", ".join(paper["zones"]),
            "stage": "",
            "text": f"request {paper['id']}: {text}",
            "whom": paper["ask"],
            "until": paper["expected_by"],
        }
        for paper, text in [*said, *((one, "to be sent") for one in new)]
    ]


def papers(session: Session, customer: CustomerSpec, changes: Sequence[Change]) -> list[dict[str, Any]]:
    """One request for each contact, over all zones and stages of a run."""
    by_contact: dict[str, list[Change]] = {}
    for one in changes:
        dns = customer.domains[one.key.scope].dns if one.key.scope in customer.domains else ""
        if isinstance(dns, AskSpec):
            by_contact.setdefault(dns.ask, []).append(one)
    now = session.clock.now()
    return [request.paper(_whom(session, customer, ask, some), some, now) for ask, some in by_contact.items()]


def _whom(session: Session, customer: CustomerSpec, ask: str, changes: Iterable[Change]) -> request.Whom:
    defaults, about = session.loaded.workspace.defaults, customer.customer
    zones = {one.key.scope for one in changes}
    domains = [one for name, one in customer.domains.items() if name in zones]
    windows = [one.migration.window.start for one in domains if one.migration]
    people = customer.contacts
    roles = [("maintainer", people.maintainer or defaults.maintainer), ("onsite_admin", people.onsite_admin)]
    roles += [("admin", one) for one in people.admins]
    return request.Whom(
        ask,
        max(one.dns.answers_in for one in domains if isinstance(one.dns, AskSpec)),
        customer.id,
        about.name if about else "",
        (about.language if about else None) or defaults.language,
        [{"role": role, "name": one.name, "email": one.email, "phone": one.phone or ""} for role, one in roles if one],
        min(windows).astimezone(UTC) if windows else None,
    )


def write(folder: Path, paper: Mapping[str, Any]) -> list[Path]:
    """Put a request's papers into the folder, mode 0600, each whole or not at all, the JSON last.

    Raises:
        Refused: they cannot be written; nobody was asked.
    """
    from reconciler.documents.request import texts

    name = str(paper["id"])
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        files = [folder / f"{name}.{ending}" for ending in (*texts(paper), "json")]
        content = [*texts(paper).values(), json.dumps(paper, indent=2, sort_keys=True) + "\n"]
        for file, text in zip(files, content, strict=True):
            put(file, text)
    except OSError as problem:
        what = f"the request cannot be written to {folder}: {problem.strerror or problem}"
        raise Refused(
            [error("ask/unwritable", what, "Nobody was asked.", "Make room there and run again.")]
        ) from problem
    return files


def put(path: Path, text: str) -> None:
    """Write a file, mode 0600, whole or not at all."""
    file, scratch = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mode 0600
    try:
        with os.fdopen(file, "w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        Path(scratch).replace(path)
    finally:
        Path(scratch).unlink(missing_ok=True)


def kept(folder: Path) -> tuple[list[dict[str, Any]], list[Diagnostic]]:
    """The requests of a folder, the oldest first, and what cannot be read there."""
    found, broken = [], []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        try:
            found.append(_paper(path))
        except (OSError, ValueError) as problem:
            said = problem.strerror if isinstance(problem, OSError) else str(problem)
            what, why = f"{path.name} is no request: {said}", "What it asked for is asked for again."
            broken.append(warning("ask/unreadable", what, why, origin=Origin(str(path))))
    return sorted(found, key=lambda one: (one["created"], one["id"])), broken


def _paper(path: Path) -> dict[str, Any]:
    """One request's document.

    Raises:
        OSError: it cannot be read. ValueError: it is none; the message is for a person.
    """
    if path.stat().st_size > LARGEST:
        raise ValueError("it is too large")
    try:
        paper = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise ValueError("it is no JSON") from problem
    try:
        request.check(paper)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as problem:
        raise ValueError("it is damaged") from problem
    if paper["id"] != path.stem:
        raise ValueError("it is damaged")
    return dict(paper)


def tasks(found: Requests, customer: str, now: datetime) -> dict[str, Any]:
    """The public document of everything that people were asked for and have not done."""
    return {
        **document.head("tasks", customer, now),
        "requests": [
            {
                "id": one.paper["id"],
                "ask": one.paper["ask"],
                "zones": one.paper["zones"],
                "since": one.paper["created"],
                "expected_by": one.paper["expected_by"],
                "send_by": one.paper["send_by"],
                "late": one.late,
                "state": str(one.state),
                "records": [
                    {
                        "address": looked.key.address,
                        "state": "withdrawn" if looked.withdrawn else str(looked.seen.state),
                        "text": looked.why or looked.seen.text,
                    }
                    for looked in one.looked
                ],
            }
            for one in found.open
            if not all(looked.withdrawn for looked in one.looked)
        ],
        "diagnostics": [one.as_json() for one in (*found.unread, *found.broken)],
    }
