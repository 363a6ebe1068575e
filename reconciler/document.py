"""The public, versioned JSON of plans, applies and status: what every view and every script reads."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler import products
from reconciler.apply import Awaited, Report, StepResult
from reconciler.diff import Row
from reconciler.gates import GateState
from reconciler.live import Live, Read
from reconciler.model.change import Status
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.key import Slot
from reconciler.model.resource import Group, Resource, Sku, User
from reconciler.model.route import Wait
from reconciler.model.value import Unknown, Value
from reconciler.plan import Act, Leg, Plan, digest, rollback_ids, wanted
from reconciler.proof import Proof
from reconciler.verdict import OFF, Verdict

FORMAT = "1.0"
TOOL = "0.1.0"
#: Addresses listed where only their number matters; the digest covers all of them.
LISTED = 200
#: What a step says of its effect; the rest tells where it comes from.
SAID = ("id", "route", "stage", "address", "action", "before", "after", "unknown", "with", "allowed", "owner")


def head(kind: str, customer: str, now: datetime) -> dict[str, Any]:
    """The first fields of every document."""
    return {"format_version": FORMAT, "kind": kind, "tool_version": TOOL, "customer": customer, "created": when(now)}


def when(instant: datetime | None) -> str | None:
    """An instant in UTC to the second, or none."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if instant else None


def plan(
    made: Plan,
    *,
    reads: Live,
    spec: Mapping[str, Any],
    policy: str,
    gates: Mapping[tuple[str, int], Sequence[GateState]],
    now: datetime,
    proofs: Sequence[Proof] = (),
) -> dict[str, Any]:
    """A plan as JSON; `digest` covers what it would do, not when or from which commit it was made."""
    called = _products(reads)
    steps = [_step(act, leg, called) for leg in made.legs for act in leg.acts]
    dated = _dated(gates)
    due = [act for act in made.acts if act.stage < dated.get(act.route, act.stage + 1)]
    refused = any(act.refusal for act in due)
    unread = {(read.scope.system, read.scope.name) for read in reads.reads if read.observation is None}
    people = members(reads.resources.values())
    paper = {
        **head("plan", made.customer, now),
        "spec": dict(spec),
        "policy": {"digest": policy, "result": "fail" if refused else "pass" if reads.complete else "unknown"},
        "reads": [_read(read, now) for read in reads.reads],
        "complete": made.complete,
        "applyable": made.applyable,
        "errored": made.errored,
        "missing": list(made.missing),
        "routes": [_route(leg, gates, unread) for leg in made.legs],
        "steps": steps,
        "adopt": _listed([row.slot.address for row in made.rows(Verdict.ADOPT)]),
        "forget": _listed([row.slot.address for row in made.rows(Verdict.FORGET)]),
        "drift": [entry for leg in made.legs for entry in _drift(leg)],
        "unmanaged": _listed([shown(slot, people) for slot in made.unmanaged]),
        "spf": [_proof(one) for one in proofs],
        "diagnostics": [one.as_json() for one in made.diagnostics],
        "counts": made.counts(dated),
    }
    return {**paper, "digest": effect(paper)}


def _proof(one: Proof) -> dict[str, Any]:
    """What SPF says before, between and after; `results` are in the order of `moments`."""
    return {
        "domain": one.domain,
        "address": one.address,
        "moments": [
            {
                "stage": moment.stage,
                "record": moment.text,
                "lookups": moment.lookups,
                "voids": moment.voids,
                "known": moment.known,
            }
            for moment in one.moments
        ],
        "tree": list(one.tree),
        "probes": [
            {
                "name": trial.name,
                "address": trial.address,
                "expect": trial.expect,
                "until": trial.until,
                "results": list(trial.results),
            }
            for trial in one.trials
        ],
        "unknown": list(one.unknown),
    }


def _dated(gates: Mapping[tuple[str, int], Sequence[GateState]]) -> dict[str, int]:
    """By route, the first stage that waits for a day of the spec."""
    found: dict[str, int] = {}
    for (route, stage), states in sorted(gates.items()):
        if any(not one.open and isinstance(one.gate, Wait) and one.gate.rule == "until" for one in states):
            found.setdefault(route, stage)
    return found


def effect(paper: Mapping[str, Any]) -> str:
    """Identity of what a plan document would do; one that was changed since it was made has another.

    Raises:
        KeyError, TypeError, AttributeError: it is no whole plan document.
    """
    return digest(
        {
            "customer": paper["customer"],
            "spec": paper["spec"]["digest"],
            "policy": paper["policy"]["digest"],
            "complete": paper["complete"],
            "steps": [[step[name] for name in SAID] for step in paper["steps"]],
            "adopt": paper["adopt"]["digest"],
            "forget": paper["forget"]["digest"],
            "rollback": [route["rollback"] for route in paper["routes"]],
        }
    )


def apply(
    customer: str,
    now: datetime,
    *,
    results: Sequence[StepResult],
    report: Report,
    verdict: tuple[str, int],
    names: Mapping[str, Sequence[str]],
    diagnostics: Iterable[Diagnostic] = (),
    following: str = "",
    lost: Sequence[Mapping[str, Any]] = (),
    requests: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """What an apply did.

    Args:
        verdict: the outcome in a word, and the exit code.
        names: stage names by route.
        lost: results of approved steps that the present plan has no more.
        requests: what people were asked for by this run, with the files of each.
    """
    steps = [*(_result(one, names) for one in results), *lost]
    statuses = [step["status"] for step in steps]
    return {
        **head("apply", customer, now),
        "outcome": verdict[0],
        "exit_code": verdict[1],
        "steps": steps,
        "waiting": [_awaited(one) for one in report.awaited],
        "requests": [dict(one) for one in requests],
        "counts": {str(status): statuses.count(str(status)) for status in Status},
        "diagnostics": [one.as_json() for one in diagnostics],
        "next": following,
    }


def check(
    customer: str,
    now: datetime,
    *,
    asked: Sequence[str],
    questions: int,
    domains: Sequence[Mapping[str, Any]],
    diagnostics: Sequence[Diagnostic] = (),
    sources: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A health report of some domains; `digest` covers what was found, with what is left of TTLs, and not when.

    Args:
        asked: the addresses of the resolvers.
        domains: as `mail.health.body` makes them.
        diagnostics: what stopped a part of the check; an error among them makes the whole fail.
        sources: what DMARC reports saw, as `mail.reports.document` makes it; none = no report was given.
    """
    from reconciler.mail.health import worst  # with all lints behind it: a plan needs none of them

    told = {Severity.ERROR: "fail", Severity.WARNING: "warn"}
    verdicts = [*(one["verdict"] for one in domains), *(told.get(one.severity, "pass") for one in diagnostics)]
    verdicts += ["pass"] if sources is not None and not domains else []
    body: dict[str, Any] = {
        "asked": list(asked),
        "questions": questions,
        "domains": [dict(one) for one in domains],
        "outcome": worst(verdicts),
        "diagnostics": [one.as_json() for one in diagnostics],
        **({"sources": dict(sources)} if sources is not None else {}),
    }
    return {**head("check", customer, now), **body, "digest": digest(body)}


def importing(
    customer: str,
    now: datetime,
    *,
    asked: Sequence[str],
    questions: int,
    domains: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    tenant: Mapping[str, Any] | None = None,
    diagnostics: Sequence[Diagnostic] = (),
    following: str = "",
) -> dict[str, Any]:
    """What was found of domains and a tenant and the files made of it, before they are written; `digest` covers what
    was found.

    Args:
        asked: the addresses of the resolvers; empty when public DNS was not asked.
        domains: each as `mail.discover.as_json` makes it, with what became of it: the provider it was read from (empty
            = public DNS), whether it was read whole, record sets in the spec by type, services that records are known
            by, and what the spec does not hold.
        tenant: its name, the provider, counts by kind, and what the spec does not hold; none = none was read.
        files: texts by path.
        following: what to do next.
    """
    body: dict[str, Any] = {
        "asked": list(asked),
        "questions": questions,
        "domains": [dict(one) for one in domains],
        "tenant": dict(tenant) if tenant else None,
        "files": [{"path": path, "text": text} for path, text in files.items()],
        "outcome": "dry-run",
        "diagnostics": [one.as_json() for one in diagnostics],
        "next": following,
    }
    found = {name: body[name] for name in ("domains", "tenant")}
    return {**head("import", customer, now), **body, "digest": digest(found)}


def imported(paper: Mapping[str, Any]) -> dict[str, Any]:
    """The same once the files are written; their texts stand there."""
    return {**paper, "outcome": "written", "files": [{**one, "text": None} for one in paper["files"]]}


def after(done: Sequence[Mapping[str, Any]], paper: dict[str, Any]) -> dict[str, Any]:
    """An apply document that tells of an earlier pass of the same run too."""
    if not done:
        return paper
    counts = {**paper["counts"], str(Status.DONE): paper["counts"][str(Status.DONE)] + len(done)}
    return {**paper, "steps": [*done, *paper["steps"]], "counts": counts}


def value(one: Value | Unknown | None) -> Any:
    """A slot's value as JSON; one that is not named yet is null."""
    return None if isinstance(one, Unknown) else list(one) if isinstance(one, tuple) else one


def unnamed(row: Row) -> dict[str, str] | None:
    """Where a row's value will come from, and what it will look like; none when it is known."""
    if isinstance(row.after, Unknown) and row.named is None:
        return {"source": row.after.source, "text": row.after.constraint.text}
    return None


def gate(state: GateState) -> dict[str, Any]:
    """A gate as JSON."""
    rule = getattr(state.gate, "rule", "")
    return {
        "kind": state.kind,
        "rule": rule,
        "text": state.text,
        "open": state.open,
        "until": when(state.until),
        "whom": state.whom,
    }


def result(step: Mapping[str, Any], status: Status, detail: str) -> dict[str, Any]:
    """What became of a step of a plan document."""
    kept = {name: step[name] for name in ("id", "address", "stage", "action")}
    return {**kept, "status": str(status), "detail": detail}


def members(resources: Iterable[Resource]) -> dict[str, str]:
    """What people call those who can be in a group, by object id."""
    found = ((one.remote_id, one.upn or one.display_name) for one in resources if isinstance(one, User))
    groups = ((one.remote_id, one.display_name) for one in resources if isinstance(one, Group))
    return {remote: name for remote, name in (*found, *groups) if remote and name}


def shown(slot: Slot, people: Mapping[str, str]) -> str:
    """A slot's address, with a member's name where it is known."""
    kind, slash, who = slot.part.partition("/")
    named = people.get(who) if kind == "members" and slash else None
    return slot._replace(part=f"{kind}/{named}").address if named else slot.address


def _products(reads: Live) -> dict[tuple[str, str], str]:
    """What people call the products of the tenants that were read, by tenant and part number."""
    some = [one for one in reads.resources.values() if isinstance(one, Sku)]
    return {(one.key.scope, one.key.name): one.product or products.name_of(one.sku_id) for one in some}


def _step(act: Act, leg: Leg, called: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """One step; that of a licence says what people call the product, where that is known."""
    row, want = act.row, wanted(act.row)
    product = called.get((act.slot.key.scope, act.slot.part.partition("/")[0]), "")
    named = {"product": product} if product and act.slot.key.kind == "licenses" else {}
    return named | {
        "id": act.id,
        "route": act.route,
        "stage": leg.route.stages[act.stage].name,
        "kind": "act",
        "address": act.slot.address,
        "action": act.action,
        "reason": row.reason,
        "before": value(row.before),
        "after": value(row.named),
        "unknown": unnamed(row),
        "with": {part: value(one.value) for part, one in sorted(row.carried.items())},
        "allowed": not act.refusal,
        "refusal": act.refusal,
        "drift": row.verdict is Verdict.MISSING or "drift" in row.reason,
        "origin": want.origin._asdict(),
        "shares": list(row.beside),
        "owner": want.owner,
    }


def _route(
    leg: Leg, gates: Mapping[tuple[str, int], Sequence[GateState]], unread: Collection[tuple[str, str]]
) -> dict[str, Any]:
    route = leg.route
    stages = []
    reached, unsettled = True, leg.unsettled()
    for index, stage in enumerate(route.stages):
        blind = bool(unread) and any((slot.key.system, slot.key.scope) in unread for slot in stage.wants)
        state = "unknown" if blind else _state(leg, index, reached, index in unsettled)
        reached = reached and state in ("empty", "done")
        shown = [gate(one) for one in gates.get((route.id, index), ())] if index > leg.cursor else []
        stages.append({"name": stage.name, "state": state, "gates": shown})
    cursor = route.stages[leg.cursor].name if leg.cursor >= 0 else ""
    return {
        "id": route.id,
        "subject": route.subject,
        "target": route.target,
        "cursor": cursor,
        "stages": stages,
        "rollback": digest({"ids": rollback_ids(route)}) if route.baseline is not None else "",
    }


def _state(leg: Leg, index: int, reached: bool, unsettled: bool) -> str:
    """`empty`, `done`, `next` (the first that is neither), `later`, or `blocked`: it cannot be finished so.

    Of what was not read none is said: its state is `unknown`.
    """
    stage, acts = leg.route.stages[index], [act for act in leg.acts if act.stage == index]
    if leg.halt and (stage.wants or stage.gates):
        return "blocked"
    if not acts and (index <= leg.cursor or not (stage.wants or stage.gates)):
        return "done" if stage.wants or stage.gates else "empty"
    if any(act.refusal for act in acts) or (index > leg.cursor and unsettled):
        return "blocked"
    return "next" if reached else "later"


def _drift(leg: Leg) -> Iterable[dict[str, Any]]:
    for row in leg.rows:
        if row.verdict in OFF | {Verdict.OBSERVED}:
            yield {
                "address": row.slot.address,
                "class": "missing"
                if row.verdict is Verdict.MISSING
                else "conflict"
                if row.verdict is Verdict.CONFLICT
                else "changed",
                "direction": "" if row.verdict is Verdict.CONFLICT else "world",
                "expected": value(row.named),
                "unknown": unnamed(row),
                "actual": value(row.before),
                "reason": row.reason,
                "blocks": row.slot.address in leg.blocks,
                "origin": wanted(row).origin._asdict(),
            }


def _read(read: Read, now: datetime) -> dict[str, Any]:
    observed = read.observation
    return {
        "source": f"{read.provider}:{read.scope.name}",
        "complete": observed is not None,
        "count": len(observed.resources) if observed else 0,
        "version": observed.version if observed else "",
        "at": when(now),
        "error": read.error,
    }


def _listed(addresses: Any) -> dict[str, Any]:
    given: Collection[str] = addresses
    return {
        "count": len(given),
        "digest": digest({"addresses": list(given)}) if given else "",
        "addresses": list(given)[:LISTED],
    }


def _result(one: StepResult, names: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    act = one.act
    stage = names[act.route][act.stage]
    return {
        "id": act.id, "address": act.slot.address, "stage": stage, "action": act.action,
        "status": str(one.status), "detail": one.detail,
    }  # fmt: skip


def _awaited(one: Awaited) -> dict[str, Any]:
    state = one.state
    until = when(state.until)
    return {"subject": one.subject, "stage": one.stage, "text": state.text, "whom": state.whom, "until": until}
