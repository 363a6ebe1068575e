"""The openspf suite for RFC 7208, release 2014.04 with the additions of 2019: every case, result and explanation."""

import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from reconciler.mail.spf.evaluate import Verdict, check_host
from reconciler.mail.spf.syntax import read
from reconciler.mail.spf.terms import is_spf
from reconciler.model import names, rdata
from reconciler.model.answer import Answer, Status
from tests.conftest import SHARED

pytestmark = pytest.mark.needs_shared

SUITE = SHARED / "data" / "rfc7208-tests.yml"
CASES = 203
#: A chain of aliases that is longer is a loop.
ALIASES = 10
#: The cases whose permanent error is no matter of the checked record's own syntax, and what it is instead. All other
#: cases that must end so are told by their record alone.
BEYOND_SYNTAX = {
    "multitxt1": "two records",
    "multitxt2": "two records",
    "include-permerror": "the record it includes is broken",
    "include-none": "what it includes has no record",
    "redirect-none": "what it redirects to has no record",
    "redirect-loop": "over ten lookups",
    "include-loop": "over ten lookups",
    "mx-limit": "over ten MX hosts",
    "mech-over-limit": "over ten lookups",
    "include-over-limit": "over ten lookups",
    "void-over-limit": "over two void lookups",
}


class Case(NamedTuple):
    """One case: its name, what is asked, and what may come out."""

    name: str
    asked: dict[str, Any]
    zone: dict[str, list[Any]]

    @property
    def results(self) -> list[str]:
        """Every result that is right."""
        result = self.asked["result"]
        return result if isinstance(result, list) else [result]

    @property
    def sender(self) -> str:
        """The address of MAIL FROM."""
        return str(self.asked["mailfrom"])

    @property
    def domain(self) -> str:
        """Whose record is checked: the sender's, or the name in HELO for a bounce."""
        return self.sender.rpartition("@")[2] if self.sender else str(self.asked["helo"])

    def verdict(self) -> Verdict:
        """What we make of it."""
        return check_host(
            str(self.asked["host"]), self.domain, self.sender, str(self.asked["helo"]), self.answer, explain=True
        )

    def answer(self, name: str, kind: str, aliases: int = 0) -> Answer:
        """The zone's answer, aliases followed; a name with TIMEOUT does not answer what it does not hold."""
        entries = self.zone.get(name)
        if entries is None:
            return Answer(Status.NXDOMAIN)
        records = [entry for entry in entries if isinstance(entry, dict)]
        values = [value for entry in records for held, value in entry.items() if held == kind and value != "NONE"]
        if values:
            return Answer(Status.FOUND, tuple(_value(kind, value) for value in values))
        if "TIMEOUT" in entries:
            return Answer(Status.FAILED, detail="time is up")
        target = next((entry["CNAME"] for entry in records if "CNAME" in entry), None)
        if target is None:
            return Answer(Status.EMPTY)
        if aliases == ALIASES:
            return Answer(Status.FAILED, detail="a loop of aliases")
        return self.answer(_written(target), kind, aliases + 1)


def _written(name: str) -> str:
    return names.written(label.encode() for label in name.lower().removesuffix(".").split("."))


def _value(kind: str, value: Any) -> str:
    if kind == "TXT":
        # The suite writes octets as the characters of the same number.
        joined = "".join(value) if isinstance(value, list) else str(value)
        return joined.encode("latin-1").decode("utf-8", "surrogateescape")
    if kind == "MX":
        return f"{value[0]} {_written(value[1])}."
    return f"{_written(value)}." if kind in {"CNAME", "PTR"} else rdata.canonical(kind, str(value))


def _zone(data: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """The zone by written names; what stands under SPF is published as TXT where a name has no TXT of its own."""
    zone = {}
    for name, entries in data.items():
        kinds = {kind for entry in entries if isinstance(entry, dict) for kind in entry}
        zone[_written(name)] = [
            {"TXT": entry["SPF"]} if isinstance(entry, dict) and "SPF" in entry and "TXT" not in kinds else entry
            for entry in entries
        ]
    return zone


@cache
def cases(path: Path) -> tuple[Case, ...]:
    """All cases in the order of the file; none where the file is absent."""
    if not path.exists():
        return ()
    scenarios = list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
    found = []
    for scenario in scenarios:
        zone = _zone(scenario["zonedata"])
        found += [Case(name, asked, zone) for name, asked in scenario["tests"].items()]
    return tuple(found)


def test_the_suite_is_whole() -> None:
    """No case is lost between the file and the runner."""
    assert len(cases(SUITE)) == CASES


@pytest.mark.parametrize("case", cases(SUITE), ids=lambda case: case.name)
def test_case(case: Case) -> None:
    """The result is one that the suite allows, and so is the explanation where the suite names one."""
    verdict = case.verdict()
    assert verdict.result in case.results, verdict
    told = case.asked.get("explanation")
    if told is not None:
        assert verdict.explanation == ("" if told == "DEFAULT" else told)


def test_the_suite_is_fast() -> None:
    """Probing costs nothing: all cases under two seconds of processor time."""
    start = time.process_time()
    for case in cases(SUITE):
        case.verdict()
    assert time.process_time() - start < 2


def test_every_record_is_judged_as_the_suite_judges_it() -> None:
    """A permanent error that is one of syntax is found in the record alone, and nothing sound is found broken."""
    beyond = set()
    for case in cases(SUITE):
        answer = case.answer(_written(case.domain), "TXT")
        broken = any(read(text).problems for text in answer.values if is_spf(text))
        if case.results == ["permerror"] and not broken:
            beyond.add(case.name)
        else:
            assert broken == (case.results == ["permerror"]), case.name
    assert beyond == set(BEYOND_SYNTAX)
