"""Changes carried out on one tenant: looked at, judged, written and read back, in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from providers.microsoft365 import errands
from providers.microsoft365.api import Api
from providers.microsoft365.errands import Desk, Errand, Said
from providers.microsoft365.memory import Memory
from providers.microsoft365.products import Products
from providers.microsoft365.shapes import SKU, Shapes
from providers.microsoft365.writing_domains import DomainErrand
from providers.microsoft365.writing_groups import GroupErrand
from providers.microsoft365.writing_licenses import LicensesErrand
from providers.microsoft365.writing_sign_in import SignInErrand
from providers.microsoft365.writing_users import UserErrand
from reconciler.model import tenant_rules
from reconciler.model.change import Change, Outcome, Status
from reconciler.model.errors import ProviderError
from reconciler.model.key import Key
from reconciler.model.resource import User

_KINDS: Mapping[str, Callable[[Desk, Change], Errand]] = {
    "domain": DomainErrand,
    "user": UserErrand,
    "licenses": LicensesErrand,
    "group": GroupErrand,
    "sign-in": SignInErrand,
}


class Writing:
    """Changes of one tenant on their way."""

    def __init__(self, api: Api, memory: Memory) -> None:
        """Args: `api`: of the identity that writes. `memory`: of the provider, the same for every call."""
        self._api, self._memory = api, memory
        self._products: Products | None = None

    def carry_out(self, batch: Sequence[Change]) -> list[Outcome]:
        """One outcome for each change, in the order given; raises no `ProviderError`.

        Changes of one kind that follow one another go together.
        """
        made = (one.after for one in batch if one.before is None)
        names = frozenset(one.key.name for one in made if isinstance(one, User) and not one.remote_id)
        outcomes: list[Outcome] = []
        for run in _runs(batch):
            outcomes += self._carried_out(run, names)
        return outcomes

    def _carried_out(self, run: Sequence[Change], names: frozenset[str]) -> list[Outcome]:
        try:
            desk = self._desk(run, names)
        except ProviderError as problem:  # nothing was written in this call, whatever it is
            return [self._unread(one, problem) for one in run]
        made = [self._errand(desk, one) for one in run]
        going = [one for one in made if isinstance(one, Errand)]
        self._look(going)
        for one in going:
            one.recognise()
        for one in going:
            _judged(one, one.decide)
        self._write([one for one in going if one.outcome is None])
        return [_told(one) for one in made]

    def _desk(self, run: Sequence[Change], names: frozenset[str]) -> Desk:
        listed: Products | None = self._products
        if run[0].key.kind == "licenses" and listed is None:
            listed = self._products = Products(self._api.provider, self._api.pages(f"/subscribedSkus?$select={SKU}"))
        products = listed if listed is not None else Products(self._api.provider, ())
        return Desk(self._api, self._memory, Shapes(self._api.provider, self._api.tenant, products), names)

    def _errand(self, desk: Desk, change: Change) -> Errand | Outcome:
        kind = _KINDS.get(change.key.kind)
        if change.key.scope != self._api.tenant:
            return Outcome(change.key, Status.REFUSED, f"{change.key.scope} is another tenant than the others'")
        if kind is None:
            return Outcome(change.key, Status.REFUSED, f"nothing is written of a tenant's {change.key.kind}")
        for finding in tenant_rules.refusals(() if change.after is None else (change.after,)):
            return Outcome(change.key, Status.REFUSED, finding.summary)
        return kind(desk, change)

    def _look(self, going: Sequence[Errand]) -> None:
        errands.together(self._api, [(one, one.look()) for one in going], writing=False)

    def _write(self, going: Sequence[Errand]) -> None:
        errands.together(self._api, [(one, one.write()) for one in going], writing=True)
        errands.in_chains(self._api, [one for one in going if one.outcome is None])
        rest = [one for one in going if one.outcome is None]
        errands.together(self._api, [(one, one.refer()) for one in rest], writing=True)
        written = [one for one in rest if one.outcome is None]
        doubtful = [one for one in going if one.doubtful]
        told = {id(one): one.outcome for one in doubtful}
        for one in doubtful:
            one.outcome = None
        self._look([*written, *doubtful])
        for one in written:
            _judged(one, one.settle)
        for one in doubtful:
            holds = one.outcome is None and not errands.differing(one.pieces(one.shown), one.wish)
            if holds and not one.owes:
                one.end(Status.DONE)
            else:
                one.outcome = told[id(one)]

    def _unread(self, change: Change, problem: ProviderError) -> Outcome:
        wait = getattr(problem, "retry_after", None)
        seconds = 0.0 if wait is None else self._memory.wait(change.key, wait)
        status = Status.UNKNOWN if self._memory.progress(change.key, change.after).taken else Status.FAILED
        return Outcome(change.key, status, str(problem), request_id=problem.request_id, retry_after=seconds)


def _judged(errand: Errand, judge: Callable[[], None]) -> None:
    if errand.outcome is not None:
        return
    try:
        judge()
    except Said as said:
        errand.said(said)


def _told(one: Errand | Outcome) -> Outcome:
    if isinstance(one, Outcome):
        return one
    assert one.outcome is not None, "what was written is settled, and the rest was decided"
    return one.outcome


def _runs(batch: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that can go side by side: of one kind, no resource twice, nobody in the place of who leaves it."""
    run: dict[Key, Change] = {}
    freed: set[str] = set()
    for one in batch:
        gives, takes = (str(getattr(side, "upn", "")).lower() for side in (one.before, one.after))
        if run and (one.key in run or one.key.kind != next(iter(run)).kind or takes in freed):
            yield list(run.values())
            run, freed = {}, set()
        run[one.key] = one
        freed |= {gives} - {takes, ""}
    if run:
        yield list(run.values())
