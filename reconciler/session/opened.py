"""One folder of specs, opened: its workspace, its customers, its providers."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path

from reconciler import lease, registry
from reconciler.clock import Clock, SystemClock
from reconciler.model.answer import Fetched
from reconciler.patience import Patience
from reconciler.provider import Reader
from reconciler.session.answering import Answers, asker
from reconciler.spec import load

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
        self.patience = Patience(self.clock)
        self._fetch = fetch
        self._policies: dict[str, Fetched] = {}
        self._providers: dict[str, Reader] = {}

    def provider(self, name: str) -> Reader:
        """Open a provider of the workspace, once.

        Raises:
            SpecError: it cannot be opened.
        """
        if name not in self._providers:
            entry = self.loaded.workspace.providers[name]
            self._providers[name] = registry.open_provider(name, entry.type, entry.options, self.folder, entry.origin)
        return self._providers[name]

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
