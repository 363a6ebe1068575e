"""Applies one customer: lease, journal, what crashed before, approval, then pass after pass as far as it goes now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from reconciler import apply, document, journal, lease, ledger, passwords
from reconciler.apply import Hands, Report, StepResult
from reconciler.model.change import Change, Status
from reconciler.model.diagnostic import Diagnostic, Severity, error, warning
from reconciler.model.errors import ProviderError, Refused, SpecError
from reconciler.model.key import Key
from reconciler.model.resource import Resource, User
from reconciler.model.value import Secret
from reconciler.patience import Patience
from reconciler.provider import Scope
from reconciler.session import approving, moving, requests, scripts
from reconciler.session.opened import Session
from reconciler.session.planning import Made, Options, make_from, policy_digest
from reconciler.spec.customer import CustomerSpec
from reconciler.verdict import Verdict

#: Seconds between two looks while waiting: the first, and the longest; each is twice the one before.
FIRST_LOOK, LAST_LOOK = 2.0, 30.0


@dataclass(frozen=True, slots=True)
class How:
    """How to apply.

    Attributes:
        file: a plan document that was approved; none = ask, or go on under the journal's approvals.
        ask: shows the plan and returns a person's answer; none = nobody to ask.
        passphrase: asks for the passphrase of new passwords; none = nobody to ask.
        wait: stay until nothing is awaited any more.
        stop: a person asked to stop.
        say: one line of progress.
    """

    file: Mapping[str, Any] | None = None
    ask: approving.Ask | None = None
    passphrase: Callable[[], Secret] | None = None
    wait: bool = False
    new_ledger: bool = False
    options: Options = field(default_factory=Options)
    lock_timeout: float = 0.0
    stop: Callable[[], bool] = lambda: False
    say: Callable[[str], None] = lambda _: None


def run(session: Session, customer: CustomerSpec, how: How) -> dict[str, Any]:
    """Apply, and with `wait` go on until nothing is awaited; the public apply document.

    Raises:
        SpecError: a provider cannot be opened, or the plan has errors.
        Refused: nothing was written: lock, journal, approval, a plan that may not be applied.
    """
    done: list[Mapping[str, Any]] = []
    asked: list[Mapping[str, Any]] = []
    seconds = FIRST_LOOK
    while True:
        paper = document.after(done, _once(session, customer, how))
        paper["requests"] = asked = [*asked, *paper["requests"]]
        if not (how.wait and paper["outcome"] == "waiting") or how.stop():
            return paper
        how = replace(how, file=None, ask=None, new_ledger=False)
        _pause(session, paper, how, seconds)
        if how.stop():
            return paper
        done = [step for step in paper["steps"] if step["status"] == Status.DONE]
        seconds = min(2 * seconds, LAST_LOOK)


def _pause(session: Session, paper: Mapping[str, Any], how: How, seconds: float) -> None:
    """The lease is free meanwhile; a long wait is looked at in pieces, so that a stop is heard."""
    for one in paper["waiting"]:
        how.say(f"waiting: {one['text']}" + (f" until {one['until']}" if one["until"] else ""))
    end = session.clock.now() + timedelta(seconds=seconds)
    while session.clock.now() < end and not how.stop():
        session.clock.sleep(1.0)


def _once(session: Session, customer: CustomerSpec, how: How) -> dict[str, Any]:
    path = session.journal(customer.id)
    holder = lease.this_process(session.run, session.url)
    held = lease.acquire(path.parent / "lease.json", holder, session.clock, wait=how.lock_timeout)
    try:
        book = _open_journal(session, customer, how)
        return _Run(session, customer, how, book, held).go()
    finally:
        held.release()


def _open_journal(session: Session, customer: CustomerSpec, how: How) -> journal.Journal:
    path = session.journal(customer.id)
    if how.new_ledger:
        return journal.start_anew(path, session.clock, session.run)
    return journal.Journal.open(path, session.clock, session.run)


class _Run:
    """One run under one lease."""

    def __init__(
        self, session: Session, customer: CustomerSpec, how: How, book: journal.Journal, held: lease.Lease
    ) -> None:
        self.session, self.customer, self.how, self.book, self.held = session, customer, how, book, held
        # A wait for a system, while planning too, keeps the lease and hears a stop.
        session.patience = Patience(session.clock, how.say, how.stop, held.renew)
        self.notes: list[Diagnostic] = [*book.warnings, *held.warnings]
        self.results: dict[str, StepResult] = {}
        self.wrote = False
        self.report = Report()
        self.lost: list[dict[str, Any]] = []
        self.store: passwords.PasswordStore | None = None
        self.known = ledger.EMPTY
        self.asked: dict[Key, Change] = {}
        self.requests: list[dict[str, Any]] = []
        self.scripts: list[dict[str, Any]] = []

    def go(self) -> dict[str, Any]:
        made = self._plan(ledger.fold(self.book.entries()))
        self.known = made.seen.known
        if made.seen.known.open:
            made = self._recovered(made)
        approval = self._approval(made)
        if not self._something(made):
            return self._paper(made)
        self._passwords(made)
        self._begin(made, approval)
        self.results |= {one.act.id: one for one in approval.stale}
        while True:
            hands = self._hands(made)
            self.report = apply.run(made.plan, hands)
            self.wrote = self.wrote or self.report.wrote
            self.asked |= {one.key: one for one in self.report.asked}
            self.results |= {
                one.act.id: one
                for one in self.report.results
                if one.act.id not in self.results or one.status is not Status.REFUSED
            }
            if not self.report.again or self.report.interrupted:
                break
            made = self._plan(hands.known)
        self._request(hands)
        if made.scripts.ended:
            ended = sorted(made.scripts.ended.items())
            hands.note("end", {"outcomes": [{"id": one, "status": status} for one, status in ended]})
        self.scripts = scripts.write(made.scripts, hands.known.waiting)
        if made.asked.withdrawn:  # nobody waits for them any more
            hands.note("end", {"outcomes": [{"id": one, "status": "skipped"} for one in sorted(made.asked.withdrawn)]})
        self.known = hands.known
        self._place(made, hands.known)
        self.book.seal()
        self.notes += requests.ended(made.asked, hands.known)
        return self._paper(made)

    def _place(self, made: Made, known: ledger.Ledger) -> None:
        """Remember at which DNS host each zone is, once all of it is there."""
        done = all(one.status is Status.DONE for one in self.results.values()) and not self.report.interrupted
        if zones := moving.settled(made.seen.moving, made.seen.picture, known, done=done):
            self.book.append("place", {"zones": zones})

    def _answer(self, made: Made, begun: ledger.Begun) -> apply.Answer:
        just = any(begun.id in one.steps for one in self.asked.values())
        if just:
            return apply.Answer(True, False, "just now")
        return made.scripts.answer(begun) if begun.id in made.scripts.acts else made.asked.answer(begun)

    def _request(self, hands: Hands) -> None:
        """Write what a person is asked for, all of the run together; only then the journal calls it by that name."""
        folder = self.session.state(self.customer.id) / requests.FOLDER
        for paper in requests.papers(self.session, self.customer, list(self.asked.values())):
            files = requests.write(folder, paper)
            outcomes = [{"id": one, "status": "waiting", "request_id": paper["id"]} for one in paper["steps"]]
            hands.note("end", {"outcomes": outcomes})
            self.requests.append({
                "id": paper["id"], "ask": paper["ask"], "zones": paper["zones"], "records": len(paper["records"]),
                "expected_by": paper["expected_by"], "send_by": paper["send_by"], "files": [str(one) for one in files],
            })  # fmt: skip

    def _plan(self, known: ledger.Ledger) -> Made:
        return make_from(self.session, self.customer, self.how.options, known)

    def _recovered(self, made: Made) -> Made:
        hands = self._hands(made)
        try:
            apply.recover(hands)
        except ProviderError as problem:
            remedy = "Mend that first: what an earlier run began must be looked at before anything else is done."
            raise Refused([error("apply/recover", str(problem), remedy=remedy)]) from problem
        return self._plan(hands.known)

    def _approval(self, made: Made) -> approving.Approval:
        missing = [error("apply/missing", text) for text in made.plan.missing]
        if made.plan.errored:
            raise SpecError([*(one for one in made.plan.diagnostics if one.severity is Severity.ERROR), *missing])
        if missing:
            raise Refused(missing)
        if self.how.file is not None:
            approval = approving.from_file(made, policy_digest(self.session), self.how.file)
            self.lost = approving.lost(made, self.how.file)
            return approval
        if self.how.ask is not None:
            return approving.from_person(made, self.how.ask)
        return approving.from_journal(made)

    def _something(self, made: Made) -> bool:
        books = made.plan.rows(Verdict.ADOPT, Verdict.FORGET)
        ahead = any(
            index > leg.cursor and (stage.wants or stage.gates)
            for leg in made.plan.legs
            for index, stage in enumerate(leg.route.stages)
        )
        moved = any(one.delegated for one in made.seen.moving)
        waits = made.seen.known.waiting or made.asked.withdrawn
        return bool(made.plan.acts or books or ahead or moved or waits)

    def _passwords(self, made: Made) -> None:
        """Where new passwords go is settled before the first write."""
        births = [act for act in made.plan.acts if act.born and not act.refusal]
        births = [act for act in births if not _restored(made, act.slot.key)]
        if not births:
            return
        path = self.session.state(self.customer.id) / "passwords.jsonl"
        recipient = self.customer.passwords.recipient or ""
        phrase = None
        if not recipient and passwords.needs_passphrase(path) and self.how.passphrase:
            phrase = self.how.passphrase()
        self.store = passwords.open_store(
            path, clock=self.session.clock, run=self.session.run, recipient=recipient, passphrase=phrase
        )

    def _begin(self, made: Made, approval: approving.Approval) -> None:
        self.book.append(
            "run",
            {
                "command": "apply",
                "tool": document.TOOL,
                "actor": self.session.actor,
                "url": self.session.url,
                "spec": made.document["spec"]["digest"],
                "plan": made.document["digest"],
            },
        )
        for route, steps in approving.with_rollbacks(approval, made.plan):
            self.book.append(
                "approve", {"route": route, "steps": steps, "digest": approval.digest, "by": self.session.actor}
            )

    def _hands(self, made: Made) -> Hands:
        hands = Hands(
            providers=made.seen.places.providers,
            provider_of=made.seen.places.provider_of,
            scope_of=made.seen.places.scope_of,
            binding=made.seen.binding,
            journal=self.book,
            known=ledger.fold(self.book.entries()),
            facts=made.seen.facts,
            approved=lambda act: self._unapproved(act, hands.known),
            password=self._password,
            patience=self.session.patience,
            shown=lambda slot, value: made.seen.places.shown(self.session, slot, value),
            fresh=self._fresh(made),
            answer=lambda begun: self._answer(made, begun),
            by_hand=lambda slot: scripts.by_hand(made.seen.places, *slot),
        )
        return hands

    def _fresh(self, made: Made) -> dict[tuple[str, Scope], Mapping[Key, Resource]]:
        """What the plan was made from: every provider refuses what has changed since, and then it is read again."""
        reads = [(read, read.observation) for read in made.seen.picture.reads]
        return {(read.provider, read.scope): found.resources for read, found in reads if found is not None}

    def _unapproved(self, act: Any, known: ledger.Ledger) -> str:
        earlier = self.results.get(act.id)
        if earlier and earlier.status is Status.REFUSED:
            return earlier.detail
        return approving.unapproved(act, known)

    def _password(self, user: str, upn: str) -> Secret:
        password = passwords.generate()
        if self.store is None:
            raise Refused([error("apply/password", f"there is nowhere to keep a password for {upn}")])
        self.store.keep(user, upn, password)
        return password

    def _paper(self, made: Made) -> dict[str, Any]:
        results = list(self.results.values())
        conflicts = [row.slot.address for row in made.plan.rows(Verdict.CONFLICT)]
        end = verdict(results, self.report, wrote=self.wrote, lost=bool(self.lost), conflicts=bool(conflicts))
        names = {leg.route.id: [stage.name for stage in leg.route.stages] for leg in made.plan.legs}
        paper = document.apply(
            self.customer.id,
            self.session.clock.now(),
            results=results,
            report=self.report,
            verdict=end,
            names=names,
            diagnostics=[*self.notes, *made.plan.diagnostics, *self._left(conflicts)],
            following=_following(end[0], self.customer.id),
            lost=self.lost,
            requests=self.requests,
        )
        paper["waiting"] += requests.awaited(made.asked, self.known, self.requests)
        paper["waiting"] += scripts.awaited(self.scripts)
        paper["scripts"] = self.scripts
        return paper

    def _left(self, conflicts: list[str]) -> list[Diagnostic]:
        """What was not even tried, so that "everything was done" is never said too early."""
        found = []
        if conflicts:
            remedy = "Write `adopt: overwrite` where the spec asks for it, or take it out of the spec."
            named = ", ".join(conflicts)
            found.append(warning("apply/conflict", f"left alone, since it is not ours: {named}", remedy=remedy))
        if self.report.interrupted:
            remedy = f"Go on with `reconciler apply --customer {self.customer.id}`."
            found.append(warning("apply/stopped", "stopped as asked before everything was done", remedy=remedy))
        return found


def verdict(
    results: list[StepResult], report: Report, *, wrote: bool, lost: bool, conflicts: bool = False
) -> tuple[str, int]:
    """The outcome in a word, and the exit code: the first that holds."""
    statuses = {one.status for one in results}
    bad = bool(statuses & {Status.FAILED, Status.REFUSED, Status.UNKNOWN, Status.SKIPPED}) or lost
    if report.interrupted and not wrote:
        return "interrupted", 130
    if wrote and (bad or report.interrupted):
        return "partial", 4
    if statuses & {Status.FAILED, Status.UNKNOWN}:
        return "error", 1
    if bad:
        return "refused", 3
    if conflicts or Status.WAITING in statuses or any(not one.dated for one in report.awaited):
        return "waiting", 5
    return ("done" if statuses else "nothing"), 0


def _restored(made: Made, key: Key) -> bool:
    live = made.seen.world.resources.get(key)
    return isinstance(live, User) and live.deleted


def _following(outcome: str, customer: str) -> str:
    return {
        "waiting": f"reconciler apply --customer {customer}",
        "partial": f"reconciler plan --customer {customer}",
        "refused": f"reconciler plan --customer {customer}",
        "error": f"reconciler plan --customer {customer}",
        "interrupted": f"reconciler apply --customer {customer}",
    }.get(outcome, "")
