"""Shows what SPF says before a plan and after each of its stages: the record, its whole tree, and what becomes of mail.

Every sender with an address is tried, every probe of the spec, and every address whose term leaves the record.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from reconciler import folding, standing_spf
from reconciler.mail import catalogue
from reconciler.mail.spf import evaluate, lint, tree
from reconciler.mail.spf.terms import identity, is_spf, parse
from reconciler.model.answer import Answer, Status
from reconciler.model.diagnostic import Diagnostic, Origin, Severity, error
from reconciler.model.key import Key, Slot
from reconciler.model.names import fqdn
from reconciler.model.resource import RecordSet
from reconciler.model.route import DATED
from reconciler.model.value import Unknown, Value
from reconciler.plan import Act, Leg
from reconciler.spec.domain import DomainSpec
from reconciler.zones import Zones

#: What MX and addresses say decides what SPF's `mx` and `a` mean.
LEADS = frozenset({"MX", "A", "AAAA", "CNAME"})
#: Addresses behind `a` and `mx` that are tried.
REACHED = 50
#: Stands for a record that nobody could look up: it admits nobody and breaks nothing.
SILENT = Answer(Status.FOUND, ("v=spf1 ?all",))


@dataclass(frozen=True, slots=True)
class Moment:
    """The record at one moment.

    Attributes:
        stage: after which stage; empty = now.
        text: none = there is none.
        lookups: in the worst case, over the whole tree. `voids`: those that find nothing.
        known: the whole tree was looked up.
    """

    stage: str
    text: str | None
    lookups: int = 0
    voids: int = 0
    known: bool = True


@dataclass(frozen=True, slots=True)
class Trial:
    """One address, tried at every moment.

    Attributes:
        expect: what must come out in the end; empty = only shown. `until`: the day on which that ends; empty = never.
        results: SPF results, one for each moment; a `?` behind one that depends on what nobody could look up.
    """

    name: str
    address: str
    expect: str
    results: tuple[str, ...] = ()
    origin: Origin = Origin()
    until: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """One SPF record through a plan.

    Attributes:
        domain: whose mail it is about. `address`: of the record set.
        moments: now, then after each stage that changes what SPF says.
        tree: the last moment's tree, for people.
        unknown: terms of the last record that nobody of us asked for.
    """

    domain: str
    address: str
    moments: tuple[Moment, ...]
    tree: tuple[str, ...]
    trials: tuple[Trial, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proven:
    """All proofs of a plan, and what they found wrong."""

    proofs: tuple[Proof, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()


def prove(domains: Mapping[str, DomainSpec], legs: Sequence[Leg], zones: Zones, today: date) -> Proven:
    """Prove every SPF record that a plan touches, itself or through what it points to."""
    acts = [act for leg in legs for act in leg.acts if act.slot.key.system == "dns" and not act.refusal]
    touched = {act.slot.key for act in acts if act.slot.part.startswith("spf")}
    leading = {act.slot.key.scope for act in acts if act.slot.key.kind in LEADS and not act.slot.part}
    if not touched and not leading:
        return Proven()
    homes = {name: standing_spf.home(name, zones) for name in domains}
    subjects: list[tuple[str, Key, DomainSpec | None]]
    subjects = [(name, key, domains[name]) for name, key in homes.items() if leading or key in touched]
    others = touched | {key for key in zones.texts(leading) if key.name != "@"}
    subjects += [(_absolute(key), key, None) for key in sorted(others - set(homes.values()))]
    names = {leg.route.id: [stage.name for stage in leg.route.stages] for leg in legs}
    scene = Scene(acts, names, zones, today)
    asked = {slot: want.origin for leg in legs for stage in leg.route.stages for slot, want in stage.wants.items()}
    proofs: list[Proof] = []
    found: list[Diagnostic] = []
    for name, key, spec in subjects:
        one = _Subject(name, key, spec, scene)
        if any(moment.text for moment in one.moments):
            origins = {slot.part.removeprefix("spf/"): where for slot, where in asked.items() if slot.key == key}
            proofs.append(one.proof(origins))
            found += one.found(origins, touched=key in touched)
    return Proven(tuple(proofs), tuple(found))


class Scene(NamedTuple):
    """What all subjects of a plan share: its acts in DNS, the stages of each route by name, the zones, the day."""

    acts: Sequence[Act]
    names: Mapping[str, Sequence[str]]
    zones: Zones
    today: date


class _Subject:
    """One record's way through the plan."""

    def __init__(self, name: str, key: Key, spec: DomainSpec | None, scene: Scene) -> None:
        self.name, self.key, self.spec, self.today = name, key, spec, scene.today
        moving = [act for act in scene.acts if _speaks(act, key) or act.slot.key.kind in LEADS]
        stages = dict(sorted({act.stage: scene.names[act.route][act.stage] for act in moving}.items()))
        self.views = [scene.zones, *(_after(scene.zones, scene.acts, stage) for stage in stages)]
        self.trees = [tree.count(name, view) for view in self.views]
        self.moments = [
            _moment(stage, view.set(key), counted)
            for stage, view, counted in zip(["", *stages.values()], self.views, self.trees, strict=True)
        ]
        self.trials = [self._tried(one) for one in self._trials()]
        self.lost = [self._tried(one) for one in self._behind()]

    def proof(self, asked: Collection[str]) -> Proof:
        last = self.moments[-1].text
        kept = self._telling()
        shown = [*self.trials, *self.lost]
        trials = [replace(one, results=tuple(one.results[index] for index in kept)) for one in shown]
        unknown = [one.text for one in parse(last or "") if one.identity not in asked and not one.is_all]
        return Proof(
            self.name,
            self.key.address,
            tuple(self.moments[index] for index in kept),
            tree.lines(self.trees[-1]),
            tuple(trials),
            tuple(unknown),
        )

    def _telling(self) -> list[int]:
        """The moments that say something new, the first and the last among them."""
        shown = [
            (replace(one, stage=""), [trial.results[index] for trial in [*self.trials, *self.lost]])
            for index, one in enumerate(self.moments)
        ]
        return [index for index, one in enumerate(shown) if not index or one != shown[index - 1]]

    def found(self, origins: Mapping[str, Origin], *, touched: bool) -> Iterator[Diagnostic]:
        """What is wrong after any stage; what is wrong already and left alone is a warning."""
        seen: set[tuple[str, str]] = set()
        for view, counted in zip(self.views[1:], self.trees[1:], strict=True):
            for one in self._linted(view, counted):
                if one.severity is Severity.INFO or (one.rule, one.summary) in seen:
                    continue
                seen.add((one.rule, one.summary))
                words = {word for said in one.summary.split() for word in (said, said.rstrip(":,"))}
                terms = [term for term in origins if term in words]
                if one.rule == "spf/S14" and one.severity is Severity.WARNING and set(terms) & self._addresses():
                    continue  # said at the sender's own line
                mild = one.severity is Severity.ERROR and not touched
                place = origins[terms[0]] if terms else self._origin(origins)
                yield replace(one, origin=place, severity=Severity.WARNING if mild else one.severity)
        for trial in self.trials:
            last = self._last(trial)
            if trial.expect and last.removesuffix("?") != trial.expect and not last.endswith("?"):
                yield _unexpected(self.name, self.key, trial, last)
        yield from (_moved(self.name, self.key, one, self._last(one)) for one in self.lost)

    def _addresses(self) -> set[str]:
        """The terms of senders that are nothing but an address."""
        addresses = [one.address for one in self.spec.senders if one.address] if self.spec else []
        return {identity(f"ip{6 if ':' in one else 4}:{one}") for one in addresses}

    def _linted(self, view: Zones, counted: tree.Tree) -> list[Diagnostic]:
        rs, old = view.set(self.key), view.set(self.key._replace(kind="SPF"))
        return lint.lint(
            self.name,
            rs.values if rs else (),
            counted,
            address=self.key.address,
            old=old.values if old else (),
            hosts=lint.hosts_of(counted, view),
            bulk=catalogue.bulk() if counted.lookups >= tree.LOOKUPS else (),
        )

    def _origin(self, origins: Mapping[str, Origin]) -> Origin:
        if self.spec is None:
            return next(iter(origins.values()), Origin())
        place: Origin = self.spec.spf.origin if self.spec.spf.origin.file else self.spec.origin
        return place

    def _last(self, trial: Trial) -> str:
        """The result in the end; what leaves on a day of the spec has passed till then."""
        lasting = [result for moment, result in zip(self.moments, trial.results, strict=True) if not _dated(moment)]
        return lasting[-1]

    def _trials(self) -> Iterator[Trial]:
        declared: dict[str, Trial] = {}
        for sender in self.spec.senders if self.spec else ():
            ended = sender.until is not None and sender.until <= self.today
            for address in _ends(sender.address) if sender.address else ():
                expect, until = ("", "") if ended else ("pass", str(sender.until or ""))
                declared[address] = Trial(sender.name, address, expect, origin=sender.origin, until=until)
        for probe in self.spec.spf.probes if self.spec else ():
            declared[probe.address] = Trial(probe.name, probe.address, probe.expect, origin=probe.origin)
        for address in self._leaving():
            declared.setdefault(address, Trial("of a term that leaves", address, ""))
        yield from declared.values()

    def _leaving(self) -> Iterator[str]:
        """Addresses of terms that were in a record before and are not in the last one."""
        last = {one.identity for one in parse(self.moments[-1].text or "")}
        for moment in self.moments[:-1]:
            for one in parse(moment.text or ""):
                kind, _, network = one.identity.lstrip("-~?").partition(":")
                if kind in {"ip4", "ip6"} and one.identity not in last:
                    yield from _ends(network)

    def _behind(self) -> Iterator[Trial]:
        """Addresses that pass today by what `a` and `mx` lead to, and would not though the term still stands."""
        now = self.views[0]
        last = next(view for view, one in zip(self.views[::-1], self.moments[::-1], strict=True) if not _dated(one))
        reached = [address for node in tree.nodes(self.trees[0].root) for address in _reached(node, now)]
        for address in list(dict.fromkeys(reached))[:REACHED]:
            before, _ = _verdict(self.name, address, now)
            after, guessed = _verdict(self.name, address, last)
            if before.result == "pass" and after.result != "pass" and not guessed and _stands(before, last):
                yield Trial(f"passes today by {before.term}", address, "")

    def _tried(self, trial: Trial) -> Trial:
        return replace(trial, results=tuple(_result(self.name, trial.address, view) for view in self.views))


def _speaks(act: Act, key: Key) -> bool:
    return act.slot.key == key and act.slot.part.startswith("spf")


def _absolute(key: Key) -> str:
    return fqdn(key.name, key.scope).removesuffix(".")


def _after(zones: Zones, acts: Sequence[Act], stage: int) -> Zones:
    """The zones after a stage: everything that is done up to then."""
    writes: dict[Key, dict[str, Value | None]] = {}
    unnamed: set[Key] = set()
    for act in acts:
        if act.stage <= stage:
            key, value = act.slot.key, act.row.target
            if value is None and isinstance(act.row.after, Unknown):
                unnamed.add(key)
            else:
                writes.setdefault(key, {})[act.slot.part] = value
    changes: dict[Key, RecordSet | None] = {}
    for key, parts in writes.items():
        made = folding.fold(key, zones.set(key), parts)
        changes[key] = made if isinstance(made, RecordSet) else None
    return zones.after(changes, {key for key in unnamed if key.kind != "TXT"})


def _moment(stage: str, rs: RecordSet | None, counted: tree.Tree) -> Moment:
    texts = [text for text in rs.values if is_spf(text)] if rs else []
    return Moment(stage, " | ".join(texts) or None, counted.lookups, max(counted.voids), counted.exact)


def _dated(moment: Moment) -> bool:
    return moment.stage.startswith(DATED)


def _reached(node: tree.Node, view: Zones) -> Iterator[str]:
    """The addresses that an `a` or `mx` of the tree leads to."""
    hosts = node.found if node.kind == "mx" else ()
    answers = [view.ask(host, kind) for host in hosts for kind in ("A", "AAAA")]
    yield from node.found if node.kind == "a" else ()
    yield from (value for answer in answers if answer is not None for value in answer.values)


def _stands(verdict: evaluate.Verdict, view: Zones) -> bool:
    """The term that admitted somebody is still in its record: nobody retired it."""
    answer = view.ask(verdict.path[-1], "TXT") if verdict.path else None
    texts = [text for text in answer.values if is_spf(text)] if answer else []
    return any(identity(verdict.term) == one.identity for text in texts for one in parse(text))


def _result(domain: str, address: str, view: Zones) -> str:
    verdict, guessed = _verdict(domain, address, view)
    return f"{verdict.result}?" if guessed else verdict.result


def _verdict(domain: str, address: str, view: Zones) -> tuple[evaluate.Verdict, bool]:
    """What SPF says, and whether that hangs on something that nobody could look up."""
    guessed = False

    def ask(name: str, kind: str) -> Answer:
        nonlocal guessed
        answer = view.ask(name, kind)
        if answer is None or answer.status is Status.FAILED:
            guessed = True
            return SILENT if kind == "TXT" else Answer(Status.FOUND)
        return answer

    return evaluate.check_host(address, domain, f"postmaster@{domain}", domain, ask), guessed


def _ends(network: str) -> Iterator[str]:
    """The first and the last address of a network."""
    from ipaddress import ip_network

    found = ip_network(network, strict=False)
    yield from dict.fromkeys((str(found.network_address), str(found.broadcast_address)))


def _moved(domain: str, key: Key, trial: Trial, last: str) -> Diagnostic:
    what = f"mail from {trial.address} {trial.name} for {domain}, and would get {last}: what the term leads to moves"
    remedy = "List the server under `senders` with its `address`, or the term under `spf: absent:` if it is retired."
    return error("spf/moves", what, "", remedy, address=key.address)


def _unexpected(domain: str, key: Key, trial: Trial, last: str) -> Diagnostic:
    what = f"mail from {trial.name} ({trial.address}) would get {last} for {domain}, and {trial.expect} is expected"
    if last in {"permerror", "temperror"}:
        remedy = "Mend what breaks the record: see the other findings."
    elif trial.expect == "pass":
        remedy = "Look at the tree: an earlier term denies it, or nothing admits it any more."
    elif last == "pass":
        remedy = "List the term that admits it under `spf: absent:`, or correct what is expected."
    else:
        remedy = "The record's end decides: see `spf: all:`, with `adopt: overwrite` there if somebody else wrote it."
    return error("spf/probe", what, "", remedy, origin=trial.origin, address=Slot(key, "spf/all").address)
