"""The emulator of Microsoft Graph is as strict as it says: nothing here goes through the adapter."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, SignIn, TenantDomain, User
from tests.emulators.dns_server import DnsServer
from tests.emulators.graph import contract, dns_records, truth
from tests.emulators.graph.server import Trouble
from tests.emulators.graph.stand import DOMAIN, NEW, OBJECT, TENANT, Stand, read, write
from tests.emulators.graph.tenants import Tenant, Token
from tests.live.graph_host import GraphHost


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.close()


# Who asks, and for what


def test_nobody_and_somebody_without_permission(stand: Stand) -> None:
    stand.server.tokens["reads"] = Token(TENANT, permissions=frozenset({"User.Read.All"}))
    none, denied = (
        stand.ask("GET", "/users", token="x"),
        stand.ask("POST", "/domains", {"id": "a.example"}, token="reads"),
    )
    assert (none.status_code, none.json()["error"]["code"]) == (401, "InvalidAuthenticationToken")
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
    assert denied.json()["error"]["innerError"]["request-id"]
    assert denied.headers["request-id"]
    assert stand.ask("GET", "/users", token="reads").status_code == 200
    assert stand.ask("GET", "/domains", Authorization="Basic t").status_code == 401
    assert (stand.server.calls["users"], stand.server.writes) == (2, 1)
    stand.server.tokens["writes"] = Token(TENANT, permissions=frozenset({"User.ReadWrite.All"}))
    path = f"/users/{stand.tenant.person('ana').id}"
    assert stand.ask("PATCH", path, {"displayName": "A"}, token="writes").status_code == 204
    assert stand.ask("PATCH", path, {"passwordProfile": {"password": "longenough"}}, token="writes").status_code == 403


def test_another_tenants_objects_are_not_there(stand: Stand) -> None:
    other = stand.server.make("other.onmicrosoft.com", seed="other")
    stranger = other.person("ana")
    assert stand.get(f"/users/{stranger.id}") == 404
    assert stand.get(f"/users/ana@{other.initial}") == 404
    assert stand.do("PATCH", f"/users/{stranger.id}", {"displayName": "x"}) == 404
    added = {"@odata.id": OBJECT + stranger.id}
    assert stand.do("POST", f"/groups/{stand.tenant.group('g', kind='security').id}/members/$ref", added) == 404
    assert stand.get("/organization")["value"][0]["id"] == stand.tenant.id != other.id


@pytest.mark.parametrize(
    ("method", "path", "sent"),
    [
        ("GET", "/nothing", None),
        ("DELETE", "/groups/1/members/2", None),
        ("GET", "/users?$skip=10", None),
        ("GET", "/users?$top=1000", None),
        ("GET", "/users?$count=true", None),
        ("GET", "/users?$filter=endsWith(mail,'x')", None),
        ("GET", "/users?$filter=displayName ne 'x'", None),
        ("GET", "/users?$filter=displayName", None),
        ("GET", f"/users?$filter=id in ({','.join(['1'] * 16)})", None),
        ("GET", "/directory/deletedItems/microsoft.graph.user?$filter=mail eq 'a'", None),
        ("GET", "/subscribedSkus?$filter=skuPartNumber eq 'x'", None),
        ("PATCH", "/users/ANA", {"jobTitle": ""}),
        ("PATCH", "/users/ANA", {"proxyAddresses": ["smtp:a@shop.example"]}),
        ("POST", "/users/ANA/assignLicense", {"addLicenses": []}),
        ("POST", "/$batch", {"requests": [{"id": str(one), **read("/users")} for one in range(21)]}),
        ("POST", "/$batch", {"requests": [{"id": "1", **read("/users")}, {"id": "1", **read("/groups")}]}),
        ("POST", "/$batch", {"requests": [{"id": "1", **read("https://graph.microsoft.com/v1.0/users")}]}),
        ("POST", "/$batch", {"requests": [{"id": "1", **write("POST", "/$batch", {"requests": []})}]}),
        ("POST", "/$batch", {"requests": [{"id": "1", **read("/users"), "depends_on": ["2"]}]}),
        ("POST", "/$batch", {"requests": [{"id": "1", "method": "PATCH", "url": "/users/1", "body": {}}]}),
    ],
)
def test_what_no_correct_client_sends(stand: Stand, method: str, path: str, sent: object) -> None:
    ana = stand.tenant.person("ana")
    assert stand.do(method, path.replace("ANA", ana.id), sent) == 400
    assert stand.wrong() >= 1


@pytest.mark.needs_shared
def test_the_metadata_is_held_against_requests_and_answers(stand: Stand) -> None:
    ana, held = stand.tenant.person("ana"), contract.at_hand()
    assert held is not None
    assert stand.do("PATCH", f"/users/{ana.id}", {"jobTitel": "x"}) == 400
    assert stand.get("/users?$select=jobTitel") == 400
    assert stand.wrong() == 2
    ana.data = {**(ana.data or {}), "jobTitle": 7}
    assert stand.get(f"/users/{ana.id}")["jobTitle"] == 7
    assert stand.wrong() == 1


def test_messages_are_worded_anew(stand: Stand) -> None:
    assert len({stand.ask("GET", "/users/none").json()["error"]["message"] for _ in range(30)}) > 2


# Batches


def test_a_batch_answers_each_in_any_order_and_is_counted(stand: Stand) -> None:
    items = [read("/domains"), read("/users/none"), *(read(f"/users?$top={one}") for one in range(1, 9))]
    orders = {tuple(stand.batch(*items)) for _ in range(5)}
    assert len(orders) > 1
    assert (stand.server.calls["batch"], stand.server.inner["users"], stand.server.writes) == (5, 40, 0)
    told = stand.batch(read("/users/none"), write("POST", "/domains", {"id": "a.example"}))
    assert (told["1"]["status"], told["2"]["status"], stand.server.writes) == (404, 201, 1)
    assert ("POST", "/domains", 201) in stand.server.log
    assert ("GET", "/users/none", 404) in stand.server.log


def test_what_depends_on_a_failure_fails(stand: Stand) -> None:
    ana = stand.tenant.person("ana")
    change = write("PATCH", f"/users/{ana.id}", {"displayName": "B"}, dependsOn=["1"])
    told = stand.batch(read("/users/none"), change)
    assert told["2"]["status"] == 424
    assert stand.batch(read(f"/users/{ana.id}"), change)["2"]["status"] == 204
    listed = [{"id": "1", **read("/users")}, {"id": "2", **change}, {"id": "3", **read("/users"), "dependsOn": ["2"]}]
    assert stand.do("POST", "/$batch", {"requests": listed})["responses"]
    listed.append({"id": "4", **read("/users"), "dependsOn": ["2"]})
    assert stand.do("POST", "/$batch", {"requests": listed}) == 400
    assert stand.wrong() == 1


def test_one_item_of_a_batch_is_hit(stand: Stand) -> None:
    trouble = Trouble(429, "user.create", headers={"Retry-After": "7"})
    with stand.server.trouble(trouble):
        one, two = (NEW | {"userPrincipalName": f"{name}@{DOMAIN}"} for name in "ab")
        told = stand.batch(write("POST", "/users", one), write("POST", "/users", two))
    assert sorted(one["status"] for one in told.values()) == [201, 429]
    hit = next(one for one in told.values() if one["status"] == 429)
    assert (hit["headers"]["Retry-After"], hit["body"]["error"]["code"]) == ("7", "TooManyRequests")
    assert len(stand.tenant.users) == 1


def test_a_serial_batch_answers_in_any_order_too(stand: Stand) -> None:
    serial: list[dict[str, Any]] = [
        read("/domains"),
        *({**read("/domains"), "dependsOn": [str(one)]} for one in range(1, 6)),
    ]
    assert len({tuple(stand.batch(*serial)) for _ in range(5)}) > 1
    stand.server.log.clear()
    stand.batch(*(write("POST", "/domains", {"id": f"d{one}.example"}) for one in range(8)))
    made = [one["id"] for one in stand.get("/domains")["value"] if one["id"].startswith("d")]
    assert made != sorted(made), "nor are they carried out in the order in which they stand"


# Trouble


@pytest.mark.parametrize("effect", [True, False])
def test_a_lost_reply(stand: Stand, effect: bool) -> None:
    with stand.server.trouble(Trouble(0, "write", effect=effect)), pytest.raises(httpx.RemoteProtocolError):
        stand.make()
    assert len(stand.tenant.users) == effect
    with stand.server.trouble(Trouble(0, "user.create", effect=effect)), pytest.raises(httpx.RemoteProtocolError):
        stand.batch(write("POST", "/users", NEW | {"userPrincipalName": f"b@{DOMAIN}"}))
    assert len(stand.tenant.users) == 2 * effect


def test_a_storm_is_the_same_for_the_same_seed() -> None:
    def weather() -> list[int]:
        stand = Stand()
        stand.server.storm(0.3, seed=5)
        for _ in range(60):
            try:
                stand.ask("GET", "/users")
            except httpx.RemoteProtocolError:
                continue
        stand.http.close()
        stand.server.close()
        return [status for _, _, status in stand.server.log]

    one = weather()
    assert one == weather()
    assert {429, 503, 500, 0, 200} == set(one)
    assert 5 < sum(status != 200 for status in one) < 30


def test_the_quota_of_a_tenant(stand: Stand) -> None:
    stand.server.quota = 0.001
    assert [stand.ask("GET", "/domains").status_code for _ in range(4)] == [200, 200, 200, 429]
    answer = stand.ask("GET", "/domains")
    assert (answer.headers["Retry-After"], answer.headers["x-ms-throttle-scope"][:6]) == ("10", "Tenant")
    stand.instant += timedelta(seconds=10)
    assert stand.ask("GET", "/users").headers["x-ms-resource-unit"] == "2"
    assert stand.ask("GET", "/users?$select=id").headers["x-ms-resource-unit"] == "1"
    path = "/identity/conditionalAccess/policies"
    stand.instant += timedelta(seconds=10)
    assert (stand.get(path)["value"], stand.ask("GET", path).headers.get("Retry-After")) == ([], None)
    assert stand.get(path) == 429
    stand.server.bare = True
    for _ in range(3):
        stand.get("/users")
    answer = stand.ask("GET", "/users")
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, None)


# Consistency


def test_a_write_is_late_for_some_replicas(stand: Stand) -> None:
    stand.server.lag = 3
    made = stand.make()
    path = f"/users/{made['id']}"
    seen = [stand.ask("GET", path).status_code for _ in range(12)]
    assert seen.count(404) == 3
    assert set(seen[5:]) == {200}
    assert stand.make() == 400, "the name is taken, whatever a replica shows"
    patterns = set()
    for number in range(8):
        stand.do("PATCH", path, {"displayName": f"name {number}"})
        patterns.add(tuple(stand.get(path)["displayName"] == f"name {number}" for _ in range(5)))
        for _ in range(12):
            stand.get(path)
    assert len(patterns) > 1
    assert all(one.count(False) == 3 for one in patterns)


def test_lists_and_filters_are_late_too(stand: Stand) -> None:
    stand.server.lag = 2
    made = stand.make()
    seen = [len(stand.get(f"/users?$filter=id eq '{made['id']}'")["value"]) for _ in range(9)]
    assert seen.count(0) == 4
    assert seen[7:] == [1, 1]
    stand.do("DELETE", f"/users/{made['id']}")
    assert [len(stand.get("/users")["value"]) for _ in range(4)].count(1) == 2
    stand.server.lag = 50
    stand.make("b")
    stand.instant += timedelta(minutes=15)
    assert [len(stand.get("/users")["value"]) for _ in range(10)] == [1] * 10


def test_who_was_just_made_cannot_be_used_everywhere(stand: Stand) -> None:
    group = stand.tenant.group("staff")
    stand.server.lag = 4
    made = stand.make()
    path, added = f"/users/{made['id']}", {"@odata.id": OBJECT + made["id"]}
    tried = [
        stand.do("PATCH", path, {"jobTitle": "x"})
        if number % 2
        else stand.do("POST", f"/groups/{group.id}/members/$ref", added)
        for number in range(4)
    ]
    assert 404 in tried
    assert set(tried) <= {204, 400, 404}


def test_who_was_renamed_is_found_by_the_old_name_for_a_while(stand: Stand) -> None:
    made = stand.make()
    stand.server.lag = 2
    stand.do("PATCH", f"/users/{made['id']}", {"userPrincipalName": f"bea@{DOMAIN}"})
    old = [len(stand.get(f"/users?$filter=userPrincipalName eq 'ana@{DOMAIN}'")["value"]) for _ in range(8)]
    assert (old.count(1), old[7]) == (4, 0)


def test_the_first_users_of_a_new_domain_fail(stand: Stand) -> None:
    stand.server.fresh = 2
    stand.do("POST", "/domains", {"id": f"new.{DOMAIN}"})
    upn = {"userPrincipalName": f"a@new.{DOMAIN}"}
    assert [stand.ask("POST", "/users", NEW | upn).status_code for _ in range(3)] == [400, 400, 201]


# Domains


def proof(stand: Stand, name: str, kind: str = "Txt") -> Any:
    listed = stand.get(f"/domains/{name}/verificationDnsRecords")["value"]
    return next(one for one in listed if one["recordType"] == kind)


def test_a_domain_is_verified_by_what_dns_shows(stand: Stand) -> None:
    assert stand.do("POST", "/domains", {"id": "New.Example"})["isVerified"] is False
    path = "/domains/new.example"
    assert stand.do("PATCH", path, {"supportedServices": ["Email"]}) == 400
    mx, txt = proof(stand, "new.example", "Mx"), proof(stand, "new.example")
    assert (txt["label"], txt["text"][:5], mx["preference"]) == ("new.example", "MS=ms", 32767)
    assert stand.do("POST", f"{path}/verify") == 400, "nothing to ask"
    with DnsServer() as dns:
        stand.server.resolver = dns.address
        assert stand.do("POST", f"{path}/verify") == 400
        assert dns.counts["new.example", "TXT"] == 1
        dns.add({("new.example", "TXT"): ["v=spf1 -all", txt["text"]]})
        assert stand.do("POST", f"{path}/verify")["availabilityStatus"] == "AvailableImmediately"
    assert stand.do("POST", f"{path}/verify") == 400
    assert stand.do("POST", "/domains", {"id": "new.example"}) == 400
    assert stand.get("/domains/none.example") == 404


def test_the_other_proof_and_the_wait_for_it(stand: Stand) -> None:
    stand.do("POST", "/domains", {"id": "new.example"})
    texts, path = ["10 mx.example."], "/domains/new.example"
    stand.server.resolver = lambda name, kind: texts if kind == "MX" else ['"v=spf1 -all"']
    mx = proof(stand, "new.example", "Mx")
    assert stand.do("POST", f"{path}/verify") == 400
    texts.append(f"32767 {mx['mailExchange']}.")
    stand.server.verify_delay = 60
    assert stand.do("POST", f"{path}/verify") == 400
    stand.instant += timedelta(seconds=60)
    assert stand.do("POST", f"{path}/verify")["isVerified"] is True


def test_a_domain_of_another_tenant_and_one_below_ours(stand: Stand) -> None:
    stand.server.make("other.onmicrosoft.com").domain("theirs.example")
    stand.do("POST", "/domains", {"id": "theirs.example"})
    text = proof(stand, "theirs.example")["text"]
    stand.server.resolver = lambda name, kind: [text]
    assert stand.do("POST", "/domains/theirs.example/verify") == 400
    below = stand.do("POST", "/domains", {"id": f"eu.{DOMAIN}"})
    assert (below["isVerified"], below["isRoot"]) == (True, False)
    assert stand.get(f"/domains/eu.{DOMAIN}/rootDomain")["id"] == DOMAIN
    assert stand.do("POST", f"/domains/eu.{DOMAIN}/promote") == {"value": True}
    assert stand.get(f"/domains/eu.{DOMAIN}")["isRoot"] is True


def test_services_of_a_domain_and_their_records(stand: Stand) -> None:
    path = f"/domains/eu.{DOMAIN}"
    stand.do("POST", "/domains", {"id": f"eu.{DOMAIN}"})
    assert stand.get(path)["supportedServices"] == []
    assert stand.get(f"{path}/serviceConfigurationRecords")["value"] == []
    assert stand.do("PATCH", path, {"supportedServices": ["Email", "Intune"]}) == 400
    assert stand.do("PATCH", path, {"supportedServices": ["Email"]}) == 204
    found = {one["recordType"]: one for one in stand.get(f"{path}/serviceConfigurationRecords")["value"]}
    assert found["CName"]["label"] == f"autodiscover.eu.{DOMAIN}"
    assert found["Mx"]["mailExchange"].endswith((".mail.protection.outlook.com", "-v1.mx.microsoft"))
    assert stand.do("PATCH", path, {"isDefault": False}) == 400
    assert stand.do("PATCH", path, {"isDefault": True}) == 204
    assert [one["id"] for one in stand.get("/domains")["value"] if one["isDefault"]] == [f"eu.{DOMAIN}"]


def test_names_and_oddities_come_from_the_seed() -> None:
    domains = [f"d{number}.example" for number in range(60)]
    one, two = Tenant(TENANT, seed="a"), Tenant(TENANT, seed="b")
    hosts = [dns_records.mail_host(one, name) for name in domains]
    assert hosts == [dns_records.mail_host(Tenant(TENANT, seed="a"), name) for name in domains]
    assert not set(hosts) & {dns_records.mail_host(two, name) for name in domains}
    assert {host.rpartition(".")[2] for host in hosts} == {"com", "microsoft"}
    texts = [json.dumps(dns_records.service(one, one.domain(name))) for name in domains]
    for odd in ("include: ", "Unavailable", '"label": "_sip._tls'):
        assert 0 < sum(odd in text for text in texts) < 60


def test_a_domain_that_is_referred_to_stays(stand: Stand) -> None:
    ana = stand.tenant.person(f"ana@{DOMAIN}")
    assert stand.do("DELETE", f"/domains/{DOMAIN}") == 400
    assert [one["id"] for one in stand.get(f"/domains/{DOMAIN}/domainNameReferences")["value"]] == [ana.id]
    assert stand.do("DELETE", f"/domains/{TENANT}") == 400
    stand.do("PATCH", f"/users/{ana.id}", {"userPrincipalName": f"ana@{TENANT}"})
    assert stand.do("DELETE", f"/domains/{DOMAIN}") == 204
    assert stand.get(f"/domains/{DOMAIN}") == 404


def test_a_domain_goes_by_force(stand: Stand) -> None:
    ana = stand.tenant.person(f"ana@{DOMAIN}", mail=f"ana@{DOMAIN}", proxyAddresses=[f"SMTP:ana@{DOMAIN}"])
    assert stand.do("POST", f"/domains/{DOMAIN}/forceDelete", {"disableUserAccounts": True}) == 204
    shown = stand.get(f"/users/{ana.id}?$select=userPrincipalName,mail,proxyAddresses,accountEnabled")
    assert shown == {
        "id": ana.id, "userPrincipalName": f"ana@{TENANT}", "mail": f"ana@{TENANT}", "proxyAddresses": [],
        "accountEnabled": False,
    }  # fmt: skip
    assert stand.get(f"/domains/{DOMAIN}") == 404


def test_domains_that_others_look_after(stand: Stand) -> None:
    stand.tenant.domain("adfs.example", federated=True)
    stand.tenant.domain("hosted.example", managed=True)
    assert stand.get("/domains/adfs.example")["authenticationType"] == "Federated"
    assert stand.get("/domains/hosted.example")["isAdminManaged"] is False
    assert stand.do("PATCH", "/domains/adfs.example", {"isDefault": True}) == 400
    assert stand.make("a", userPrincipalName="a@adfs.example") == 400
    assert stand.make("a", userPrincipalName="a@adfs.example", onPremisesImmutableId="x")["id"]


# The tenant


def test_what_was_bought_and_until_when(stand: Stand) -> None:
    sku = stand.tenant.sku("E3", 3, status="Warning", warning=2)
    bought = stand.tenant.subscription(sku, "2027-02-01T00:00:00Z")
    shown = stand.get("/directory/subscriptions?$select=id,skuId,status,nextLifecycleDateTime")["value"][0]
    assert shown == {
        "id": bought["id"],
        "skuId": sku.sku_id,
        "status": "Warning",
        "nextLifecycleDateTime": "2027-02-01T00:00:00Z",
    }
    (listed,) = stand.get("/subscribedSkus")["value"]
    assert (listed["prepaidUnits"]["warning"], listed["subscriptionIds"]) == (2, [bought["id"]])
    assert stand.get(f"/subscribedSkus/{listed['id']}") == listed
    (organization,) = stand.get("/organization")["value"]
    initial = [one["name"] for one in organization["verifiedDomains"] if one["isInitial"]]
    assert (organization["id"], initial) == (stand.tenant.id, [TENANT])


def test_security_defaults_and_conditional_access_exclude_each_other(stand: Stand) -> None:
    path = "/policies/identitySecurityDefaultsEnforcementPolicy"
    assert stand.do("PATCH", path, {"isEnabled": True}) == 204
    assert stand.get(path)["isEnabled"] is True
    stand.do("PATCH", path, {"isEnabled": False})
    stand.tenant.conditional_access.append(truth.policy("MFA"))
    assert stand.do("PATCH", path, {"isEnabled": True}) == 400
    assert stand.get("/identity/conditionalAccess/policies")["value"][0]["displayName"] == "MFA"


def test_the_truth_is_what_was_put_there() -> None:
    host = GraphHost(seed="truth")
    try:
        host.tenant.sku("E3", 5, ["TEAMS"])

        def key(kind: str, name: str) -> Key:
            return Key("tenant", host.tenant.initial, kind, name)

        ana = User(
            key("user", "id-a"), "ana@x.example", "Ana", "id-a", usage_location="MX", phone="1", job_title="J",
            aliases=("s@x.example",), manager="id-b",
        )  # fmt: skip
        ben = User(key("user", "id-b"), "ben@x.example", "Ben", "id-b", enabled=False, synced=True)
        gone = User(key("user", "id-c"), "c@x.example", "C", "id-c", deleted=True)
        host.tenant.sku("F1", 5)
        held = Licenses(
            key("licenses", "id-a"), "id-a", ("E3",), disabled=("E3/TEAMS",), errors=("F1: CountViolation",)
        )  # fmt: skip
        group = Group(key("group", "id-g"), "G", "id-g", "distribution", ("id-a", "id-b"))
        rule = SignIn(key("sign-in", "@"), policies=("MFA",))
        for one in (ana, ben, gone, held, group, rule):
            host.edit(one.key, one)
        seen = host.truth()
        assert [seen[one.key] for one in (ana, ben, gone, held, group, rule)] == [ana, ben, gone, held, group, rule]
        host.edit(key("domain", "x.example"), TenantDomain(key("domain", "x.example"), True, True))
        made = host.truth()[key("domain", "x.example")]
        assert isinstance(made, TenantDomain)
        assert made.services == ("Email", "OfficeCommunicationsOnline")
        assert {one.type for one in made.records} == {"MX", "TXT", "CNAME", "SRV"}
        for one in (ana, group):
            host.edit(one.key, None)
        assert not {ana.key, held.key, group.key} & host.truth().keys()
    finally:
        host.close()
