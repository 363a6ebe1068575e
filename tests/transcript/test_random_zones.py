"""Whatever stands in a zone: what is imported plans to nothing, and nothing is passed over in silence."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings

from reconciler.model.resource import RecordSet
from tests.transcript.imported import Shop, assert_still, lost
from tests.transcript.zones import record_sets


def check(sets: list[RecordSet], *, only_mail: bool) -> None:
    """The law."""
    with tempfile.TemporaryDirectory() as name:
        shop = Shop(Path(name)).zone(sets)
        paper = shop.imported(only_mail=only_mail)
        made = shop.planned()
        assert_still(made)
        assert lost(sets, made, paper["domains"][0]["unmanaged"]) == []
        assert shop.text.isascii()


@given(record_sets())
@settings(max_examples=40, deadline=None)
def test_a_random_zone(sets: list[RecordSet]) -> None:
    """Everything."""
    check(sets, only_mail=False)


@given(record_sets())
@settings(max_examples=15, deadline=None)
def test_a_random_zone_only_mail(sets: list[RecordSet]) -> None:
    """Mail alone: the rest is named."""
    check(sets, only_mail=True)


@pytest.mark.long
@given(record_sets())
@settings(max_examples=1000, deadline=None)
def test_many_random_zones(sets: list[RecordSet]) -> None:
    """The same for long."""
    check(sets, only_mail=False)
