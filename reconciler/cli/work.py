"""The session layer behind the names that commands use."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler import accounts, desired, live
from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.provider import Reader
from reconciler.session import applying, drifting, planning, requests, scripts, standing
from reconciler.session.opened import Session
from reconciler.spec import digest, scope
from reconciler.spec.workspace import ProviderEntry, ResolverSpec
from reconciler.zones import Zones

if TYPE_CHECKING:
    from reconciler.session.checking import Subject
    from reconciler.session.sources import Senders


class Opened:
    """`reconciler.cli.world.Work`, for real."""

    def __init__(self, folder: Path, names: Sequence[str] | None) -> None:
        """Load the specs.

        Raises:
            SpecError: the workspace is wrong, or a customer does not exist.
        """
        # Hundreds of thousands of small records live as long as the command: looking for cycles among them is waste.
        gc.set_threshold(100_000, 50, 50)
        self._session = Session(folder, names)
        loaded = self._session.loaded
        self._customers = {one.id: one for one in loaded.customers}
        self.names, self.failed = list(self._customers), loaded.failed
        self.warnings = [one for one in loaded.diagnostics if one.severity is not Severity.ERROR]
        self.clock, self.run, self.actor = self._session.clock, self._session.run, self._session.actor
        gc.freeze()

    def plan(self, name: str, options: planning.Options) -> dict[str, Any]:
        return planning.make(self._session, self._customers[name], options).document

    def apply(self, name: str, how: applying.How) -> dict[str, Any]:
        return applying.run(self._session, self._customers[name], how)

    def drift(self, name: str) -> dict[str, Any]:
        return drifting.report(self._session, self._customers[name])

    def status(self, name: str) -> dict[str, Any]:
        return standing.status(self._session, self._customers[name])

    def tasks(self, name: str) -> dict[str, Any]:
        made = planning.make(self._session, self._customers[name], planning.Options())
        paper = requests.tasks(made.asked, name, self.clock.now())
        return {**paper, "scripts": scripts.tasks(made.scripts, made.seen.known.waiting)}

    def check(self, name: str) -> Sequence[Diagnostic]:
        found = desired.desired(self._customers[name], {}, self.clock.now().date(), Zones({}, (), {})).diagnostics
        return [one for one in found if one.rule != accounts.UNKNOWN_SKU]

    @property
    def resolver(self) -> ResolverSpec | None:
        named: ResolverSpec | None = self._session.loaded.workspace.resolver
        return named

    def subjects(self, name: str) -> Sequence[Subject]:
        from reconciler.session import checking  # with all lints behind it

        return checking.subjects(self._customers[name])

    def senders(self, name: str) -> Mapping[str, Senders | None]:
        from reconciler.session import sources

        return sources.senders(self._customers[name])

    def digest(self, name: str) -> str:
        return digest.digest(self._customers[name])

    def files(self, name: str) -> Sequence[str]:
        return [str(file) for file in self._customers[name].files]

    def state(self, name: str) -> Path:
        return self._session.state(name)

    def providers(self) -> Mapping[str, ProviderEntry]:
        named: Mapping[str, ProviderEntry] = self._session.loaded.workspace.providers
        return named

    def provider(self, name: str) -> Reader:
        return self._session.provider(name)

    def read(self, name: str) -> Sequence[live.Read]:
        customer, workspace = self._customers[name], self._session.loaded.workspace
        scopes = scope.scopes(customer, workspace)
        providers = {provider: self.provider(provider) for provider, _ in scopes}
        return live.observe(providers, scopes, self._session.patience).reads
