"""Reading: systems elsewhere side by side, what is kept here at once, and nothing that failed is called empty."""

import threading
from dataclasses import replace

from reconciler.clock import SystemClock
from reconciler.live import observe
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.patience import Patience
from reconciler.provider import Observation, Scope
from tests.semantics.world import System

PATIENCE = Patience(SystemClock())
WWW = Key("dns", "a.example", "A", "www")


class Waiting(System):
    """Answers once another is being read as well."""

    def __init__(self, barrier: threading.Barrier) -> None:
        super().__init__([RecordSet(WWW, 300, ("192.0.2.1",))])
        self.barrier = barrier
        self.thread = ""

    def observe(self, scope: Scope) -> Observation:
        self.thread = threading.current_thread().name
        self.barrier.wait(timeout=10)
        return super().observe(scope)


def test_systems_elsewhere_are_read_side_by_side() -> None:
    """Two that wait for each other are both read."""
    barrier = threading.Barrier(2)
    found = observe(
        {"one": Waiting(barrier), "two": Waiting(barrier)},
        [("one", Scope("dns", "a.example")), ("two", Scope("dns", "b.example"))],
        PATIENCE,
    )
    assert found.complete
    assert [read.provider for read in found.reads] == ["one", "two"]
    assert WWW in found.resources


def test_what_is_kept_here_is_read_at_once() -> None:
    """No thread is started for a file; the order of the readings is that of the question."""
    here, there = Waiting(threading.Barrier(1)), Waiting(threading.Barrier(1))
    here.kinds = {kind: replace(one, local=True) for kind, one in here.kinds.items()}
    asked = [("there", Scope("dns", "b.example")), ("here", Scope("dns", "a.example"))]
    found = observe({"here": here, "there": there}, asked, PATIENCE)
    assert here.thread == threading.current_thread().name != there.thread
    assert [read.provider for read in found.reads] == ["there", "here"]


def test_some_names_say_nothing_of_others() -> None:
    """What was read by name covers those names alone."""
    scope = Scope("dns", "a.example", frozenset({"www"}))
    found = observe({"one": System([RecordSet(WWW, 300, ("192.0.2.1",))])}, [("one", scope)], PATIENCE)
    assert found.covers(WWW)
    assert not found.covers(WWW._replace(name="ftp"))
    assert not found.covers(WWW._replace(scope="b.example"))


def test_what_failed_is_not_empty() -> None:
    """A reading that failed covers nothing, and the picture is not complete."""
    system = System()
    system.reads_fail = True
    found = observe({"one": system}, [("one", Scope("dns", "a.example"))], PATIENCE)
    assert not found.complete
    assert not found.covers(WWW)
    assert "down" in found.reads[0].error
