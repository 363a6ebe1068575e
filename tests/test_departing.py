"""Domains that a person is to take out of a tenant, with what still refers to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.model.diagnostic import Diagnostic, Severity
from reconciler.model.errors import Forbidden, ProviderError
from reconciler.model.key import Key
from reconciler.model.resource import TenantDomain
from reconciler.session.departing import leaving
from reconciler.session.places import Places
from tests.semantics.world import Clock
from tests.tenant_copies import ANA, SPEC, TENANT, Copies, Place, key

OLD = TenantDomain(key("domain", "old.example"), verified=True)
ABSENT = "absent: [{domain: old.example}]\n"


class Counting(Copies):
    """It can tell what refers to a domain."""

    counts: Mapping[str, int] | ProviderError | None = None

    def references(self, key: Key) -> Mapping[str, int]:
        assert key == OLD.key
        if isinstance(self.counts, ProviderError):
            raise self.counts
        assert self.counts is not None, "nobody was to be asked"
        return self.counts


def told(folder: Path, tenant: Copies, spec: str = SPEC + ABSENT) -> list[Diagnostic]:
    """What is found of domains that are to leave."""
    place = Place(folder, tenant.clock, {"tenants": tenant}, spec)
    return leaving(place.loaded.customers[0], Places(place.systems, (("tenants", place.scope),)), tenant.at(0))


@pytest.mark.parametrize(
    ("counts", "what", "remedy"),
    [
        ({"user": 12, "group": 3}, "3 groups, 12 users", "give those other addresses first"),
        ({}, "what refers to it: nothing", "take it out in the admin centre, under Domains"),
        (
            Forbidden("fake", "no consent"),
            "what refers to it could not be counted: fake: no consent",
            "let it be counted",
        ),
    ],
)
def test_as_the_tenant_counts(
    counts: Mapping[str, int] | ProviderError, what: str, remedy: str, tmp_path: Path
) -> None:
    """With the next thing to do, at the line that says so; that it could not be counted stops nobody."""
    tenant = Counting(Clock())
    tenant.write(OLD)
    tenant.counts = counts
    (one,) = told(tmp_path, tenant)
    assert (one.severity, one.rule, one.address) == (Severity.WARNING, "tenant/domain-leaves", OLD.key.address)
    assert one.origin.line == 1 + SPEC.count("\n")
    assert what in one.summary
    assert remedy in one.remedy


def test_as_far_as_it_was_read(tmp_path: Path) -> None:
    """A system that cannot count: the users with an address there, each once; an address like it is none."""
    tenant = Copies(Clock())
    users = {
        "both": replace(ANA, upn="x@old.example", aliases=("y@old.example",)),
        "alias": replace(ANA, aliases=("z@old.example",)),
        "like": replace(ANA, upn="x@very-old.example", aliases=("y@old.example.net",)),
    }
    tenant.write(OLD, *(replace(one, key=key("user", name)) for name, one in users.items()))
    (one,) = told(tmp_path, tenant)
    assert "what refers to it: 2 users" in one.summary


def test_nothing_to_tell(tmp_path: Path) -> None:
    """Of a domain that is not there, and of one that nobody wants to leave; nobody is asked then."""
    tenant = Counting(Clock())
    assert told(tmp_path, tenant) == []
    tenant.write(OLD)
    assert told(tmp_path, tenant, SPEC) == []
    assert told(tmp_path, tenant, f"{SPEC}absent: [{{group: {OLD.key.name}}}]\n") == []
    assert told(tmp_path, tenant, f"{SPEC}absent: [{{user: x@{TENANT}}}]\n") == []
