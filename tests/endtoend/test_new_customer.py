"""A new customer: an empty tenant and an old zone become a working one, across BIND and Graph, with one approval."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reconciler.model.key import Key
from reconciler.model.resource import Licenses, TenantDomain, User
from tests.emulators.graph.server import Trouble
from tests.live.bind_host import BindHost
from tests.live.customer import PART, ZONE, Customer, both
from tests.live.graph_host import GraphHost
from tests.running import Done

PEOPLE = 40


def finish(place: Customer, most: int = 8) -> list[Done]:
    """One approval, and as many runs as the waits ask."""
    assert place.planned().code == 0
    runs = [place.applied()]
    while runs[-1].code == 5 and len(runs) < most:
        runs.append(place.run("apply", "--json"))
    return runs


def test_from_nothing_to_done(tmp_path: Path) -> None:
    """Verified before anybody is on the domain, licences after usage locations, MX last; the last plan is empty."""
    with both(tmp_path, PEOPLE) as (bind, graph):
        place = Customer(tmp_path / "place", bind, graph, PEOPLE)
        assert f"{PART} (Microsoft 365 Business Standard)" in place.run("plan").out
        runs = finish(place)
        assert [one.code for one in runs] == [*[5] * (len(runs) - 1), 0], runs[-1]
        _as_wished(bind, graph)
        _in_order(runs)
        place.assert_still()


def test_the_mail_service_is_approved_with_the_verification(tmp_path: Path) -> None:
    """Verified, and stopped before the service was on: the next run puts it on under the same approval."""
    with both(tmp_path, 1) as (bind, graph):
        place = Customer(tmp_path / "place", bind, graph, 1)
        assert place.planned().code == 0
        with graph.server.trouble(Trouble(403, "domain.update", times=9)):
            assert place.applied().code == 4
        domain = graph.tenant.domains[ZONE]
        assert (domain.verified, domain.services) == (True, ())
        done = place.run("apply", "--json")
        assert done.code in (0, 5), done
        assert domain.services == ("Email",)
        assert [one["status"] for one in done.json["steps"] if "#services/" in one["address"]] == ["done"]


def _as_wished(bind: BindHost, graph: GraphHost) -> None:
    truth = graph.truth()
    domain = truth[Key("tenant", graph.tenant.initial, "domain", ZONE)]
    assert isinstance(domain, TenantDomain)
    assert domain.verified
    people = [one for one in truth.values() if isinstance(one, User) and one.upn.endswith(f"@{ZONE}")]
    assert len(people) == PEOPLE
    assert {one.usage_location for one in people} == {"MX"}
    held = [truth[one.key._replace(kind="licenses")] for one in people]
    assert {one.direct for one in held if isinstance(one, Licenses)} == {(PART,)}
    zone = bind.truth(ZONE)
    wanted = {(one.type, one.name): one.value for one in domain.records}
    assert zone[Key("dns", ZONE, "MX", "@")].values == (wanted["MX", "@"],)
    assert zone[Key("dns", ZONE, "CNAME", "autodiscover")].values == ("autodiscover.outlook.com.",)
    texts = zone[Key("dns", ZONE, "TXT", "@")].values
    assert domain.verification in texts
    assert "vendor=1" in texts
    (spf,) = [text for text in texts if text.startswith("v=spf1")]
    assert {"ip4:198.51.100.25", "include:spf.protection.outlook.com"} <= set(spf.split())
    assert zone[Key("dns", ZONE, "A", "www")].values == ("192.0.2.80",)


def _in_order(runs: list[Done]) -> None:
    done: list[dict[str, Any]] = [step for run in runs for step in run.json["steps"] if step["status"] == "done"]
    order = [step["address"] for step in done]
    first = {what: next(at for at, one in enumerate(order) if what in one) for what in ("/user/", "/licenses/")}
    last = {what: max(at for at, one in enumerate(order) if what in one) for what in ("/user/", "/licenses/")}
    verified = next(at for at, one in enumerate(order) if one.endswith("#verified"))
    mx = next(at for at, one in enumerate(order) if "/MX/" in one)
    assert verified < first["/user/"] <= last["/user/"] < first["/licenses/"] <= last["/licenses/"] < mx
