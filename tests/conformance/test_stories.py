"""The stories are well told, and each loss that real systems show is caught by one of them."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from providers.memory import MemoryRemote
from reconciler.conformance import laws_writing, states_dns
from reconciler.conformance.laws_offline import TRANSITIONS
from reconciler.conformance.states import Transition
from reconciler.model import rdata
from reconciler.model.resource import RecordSet, Resource, User
from tests.conformance.memory_harness import MemoryHarness

STORIES = {story.name: story for story in TRANSITIONS}


def test_every_story_has_a_name_of_its_own() -> None:
    """A name says which story failed."""
    assert len(STORIES) == len(TRANSITIONS)


@pytest.mark.parametrize("story", TRANSITIONS, ids=lambda story: story.name)
def test_each_state_changes_something(story: Transition) -> None:
    """No state equals the one before, and none begins with nothing."""
    assert story.states[0]
    assert all(before != after for before, after in pairwise(story.states))


@pytest.mark.parametrize("kind", sorted(states_dns.PLAIN))
def test_values_are_in_normal_form(kind: str) -> None:
    """What the stories want is what an adapter would report."""
    sets = [one for story in TRANSITIONS for state in story.states for one in state if isinstance(one, RecordSet)]
    values = {value for one in sets for value in one.values if one.key.kind == kind}
    assert {value: rdata.canonical(kind, value) for value in values} == {value: value for value in values}


def test_every_type_has_a_story() -> None:
    """The sixteen types, and one that nobody knows."""
    assert set(states_dns.PLAIN) == {*rdata.TYPES, "TYPE65400"}


def records(change: Callable[[RecordSet], RecordSet]) -> Callable[[Resource], Resource]:
    """A loss that record sets suffer."""
    return lambda one: change(one) if isinstance(one, RecordSet) else one


def texts(change: Callable[[str], str]) -> Callable[[Resource], Resource]:
    """A loss that TXT values suffer."""

    def lose(one: Resource) -> Resource:
        if isinstance(one, RecordSet) and one.key.kind == "TXT":
            return replace(one, values=tuple(sorted({change(value) for value in one.values})))
        return one

    return lose


def users(**attributes: object) -> Callable[[Resource], Resource]:
    """A loss that users suffer."""
    return lambda one: replace(one, **attributes) if isinstance(one, User) else one  # type: ignore[arg-type]


LOSSES: dict[str, tuple[str, Callable[[Resource], Resource]]] = {
    "cut at 255": ("TXT: around 255 bytes", texts(lambda text: text[:255])),
    "cut at 1024": ("TXT: 4000 bytes", texts(lambda text: text[:1024])),
    "blank between strings": ("TXT: around 255 bytes", texts(lambda text: " ".join((text[:255], text[255:])).strip())),
    "last backslash": ("TXT: backslashes", texts(lambda text: text.removesuffix("\\"))),
    "escape read twice": ("TXT: backslashes", texts(lambda text: text.replace("\\065", "A"))),
    "quotes": ("TXT: quotes", texts(lambda text: text.replace('"', ""))),
    "comment": ("TXT: semicolons", texts(lambda text: text.partition(";")[0])),
    "trimmed": ("TXT: blanks", texts(str.strip)),
    "lower case": ("TXT: case is kept", texts(str.lower)),
    "ASCII alone": ("TXT: not ASCII", texts(lambda text: text.encode("ascii", "replace").decode())),
    "UTF-8 alone": ("TXT: not UTF-8", texts(lambda text: text.encode("utf-8", "replace").decode())),
    "composed": ("TXT: not ASCII", texts(lambda text: text.replace("e\u0301", "é"))),
    "line ends": ("TXT: control characters", texts(lambda text: text.replace("\n", " "))),
    "empty": ("TXT: empty", texts(lambda text: text or " ")),
    "one value": ("set: grows, shrinks, is replaced", records(lambda one: replace(one, values=one.values[:1]))),
    "fifty values": ("set: a hundred values", records(lambda one: replace(one, values=one.values[:50]))),
    "lowest TTL": ("set: only the TTL changes", records(lambda one: replace(one, ttl=max(one.ttl, 300)))),
    "null MX": (
        "MX: null, zero, highest",
        records(lambda one: replace(one, values=tuple(value.replace("0 .", "10 .") for value in one.values))),
    ),
    "aliases": ("user: aliases grow and shrink", users(aliases=("a@suite.onmicrosoft.com",))),
    "sign-in": ("user: blocked, let in again", users(enabled=True)),
    "accents": ("user: created with little, then with much", users(surname="Lopez Nandu")),
    "country": ("user: another name", users(usage_location="")),
}


class LossyRemote(MemoryRemote):
    """Keeps something else than it is given, and says nothing."""

    lose: Callable[[Resource], Resource] = staticmethod(lambda one: one)

    def put(self, resource: Resource) -> None:
        super().put(self.lose(resource))


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_is_caught(loss: str, tmp_path: Path) -> None:
    """The story that is there for it finds what a system loses; without the loss it is told whole."""
    name, lose = LOSSES[loss]
    harness = MemoryHarness(tmp_path)
    assert laws_writing.transition(harness, STORIES[name]) == ""
    harness = MemoryHarness(tmp_path)
    lossy = LossyRemote(page_size=1)
    lossy.scopes, lossy.lose = harness.remote.scopes, lose
    harness.remote = harness.wire.remote = lossy
    with pytest.raises(AssertionError, match="law 6: "):
        laws_writing.transition(harness, STORIES[name])
