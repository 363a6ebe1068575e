"""One folder of specs, opened: its workspace, its customers, its providers."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import lease, registry
from reconciler.clock import Clock, SystemClock
from reconciler.model.answer import Fetched
from reconciler.model.diagnostic import error
from reconciler.model.errors import SpecError
from reconciler.patience import Patience
from reconciler.provider import Reader
from reconciler.session.answering import Answers, asker, authority, resolver, servers
from reconciler.spec import load
from reconciler.spec.domain import AskSpec
from reconciler.spec.scope import ASKED

if TYPE_CHECKING:
    from reconciler.probe.authority import Authority

#: Host, path and addresses; what came back.
Fetch = Callable[[str, str, Sequence[str]], Fetched]


class Session:
    """One folder of specs, opened once."""

    def __init__(
        self,
        folder: Path,
        customers: Sequence[str] | None = None,
        clock: Clock | None = None,
        fetch: Fetch | None = None,
    ) -> None:
        """Load the specs.

        Args:
            customers: only these; none = all.
            fetch: how a file of a web server is fetched; none = by HTTPS, with the machine's certificates.

        Raises:
            SpecError: the workspace itself is wrong, or a customer does not exist; mistakes of a customer are in
                `loaded.failed`.
        """
        self.folder, self.clock = folder, clock or SystemClock()
        self.loaded = load.load(folder, customers)
        self.run = uuid.uuid4().hex[:12]
        self.actor = f"{lease.user()}@{socket.gethostname()}"
        self.url = run_url()
        self.answers = Answers(asker(self.loaded.workspace.resolver))
        self.patience = Patience(self.clock, say=lambda text: print(text, file=sys.stderr))
        self._fetch = fetch
        self._policies: dict[str, Fetched] = {}
        self._providers: dict[str, Reader] = {}

    def provider(self, name: str) -> Reader:
        """Open a provider of the workspace, once.

        Raises:
            SpecError: it cannot be opened.
        """
        if name not in self._providers and name.startswith(ASKED):
            self._providers[name] = self._asked(name)
        elif name not in self._providers:
            entry = self.loaded.workspace.providers[name]
            self._providers[name] = registry.open_provider(name, entry.type, entry.options, self.folder, entry.origin)
        return self._providers[name]

    def _asked(self, name: str) -> Reader:
        """What reads the zones of one DNS host that one can only ask; opened from what the domains say of it."""
        whom, chosen = name.removeprefix(ASKED), self.loaded.workspace.resolver
        domains = (domain for customer in self.loaded.customers for domain in customer.domains.values())
        asked = [one.dns for one in domains if isinstance(one.dns, AskSpec) and one.dns.ask == whom]
        if chosen is None or chosen.authoritative is False:
            what = f"the zones of {whom} are read in public DNS, and no resolver is named"
            remedy = "Write `resolver: [ADDRESS]` in workspace.yaml; `system` means this machine's own."
            if chosen is not None:
                what = f"the zones of {whom} are read at their own servers, and `authoritative: false` forbids that"
                remedy = "Take `authoritative: false` out of `resolver` in workspace.yaml, or list the servers there."
            raise SpecError([error("spec/ask-resolver", what, remedy=remedy, origin=asked[0].origin)])
        options: dict[str, object] = {
            "ask": whom,
            "answers_in": max(one.answers_in for one in asked) or 1,
            "servers": [f"{host}:{port}" for host, port in servers(chosen)],
            "timeout": chosen.timeout,
        }
        if chosen.places is not None:
            options["authoritative"] = chosen.places
        return registry.open_provider(name, "manual", options, self.folder, asked[0].origin)

    @cached_property
    def authority(self) -> Authority | None:
        """Who asks the servers of zones themselves; none where the configuration does not let anybody."""
        chosen = self.loaded.workspace.resolver
        return authority(chosen, resolver(chosen)) if chosen else None

    def policy(self, domain: str, addresses: Sequence[str]) -> Fetched:
        """The MTA-STS policy that a domain's web server shows, fetched once in a run."""
        if domain not in self._policies:
            from reconciler.probe import https

            fetch = self._fetch or https.get
            self._policies[domain] = fetch(f"mta-sts.{domain}", "/.well-known/mta-sts.txt", addresses)
        return self._policies[domain]

    def state(self, customer: str) -> Path:
        """The folder that holds a customer's journal, lease and sealed passwords."""
        return self.folder / self.loaded.workspace.state / customer

    def journal(self, customer: str) -> Path:
        """A customer's journal."""
        return self.state(customer) / "journal.jsonl"


def run_url() -> str:
    """Where this pipeline run can be looked at; empty outside one.

    Source: GitHub Actions, default environment variables; GitLab CI, predefined variables; both read 2026-11.
    """
    run = os.environ.get("GITHUB_RUN_ID")
    if run:
        return f"{os.environ.get('GITHUB_SERVER_URL', '')}/{os.environ.get('GITHUB_REPOSITORY', '')}/actions/runs/{run}"
    return os.environ.get("CI_JOB_URL", "")
