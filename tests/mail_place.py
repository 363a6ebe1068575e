"""One customer whose domain is a zone file, planned in this process; public DNS is a mapping that counts questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reconciler.model.answer import Answer, Fetched, Question, Status
from reconciler.session.answering import Answers
from reconciler.session.opened import Session
from reconciler.session.planning import Made, Options, make
from tests.running import WORKSPACE
from tests.spec.folders import write

TENANT = "acme.onmicrosoft.com"
#: SPF of Microsoft 365 as it stands in public DNS here.
MICROSOFT = {("spf.protection.outlook.com", "TXT"): ("v=spf1 ip4:40.92.0.0/15 -all",)}


@dataclass
class World:
    """Public DNS: what is not in it does not exist. `asked` counts every question; `silent` are names, or names with a
    type, that nobody answers for.
    """

    records: Mapping[tuple[str, str], Sequence[str]]
    asked: Counter[Question] = field(default_factory=Counter)
    silent: frozenset[str] = frozenset()

    def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        return {one: self._answer(one) for one in questions}

    def _answer(self, question: Question) -> Answer:
        self.asked[question] += 1
        if question.name in self.silent or f"{question.name} {question.type}" in self.silent:
            return Answer(Status.FAILED, detail="nobody answered")
        values = self.records.get((question.name, question.type))
        if values:
            return Answer(Status.FOUND, tuple(sorted(values)), 300)
        there = any(name == question.name for name, _ in self.records)
        return Answer(Status.EMPTY if there else Status.NXDOMAIN)


def zone(*lines: str) -> str:
    """A zone file of acme.example with these records beside SOA and NS."""
    head = ["$TTL 1h", "@ SOA ns1.host.example. hostmaster.host.example. 7 2h 15m 2w 5m", "@ NS ns1.host.example."]
    return "\n".join([*head, *lines, ""])


def session(
    root: Path,
    spec: str,
    zones: Mapping[str, str],
    world: World | None = None,
    policy: Fetched | None = None,
) -> Session:
    """A folder of specs with one customer, opened."""
    (root / "zones").mkdir(parents=True, exist_ok=True)
    (root / "tenants").mkdir(exist_ok=True)
    tenant = (
        '{"seed": "acme", "sees": "../zones", "organisation": {"id": "1", "display_name": "Acme", "country": "MX"}, '
        f'"domains": [{{"name": "{TENANT}", "initial": true, "default": true, "verified": true}}], '
        '"users": [], "groups": [], "skus": []}'
    )
    files = {"workspace.yaml": WORKSPACE, "acme/customer.yaml": spec, f"tenants/{TENANT}.json": tenant}
    write(root, files | {f"zones/{name}.zone": text for name, text in zones.items()})
    opened = Session(root, fetch=lambda *_: policy or Fetched(0, "", "", "nobody answered"))
    opened.answers = Answers(world)
    return opened


def plan(
    root: Path, spec: str, zones: Mapping[str, str], world: World | None = None, policy: Fetched | None = None
) -> Made:
    """The plan of the one customer; its spec must load."""
    opened = session(root, spec, zones, world, policy)
    assert not opened.loaded.failed, opened.loaded.failed
    return make(opened, opened.loaded.customers[0], Options())


def told(made: Made, rule: str) -> list[Mapping[str, Any]]:
    """The diagnostics of one rule."""
    return [one for one in made.document["diagnostics"] if one["rule"] == rule]


def refusals(made: Made) -> dict[str, str]:
    """By address, why a step may not go ahead."""
    return {step["address"]: step["refusal"] for step in made.document["steps"] if step["refusal"]}
