"""An alias is the first address only for the moment in which it is added, whatever stops the run then."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.model.resource import User
from tests.emulators.graph.server import Trouble
from tests.endtoend.test_tenant_calls import DOMAIN, TenantPlace, tenant
from tests.live.folder import CUSTOMER
from tests.live.graph_host import GraphHost

WHO, ALIAS = f"user1@{DOMAIN}", f"alias1@{DOMAIN}"


def _mail(graph: GraphHost) -> str:
    return next(one.mail for one in graph.truth().values() if isinstance(one, User) and one.upn == WHO)


def _aliased(root: Path, graph: GraphHost) -> TenantPlace:
    """Somebody who is settled, and a spec with one alias more."""
    place = TenantPlace(root, graph, 1)
    place.planned()
    assert place.applied().code == 0
    rows = ["address,name,kind,goes_to", f"{WHO},Persona 1,,", f"{ALIAS},,alias,{WHO}", ""]
    (place.specs / CUSTOMER / "accounts.csv").write_text("\n".join(rows))
    return place


@pytest.mark.parametrize("look_first", [True, False])
def test_a_stopped_write_is_seen_and_mended(tmp_path: Path, look_first: bool) -> None:
    """What was begun, or was found to have been written, goes back in a step of the next plan; then nothing is left."""
    with tenant(0, 1) as graph:
        place = _aliased(tmp_path, graph)
        place.planned()
        with graph.server.trouble(Trouble(400, "user.update", nth=2)):
            done = place.applied()
        assert (done.code, _mail(graph)) == (4, ALIAS), done
        if not look_first:
            assert place.run("apply", "--json").code == 3  # it finds out what became of the step, and has a new one
        paper = place.planned().json
        (step,) = paper["steps"]
        assert step["address"].endswith(f"/user/{WHO}#mail")
        assert (step["action"], step["before"], step["after"]) == ("update", ALIAS, WHO)
        assert paper["applyable"]
        assert place.applied().code == 0
        assert _mail(graph) == ""
        assert sum(place.planned().json["counts"].values()) == 0
        assert place.drift().json["outcome"] == "clean"


def test_who_chose_another_first_address_keeps_it(tmp_path: Path) -> None:
    """It is said, and planned to nothing."""
    with tenant(0, 1) as graph:
        place = TenantPlace(tmp_path, graph, 1)
        place.planned()
        assert place.applied().code == 0
        (thing,) = [one for one in graph.tenant.users.values() if one.data and one.data["userPrincipalName"] == WHO]
        proxies = [f"SMTP:chosen@{DOMAIN}", f"smtp:{WHO}"]
        graph.tenant.write(thing, {**(thing.data or {}), "mail": f"chosen@{DOMAIN}", "proxyAddresses": proxies})
        paper = place.planned().json
        assert (paper["steps"], sum(paper["counts"].values())) == ([], 0)
        (told,) = [one for one in paper["diagnostics"] if one["rule"] == "accounts/first-address"]
        assert told["summary"].endswith(f": that of {WHO} as chosen@{DOMAIN}")
        assert place.drift().json["outcome"] == "clean"


def test_who_was_made_and_cannot_be_seen_is_no_failure(tmp_path: Path) -> None:
    """Something was written: 4; whoever is there is found the next time, and made once."""
    with tenant(0, 1) as graph:
        place = TenantPlace(tmp_path, graph, 1)
        place.planned()
        with graph.server.trouble(Trouble(403, "user", nth=2, times=99)):
            done = place.applied()
        assert done.code == 4, done
        assert "could not be read back" in done.out
        assert place.applied().code == 0
        assert graph.server.inner["user.create"] == 1
