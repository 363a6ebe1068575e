"""Which provider reads which scope of one customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler import binding, live
from reconciler.model.key import Key, Slot
from reconciler.model.value import Value
from reconciler.provider import Reader, Readiness, Scope
from reconciler.session import public
from reconciler.session.opened import Session


@dataclass(frozen=True, slots=True)
class Places:
    """Which provider reads which scope of one customer."""

    providers: Mapping[str, Reader]
    scopes: tuple[tuple[str, Scope], ...]

    def provider_of(self, key: Key) -> str:
        """The provider's name in the workspace; empty when nothing reads the key's scope."""
        return next((name for name, one in self.scopes if (one.system, one.name) == (key.system, key.scope)), "")

    def scope_of(self, key: Key) -> Scope:
        """What is read when a resource is looked at again."""
        whole = Scope(key.system, key.scope)
        return next((one for _, one in self.scopes if (one.system, one.name) == (key.system, key.scope)), whole)

    @property
    def loose(self) -> frozenset[str]:
        """Zones whose hosts set TTLs as they like."""
        kinds = (
            (scope.name, self.providers[name].kinds.get("TXT")) for name, scope in self.scopes if scope.system == "dns"
        )
        return frozenset(zone for zone, kind in kinds if kind and "ttl" in kind.computed)

    def ready(self, key: Key, bound: binding.Binding) -> Readiness:
        """Ask whether the last change to a resource has taken effect."""
        name = self.provider_of(key)
        return self.providers[name].ready(bound.key(key)) if name else Readiness(False, f"nothing reads {key.scope}")

    def shown(self, session: Session, slot: Slot, value: Value) -> Readiness:
        """Ask whether the world sees what was written; what is kept on this machine is served by somebody else."""
        provider = self.providers.get(self.provider_of(slot.key))
        if provider is None or live.is_local(provider):
            return Readiness(True)
        return public.shown(session, slot, value)
