"""Whether every authoritative server of a zone shows what was written, asked of each of them."""

from __future__ import annotations

from reconciler import folding
from reconciler.model import names
from reconciler.model.answer import Answer, Question, Status
from reconciler.model.errors import ProviderError
from reconciler.model.key import Slot
from reconciler.model.resource import RecordSet
from reconciler.model.value import Value
from reconciler.provider import Readiness
from reconciler.session.opened import Session

#: How an answer is marked whose server was not asked, since nobody here can.
OUT_OF_REACH = "unasked"


def shown(session: Session, slot: Slot, value: Value) -> Readiness:
    """Tell whether all of them show a slot's value; where nobody may ask them, its provider's word is enough."""
    if session.authority is None:
        return Readiness(True)
    key = slot.key
    question = Question(names.absolute(key.name, f"{key.scope}.").removesuffix("."), key.kind)
    try:
        found = session.authority.ask(key.scope, [question])
    except ProviderError as problem:
        return Readiness(False, str(problem))
    reached = {server.name for server, answers in found.items() if answers[question].code != OUT_OF_REACH}
    for server, answers in found.items():
        answer = answers[question]
        if answer.code == OUT_OF_REACH and server.name in reached:
            continue  # an IPv6 address, say, from a machine without IPv6: its other address has been asked
        who = f"{server.name} ({server.address})" if server.address else server.name
        if answer.status is Status.FAILED:
            return Readiness(False, f"{who} does not say what it shows: {answer.detail}")
        if not _holds(slot, value, answer):
            return Readiness(False, f"{who} does not show {slot.address} yet")
    return Readiness(True)


def _holds(slot: Slot, value: Value, answer: Answer) -> bool:
    """The value is there; a text of others may stand beside it."""
    if answer.status is not Status.FOUND:
        return False
    now = folding.parts(RecordSet(slot.key, answer.ttl, answer.values)).get(slot.part)
    wanted, there = (set(one) if isinstance(one, tuple) else {one} for one in (value, now))
    return wanted <= there
