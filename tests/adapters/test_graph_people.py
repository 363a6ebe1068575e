"""Users, licences and groups of the emulator of Microsoft Graph: nothing here goes through the adapter."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from tests.emulators.graph.stand import DOMAIN, EVENTUAL, NEW, OBJECT, TENANT, Stand

MAKE = {"Prefer": "create-if-missing"}
SECURITY = {"displayName": "Staff", "mailEnabled": False, "mailNickname": "staff", "securityEnabled": True}


@pytest.fixture
def stand() -> Iterator[Stand]:
    made = Stand()
    yield made
    made.close()


def test_pages_are_followed_as_they_are(stand: Stand) -> None:
    made = [one.id for one in stand.tenant.people(25)]
    assert [one["id"] for one in stand.all("/users?$top=10&$select=id")] == made
    assert (stand.server.calls["users"], stand.server.calls["users.next"]) == (1, 2)
    link = stand.get("/users?$top=10")["@odata.nextLink"]
    assert stand.get(link.replace("$top=10", "$top=20")) == 400
    assert stand.wrong() == 1
    stand.do("DELETE", f"/users/{made[0]}")
    assert stand.get(link)["value"][0]["id"] == made[10], "nobody is passed over"
    assert stand.get("/users?$count=true&$top=1", **EVENTUAL)["@odata.count"] == 24


def test_a_user_is_made_changed_and_found(stand: Stand) -> None:
    made = stand.make()
    path = f"/users/{made['id']}"
    assert stand.make("ANA") == 400
    assert stand.make("b", userPrincipalName="b@none.example") == 400
    assert stand.make("b", passwordProfile={"password": "short"}) == 400
    assert stand.do("PATCH", path, {"usageLocation": None}) == 400
    assert stand.do("PATCH", path, {"jobTitle": "Jefa", "businessPhones": ["1", "2"]}) == 400
    assert stand.do("PATCH", path, {"jobTitle": "Jefa", "department": "Ventas"}) == 204
    assert stand.do("PATCH", path, {"department": None}) == 204
    assert "accountEnabled" not in stand.get(path)
    shown = stand.get(f"/users('ana@{DOMAIN}')?$select=jobTitle,department,accountEnabled,proxyAddresses")
    assert shown == {
        "id": made["id"], "jobTitle": "Jefa", "department": None, "accountEnabled": True, "proxyAddresses": [],
    }  # fmt: skip
    assert stand.tenant.passwords[made["id"]] == ["longenough"]
    assert [one.sort for one in stand.tenant.audits] == ["user.create", "user.update", "user.update"]
    conflict = stand.ask("POST", "/users", NEW | {"userPrincipalName": f"ana@{DOMAIN}"}).json()["error"]["details"][0]
    assert (conflict["code"], conflict["target"]) == ("ObjectConflict", "userPrincipalName")


def test_mail_brings_addresses_that_stay(stand: Stand) -> None:
    made = stand.make()
    path = f"/users/{made['id']}"
    for one in ("sales", "ana"):
        assert stand.do("PATCH", path, {"mail": f"{one}@{DOMAIN}"}) == 204
    shown = stand.get(f"{path}?$select=mail,proxyAddresses")
    assert shown["proxyAddresses"] == [f"SMTP:ana@{DOMAIN}", f"smtp:sales@{DOMAIN}"]
    assert stand.make("sales") == 400, "an alias is taken too"
    ben = stand.make("ben")
    assert stand.do("PATCH", f"/users/{ben['id']}", {"mail": f"Sales@{DOMAIN}"}) == 400
    assert stand.do("PATCH", f"/users/{ben['id']}", {"mail": "ben@elsewhere.example"}) == 400
    wanted = f"/users?$filter=proxyAddresses/any(p:p eq 'smtp:sales@{DOMAIN}') or userPrincipalName in ('BEN@{DOMAIN}')"
    assert [one["id"] for one in stand.get(wanted)["value"]] == [made["id"], ben["id"]]
    assert stand.get(f"/users/sales@{DOMAIN}") == 404, "an alias is no name"


def test_filters(stand: Stand) -> None:
    for name in ("ana", "ben", "eve"):
        stand.tenant.person(f"{name}@{DOMAIN}", department="IT" if name < "c" else "O'Neil")
    asked = (
        "department eq 'it'", "department eq 'O''Neil' or displayName eq 'Ana'", "not(department eq 'IT')",
        "department eq 'IT' and startsWith(displayName,'B')", f"endsWith(userPrincipalName,'@{DOMAIN}')",
        "accountEnabled eq false", "displayName ne 'Eve'",
    )  # fmt: skip
    pages = [stand.get(f"/users?$count=true&$filter={one}", **EVENTUAL)["value"] for one in asked]
    found = [[one["userPrincipalName"][:3] for one in page] for page in pages]
    assert found == [
        ["ana", "ben"], ["ana", "eve"], ["eve"], ["ben"], ["ana", "ben", "eve"], [], ["ana", "ben"],
    ]  # fmt: skip


def test_managers(stand: Stand) -> None:
    ana, ben = (stand.tenant.person(name) for name in ("ana", "ben"))
    path = f"/users/{ana.id}/manager/$ref"
    assert stand.do("PUT", path, {"@odata.id": OBJECT + ben.id}) == 204
    listed = stand.get("/users?$select=id&$expand=manager($select=id)")["value"]
    assert [one.get("manager", {}).get("id") for one in listed] == [ben.id, None]
    assert stand.get(f"/users/{ana.id}?$select=id,manager") == {"id": ana.id}, "only $expand shows it"
    assert stand.get("/users?$count=true&$expand=manager", **EVENTUAL) == 400
    assert stand.wrong() == 1
    assert stand.do("DELETE", path) == 204
    assert stand.do("DELETE", path) == 404
    assert stand.get(f"/users/{ana.id}/manager") == 404


def test_synced_users_are_kept_elsewhere(stand: Stand) -> None:
    synced = stand.tenant.person("synced", onPremisesSyncEnabled=True)
    assert stand.do("PATCH", f"/users/{synced.id}", {"jobTitle": "x"}) == 400
    assert stand.do("PATCH", f"/users/{synced.id}", {"usageLocation": "ES"}) == 204
    assert stand.do("PUT", f"/users/{synced.id}/manager/$ref", {"@odata.id": OBJECT + synced.id}) == 400


def test_guests_and_sessions(stand: Stand) -> None:
    guest = stand.tenant.guest("eve@far.example")
    path = f"/users/eve_far.example%23EXT%23@{TENANT}"
    assert stand.get(f"{path}?$select=userType") == {"id": guest.id, "userType": "Guest"}
    assert stand.do("POST", f"{path}/revokeSignInSessions") == {"value": True}
    assert stand.tenant.sessions[guest.id] == 1


def test_deleted_and_restored(stand: Stand) -> None:
    sku = stand.tenant.sku("E3", 1)
    made = stand.make()
    stand.assign(made["id"], sku.sku_id)
    assert stand.do("DELETE", f"/users/{made['id']}") == 204
    assert stand.get(f"/users/{made['id']}") == 404
    assert stand.tenant.consumed[sku.sku_id] == 0
    again = stand.make()
    assert again["id"] != made["id"]
    gone = "/directory/deletedItems/"
    filtered = f"$filter=endsWith(userPrincipalName,'ana@{DOMAIN}')&$count=true"
    (listed,) = stand.get(f"{gone}microsoft.graph.user?{filtered}", **EVENTUAL)["value"]
    assert listed["userPrincipalName"] == made["id"].replace("-", "") + f"ana@{DOMAIN}"
    assert stand.do("POST", f"{gone}{made['id']}/restore") == 400
    stand.do("DELETE", f"/users/{again['id']}")
    assert stand.do("POST", f"{gone}{made['id']}/restore")["userPrincipalName"] == f"ana@{DOMAIN}"
    assert stand.get(f"/users/{made['id']}?$select=assignedLicenses")["assignedLicenses"][0]["skuId"] == sku.sku_id
    stand.instant += timedelta(days=30)
    assert stand.get(f"{gone}{again['id']}") == 404
    assert stand.tenant.deleted == []


def test_who_comes_back_when_the_seats_are_gone(stand: Stand) -> None:
    sku = stand.tenant.sku("E3", 1)
    ana, ben = stand.tenant.person("ana", licenses=[sku.sku_id]), stand.tenant.person("ben")
    stand.do("DELETE", f"/users/{ana.id}")
    assert stand.assign(ben.id, sku.sku_id)["id"] == ben.id
    assert stand.do("POST", f"/directory/deletedItems/{ana.id}/restore")["id"] == ana.id
    shown = stand.get(f"/users/{ana.id}?$select=assignedLicenses,licenseAssignmentStates")
    assert (shown["assignedLicenses"], shown["licenseAssignmentStates"][0]["error"]) == ([], "CountViolation")
    assert stand.get(f"/users/{ben.id}/licenseDetails")["value"][0]["skuPartNumber"] == "E3"
    stand.do("DELETE", f"/users/{ana.id}")
    assert stand.do("DELETE", f"/directory/deletedItems/{ana.id}") == 204
    assert stand.do("POST", f"/directory/deletedItems/{ana.id}/restore") == 404


def test_delta_tells_what_changed(stand: Stand) -> None:
    ana, ben, eve = (stand.tenant.person(name) for name in ("ana", "ben", "eve"))
    stand.server.page_cap = 2
    first = stand.get("/users/delta?$select=id,displayName,manager")
    second = stand.get(first["@odata.nextLink"])
    assert [one["id"] for one in (*first["value"], *second["value"])] == [ana.id, ben.id, eve.id]
    link = second["@odata.deltaLink"]
    assert stand.get(link)["value"] == []
    stand.do("PATCH", f"/users/{ana.id}", {"displayName": "A"})
    stand.do("PUT", f"/users/{ana.id}/manager/$ref", {"@odata.id": OBJECT + eve.id})
    stand.do("DELETE", f"/users/{ben.id}")
    one, two = stand.get(link)["value"]
    assert (one["displayName"], one["manager@delta"][0]["id"]) == ("A", eve.id)
    assert two == {"id": ben.id, "@removed": {"reason": "changed"}}
    latest = stand.get("/users/delta?$deltaToken=latest&$select=id")
    assert latest["value"] == []
    assert stand.get(latest["@odata.deltaLink"])["value"] == []
    stand.instant += timedelta(days=7, seconds=1)
    old = stand.ask("GET", link)
    assert (old.status_code, "users/delta" in old.headers["Location"]) == (410, True)


def test_delta_forgets_nothing_that_is_late(stand: Stand) -> None:
    link = stand.get("/users/delta?$deltaToken=latest&$select=id")["@odata.deltaLink"]
    stand.server.lag = 3
    made, seen = stand.make(), 0
    for _ in range(8):
        told = stand.get(link)
        link, seen = told["@odata.deltaLink"], seen + len(told["value"])
    assert made["id"]
    assert seen >= 1


# Licences


def test_licences_are_given_all_or_none(stand: Stand) -> None:
    tenant = stand.tenant
    e3, f1 = tenant.sku("E3", 1, ["EXCHANGE_S_ENTERPRISE", "TEAMS"]), tenant.sku("F1", 5, ["EXCHANGE_S_DESKLESS"])
    off, addon = tenant.sku("OLD", 5, status="Suspended"), tenant.sku("ADDON", 5, ["ARCHIVE"])
    tenant.conflicts.append(("EXCHANGE_S_ENTERPRISE", "EXCHANGE_S_DESKLESS"))
    tenant.needs.append(("ARCHIVE", "EXCHANGE_S_ENTERPRISE"))
    ana, ben = tenant.person("ana"), tenant.person("ben", usageLocation=None)
    assert stand.assign(ben.id, e3.sku_id) == 400, "no usage location"
    for wrong in (off.sku_id, addon.sku_id, tenant.guid()):
        assert stand.assign(ana.id, wrong) == 400
    assert stand.assign(ana.id, e3.sku_id, f1.sku_id) == 400
    assert stand.assign(ana.id, {"skuId": e3.sku_id, "disabledPlans": [f1.plans[0].id]}) == 400
    assert stand.assign(ana.id, e3.sku_id, removes=(f1.sku_id,)) == 400
    assert tenant.consumed.total() == 0
    assert stand.assign(ana.id, {"skuId": e3.sku_id, "disabledPlans": [e3.plans[0].id]}, f1.sku_id)["id"] == ana.id
    assert stand.assign(tenant.person("eve").id, e3.sku_id) == 400, "no seat"
    assert stand.assign(ana.id, addon.sku_id) == 400
    assert stand.assign(ana.id, e3.sku_id, addon.sku_id, removes=(f1.sku_id,))["id"] == ana.id
    held = stand.get(f"/users/{ana.id}?$select=assignedLicenses,licenseAssignmentStates,mail")
    assert {one["skuId"] for one in held["assignedLicenses"]} == {e3.sku_id, addon.sku_id}
    assert all(one["assignedByGroup"] is None and one["state"] == "Active" for one in held["licenseAssignmentStates"])
    assert held["mail"] == f"ana@{TENANT}"
    assert {one["skuPartNumber"]: one["consumedUnits"] for one in stand.get("/subscribedSkus")["value"]} == {
        "E3": 1, "F1": 0, "OLD": 0, "ADDON": 1,
    }  # fmt: skip


def test_licences_of_a_group_come_later_and_stay_the_groups(stand: Stand) -> None:
    sku = stand.tenant.sku("E3", 1)
    ana, ben = stand.tenant.person("ana"), stand.tenant.person("ben")
    group = stand.tenant.group("staff", [ana.id, ben.id], "security")
    path = f"/groups/{group.id}"
    sent = {"addLicenses": [{"skuId": sku.sku_id, "disabledPlans": []}], "removeLicenses": []}
    assert stand.ask("POST", f"{path}/assignLicense", sent).status_code == 202
    states = f"/users/{ana.id}?$select=licenseAssignmentStates"
    assert stand.get(states)["licenseAssignmentStates"] == []
    (held,) = stand.get(states)["licenseAssignmentStates"]
    assert (held["assignedByGroup"], held["state"]) == (group.id, "Active")
    (wrong,) = stand.get(f"{path}/membersWithLicenseErrors")["value"]
    assert wrong["id"] == ben.id
    assert stand.assign(ana.id, removes=(sku.sku_id,)) == 400
    assert stand.do("DELETE", f"{path}/members/{ana.id}/$ref") == 204
    stand.get("/users")
    assert stand.get(states)["licenseAssignmentStates"] == []
    assert stand.tenant.consumed[sku.sku_id] == 0


# Groups


def test_a_group_is_made_once_for_its_unique_name(stand: Stand) -> None:
    people = [OBJECT + one.id for one in stand.tenant.people(21)]
    path = "/groups(uniqueName='staff')"
    assert stand.do("PATCH", path, SECURITY) == 404
    assert stand.do("PATCH", "/groups(uniqueName='o%27%27neil%2F1')", SECURITY, **MAKE)["uniqueName"] == "o'neil/1"
    assert stand.get("/groups(uniqueName='o''neil%2F1')?$select=uniqueName")["uniqueName"] == "o'neil/1"
    stand.tenant.groups.clear()
    stand.tenant.order["group"].clear()
    assert stand.do("PATCH", path, SECURITY | {"members@odata.bind": people}, **MAKE) == 400
    assert stand.wrong() == 1
    made = stand.do("PATCH", path, SECURITY | {"members@odata.bind": people[:20]}, **MAKE)
    assert stand.do("PATCH", path, SECURITY, **MAKE) == 204
    assert len(stand.tenant.groups) == 1
    members = f"/groups/{made['id']}/members"
    assert stand.do("POST", f"{members}/$ref", {"@odata.id": people[0]}) == 400
    assert stand.do("POST", f"{members}/$ref", {"@odata.id": people[20]}) == 204
    assert len(stand.all(f"{members}?$top=9&$select=id")) == 21
    expanded = stand.get("/groups?$select=id&$expand=members($select=id)")["value"][0]["members"]
    assert len(expanded) == 20, "$expand gives no more, and does not say so"
    assert stand.do("DELETE", f"{members}/{people[0].rpartition('/')[2]}/$ref") == 204
    assert stand.do("DELETE", f"{members}/{people[0].rpartition('/')[2]}/$ref") == 404
    assert stand.do("DELETE", f"/groups/{made['id']}") == 204
    assert stand.do("POST", f"/directory/deletedItems/{made['id']}/restore")["id"] == made["id"]
    assert len(stand.all(f"{members}?$top=9")) == 20


@pytest.mark.parametrize("kind", ["distribution", "mail-security", "dynamic"])
def test_groups_of_others(stand: Stand, kind: str) -> None:
    group, ana = stand.tenant.group("list", kind=kind), stand.tenant.person("ana")
    assert stand.do("POST", f"/groups/{group.id}/members/$ref", {"@odata.id": OBJECT + ana.id}) in {400, 403}
    assert (stand.do("PATCH", f"/groups/{group.id}", {"displayName": "x"}) == 400) == (kind != "dynamic")
    assert stand.do("POST", "/groups", SECURITY | {"mailEnabled": True}) == 400
    assert stand.do("DELETE", f"/groups/{group.id}") == 204
    restored = stand.ask("POST", f"/directory/deletedItems/{group.id}/restore").status_code
    assert restored == (200 if kind == "dynamic" else 404), "what Exchange keeps goes for good"
