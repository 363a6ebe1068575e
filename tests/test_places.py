"""Which provider reads which scope of one customer."""

from functools import cached_property
from pathlib import Path

from reconciler.binding import Binding
from reconciler.model.key import Key, Slot
from reconciler.provider import Capabilities, Reader, Scope
from reconciler.session.places import Places
from tests.semantics.world import Clock, System
from tests.tenant_copies import SPEC, TENANT, Copies, Place, key

ZONE = Scope("dns", "acme.example")
PEOPLE = Scope("tenant", TENANT, frozenset({"a"}))


def places() -> Places:
    """A zone, a zone whose host sets TTLs itself, a tenant."""
    loose = System()
    loose.kinds = {"TXT": Capabilities(computed=frozenset({"ttl"}))}
    systems: dict[str, Reader] = {"zones": System(), "cloud": loose, "tenants": Copies(Clock())}
    return Places(systems, (("zones", ZONE), ("cloud", Scope("dns", "b.example")), ("tenants", PEOPLE)))


def test_who_reads_what() -> None:
    """By system and scope, both; what nobody reads has no provider and would be read whole."""
    found = places()
    far = Key("tenant", ZONE.name, "user", "a")
    assert [found.provider_of(one) for one in (key("user", "a"), key("user", "x"), far)] == ["tenants", "tenants", ""]
    assert found.scope_of(key("user", "x")) == PEOPLE
    assert found.scope_of(far) == Scope("tenant", ZONE.name)
    assert found.loose == {"b.example"}


def test_ready_is_asked_by_object_id() -> None:
    """The provider knows no names of ours; where nobody reads, nothing is ever ready."""
    bound = Binding(TENANT, {("user", "a"): "late"})
    found = places()
    assert not found.ready(key("user", "a"), bound).ready
    assert found.ready(key("user", "late-not"), bound).ready
    nobody = found.ready(Key("dns", "z.example", "MX", "@"), bound)
    assert (nobody.ready, nobody.detail) == (False, "nothing reads z.example")


class _Deaf(Place):
    """Nobody is to ask any server."""

    @cached_property
    def authority(self) -> None:
        raise AssertionError("the world was asked")


def test_what_is_kept_here_is_served_by_somebody_else(tmp_path: Path) -> None:
    """Nobody waits for the world to see a file on this machine, or what nobody reads."""
    place = _Deaf(tmp_path, Clock(), {}, SPEC)
    local = System()
    local.kinds = {"A": Capabilities(local=True)}
    found = Places({"zones": local}, (("zones", ZONE),))
    for zone in (ZONE.name, "z.example"):
        assert found.shown(place, Slot(Key("dns", zone, "A", "www"), ""), ("192.0.2.1",)).ready
