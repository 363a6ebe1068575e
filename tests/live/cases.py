"""Every story of the suite as record sets of one zone, so that the whole product runs over all of them at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reconciler.conformance.states_dns import TRANSITIONS
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet


def cases(zone: str, last: bool) -> Iterator[tuple[str, tuple[RecordSet, ...]]]:
    """Each story with its first state, or its last that is not empty, under a name of its own in one zone."""
    for number, story in enumerate(TRANSITIONS):
        states = [state for state in story.states if state]
        state = states[-1] if last else states[0]
        sets = [one for one in state if isinstance(one, RecordSet)]
        yield story.name, tuple(replace(one, key=_under(one.key, f"s{number}", zone)) for one in sets)


def _under(key: Key, below: str, zone: str) -> Key:
    return key._replace(scope=zone, name=below if key.name == "@" else f"{key.name}.{below}")
