"""Finds out what became of what an earlier run began."""

from __future__ import annotations

from reconciler import folding, ledger
from reconciler.apply.hands import Hands
from reconciler.model.key import Key, Slot, parse_slot
from reconciler.model.resource import Resource, User
from reconciler.provider import Scope


def recover(hands: Hands) -> None:
    """Find out what became of every step begun without an end, before anything else happens.

    Raises:
        ProviderError: a system cannot be asked; nothing may be applied.
    """
    seen: dict[Scope, dict[Key, Resource]] = {}
    outcomes = []
    for one in hands.known.open:
        slot = parse_slot(one.address)
        name, scope = hands.provider_of(slot.key), hands.scope_of(slot.key)
        if not name:
            continue  # nothing of the spec reads there any more, so nothing is written there either
        _wait_for_delay(hands, name, slot, one)
        if scope not in seen:
            seen[scope] = hands.read(name, scope)
        now = folding.parts(seen[scope].get(slot.key)).get(slot.part)
        found = ledger.recorded(slot, now) == one.after
        live = seen[scope].get(slot.key)
        remote = live.remote_id if found and isinstance(live, User) else ""
        outcomes.append(
            {"id": one.id, "status": "found" if found else "not_found", "recovered": True, "remote_id": remote}
        )
    if outcomes:
        hands.note("end", {"outcomes": outcomes})


def _wait_for_delay(hands: Hands, name: str, slot: Slot, begun: ledger.Begun) -> None:
    capability = hands.providers[name].kinds.get(slot.key.kind)
    delay = capability.delay if capability else 0.0
    passed = (hands.clock.now() - begun.time).total_seconds()
    if passed < delay:
        hands.clock.sleep(delay - passed)
