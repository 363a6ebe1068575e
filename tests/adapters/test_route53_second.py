"""Two public emulators as second opinions: the adapter works on them, and what they get wrong is known by name.

moto is asked in process (its server needs packages that are not installed); MiniStack as a process of its own.
"""

from __future__ import annotations

import contextlib
import os
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3.session
import moto
import pytest
from botocore.exceptions import ClientError

from providers.route53.provider import Route53Provider
from reconciler.model.change import Change, Status
from reconciler.model.resource import RecordSet
from reconciler.provider import Scope
from reconciler.wire.pace import Pace
from tests.emulators.route53.place import create, delete, records
from tests.emulators.route53.refused import REFUSED, ZONE, A, Native, plain, toward
from tests.emulators.route53.server import client
from tests.live.installed import Daemon, free_port

if TYPE_CHECKING:
    from types_boto3_route53 import Route53Client

PROGRAM = Path(sys.executable).parent / "ministack"
#: What both accept though Route 53 refuses it, and what one alone does. One that is mended is taken off.
BOTH = frozenset(
    {
        "32,001 characters", "CNAME at the apex", "CNAME beside A", "CNAME listed before the deletion of A",
        "MX without preference", "TXT of 256", "TXT with a raw byte", "TXT without quotes",
        "alias of what is not there", "no IPv6 address", "no address", "outside the zone", "two CNAMEs",
        "value twice", "weight without identifier", "weighted beside simple",
    }
)  # fmt: skip
WRONG: Mapping[str, frozenset[str]] = {
    "moto": BOTH | {"delete twice"},
    "ministack": BOTH | {"1,001 values", "501 values upserted", "create what exists"},
}


class Opinion:
    """One emulator with an empty account."""

    def __init__(self, name: str, endpoint: str = "") -> None:
        self.name, self.endpoint = name, endpoint
        self._references = count(1)
        self.client: Route53Client = client(endpoint) if endpoint else boto3.session.Session("a", "b").client("route53")

    def zone(self) -> str:
        made = self.client.create_hosted_zone(Name=ZONE, CallerReference=f"{os.getpid()}-{next(self._references)}")
        return made["HostedZone"]["Id"].rpartition("/")[2]

    def change(self, zone: str, changes: Sequence[tuple[str, Native]]) -> None:
        listed: list[Any] = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
        self.client.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": listed})

    def provider(self, folder: Path, zone: str) -> Route53Provider:
        keys = {"access_key": {"env": "ID"}, "secret_key": {"env": "KEY"}}
        where = {"endpoint": self.endpoint} if self.endpoint else {}
        provider = Route53Provider("aws", {**keys, **where, "zones": {ZONE: zone}}, folder)
        provider.pace = Pace("aws", 1e6, 1_000_000)
        return provider


@pytest.fixture(scope="module", params=["moto", "ministack"])
def opinion(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opinion]:
    if request.param == "moto":
        with moto.mock_aws():
            yield Opinion("moto")
        return
    folder, port = tmp_path_factory.mktemp("ministack"), free_port()
    environment = {
        "HOME": str(folder), "TMPDIR": str(folder), "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port), "SERVICES": "route53", "SFTP_ENABLED": "0", "IOT_MTLS_ENABLED": "0",
    }  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    with Daemon([PROGRAM], lambda: _answers(url), folder, environment):
        yield Opinion("ministack", url)


def _answers(url: str) -> bool:
    with urllib.request.urlopen(f"{url}/_ministack/health", timeout=1) as answer:
        return bool(answer.status == 200)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ID", "AKIDSECOND")
    monkeypatch.setenv("KEY", "a-secret")


def test_create_change_delete(opinion: Opinion, tmp_path: Path) -> None:
    """One batch each; what is read back is what was wished; all is ready in the end."""
    provider = opinion.provider(tmp_path, opinion.zone())
    scope = Scope("dns", ZONE.rstrip("."))
    provider.observe(scope)
    old = records("a", "A", "192.0.2.1", "192.0.2.2")
    new = replace(old, values=("192.0.2.2", "192.0.2.3"), ttl=60)
    for change in (create(old), Change(old.key, old, new), delete(new)):
        (done,) = provider.apply([change])
        assert done.status is Status.DONE, done
        assert provider.observe(scope).resources.get(old.key) == change.after
    assert provider.ready(old.key).ready


def test_awkward_sets(opinion: Opinion, tmp_path: Path) -> None:
    """TXT of all sorts, a wildcard, targets: written, read back, and not respelt by a second reader."""
    zone = opinion.zone()
    wished = [
        records("t", "TXT", "x" * 300 + '"\\;é', "\udcff", " two  blanks ", "v=DKIM1; p=abc"),
        records("*", "A", "192.0.2.1"),
        records("_dmarc", "TXT", "v=DMARC1; p=none"),
        records("@", "MX", "10 mail.example.net."),
        records("_s._tcp", "SRV", "1 2 3 sip.example.net."),
        records("c", "CAA", '0 issue "ca.example.net"'),
    ]
    done = list(opinion.provider(tmp_path, zone).apply([create(one) for one in wished]))
    assert [one.status for one in done] == [Status.DONE] * len(wished)
    found = opinion.provider(tmp_path, zone).observe(Scope("dns", ZONE.rstrip("."))).resources
    assert {key: one for key, one in found.items() if key[2:] != ("NS", "@")} == {one.key: one for one in wished}


def test_pages(opinion: Opinion, tmp_path: Path) -> None:
    """650 sets are three pages."""
    provider = opinion.provider(tmp_path, opinion.zone())
    wished = [records(f"h{number}", "A", "192.0.2.1") for number in range(650)]
    assert {one.status for one in provider.apply([create(one) for one in wished])} == {Status.DONE}
    found = provider.observe(Scope("dns", ZONE.rstrip("."))).resources
    assert sum(isinstance(one, RecordSet) and one.key.kind == "A" for one in found.values()) == 650


def test_what_it_gets_wrong_is_known(opinion: Opinion) -> None:
    """What Route 53 refuses and it does not; by name, so that a mended one is noticed."""
    accepted = set()
    for what, (changes, _) in REFUSED.items():
        zone = opinion.zone()
        opinion.change(zone, [("CREATE", A)])
        with contextlib.suppress(ClientError):
            opinion.change(zone, toward(zone, changes))
            accepted.add(what)
    assert accepted == WRONG[opinion.name]


def test_a_stale_change_where_the_host_compares(opinion: Opinion, tmp_path: Path) -> None:
    """MiniStack compares the old set as Route 53 does; moto does not, and may keep two sets of one name and type."""
    zone = opinion.zone()
    provider = opinion.provider(tmp_path, zone)
    scope, old = Scope("dns", ZONE.rstrip(".")), records("a", "A", "192.0.2.1")
    provider.apply([create(old)])
    provider.observe(scope)
    opinion.change(zone, [("UPSERT", plain("a.example.com", "A", "192.0.2.9"))])
    (one,) = provider.apply([Change(old.key, old, replace(old, values=("192.0.2.2",)))])
    assert (one.status is Status.REFUSED) == (opinion.name == "ministack")
