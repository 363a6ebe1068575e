"""Where a customer stands: for the technician who asks at 23:40 whether it is safe to go home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler import document, lease
from reconciler.asked import State
from reconciler.ledger import Ledger
from reconciler.model.value import Unknown
from reconciler.plan import Act, Leg
from reconciler.session import scripts
from reconciler.session.opened import Session
from reconciler.session.planning import Made, Options, make
from reconciler.spec.customer import CustomerSpec
from reconciler.verdict import Verdict


def status(session: Session, customer: CustomerSpec) -> dict[str, Any]:
    """The public status document.

    Raises:
        SpecError: a provider cannot be opened.
        Refused: the journal is damaged.
    """
    made = make(session, customer, Options())
    held = lease.peek(session.state(customer.id) / "lease.json")
    if held and lease.free(held, lease.this_process(session.run), session.clock.now()):
        held = None  # of a run that was killed
    missing = any(one.rule == "journal/missing" for one in made.plan.diagnostics)
    routes = [_route(leg, made) for leg in made.plan.legs]
    return {
        **document.head("status", customer.id, session.clock.now()),
        "routes": routes,
        "lease": {
            "holder": held.by.holder,
            "run": held.by.run,
            "since": document.when(held.since),
            "expires": document.when(held.expires),
        }
        if held
        else None,
        "journal": "missing" if missing else "ok" if made.seen.known.last_change or made.seen.known.owned else "new",
        "next": _following(made, routes),
    }


def _route(leg: Leg, made: Made) -> dict[str, Any]:
    paper = next(one for one in made.document["routes"] if one["id"] == leg.route.id)
    stages = paper["stages"]
    here = next((one for one in stages if one["state"] in ("next", "blocked", "later", "unknown")), None)
    waiting = [gate for gate in here["gates"] if not gate["open"] and gate["rule"] != "until"] if here else []
    safe, why = _safe(leg, made.seen.known)
    if safe and (wrong := _made_otherwise(leg, made)):
        safe, why = False, f"not as it was asked for, and mail may suffer: {wrong}; write to the DNS host again"
    last = made.seen.known.last_change.get(leg.route.id)
    return {
        "subject": leg.route.subject,
        "target": leg.route.target,
        "stage": here["name"] if here else "done",
        "last_change": {"address": last.address, "at": document.when(last.time), "read_back": True} if last else None,
        "waiting": [
            *_repairs(leg),
            *_asked(leg, made),
            *_scripts(leg, made),
            *_held(leg, stages),
            *({name: one[name] for name in ("text", "whom", "until")} for one in waiting),
        ],
        "safe_to_stop": safe,
        "why": why,
    }


def _repairs(leg: Leg) -> list[dict[str, Any]]:
    """Drift and conflicts that stop the route wait for a person."""
    conflicts = {row.slot.address for row in leg.rows if row.verdict is Verdict.CONFLICT}
    if not set(leg.blocks) - conflicts:
        odd = [row.slot.address for row in leg.rows if row.verdict is Verdict.CONFLICT]
        text = f"what is there is not ours: {', '.join(odd)}; `adopt: overwrite` in the spec replaces it"
        return [{"text": text, "whom": "a person", "until": None}] if odd else []
    text = f"drift comes first: {', '.join(leg.blocks)}; `plan --fix-drift` writes it back, or accept it in the spec"
    return [{"text": text, "whom": "a person", "until": None}]


def _made_otherwise(leg: Leg, made: Made) -> str:
    """What somebody made of a request that was meant otherwise, where mail hangs on it; empty when nothing."""
    looked = [one for request in made.asked.open for one in request.looked if not one.withdrawn]
    looked = [one for one in looked if one.seen.state in (State.WRONG, State.TWICE)]
    mine = [one for one in looked if one.key.scope == leg.route.subject and one.key.kind in ("MX", "TXT", "CNAME")]
    return "; ".join(f"{one.key.kind} {one.key.name}: {one.seen.text}" for one in mine)


def _asked(leg: Leg, made: Made) -> list[dict[str, Any]]:
    """Requests that somebody has not answered, or not as asked."""
    found = []
    for one in made.asked.open:
        here = [looked for looked in one.looked if looked.key.scope == leg.route.subject and not looked.withdrawn]
        odd = [f"{looked.key.kind} {looked.key.name}: {looked.seen.text}" for looked in here if looked.odd]
        if here:
            said = "; ".join(odd) or ("late" if one.late else "not done yet")
            text = f"request {one.paper['id']} of {one.paper['created']}: {said}"
            found.append({"text": text, "whom": one.paper["ask"], "until": one.paper["expected_by"]})
    return found


def _scripts(leg: Leg, made: Made) -> list[dict[str, Any]]:
    """Scripts that nobody has run, or that could not do everything."""
    mine = {act.id for act in leg.acts}
    found = []
    for one in scripts.tasks(made.scripts, made.seen.known.waiting):
        said = [step["text"] for step in one["steps"] if step["id"] in mine]
        if said:
            found.append({"text": f"run {one['path']}: {said[0]}", "whom": "Exchange Online", "until": None})
    return found


def _held(leg: Leg, stages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Steps that may not go ahead, and values that nobody has given yet, wait for a person too."""
    due = [act for act in leg.acts if stages[act.stage]["state"] in ("next", "blocked")]
    refused = [act for act in due if act.refusal and not leg.route.stages[act.stage].dated]
    found = []
    if refused and not leg.blocks and not leg.halt:
        first = f"{refused[0].slot.address}: {refused[0].refusal}"
        more = f", and {len(refused) - 1} more" if len(refused) > 1 else ""
        found.append({"text": f"may not go ahead: {first}{more}", "whom": "a person", "until": None})
    given = [act for act in due if act.slot.key.system == "dns" and _by_hand(act)]
    if given:
        names = ", ".join(act.slot.key.name for act in given)
        found.append({"text": f"not given yet: the DKIM targets of {names}", "whom": "a person", "until": None})
    return found


def _by_hand(act: Act) -> bool:
    """No system names it: somebody writes it into the spec."""
    unnamed = isinstance(act.row.after, Unknown) and act.row.named is None
    return unnamed and "._domainkey" in f".{act.slot.key.name}"


def _safe(leg: Leg, known: Ledger) -> tuple[bool, str]:
    """Stopping is safe between stages; not while a step has no outcome, or a stage that moves mail is half done."""
    begun = [one for one in known.open if one.route == leg.route.id]
    if begun:
        return False, f"{begun[0].address} was begun and its outcome is not known: run apply again"
    if leg.route.id in known.rolling_back:
        return False, "a rollback has begun and not ended: run it again"
    for act in leg.acts:
        name = leg.route.stages[act.stage].name
        done = any(
            one.route == leg.route.id and one.stage == name for one in known.owned.values() if one.how == "written"
        )
        if name == "deliver" and act.stage > leg.cursor and done:
            return False, "mail is half moved: the stage deliver has begun and not ended"
    return True, "nothing is half done"


def _following(made: Made, routes: list[dict[str, Any]]) -> str:
    customer = made.customer.id
    if made.seen.known.open and not made.plan.errored:
        return f"reconciler apply --customer {customer}"
    if made.plan.errored:
        return f"reconciler plan --customer {customer}"
    if any(leg.blocks for leg in made.plan.legs):
        return f"reconciler drift --customer {customer}"
    if any(route["waiting"] for route in routes):
        return f"reconciler apply --customer {customer}"
    adopted = len(made.plan.rows(Verdict.ADOPT))
    if adopted and not made.plan.acts:
        return f"reconciler apply --customer {customer} (adopts {adopted}, writes nothing)"
    return f"reconciler plan --customer {customer}" if made.plan.acts else "nothing to do"
