"""The law of a tenant's copy: read back by the provider of tenant files it shows the very same resources."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.tenantfile import TenantFileProvider
from reconciler.model import tenant_acts, tenant_document, tenant_rules
from reconciler.model.key import Key
from reconciler.model.resource import (
    Group,
    Licenses,
    RecordSet,
    Resource,
    ServiceRecord,
    SignIn,
    Sku,
    TenantDomain,
    User,
)
from reconciler.model.tenant_copy import SEED, render
from reconciler.provider import Scope

TAKEN = "2026-11-22T10:00:00+00:00"
TENANT = "shop.onmicrosoft.com"
Tenant = Mapping[Key, Resource]


def key(kind: str, name: str) -> Key:
    """One of the tenant's."""
    return Key("tenant", TENANT, kind, name)


def read_back(text: str) -> Tenant:
    """What the provider shows of a file."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{TENANT}.json").write_text(text, encoding="utf-8")
        return TenantFileProvider("copies", {"directory": "."}, Path(folder)).observe(Scope("tenant", TENANT)).resources


texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["", "=cmd|' /C calc'!A0", 'a"b', "a,b;c", "a\nb", "\U0001f600", "\u202e", "\0", "null"]),
)
ids = st.lists(st.sampled_from([f"id-{one}" for one in "abcdefgh"]), unique=True, max_size=6)
PARTS = ("E3", "DYN365 (ISV) CRM.ID", "F1")
PLANS = ("SWAY", "TEAMS1")


def some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    """Some of them, in normal form."""
    return st.lists(st.sampled_from(values), unique=True).map(tenant_rules.in_order)


records = st.builds(
    ServiceRecord,
    st.sampled_from(["@", "autodiscover", "_sip._tls"]),
    *(st.just("CNAME"), st.just("host.example.")),
    st.sampled_from(["Email", "Yammer"]),
    st.integers(0, 2**31 - 1),
    st.booleans(),
)
domains = st.builds(
    TenantDomain,
    st.sampled_from([TENANT, "a.example", "b.example"]).map(lambda name: key("domain", name)),
    *(st.booleans(), st.booleans(), texts),
    st.lists(records, max_size=3).map(tenant_rules.in_order_records),
    some(tenant_rules.SERVICES),
    *(st.booleans(), st.booleans()),
)


@st.composite
def users(draw: st.DrawFn, identity: str) -> list[Resource]:
    """Somebody, with what they hold."""
    addresses = draw(st.lists(st.sampled_from(["x@a.example", "y@a.example", "Z@b.example"]), unique=True))
    made = User(
        key("user", identity),
        f"{identity}@a.example",
        draw(texts),
        identity,
        *(draw(st.booleans()), draw(texts), draw(texts)),
        draw(st.sampled_from(["", "MX"])),
        *(draw(texts), draw(texts), draw(texts)),
        tenant_rules.addresses(addresses, ""),
        draw(st.sampled_from(["", "id-a", "id-z"])),
        *(draw(st.booleans()), draw(st.booleans()), draw(st.booleans())),
        draw(st.sampled_from(["", *(one.lower() for one in addresses)])),
    )
    off = tuple(f"{part}/{plan}" for part in PARTS for plan in PLANS)
    errors = some(("E3: CountViolation",))
    held = (draw(one) for one in (some(PARTS), some(PARTS), some(off), errors))
    return [made, Licenses(key("licenses", identity), identity, *held)]


@st.composite
def tenants(draw: st.DrawFn) -> Tenant:
    """Random tenants: seats as the vendor counts them, which is not always as one would."""
    found: list[Resource] = [*draw(st.lists(domains, max_size=3))]
    for identity in draw(ids):
        found += draw(users(identity))
    for identity in draw(ids):
        kind = draw(st.sampled_from(["microsoft365", "security", "dynamic", "distribution"]))
        found.append(Group(key("group", identity), draw(texts), identity, kind, tenant_rules.in_order(draw(ids))))
    counts = st.integers(0, 9)
    for part in draw(some(PARTS)):
        seats = (draw(counts), draw(counts), draw(counts))
        status = draw(st.sampled_from(["Enabled", "Suspended"]))
        plans = draw(some(PLANS))
        found.append(Sku(key("sku", part), f"id {part}", draw(texts), *seats, status, draw(counts), plans, draw(texts)))
    if draw(st.booleans()):
        policies = draw(st.lists(texts, max_size=2).map(tenant_rules.in_order))
        found.append(SignIn(key("sign-in", "@"), draw(st.booleans()), policies))
    return {one.key: one for one in found}


@given(tenants())
@settings(max_examples=60, deadline=None)
def test_read_back(tenant: Tenant) -> None:
    """All of it, nothing else, and nothing that is worked out."""
    text = render(tenant, TENANT, TAKEN)
    assert read_back(text) == tenant
    document = json.loads(text)
    assert document["seed"] == SEED
    assert render(dict(reversed(list(tenant.items()))), TENANT, TAKEN) == text
    moved = {**document, "seed": "another"}
    assert tenant_document.resources(moved, TENANT) == tenant


ANA = User(key("user", "a"), "ana@a.example", "Ana", "a")
HELD = Licenses(key("licenses", "a"), "a")
SKU = Sku(key("sku", "E3"), "1")


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        (replace(ANA, display_name="\ud800"), "users[0].display_name: a text is needed"),
        (replace(ANA, upn="ana"), "users[0].upn: an address is needed"),
        (replace(ANA, upn="Ana@a.example"), f"tenant/{TENANT}/user/a would read differently"),
        (Licenses(key("licenses", "b"), "b"), f"tenant/{TENANT}/licenses/b would read differently"),
        (replace(SKU, key=key("sku", "E3/x")), "skus[0].part_number: a part number is needed"),
        (RecordSet(key("A", "www"), 60, ("192.0.2.1",)), f"tenant/{TENANT}/A/www would read differently"),
    ],
)
def test_what_no_document_can_hold(odd: Resource, why: str) -> None:
    """It is said, and nothing else is made of it."""
    with pytest.raises(ValueError, match=f"^{re.escape(why)}$"):
        render({one.key: one for one in (ANA, HELD, odd)}, TENANT, TAKEN)


def test_seats_that_nobody_here_has() -> None:
    """The vendor's count stands, above what one would count or below."""
    held = replace(HELD, direct=("E3",))
    for consumed in (0, 1, 7):
        tenant = {one.key: one for one in (ANA, held, replace(SKU, consumed=consumed))}
        text = render(tenant, TENANT, TAKEN)
        assert read_back(text) == tenant
        assert ("uncounted" in text) is (consumed != 1)


def test_who_sleeps_has_no_seat() -> None:
    """Deleted users keep what they hold and take no seat of it."""
    gone, held = replace(ANA, deleted=True), replace(HELD, direct=("E3",))
    assert "uncounted" not in render({one.key: one for one in (gone, held, SKU)}, TENANT, TAKEN)


def test_what_else_a_document_may_say() -> None:
    """Seats that nobody here has may be below zero; that nobody knows how sign-in is protected is null."""
    document = {"seed": "x", "security_defaults": None, "skus": [{"part_number": "E3", "sku_id": "1", "uncounted": -2}]}
    assert list(tenant_document.problems(document, TENANT)) == []
    document |= {"security_defaults": "no", "skus": [{"part_number": "E3", "sku_id": "1", "uncounted": 0.5}]}
    assert list(tenant_document.problems(document, TENANT)) == [
        "security_defaults: true, false or null is needed",
        "skus[0].uncounted: a whole number is needed",
    ]


def test_seats_that_others_have_are_not_given_twice() -> None:
    """The copy refuses a licence where the tenant itself would have no seat left."""
    tenant = {one.key: one for one in (replace(ANA, usage_location="MX"), HELD, replace(SKU, enabled=3, consumed=3))}
    document = json.loads(render(tenant, TENANT, TAKEN))
    with pytest.raises(tenant_acts.Said, match="CountViolation"):
        tenant_acts.assign(document, HELD, replace(HELD, direct=("E3",)))
