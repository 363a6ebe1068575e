"""What Graph shows, as our resources; what is malformed is told, and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from providers.microsoft365 import records
from providers.microsoft365.people import people
from providers.microsoft365.products import Products
from providers.microsoft365.shapes import Shapes
from reconciler.model.errors import Invalid
from reconciler.model.resource import Licenses

TENANT, ID = "shop.onmicrosoft.com", "a0000000-0000-4000-8000-000000000001"
SUITE, EXTRA, PHONE = ("b0000000-0000-4000-8000-00000000000" + one for one in "123")
MAIL, FILES = ("c0000000-0000-4000-8000-00000000000" + one for one in "12")
SKUS: list[dict[str, Any]] = [
    {
        "skuId": SUITE.upper(),
        "skuPartNumber": "SUITE",
        "appliesTo": "User",
        "capabilityStatus": "Warning",
        "consumedUnits": 3,
        "prepaidUnits": {"enabled": 5, "suspended": 1, "warning": 2, "lockedOut": 0},
        "servicePlans": [{"servicePlanId": MAIL, "servicePlanName": "MAIL"}],
    },
    {"skuId": EXTRA, "skuPartNumber": "EXTRA", "appliesTo": "User", "servicePlans": []},
    {"skuId": PHONE, "skuPartNumber": "PHONE", "appliesTo": "Company"},
]


def shapes(*listed: dict[str, Any]) -> Shapes:
    return Shapes("graph", TENANT, Products("graph", listed or SKUS))


def held(*states: dict[str, Any], **more: Any) -> Licenses:
    return shapes().licenses_of({"id": ID, "licenseAssignmentStates": list(states), **more})


def person(**more: Any) -> dict[str, Any]:
    return {"id": ID, "userPrincipalName": f"Ana@{TENANT}", "displayName": "Ana", **more}


# People


def test_a_user_with_little_is_one_with_nothing() -> None:
    """Null and absent are the same."""
    plain = shapes().user_of(person())
    nulls = dict.fromkeys(("givenName", "businessPhones", "manager", "proxyAddresses", "userType", "usageLocation"))
    assert shapes().user_of(person(**nulls)) == plain
    assert (plain.upn, plain.enabled, plain.phone, plain.aliases) == (f"ana@{TENANT}", True, "", ())


def test_the_primary_address_is_an_alias_when_it_is_not_the_name() -> None:
    """Other kinds of address are none."""
    proxies = [
        "SMTP:Ana.Lopez@shop.example",
        f"smtp:ANA@{TENANT}",
        "sip:ana@shop.example",
        "X500:/o=x",
        "smtp:B@shop.example",
    ]
    user = shapes().user_of(person(proxyAddresses=proxies))
    assert (user.aliases, user.mail) == (("ana.lopez@shop.example", "b@shop.example"), "ana.lopez@shop.example")
    usual = [f"SMTP:Ana@{TENANT}", "smtp:b@shop.example"]
    assert shapes().user_of(person(proxyAddresses=usual)).mail == ""
    assert shapes().user_of(person(proxyAddresses=usual[1:])).mail == ""


@pytest.mark.parametrize(
    ("upn", "deleted", "shown"),
    [
        (ID.replace("-", "") + f"ana@{TENANT}", True, f"ana@{TENANT}"),
        (f"ana@{TENANT}", True, f"ana@{TENANT}"),
        (ID.replace("-", "") + f"ana@{TENANT}", False, ID.replace("-", "") + f"ana@{TENANT}"),
        ("0" * 32 + f"ana@{TENANT}", True, "0" * 32 + f"ana@{TENANT}"),
    ],
)
def test_the_id_before_the_name_of_a_deleted_user_is_taken_off(upn: str, deleted: bool, shown: str) -> None:
    """Their own, and no other number."""
    assert shapes().user_of(person(userPrincipalName=upn), deleted=deleted).upn == shown


@pytest.mark.parametrize(
    ("more", "guest"),
    [
        ({"userType": "Guest"}, True),
        ({"userPrincipalName": f"a_b.c#EXT#@{TENANT}"}, True),
        ({"userType": "Member"}, False),
    ],
)
def test_a_guest_is_known_by_type_or_name(more: dict[str, Any], guest: bool) -> None:
    """One who was made a member keeps the name."""
    assert shapes().user_of(person(**more)).guest is guest


# Licences


def test_direct_and_inherited_licences_are_told_apart() -> None:
    """The same product may come both ways; what is off counts where it is direct."""
    found = held(
        {"skuId": SUITE, "assignedByGroup": None, "disabledPlans": [MAIL.upper(), FILES], "state": "Active"},
        {"skuId": SUITE, "assignedByGroup": "some group", "disabledPlans": [MAIL], "state": "Active"},
        {"skuId": EXTRA, "assignedByGroup": "some group", "disabledPlans": [], "state": "Active"},
    )
    assert (found.direct, found.inherited) == (("SUITE",), ("EXTRA", "SUITE"))
    assert found.disabled == ("SUITE/MAIL", f"SUITE/{FILES}")


def test_a_licence_that_could_not_be_given_is_an_error_and_no_licence() -> None:
    """One that works in part is both."""
    found = held(
        {"skuId": SUITE, "state": "Error", "error": "CountViolation"},
        {"skuId": EXTRA, "state": "ActiveWithError", "error": "DependencyViolation"},
        {"skuId": PHONE, "assignedByGroup": "some group", "state": "Error"},
    )
    assert (found.direct, found.inherited) == (("EXTRA",), ())
    assert found.errors == ("EXTRA: DependencyViolation", "PHONE: Other", "SUITE: CountViolation")


def test_without_states_what_is_assigned_is_direct() -> None:
    """An unknown product keeps its id."""
    strange = "d0000000-0000-4000-8000-000000000009"
    found = held(assignedLicenses=[{"skuId": SUITE, "disabledPlans": [MAIL]}, {"skuId": strange.upper()}])
    assert (found.direct, found.disabled) == (("SUITE", strange), ("SUITE/MAIL",))


def test_products_of_one_name_go_by_their_ids() -> None:
    """Whichever comes first; the way back is the same."""
    twins = [{**SKUS[1], "skuId": one} for one in (EXTRA, PHONE)]
    for listed in (twins, twins[::-1]):
        products = Products("graph", listed)
        assert [products.name(one) for one in (EXTRA, PHONE)] == [EXTRA, PHONE]
        assert products.sku_id(EXTRA) == EXTRA
        assert products.sku_id("EXTRA") == ""


def test_names_lead_back_to_ids() -> None:
    """Of products, and of the plans of each."""
    products = shapes().products
    assert (products.sku_id("SUITE"), products.plan_id("SUITE", "MAIL"), products.plan_id("EXTRA", "MAIL")) == (
        SUITE,
        MAIL,
        "",
    )


def test_a_product_has_its_seats_and_the_day_it_ends() -> None:
    """The earliest of what is paid; what is in grace counts when nothing is paid."""
    paid = {"skuId": SUITE, "status": "Enabled", "nextLifecycleDateTime": "2027-02-01T10:00:00Z"}
    listed = [
        paid,
        {**paid, "nextLifecycleDateTime": "2027-03-01T10:00:00Z"},
        {**paid, "status": "Warning", "nextLifecycleDateTime": "2026-12-01T00:00:00Z"},
    ]
    first, second = shapes().skus_of(
        [*listed, {"skuId": EXTRA, "status": "Warning", "nextLifecycleDateTime": "2026-12-05T00:00:00Z"}]
    )
    assert (first.key.name, first.enabled, first.warning, first.suspended, first.consumed) == ("SUITE", 5, 2, 1, 3)
    assert (first.status, first.plans, first.renews, first.product) == ("Warning", ("MAIL",), "2027-02-01", "")
    assert (second.key.name, second.renews) == ("EXTRA", "2026-12-05")


# Groups and sign-in


@pytest.mark.parametrize(
    ("flags", "kind"),
    [
        ({"groupTypes": ["Unified"], "mailEnabled": True, "securityEnabled": True}, "microsoft365"),
        ({"groupTypes": ["Unified", "DynamicMembership"], "mailEnabled": True}, "dynamic"),
        ({"groupTypes": [], "securityEnabled": True}, "security"),
        ({"groupTypes": [], "mailEnabled": True, "securityEnabled": True}, "mail-security"),
        ({"groupTypes": [], "mailEnabled": True, "securityEnabled": False}, "distribution"),
    ],
)
def test_kinds_of_group(flags: dict[str, Any], kind: str) -> None:
    """By type and flags."""
    group = shapes().group_of({"id": ID, "displayName": "Crew", **flags}, [{"id": "z"}, {"id": "a"}, {"id": "z"}])
    assert (group.group_kind, group.members) == (kind, ("a", "z"))


def test_only_policies_that_are_enforced_protect() -> None:
    """One that reports, or is off, does not."""
    states = ("enabled", "disabled", "enabledForReportingButNotEnforced")
    listed = [{"id": one, "displayName": f"is {one}", "state": one} for one in states]
    found = shapes().sign_in_of({"isEnabled": False}, listed)
    assert (found.defaults, found.policies) == (False, ("is enabled",))


# DNS records


def record(kind: str, label: str = "shop.example", **more: Any) -> dict[str, Any]:
    return {
        "@odata.type": f"#microsoft.graph.domainDns{kind}Record",
        "label": label,
        "supportedService": "Email",
        **more,
    }


def asked(*listed: dict[str, Any]) -> list[tuple[str, str, str]]:
    found = records.asked("graph", "shop.example", "tenant/x/domain/shop.example", listed)
    return [(one.name, one.type, one.value) for one in found.records]


@pytest.mark.parametrize("label", ["autodiscover.shop.example", "Autodiscover.Shop.Example.", "autodiscover"])
def test_a_label_is_absolute_or_relative(label: str) -> None:
    """It comes to the same."""
    entry = record("Cname", label, canonicalName="Autodiscover.Outlook.com")
    assert asked(entry) == [("autodiscover", "CNAME", "autodiscover.outlook.com.")]


@pytest.mark.parametrize("label", ["shop.example", "shop.example.", "@", "", None])
def test_the_label_of_the_domain_itself(label: str | None) -> None:
    """An MX record stands there."""
    entry = record("Mx", mailExchange="shop-example.mail.protection.outlook.com", preference=0)
    assert asked({**entry, "label": label}) == [("@", "MX", "0 shop-example.mail.protection.outlook.com.")]


@pytest.mark.parametrize("label", ["shop.example", "_sip._tls.shop.example", "sip.tls", "_sip._tls.shop.example.", "@"])
@pytest.mark.parametrize(("service", "protocol"), [("_sip", "_tls"), ("sip", "tls"), ("_SIP.", "_TLS")])
def test_the_name_of_an_srv_record(label: str, service: str, protocol: str) -> None:
    """Service and protocol stand in it once, whichever fields hold them."""
    more = {"service": service, "protocol": protocol, "priority": 100, "weight": 1, "port": 443}
    entry = record("Srv", label, nameTarget="sipdir.online.lync.com.", **more)
    assert asked(entry) == [("_sip._tls", "SRV", "100 1 443 sipdir.online.lync.com.")]


def test_an_srv_record_below_the_domain() -> None:
    """The rest of the label stays."""
    more = {"service": "_sip", "protocol": "_tls", "priority": 1, "weight": 2, "port": 3, "nameTarget": "x.example"}
    assert asked(record("Srv", "teams.shop.example", **more))[0][0] == "_sip._tls.teams"


def test_texts_and_what_proves_the_domain() -> None:
    """The text at the domain itself; the stray blank of Microsoft's sample is no part of an SPF text."""
    spf, proof = record("Txt", text="v=spf1 include: spf.x -all"), record("Txt", text="MS=ms12345678")
    found = records.asked("graph", "shop.example", "", [spf, record("Txt", "sub.shop.example", text="MS=no"), proof])
    assert found.verification == "MS=ms12345678"
    assert ("@", "TXT", "v=spf1 include:spf.x -all") in asked(spf)
    assert records.asked("graph", "shop.example", "", []).verification == ""


def test_a_record_that_cannot_be_named_is_a_finding() -> None:
    """It is never planned."""
    entry = record("Unavailable", description="not now", supportedService="Email")
    found = records.asked("graph", "shop.example", "tenant/x/domain/shop.example", [entry])
    assert found.records == ()
    assert [(one.rule, one.detail, one.address) for one in found.findings] == [
        ("tenant/records-unavailable", "not now", "tenant/x/domain/shop.example")
    ]


@pytest.mark.parametrize(
    "entry",
    [
        record("Ns", text="x"),
        record("Mx", preference=0),
        record("Mx", mailExchange="a b", preference=0),
        record("Mx", mailExchange="a.example", preference=70_000),
        record("Mx", mailExchange="a.example", preference="ten"),
        record("Cname", "other.example.", canonicalName="x.example"),
        record("Cname", "a..b", canonicalName="x.example"),
        record("Cname", "x" * 300, canonicalName="x.example"),
        record("Txt", text="\ud800"),
        record("Srv", service="_sip", nameTarget="x.example"),
        {"label": "shop.example", "text": "x"},
    ],
)
def test_a_malformed_record_is_told(entry: dict[str, Any]) -> None:
    """Also one that is outside the domain."""
    with pytest.raises(Invalid):
        asked(entry)


# What is malformed


@pytest.mark.parametrize(
    "more",
    [
        {"id": None},
        {"id": 7},
        {"userPrincipalName": ""},
        {"displayName": 7},
        {"displayName": "half \ud800"},
        {"accountEnabled": "yes"},
        {"accountEnabled": 1},
        {"businessPhones": "+52"},
        {"businessPhones": [7]},
        {"proxyAddresses": {"a": 1}},
        {"manager": []},
        {"manager": {}},
        {"licenseAssignmentStates": {}},
        {"licenseAssignmentStates": [7]},
        {"licenseAssignmentStates": [{}]},
        {"licenseAssignmentStates": [{"skuId": SUITE, "disabledPlans": "all"}]},
    ],
)
def test_a_malformed_user_is_told(more: dict[str, Any]) -> None:
    """By what is wrong with it; nothing is guessed."""
    made = shapes()
    with pytest.raises(Invalid, match="is not"):
        list(people(made, [person(**more)]))


@pytest.mark.parametrize(
    "more",
    [{"skuId": None}, {"skuPartNumber": ""}, {"consumedUnits": "3"}, {"consumedUnits": True}, {"prepaidUnits": [5]},
     {"prepaidUnits": {"enabled": 2**40}}, {"servicePlans": [{}]}, {"servicePlans": 7}],
)  # fmt: skip
def test_a_malformed_product_is_told(more: dict[str, Any]) -> None:
    """Seats are whole numbers."""
    with pytest.raises(Invalid, match="is not"):
        shapes({**SKUS[0], **more}).skus_of([])


# Anything at all

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from([
    "id", "userPrincipalName", "displayName", "businessPhones", "proxyAddresses", "manager", "accountEnabled",
    "licenseAssignmentStates", "assignedLicenses", "onPremisesSyncEnabled", "skuId", "skuPartNumber", "servicePlans",
    "prepaidUnits", "consumedUnits", "appliesTo", "groupTypes", "mailEnabled", "isVerified", "supportedServices",
    "isAdminManaged", "isEnabled", "state", "status", "nextLifecycleDateTime", "label", "recordType", "text",
    "mailExchange", "preference", "canonicalName", "service", "protocol", "nameTarget", "port", "ttl", "@odata.type",
])  # fmt: skip
ENTRIES = st.dictionaries(NAMES, JSON | st.just(ID), max_size=8)


@settings(max_examples=300, deadline=None)
@given(entry=ENTRIES, good=st.booleans())
def test_nothing_that_is_answered_is_a_traceback(entry: dict[str, Any], good: bool) -> None:
    """It is read, or it is `Invalid`."""
    whole = person() | {"skuId": SUITE, "skuPartNumber": "P", "@odata.type": "#microsoft.graph.domainDnsMxRecord"}
    shown = whole | entry if good else entry
    made = shapes()
    for read in (
        lambda: made.user_of(shown),
        lambda: made.licenses_of(shown),
        lambda: made.group_of(shown, [shown]),
        lambda: made.domain_of(shown),
        lambda: made.sku_of(shown),
        lambda: made.skus_of([shown]),
        lambda: made.sign_in_of(shown, [shown]),
        lambda: Products("graph", [shown]),
        lambda: asked(shown),
    ):
        try:
            read()
        except Invalid as problem:
            str(problem).encode()
