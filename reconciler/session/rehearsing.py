"""Tries the first plan of a spec that is not written yet, against the readings it was made from; nobody is asked.

What the plan would touch, and what does not even load, is told by the line that asks for it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reconciler import legs
from reconciler.clock import Clock
from reconciler.ledger import Ledger
from reconciler.live import Read
from reconciler.model.diagnostic import Diagnostic, Origin, Severity
from reconciler.model.errors import NotFound
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.plan import Leg
from reconciler.provider import Capabilities, Observation, Reader, Readiness, Scope
from reconciler.session.answering import Answers
from reconciler.session.looking import see
from reconciler.session.opened import Session
from reconciler.spec import load
from reconciler.spec.files import Files
from reconciler.spec.finish import Finisher
from reconciler.spec.mistakes import Places
from reconciler.spec.yaml_text import read as read_yaml
from reconciler.transcript.choice import Choice, Trouble
from reconciler.transcript.customer import Reading, Transcript, transcribe
from reconciler.verdict import Verdict

#: Verdicts of a plan that leaves the world as it is.
CALM = frozenset({Verdict.SAME, Verdict.ADOPT, Verdict.FORGET})
#: Trials after which only plain records are tried, after which what is blamed is left out whole, and after which the
#: mistake is ours.
PATIENCE, PARTS, MOST = 6, 10, 16

#: The texts of a customer's folder by name; what is wrong with them.
Try = Callable[[Mapping[str, str]], Sequence[Trouble]]


def settled(reading: Reading, trial: Try) -> Transcript:
    """The prettiest spec whose first plan does nothing: what would do something is said more plainly, or left out.

    Raises:
        RuntimeError: there is none; the mistake is ours.
    """
    choice: Choice | None = Choice()
    troubles: Sequence[Trouble] = ()
    for tried in range(MOST):
        if choice is None:
            break
        made = transcribe(reading, choice)
        troubles = trial(made.texts())
        if not troubles:
            return made
        choice = choice.without(troubles, made.files, plainly=tried >= PATIENCE, wholly=tried >= PARTS)
    raise RuntimeError(f"the draft is no spec: {troubles[0].reason}")


def rehearsed(
    specs: Path, customer: str, texts: Mapping[str, str], reads: Iterable[Read], clock: Clock
) -> Sequence[Trouble]:
    """What the first plan of these files would do, one trouble for each; empty when it does nothing.

    Args:
        specs: the folder whose workspace holds.
        texts: of the customer's folder, by name.
        reads: complete readings; scopes that are not among them are passed over.
    """
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        lay(root, customer, texts)
        shutil.copyfile(specs / load.WORKSPACE, root / load.WORKSPACE)
        session = _Rehearsal(root, customer, {(one.scope.system, one.scope.name): one for one in reads}, clock)
        if not session.loaded.customers:
            return list(_told(session.loaded.diagnostics))
        seen = see(session, session.loaded.customers[0], Ledger(), fix_drift=False)
        made, _ = legs.legs(seen.routes, seen.world, seen.known, seen.picture.covers, legs.Limits())
        return [*_rows(made), *_told(seen.found)]


def lay(root: Path, customer: str, texts: Mapping[str, str]) -> None:
    """Write a customer's folder somewhere."""
    (root / customer).mkdir()
    for name, text in texts.items():
        (root / customer / name).write_text(text, encoding="utf-8")


def _rows(made: Iterable[Leg]) -> Iterator[Trouble]:
    for row in (row for leg in made for row in leg.rows if row.verdict not in CALM):
        origin = row.want.origin if row.want else Origin()
        yield Trouble(Path(origin.file).name, origin.line, row.slot, f"a plan would touch it: {row.reason}")


def _told(found: Iterable[Diagnostic]) -> Iterator[Trouble]:
    for one in found:
        if one.severity is Severity.ERROR and one.rule != "live/unread":
            yield Trouble(Path(one.origin.file).name, one.origin.line, None, one.summary)


class _Rehearsal(Session):
    """A session that shows what was read before and asks nobody."""

    def __init__(self, folder: Path, customer: str, reads: Mapping[tuple[str, str], Read], clock: Clock) -> None:
        super().__init__(folder, [customer], clock)
        self.answers = Answers()
        self._replay = _Replay(reads)

    def provider(self, name: str) -> Reader:  # noqa: ARG002
        return self._replay


class _Replay:
    """A provider that shows what was read before."""

    kinds: Mapping[str, Capabilities] = {}

    def __init__(self, reads: Mapping[tuple[str, str], Read]) -> None:
        self._reads = reads

    def refusals(self, desired: Sequence[Resource]) -> Iterable[Diagnostic]:  # noqa: ARG002
        return ()

    def normalise(self, desired: Resource) -> Resource:
        return desired

    def observe(self, scope: Scope) -> Observation:
        found = self._reads.get((scope.system, scope.name))
        if found is None or found.observation is None:
            raise NotFound("import", f"{scope.name} was not read")
        return found.observation

    def ready(self, key: Key) -> Readiness:  # noqa: ARG002
        return Readiness(True)


def snapshot_mistakes(root: Path, customer: str, file: str, domain: str) -> list[Diagnostic]:
    """What is wrong with a snapshot of a domain that stands in a customer's folder."""
    found: list[Diagnostic] = []
    workspace = load.load_workspace(root)
    files = Files(root, root / customer, found)
    Finisher(workspace, Places(read_yaml(b"", "")), files, found).snapshot(file, domain, Origin())
    return [one for one in found if one.severity is Severity.ERROR]
