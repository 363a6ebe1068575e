"""Domains written: added, verified, given their services, made the default one; never removed.

Source: Microsoft Graph v1.0, Create domain, Update domain, domain: verify (2026-08): no code is published for a proof
that is not seen yet; a domain below a verified one is verified at once; one default there is always, set by making
another one it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from providers.microsoft365 import records
from providers.microsoft365.answers import Taken
from providers.microsoft365.api import Request
from providers.microsoft365.errands import Asking, Errand, Said, refused
from providers.microsoft365.memory import Pieces
from providers.microsoft365.told import Told
from reconciler.model import tenant_acts, tenant_rules
from reconciler.model.change import Status
from reconciler.model.errors import Moved
from reconciler.model.resource import Resource, TenantDomain

#: What a domain is for as soon as it is verified; whoever wants Teams on it says so.
USUAL = ("Email",)
_SERVICE = "service "
#: Answers to `verify` that may mean no more than: not seen yet.
_PENDING = (400, 404, 409, 412, 422)


class DomainErrand(Errand):
    """One domain."""

    before: TenantDomain | None
    after: TenantDomain | None
    shown: TenantDomain | None
    _services: tuple[str, ...] = ()  # all that are on, those too that cannot be put on and off

    def pieces(self, resource: Resource | None) -> Pieces:
        """Existence, two flags, each service that can be put on and off."""
        if not isinstance(resource, TenantDomain):
            return {}
        flags = {"existence": True, "verified": resource.verified, "default": resource.default}
        return flags | {f"{_SERVICE}{one}": True for one in resource.services}

    @property
    def wish(self) -> Pieces:
        """As it shall be: services come with the verification, and that with a domain above."""
        after, shown, before = self.after, self.shown, self.before
        if after is None:
            return {}
        verified = before is not None and before.verified
        if shown is not None and shown.verified and not verified:
            services = tenant_rules.in_order((*after.services, *USUAL, *shown.services))
            after = replace(after, verified=after.verified or before is None, services=services)
        return self.pieces(after)

    # Reading

    def look(self) -> Asking:
        """Read it, with the text that proves it while it is not proven."""
        self.shown, self.identity = None, self.key.name
        (answer,) = yield [Request("GET", self._url)]
        if answer.status == 404:
            return
        self._read(self.good(answer))
        yield from self._look_for_proof()

    def _look_for_proof(self) -> Asking:
        if self.shown is None or self.shown.verified:
            return
        (answer,) = yield [Request("GET", f"{self._url}/verificationDnsRecords")]
        told = Told(self.desk.api.provider, f"what proves {self.key.name}", self.good(answer))
        listed = records.asked(self.desk.api.provider, self.key.name, self.key.address, told.entries("value"))
        self.shown = replace(self.shown, verification=listed.verification)

    @property
    def _url(self) -> str:
        return f"/domains/{self.key.name}"

    def _read(self, entry: Mapping[str, Any]) -> None:
        self.shown = self.desk.shapes.domain_of(entry, self.shown.verification if self.shown else "")
        if self.shown.verified and not (self.before is not None and self.before.verified):
            self.desk.memory.verified(self.desk.tenant, self.key.name)
        self._services = tuple(entry.get("supportedServices") or ())

    # Judging

    def judge(self) -> None:
        """What is never undone here, and what others decide."""
        after, shown = self.after, self.shown
        if after is None:
            raise refused("a domain is not deleted here")
        if shown is None:
            if self.before is not None:
                raise refused("moved since it was read: existence")
            return
        if (shown.verified and not after.verified and self.before is not None) or (shown.default and not after.default):
            raise refused("a domain stays verified, and stays the default until another one is")
        if shown.federated and after.default:
            raise refused("who signs in on it is asked elsewhere: a federated domain cannot be the default")

    # Writing

    def write(self) -> Asking:
        """Add, verify, then what only a verified domain can have."""
        if self.shown is None:
            yield from self._add()
        if self.after is None or self.shown is None:
            return
        if self.after.verified and not self.shown.verified:
            yield from self._verify(self.shown)
        if self.shown.verified:
            yield from self._furnish()

    def _add(self) -> Asking:
        (answer,) = yield [Request("POST", "/domains", {"id": self.key.name})]
        if isinstance(answer.problem, Taken | Moved):
            problem = answer.problem
            (answer,) = yield [Request("GET", self._url)]
            if answer.status == 404:
                raise problem
        self._read(self.good(answer))
        self.took(self.pieces(self.shown))
        yield from self._look_for_proof()

    def _verify(self, domain: TenantDomain) -> Asking:
        (answer,) = yield [Request("POST", f"{self._url}/verify")]
        if answer.problem is not None and answer.status in _PENDING:
            hint = "where DNS has shown it for hours, look whether another tenant has the domain"
            raise Said(Status.WAITING, f"{tenant_acts.unseen(domain)}; {hint}")
        self.good(answer)
        self.took({"verified": True})
        (answer,) = yield [Request("GET", self._url)]
        self._read(self.good(answer))

    def _furnish(self) -> Asking:
        body: dict[str, Any] = {}
        wished = [one.removeprefix(_SERVICE) for one in self.wish if one.startswith(_SERVICE)]
        kept = [one for one in self._services if one not in tenant_rules.SERVICES]
        if {*wished, *kept} != {*self._services}:
            body["supportedServices"] = [*kept, *wished]
        if self.after is not None and self.after.default and self.shown is not None and not self.shown.default:
            body["isDefault"] = True
        if not body:
            return
        (answer,) = yield [Request("PATCH", self._url, body)]
        self.good(answer)
        self.took(self.wish)
