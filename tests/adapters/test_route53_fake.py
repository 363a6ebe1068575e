"""The fake refuses what Route 53 refuses, asked by the real boto3. Facts: vendor documentation, public bug reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from reconciler.conformance.harness import FixedClock
from tests.emulators.route53.refused import REFUSED, A, Native, alias, plain, toward
from tests.emulators.route53.server import READER, Route53Server, client
from tests.emulators.route53.service import Trouble
from tests.emulators.route53.state import RecordSet, Zone

if TYPE_CHECKING:
    from types_boto3_route53 import Route53Client

ZONE = "example.com."


class World:
    """One account with one zone, and a client."""

    def __init__(self, *, limited: bool = False) -> None:
        self.clock = FixedClock()
        self.server = Route53Server(self.clock.now, insync_after=60, limited=limited)
        self.zone: Zone = self.server.state.make(ZONE)
        self.client: Route53Client = client(self.server.endpoint)

    def change(self, *changes: tuple[str, Native]) -> str:
        listed: list[Any] = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
        done = self.client.change_resource_record_sets(HostedZoneId=self.zone.id, ChangeBatch={"Changes": listed})
        return done["ChangeInfo"]["Id"]

    def names(self) -> list[str]:
        return [f"{one['Name']} {one['Type']}" for one in self.listed()]

    def listed(self, **start: Any) -> Sequence[Any]:
        return self.client.list_resource_record_sets(HostedZoneId=self.zone.id, **start)["ResourceRecordSets"]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.server.close()


def test_what_is_refused(world: World) -> None:
    """Each wrong change is refused with a message that names it, and nothing of its batch is done."""
    world.change(("CREATE", A))
    for what, (changes, words) in REFUSED.items():
        beside = ("CREATE", plain("beside.example.com", "A", "192.0.2.77"))
        with pytest.raises(ClientError) as told:
            world.change(beside, *toward(world.zone.id, changes))
        error = told.value.response["Error"]
        assert error["Code"] == "InvalidChangeBatch", what
        assert words in error["Message"], what
        assert "beside" not in error["Message"], what
    assert world.names() == ["example.com. NS", "example.com. SOA", "a.example.com. A"]


@pytest.mark.parametrize(
    "one",
    [
        plain("b.example.com", "LOC", "1 2 3"),
        plain("b.example.com", "TXT", f'"{"x" * 200}" ' * 20),
        plain("b.example.com", "A", "192.0.2.1", ttl=2**31),
        plain("b..example.com", "A", "192.0.2.1"),
    ],
    ids=["type", "length", "TTL", "name"],
)
def test_what_is_no_request(world: World, one: Native) -> None:
    """What is wrong by itself is InvalidInput."""
    with pytest.raises(ClientError) as told:
        world.change(("CREATE", one))
    assert told.value.response["Error"]["Code"] == "InvalidInput"


def test_every_wrong_change_is_named(world: World) -> None:
    """One message a wrong change, in one text in brackets or as a list."""
    bad = [("DELETE", plain(f"{name}.example.com", "A", "192.0.2.1")) for name in "bc"]
    for listed in (False, True):
        world.server.service.listed_form = listed
        with pytest.raises(ClientError) as told:
            world.change(*bad[: 1 if listed else 2])
        assert "name='b.example.com.'" in str(told.value.response)
        assert listed or "name='c.example.com.'" in str(told.value.response)


def test_what_is_taken(world: World) -> None:
    """DELETE + CREATE of one set, a swap in the right order, an UPSERT of the apex NS, values in any order."""
    world.change(("CREATE", A), ("CREATE", plain("s.example.com", "A", "192.0.2.1", "192.0.2.2")))
    world.change(("DELETE", A), ("CREATE", plain("a.example.com", "A", "192.0.2.2")))
    world.change(("DELETE", plain("s.example.com", "A", "192.0.2.2", "192.0.2.1")),
                 ("CREATE", plain("s.example.com", "CNAME", "b.example.net")))  # fmt: skip
    world.change(("UPSERT", plain(ZONE, "NS", "ns1.example.net.")))
    world.change(("CREATE", alias("al.example.com", "A.example.com", world.zone.id)))
    assert world.names()[2:] == ["a.example.com. A", "al.example.com. A", "s.example.com. CNAME"]
    with pytest.raises(ClientError, match="would be gone"):
        world.change(("DELETE", plain("a.example.com", "A", "192.0.2.2")))


def test_names_come_back_in_octal(world: World) -> None:
    """Everything but a-z 0-9 - _, whatever was sent."""
    world.change(("CREATE", plain("*.example.com", "A", "192.0.2.1")),
                 ("CREATE", plain("A@b/c.example.com", "A", "192.0.2.1")))  # fmt: skip
    assert world.names()[2:] == ["\\052.example.com. A", "a\\100b\\057c.example.com. A"]


def test_pages_go_on_at_name_type_and_identifier(world: World) -> None:
    """300 a page; inside weighted sets the identifier is needed."""
    for number in range(400):
        one = RecordSet((b"w", b"example", b"com"), "A", f"id-{number:03d}", 60, ("192.0.2.1",), (("Weight", "1"),))
        world.zone.put(one)
    first = world.client.list_resource_record_sets(HostedZoneId=world.zone.id)
    assert (len(first["ResourceRecordSets"]), first["IsTruncated"]) == (300, True)
    assert first["NextRecordIdentifier"] == "id-298"
    rest = world.listed(StartRecordName=first["NextRecordName"], StartRecordType=first["NextRecordType"],
                        StartRecordIdentifier=first["NextRecordIdentifier"])  # fmt: skip
    assert len(rest) == 102
    with pytest.raises(ClientError, match="InvalidInput"):
        world.listed(StartRecordType="A")


def test_protections(world: World) -> None:
    """A protected name and type fails the batch, and its comment is told."""
    world.change(("CREATE", A))
    world.zone.protected[(b"a", b"example", b"com"), "A"] = "ask the mail team"
    with pytest.raises(ClientError, match="ask the mail team"):
        world.change(("DELETE", A))


def test_changes_are_pending_first(world: World) -> None:
    """PENDING until the clock says so; listings show them at once; an unknown change is none."""
    made = world.change(("CREATE", A))
    assert made.startswith("/change/")
    assert world.client.get_change(Id=made)["ChangeInfo"]["Status"] == "PENDING"
    assert "a.example.com. A" in world.names()
    world.clock.advance(60)
    assert world.client.get_change(Id=made)["ChangeInfo"]["Status"] == "INSYNC"
    with pytest.raises(ClientError, match="NoSuchChange"):
        world.client.get_change(Id="C404")


def test_zones(world: World) -> None:
    """One reference makes one zone; zones of one name are told apart by id; an unknown zone is none."""
    made = world.client.create_hosted_zone(Name="sub.example.com", CallerReference="one")["HostedZone"]["Id"]
    assert made.startswith("/hostedzone/Z")
    with pytest.raises(ClientError, match="HostedZoneAlreadyExists"):
        world.client.create_hosted_zone(Name="sub.example.com", CallerReference="one")
    world.server.state.make("sub.example.com", private=True)
    found = world.client.list_hosted_zones_by_name(DNSName="sub.example.com")["HostedZones"]
    assert [one["Config"]["PrivateZone"] for one in found] == [False, True]
    with pytest.raises(ClientError, match="NoSuchHostedZone"):
        world.client.list_resource_record_sets(HostedZoneId="Z404")


def test_who_may(world: World) -> None:
    """A key that only reads, and one that nobody knows."""
    reader = client(world.server.endpoint, READER)
    reader.list_resource_record_sets(HostedZoneId=world.zone.id)
    changes: Any = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": A}]}
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.change_resource_record_sets(HostedZoneId=world.zone.id, ChangeBatch=changes)
    with pytest.raises(ClientError, match="InvalidClientTokenId"):
        client(world.server.endpoint, "AKIANOBODY").list_resource_record_sets(HostedZoneId=world.zone.id)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        client(world.server.endpoint, secret="another").list_resource_record_sets(HostedZoneId=world.zone.id)
    assert world.server.service.calls == {"ListResourceRecordSets": 3, "ChangeResourceRecordSets": 1}


def test_buckets() -> None:
    """50 calls at once, then 10 a second, whatever they are."""
    world = World(limited=True)
    try:
        for _ in range(50):
            world.listed()
        with pytest.raises(ClientError, match="Throttling"):
            world.listed()
        world.clock.advance(1)
        for _ in range(10):
            world.listed()
        with pytest.raises(ClientError, match="Throttling"):
            world.client.list_hosted_zones_by_name()
    finally:
        world.server.close()


def test_switches(world: World) -> None:
    """A busy zone, an answer lost before and after the effect, a write between two pages."""
    service = world.server.service
    world.server.state.busy_for = 2
    world.change(("CREATE", A))
    with pytest.raises(ClientError, match="PriorRequestNotComplete"):
        world.change(("DELETE", A))
    world.clock.advance(2)
    for effect in (False, True):
        service.trouble = Trouble(frozenset({"ChangeResourceRecordSets"}), effect=effect)
        with pytest.raises(ConnectionClosedError):
            world.change(("DELETE", A))
        assert ("a.example.com. A" in world.names()) is not effect
    service.page = 2
    service.between = lambda: world.zone.put(RecordSet((b"z", b"example", b"com"), "A", ttl=1, values=("192.0.2.1",)))
    assert len(world.listed()) == 2
    assert [one["Name"] for one in world.listed(StartRecordName="z.example.com")] == ["z.example.com."]
