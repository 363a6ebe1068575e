"""Decides what a run may carry out: a plan file, a person's yes, or what the journal says was approved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler import document, plan
from reconciler.apply import StepResult
from reconciler.ledger import Ledger
from reconciler.model.change import Status
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import Refused
from reconciler.model.key import parse_slot
from reconciler.plan import Act, Plan
from reconciler.session.planning import Made

#: Shows a plan to a person and returns the answer.
Ask = Callable[[Mapping[str, Any]], bool]


@dataclass(frozen=True, slots=True)
class Approval:
    """What may be carried out, and what of it no longer can.

    Attributes:
        steps: ids by route, newly approved; empty = only what the journal says.
        digest: of the plan that was approved.
        stale: results for approved steps that live no longer allows.
    """

    steps: Mapping[str, tuple[str, ...]]
    digest: str = ""
    stale: tuple[StepResult, ...] = ()


def from_file(made: Made, policy: str, file: Mapping[str, Any]) -> Approval:
    """Take the steps of a plan file that still hold; less is fine, more never.

    Raises:
        Refused: it is no plan of this customer, spec and policy.
    """
    wrong = list(_wrong(made, policy, file))
    if wrong:
        raise Refused(wrong)
    acts = {act.id: act for act in made.plan.acts}
    steps: dict[str, list[str]] = {}
    stale = []
    for step in file["steps"]:
        act = acts.get(step["id"])
        if act is None:
            continue
        pin = act.row.want is not None and act.row.want.pin != "" and act.row.want.value is not None
        if pin and document.value(act.row.target) != step["after"]:
            detail = f"the addresses have changed since the plan was made: now {document.value(act.row.target)!r}"
            stale.append(StepResult(act, Status.REFUSED, detail))
        elif document.value(act.row.before) != step["before"]:
            now = document.value(act.row.before)
            stale.append(StepResult(act, Status.REFUSED, f"changed since the plan was made: now {now!r}"))
        elif step["allowed"]:
            steps.setdefault(act.route, []).append(act.id)
    return Approval({route: tuple(ids) for route, ids in steps.items()}, str(file["digest"]), tuple(stale))


def lost(made: Made, file: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Steps of a plan file that the present plan has no more and whose effect is not there either, as results."""
    acts = {act.id for act in made.plan.acts}
    results = []
    for step in file["steps"]:
        if step["id"] in acts or not step["allowed"]:
            continue
        now = made.value(parse_slot(step["address"]))
        if document.value(now) != step["after"] or step["unknown"]:
            spent = any(step["id"] in ids for ids in made.seen.known.spent.values())
            if not spent:
                detail = f"changed since the plan was made: now {document.value(now)!r}"
                results.append(document.result(step, Status.REFUSED, detail))
    return results


def from_person(made: Made, ask: Ask) -> Approval:
    """Ask a person; a no approves nothing.

    Raises:
        Refused: the answer was no.
    """
    allowed = [act for act in made.plan.acts if not act.refusal]
    if allowed and not ask(made.document):
        raise Refused([error("apply/declined", "not approved; nothing was changed")])
    return Approval(_by_route(allowed), made.document["digest"])


def from_journal(made: Made) -> Approval:
    """Go on under what was approved before.

    Raises:
        Refused: there are steps, and none of them is approved.
    """
    acts = [act for act in made.plan.acts if not act.refusal]
    if acts and all(unapproved(act, made.seen.known) for act in acts):
        remedy = "Review the plan and apply its file: `reconciler plan --out PLAN`, `reconciler apply PLAN`."
        raise Refused([error("apply/approval", f"{len(acts)} steps, none of them approved", remedy=remedy)])
    return Approval({})


def unapproved(act: Act, known: Ledger) -> str:
    """Why an act may not go ahead; empty when it is approved and not spent."""
    return (
        ""
        if act.id in known.approved.get(act.route, frozenset())
        else "not approved, or approved and spent: approve the new plan"
    )


def with_rollbacks(approval: Approval, made: Plan) -> Iterator[tuple[str, list[str]]]:
    """Ids to journal for each route; a migration's rollback steps are approved with it, and what comes with a step."""
    for leg in made.legs:
        ids = list(approval.steps.get(leg.route.id, ()))
        ids += [one for step, some in plan.in_service_ids(leg).items() if step in ids for one in some]
        if ids:
            yield leg.route.id, ids + list(plan.rollback_ids(leg.route) if leg.route.baseline is not None else ())


def _by_route(acts: list[Act]) -> dict[str, tuple[str, ...]]:
    steps: dict[str, list[str]] = {}
    for act in acts:
        steps.setdefault(act.route, []).append(act.id)
    return {route: tuple(ids) for route, ids in steps.items()}


def _wrong(made: Made, policy: str, file: Mapping[str, Any]) -> Iterator[Diagnostic]:
    remedy = "Make a new plan: `reconciler plan --out PLAN`."
    if file.get("kind") != "plan" or str(file.get("format_version", "")).partition(".")[0] != "1":
        yield error("apply/format", "this is no plan file that this version understands", remedy=remedy)
        return
    pairs = (
        ("customer", file["customer"], made.customer.id),
        ("spec", file["spec"]["digest"], made.document["spec"]["digest"]),
        ("policy", file["policy"]["digest"], policy),
    )
    for what, planned, now in pairs:
        if planned != now:
            yield error("apply/stale", f"the plan was made for another {what}", f"Then {planned}, now {now}.", remedy)
    if not _whole(file):
        detail = "What it says is not what its digest says."
        yield error("apply/edited", "the plan file was changed after it was made", detail, remedy)


def _whole(file: Mapping[str, Any]) -> bool:
    try:
        return document.effect(file) == str(file["digest"])
    except (KeyError, TypeError, AttributeError):
        return False
