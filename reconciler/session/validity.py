"""Which requests still hold: the spec, the contact and the zone may have changed since one was written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from reconciler import asked, folding, plan, request
from reconciler.diff import Row
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.value import Value
from reconciler.plan import Leg
from reconciler.session import findings
from reconciler.session.looking import Seen
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import AskSpec

#: Mistakes of whoever carried a request out: what such a text holds is not somebody's wish.
MISTAKES = frozenset({"final-dot", "doubled", "quotes", "blanks", "case", "cut", "slip"})
#: Terms that one sentence names.
NAMED = 5


class Ended(NamedTuple):
    """Why a change of a paper is not to be done any more; `anew`: another paper asks for it."""

    why: str = ""
    anew: bool = False


HOLDS = Ended()


@dataclass(frozen=True, slots=True)
class Validity:
    """What decides whether a paper holds.

    Attributes:
        rows: what the plan says of each step, by id.
        last: by step, the id of the paper that asked for it last.
        read: zones that were read in this run, whole or in part.
    """

    customer: CustomerSpec
    seen: Seen
    rows: Mapping[str, Row]
    last: Mapping[str, str]
    read: frozenset[str]

    @classmethod
    def of(
        cls, customer: CustomerSpec, seen: Seen, legs: Iterable[Leg], papers: Sequence[Mapping[str, Any]]
    ) -> Validity:
        """From a comparison, and the papers, the oldest first."""
        rows: dict[str, Row] = {}
        for leg in legs:
            ids = plan.Ids(leg.route, seen.known.owned)
            rows |= {ids.of(row): row for row in leg.rows if row.want is not None}
        last = {step: paper["id"] for paper in papers for step in paper["steps"]}
        held = {paper["id"]: set(paper["steps"]) for paper in papers}
        told = {step: one.request_id for step, one in seen.known.waiting.items()}
        last |= {step: name for step, name in told.items() if step in held.get(name, ())}
        read = [one for one in seen.picture.reads if one.observation is not None and one.scope.system == "dns"]
        return cls(customer, seen, rows, last, frozenset(one.scope.name for one in read))

    def ended(
        self, paper: Mapping[str, Any], change: Mapping[str, Any], steps: Collection[str], found: asked.Seen
    ) -> Ended:
        """Whether a change is still to be done as its paper says."""
        zone = change["zone"]
        if all(self.gone(step) for step in steps):
            return Ended("is no longer wanted as it was asked for")
        later = {self.last[step] for step in steps if step in self.last} - {paper["id"]}
        if later and not any(self.last.get(step) == paper["id"] for step in steps):
            return Ended(f"is asked for by request {min(later)} instead", anew=True)
        dns = self.customer.domains[zone].dns if zone in self.customer.domains else ""
        acts = any(step in self.rows and self.rows[step].acts for step in steps)
        if isinstance(dns, AskSpec) and dns.ask != paper["ask"] and acts:
            return Ended(f"is asked of {dns.ask} now", anew=True)
        undone = self._undone(change) if zone in self.read and not MISTAKES & set(found.faults) else []
        if undone:
            more = f" and {len(undone) - NAMED} more" if len(undone) > NAMED else ""
            there = ", ".join(undone[:NAMED]) + more
            return Ended(f"has changed since it was asked for, and doing it would undo {there}", anew=True)
        return HOLDS

    def gone(self, step: str) -> bool:
        """Nothing asks for a step any more; of a zone that was not read nobody can say so."""
        if step in self.rows:
            return False
        begun = self.seen.known.waiting.get(step)
        system, zone = begun.address.split("/")[:2] if begun else ("", "")
        known = self.customer.domains
        left = step in self.last and (zone in self.read or zone not in known)
        return system == "dns" and (zone in self.seen.partly or left)

    def unread(self, zones: Collection[str]) -> tuple[Diagnostic, ...]:
        """Why some of these zones could not be read."""
        picture = self.seen.picture
        mine = tuple(one for one in picture.reads if one.scope.system == "dns" and one.scope.name in zones)
        return tuple(findings.unread(replace(picture, reads=mine)))

    def _undone(self, change: Mapping[str, Any]) -> list[str]:
        """SPF terms that came since, and that the plan keeps while the paper would take them away."""
        key, before, after = request.sets(change)
        acts = [self.rows[step] for step in change["steps"] if step in self.rows and self.rows[step].acts]
        writes: dict[str, Value | None] = {row.slot.part: row.target for row in acts}
        live = self.seen.world.resources.get(key)
        if key.kind != "TXT" or not any(part.startswith("spf") for part in writes):
            return []
        then, wanted, now = (_terms(folding.parts(one)) for one in (before, after, live))
        with suppress(ValueError):
            mine = _terms(folding.parts(folding.fold(key, live, writes)))
            return sorted((now & mine) - then - wanted)
        return []


def _terms(parts: Mapping[str, Value]) -> set[str]:
    return {str(value) for part, value in parts.items() if part.startswith("spf/")}
