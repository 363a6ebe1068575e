"""Every law of the suite catches an adapter that breaks it, and lets one pass that keeps it in its own way."""

import inspect
from pathlib import Path

import pytest

from providers.memory import MemoryProvider
from reconciler.conformance.laws import LAWS
from tests.conformance import broken_offline, broken_writing
from tests.conformance.memory_harness import MemoryHarness

CHECKS = {law.name: law for law in LAWS}

#: The law, the adapter that breaks it, and what the complaint says.
BREAKS: list[tuple[str, type[MemoryProvider], str]] = [
    ("law_1", broken_offline.NoReady, "no Reader"),
    ("law_1", broken_offline.NoKinds, "declares no kind"),
    ("law_1", broken_offline.OtherArguments, "observe does not take"),
    ("law_1", broken_offline.InventedVerb, "verbs that do not exist"),
    ("law_3", broken_offline.AsksTheSystem, "called the system"),
    ("law_3", broken_offline.ReadsFiles, "/etc/hostname"),
    ("law_4", broken_offline.GrowingText, "normalising twice"),
    ("law_4", broken_offline.OneTtl, "changed a plain"),
    ("law_4", broken_offline.KeepsOrder, "order and repeats"),
    ("law_4", broken_offline.ShowsQuotes, "not in normal form"),
    ("law_5", broken_offline.FirstPage, "not there, or the other way round"),
    ("law_5", broken_offline.WhatItGot, "page-two"),
    ("law_5", broken_offline.NothingThere, "does not exist"),
    ("law_5", broken_offline.AllNames, "observed of the names"),
    ("law_6", broken_offline.HalfTtl, "really there"),
    ("law_6", broken_offline.SaysDone, "observed"),
    ("law_6", broken_writing.TakesWhatGrows, "declared as what only grows, and taken from"),
    ("law_6", broken_writing.TakesAndSaysNo, "it cannot do that, and wrote"),
    ("law_7", broken_offline.FalseDrift, "the second plan"),
    ("law_7", broken_offline.Echo, "the first plan is empty"),
    ("law_8", broken_writing.ReplacesZone, "beside an update"),
    ("law_8", broken_writing.NewIdentity, "beside an update"),
    ("law_9", broken_writing.GoneIsFailed, "that is gone"),
    ("law_10", broken_writing.WritesAgain, "wrote again"),
    ("law_10", broken_writing.AlreadyThere, "not done"),
    ("law_10", broken_writing.SecondAccount, "a group, created again"),
    ("law_10_partial", broken_writing.StopsAtFirst, "one outcome for each"),
    ("law_10_partial", broken_writing.SkipsTheRest, "the others were not done"),
    ("law_10_partial", broken_writing.AllOrSaysSo, "really there"),
    ("law_11", broken_writing.OnlyOurs, "not reported"),
    ("law_11", broken_writing.TakesTheName, "what is foreign"),
    ("law_11_concurrent", broken_writing.Forces, "changed meanwhile"),
    ("law_11_concurrent", broken_writing.RefusesAll, "the others were not done"),
    ("law_12", broken_writing.Forgetful, "request id"),
    ("law_12", broken_writing.Impatient, "seconds to wait in the outcome"),
    ("law_12", broken_writing.Milliseconds, "seconds to wait after"),
    ("law_12", broken_writing.AllUnavailable, "not AuthFailed"),
    ("law_12", broken_writing.SureOfFailure, "a write answered by timeout"),
    ("law_12", broken_writing.Raises, "left apply"),
    ("law_13", broken_writing.RefusesPlain, "refuses a plain one"),
    ("law_13", broken_writing.FoundOutLate, "refuses none"),
    ("law_13", broken_writing.MoreThanDeclared, "undeclared verb"),
    ("law_12_storm", broken_writing.Remembers, "in a 429-storm-bare"),
    ("law_14", broken_writing.TooEarly, "ready at once"),
    ("law_14", broken_writing.NeverReady, "after its declared"),
    ("law_14", broken_writing.Silent, "does not say"),
    ("law_14", broken_writing.Blocks, "blocked"),
    ("law_15", broken_writing.TellsPassword, "secret"),
    ("law_15", broken_writing.PrintsPassword, "secret"),
]

#: Law 2 is broken by what a module does while it is imported.
IMPORTS = {
    "environment": ("import os\nHOME = os.environ.get('HOME', '')", "reads the environment: HOME"),
    "getenv": ("import os\nTOKEN = os.getenv('TOKEN')", "reads the environment: TOKEN"),
    "file": ("LEASES = open(__file__ + '.data', 'w')", "touches the world: open"),
    "socket": ("import socket\nPEER = socket.socket()", "touches the world: socket"),
    "name": ("import socket\nPEER = socket.getaddrinfo('localhost', 53)", "touches the world: socket"),
    "process": ("import subprocess\nsubprocess.run(['true'])", "touches the world"),
    "absent": ("import no_such_module_anywhere", "no_such_module_anywhere"),
}


@pytest.mark.parametrize(("law", "adapter", "complaint"), BREAKS, ids=lambda one: getattr(one, "__name__", str(one)))
def test_a_broken_adapter_is_caught(law: str, adapter: type[MemoryProvider], complaint: str, tmp_path: Path) -> None:
    """The law that an adapter breaks complains, and names itself."""
    number = CHECKS[law].number
    with pytest.raises(AssertionError, match=rf"^law {number}: ") as caught:
        CHECKS[law].check(MemoryHarness(tmp_path, adapter))
    assert complaint in str(caught.value)


@pytest.mark.parametrize("case", IMPORTS)
def test_an_import_that_touches_the_world_is_caught(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Law 2 sees what a module does while it is imported."""
    text, complaint = IMPORTS[case]
    (tmp_path / f"adapter_{case}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    harness = MemoryHarness(tmp_path)
    harness.target = f"adapter_{case}:MemoryProvider"
    with pytest.raises(AssertionError, match=r"^law 2: ") as caught:
        CHECKS["law_2"].check(harness)
    assert complaint in str(caught.value)


def test_every_law_has_a_break() -> None:
    """No law is without an adapter that it catches, and no broken adapter without a law."""
    assert {law for law, _, _ in BREAKS} | {"law_2"} == set(CHECKS)
    modules = (broken_offline, broken_writing)
    classes = {one for module in modules for _, one in inspect.getmembers(module, inspect.isclass)}
    adapters = {one for one in classes if issubclass(one, MemoryProvider)}
    assert {adapter for _, adapter, _ in BREAKS} == adapters - {MemoryProvider}


def test_the_laws_are_fifteen() -> None:
    """The numbers run from 1 to 15, each with its sentence."""
    assert sorted({law.number for law in LAWS}) == list(range(1, 16))
    assert all(law.text for law in LAWS)
