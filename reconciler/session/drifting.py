"""Makes one customer's drift report; changes nothing but the dates on which findings were first seen."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from reconciler import document, drift, live, plan
from reconciler.session.opened import Session
from reconciler.session.planning import Made, Options, make
from reconciler.spec.customer import CustomerSpec


def report(session: Session, customer: CustomerSpec) -> dict[str, Any]:
    """The public drift document.

    Raises:
        SpecError: a provider cannot be opened.
        Refused: the journal is damaged.
    """
    made = make(session, customer, Options(follow=True))
    kept = session.state(customer.id) / "sightings.json"
    unread = [f"{read.provider}:{read.scope.name}" for read in made.seen.picture.reads if read.observation is None]
    before = _sightings(kept)
    found = drift.report(
        made.plan,
        unread=unread,
        accepted=customer.accepted_drift,
        value_of=made.value,
        seen_before=before,
        now=session.clock.now(),
    )
    _keep(kept, _unseen(before, made.seen.picture) | drift.sightings(found))
    return _paper(made, found, session.clock.now())


def _unseen(before: Mapping[str, datetime], picture: live.Live) -> dict[str, datetime]:
    """What lies in sources that could not be read this time: it keeps its day."""
    blind = tuple(f"{one.scope.system}/{one.scope.name}/" for one in picture.reads if one.observation is None)
    return {address: first for address, first in before.items() if address.startswith(blind)}


def _sightings(path: Path) -> dict[str, datetime]:
    """When findings were first seen; a file that is missing or unreadable means that all are new."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        return {str(address): datetime.fromisoformat(when) for address, when in content.items()}
    except (OSError, ValueError, AttributeError, TypeError, RecursionError):
        return {}


def _keep(path: Path, seen: Mapping[str, datetime]) -> None:
    """Only a convenience: an auditor without the right to write still gets the report."""
    text = json.dumps({address: when.astimezone(UTC).isoformat() for address, when in sorted(seen.items())}, indent=0)
    scratch = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(text, encoding="utf-8")
        scratch.chmod(0o600)
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)


def _paper(made: Made, found: drift.Drift, now: datetime) -> dict[str, Any]:
    reads = made.document["reads"]
    people = document.members(made.seen.picture.resources.values())
    body: dict[str, Any] = {
        "spec": made.document["spec"],
        "reads": reads,
        "outcome": found.outcome,
        "coverage": {"managed": found.managed, "seen": found.seen},
        "changed": [_entry(one) for one in found.changed],
        "missing": [_entry(one) for one in found.missing],
        "ignored": [_entry(one) for one in found.ignored],
        "unmanaged": [
            {
                "address": document.shown(slot, people),
                "actual": document.value(value),
                "first_seen": document.when(first),
            }
            for slot, value, first in found.unmanaged
        ],
        "unread": [{"source": read["source"], "error": read["error"]} for read in reads if not read["complete"]],
        "diagnostics": made.document["diagnostics"],
        "oldest": document.when(found.oldest),
    }
    return {**document.head("drift", made.customer.id, now), **body, "digest": plan.digest(body)}


def _entry(one: drift.Finding) -> dict[str, Any]:
    want = plan.wanted(one.row)
    accepted = one.accepted
    return {
        "address": one.row.slot.address,
        "expected": document.value(one.expected),
        "unknown": document.unnamed(one.row),
        "actual": document.value(one.actual),
        "reason": one.row.reason,
        "direction": one.direction,
        "first_seen": document.when(one.first_seen),
        "origin": want.origin._asdict(),
        "severity": "error" if one.direction == drift.WORLD else "warning",
        "accepted": {"owner": accepted.owner, "until": str(accepted.until), "reason": accepted.reason}
        if accepted
        else None,
    }
