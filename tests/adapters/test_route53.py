"""What the Route 53 adapter reads: zones by name, pages, octal names, sets that are others'; and its options."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from providers.route53 import text
from providers.route53.account import BURST, RATE
from providers.route53.provider import Route53Provider
from reconciler.conformance.harness import FixedClock
from reconciler.model.change import Status
from reconciler.model.diagnostic import Severity
from reconciler.model.errors import AuthFailed, Invalid, NotFound, RateLimited, SpecError, TimedOut, Unavailable
from reconciler.model.key import Key
from reconciler.provider import Access, Inspector, Scope
from reconciler.wire.pace import Pace
from tests.emulators.route53.place import ZONE, Place, alias, create, records
from tests.emulators.route53.server import READER, SECRETS
from tests.emulators.route53.service import Trouble
from tests.live.route53_host import Route53Host

LISTS = frozenset({"ListResourceRecordSets"})


class WaitingClock(FixedClock):
    """Time passes while somebody waits."""

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    place = Place(tmp_path, monkeypatch)
    yield place
    place.server.close()


# Zones by name.


def test_a_zone_is_found_by_its_exact_name(place: Place) -> None:
    """The list begins at the name and goes on with others; it is asked once."""
    for other in ("com", "a.example.com", "fooexample.com", "example.net", "org"):
        place.server.state.make(other)
    place.observe()
    place.observe()
    assert place.new_calls() == {"ListHostedZonesByName": 1, "ListResourceRecordSets": 2}
    with pytest.raises(NotFound, match=r"no hosted zone xample\.com"):
        place.provider.observe(Scope("dns", "xample.com"))
    with pytest.raises(NotFound, match="no hosted zone can be called"):
        place.provider.observe(Scope("dns", "a..b"))


def test_a_private_zone_of_the_same_name_is_not_meant(place: Place) -> None:
    """Unless the options name it."""
    private = place.server.state.make(ZONE, private=True)
    private.sets.clear()
    assert place.observe().resources
    alone = place.server.state.make("inside.example", private=True)
    with pytest.raises(NotFound, match=rf"private hosted zone alone: {alone.id}"):
        place.provider.observe(Scope("dns", "inside.example"))
    named = place.open(zones={"inside.example": f"/hostedzone/{alone.id}"})
    assert named.observe(Scope("dns", "inside.example")).resources


def test_several_public_zones_are_told_apart_by_the_options(place: Place) -> None:
    """The refusal names the ids and what to write; a second page of zones is read too."""
    more = [place.server.state.make(ZONE).id for _ in range(150)]
    with pytest.raises(Invalid, match=rf"151 public hosted zones.*{more[-1]}.*`zones: {{{ZONE}: {place.zone.id}}}`"):
        place.observe()
    assert place.new_calls() == {"ListHostedZonesByName": 2}
    place.provider = place.open(zones={"Example.COM.": more[0]})
    place.observe()
    assert place.new_calls() == {"ListResourceRecordSets": 1}


def test_an_id_of_another_zone_is_noticed(place: Place) -> None:
    """A parent's, a child's, one that does not exist."""
    for other in ("com", "sub.example.com"):
        wrong = place.open(zones={ZONE: place.server.state.make(other).id})
        with pytest.raises(Invalid, match=r"is not the zone example\.com"):
            wrong.observe(Scope("dns", ZONE))
    with pytest.raises(NotFound, match="NoSuchHostedZone"):
        place.open(zones={ZONE: "Z404"}).observe(Scope("dns", ZONE))


def test_a_zone_made_anew_is_found_again(place: Place) -> None:
    """The id that was kept is forgotten when it is gone."""
    place.observe()
    del place.server.state.zones[place.zone.id]
    place.server.state.make(ZONE)
    with pytest.raises(NotFound):
        place.observe()
    assert place.observe().resources


# Pages.


def test_a_zone_of_1000_sets_is_read_in_five_calls(place: Place) -> None:
    """The lookup, and 300 a page."""
    for number in range(998):
        place.native(f"h{number}", "A", "192.0.2.1")
    assert len(place.observe().resources) == 999
    assert place.new_calls() == {"ListHostedZonesByName": 1, "ListResourceRecordSets": 4}


def test_pages_break_inside_routed_sets(place: Place) -> None:
    """The next page begins at an identifier; all are counted."""
    place.service.page = 2
    for number in range(5):
        place.native("w", "A", "192.0.2.1", identifier=f"id-{number}", Weight="1")
    assert place.observe().locked == {Key("dns", ZONE, "A", "w"): "5 weighted sets"}
    assert place.new_calls()["ListResourceRecordSets"] == 4


@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_page_that_fails_is_an_error(place: Place, nth: int) -> None:
    """Never a part of the zone."""
    place.service.page = 2
    for number in range(3):
        place.native(f"h{number}", "A", "192.0.2.1")
    place.service.trouble = Trouble(LISTS, nth=nth)
    with pytest.raises(TimedOut):
        place.observe()


@pytest.mark.parametrize("body", ["<html><body>Welcome</body></html>", "<html><br>", "sign in first"])
def test_what_is_no_answer_of_the_host_is_an_error(place: Place, body: str) -> None:
    """A page of somebody between, well formed or not, is no empty zone."""
    for actions in (LISTS, frozenset({"ListHostedZonesByName"})):
        place.service.trouble = Trouble(actions, 200, body=body)
        with pytest.raises(TimedOut, match="no answer of Route 53"):
            place.open().observe(Scope("dns", ZONE))


def test_a_list_that_does_not_go_on_is_an_error(place: Place) -> None:
    """A next page that is the same one is not asked for for ever."""
    for number in range(3):
        place.native(f"h{number}", "A", "192.0.2.1")
    following = "<NextRecordName>h.</NextRecordName><NextRecordType>A</NextRecordType>"
    body = f"<R><ResourceRecordSets/><IsTruncated>true</IsTruncated>{following}</R>"
    place.service.trouble = Trouble(LISTS, 200, body=body, times=9)
    with pytest.raises(Invalid, match="does not go on"):
        place.observe()
    assert place.new_calls()["ListResourceRecordSets"] == 2


# Names and values.


def test_octal_names_and_values(place: Place) -> None:
    """Read as bytes, held as keys are; escapes in values are octal too."""
    place.native("*", "A", "192.0.2.1")
    place.native(r"a\064b", "A", "192.0.2.1")
    place.native("t", "TXT", r'"caf\303\251" " \"x\" \134 \073"', r'"\377"')
    place.native("n", "NAPTR", r'100 10 "U" "E2U+sip" "!^(.*)$!sip:\1341@example.net!" .')
    found = {(key.name, key.kind): one for key, one in place.observe().resources.items()}
    assert {name for name, kind in found if kind == "A"} == {"*", r"a\@b"}
    assert getattr(found["t", "TXT"], "values") == ('café "x" \\ ;', "\udcff")  # noqa: B009 - any resource
    assert found["n", "NAPTR"] == place.truth()["n", "NAPTR"]


def test_targets_without_final_dot_are_whole(place: Place) -> None:
    """As the console stores them; of one label too, and in upper case."""
    place.native("c", "CNAME", "Mail.Example.NET")
    place.native("one", "CNAME", "localhost")
    place.native("@", "MX", "10 mail.example.net", "0 .")
    place.native("_s._tcp", "SRV", "0 0 0 .", "1 2 3 sip.example.net")
    held = {(key.name, key.kind): getattr(one, "values", ()) for key, one in place.observe().resources.items()}
    assert held["c", "CNAME"] == ("mail.example.net.",)
    assert held["one", "CNAME"] == ("localhost.",)
    assert held["@", "MX"] == ("0 .", "10 mail.example.net.")
    assert held["_s._tcp", "SRV"] == ("0 0 0 .", "1 2 3 sip.example.net.")


@pytest.mark.parametrize(
    ("said", "native"),
    [
        ("", '""'),
        ("a;b 'c' @", "\"a;b 'c' @\""),
        ('"', r'"\""'),
        (r"\101", r'"\\101"'),
        ("A\\", r'"A\\"'),
        ("é\n\x7f", r'"\303\251\012\177"'),
        ("x" * 256, f'"{"x" * 255}" "x"'),
    ],
)
def test_txt_on_the_wire(said: str, native: str) -> None:
    """Exactly so; an escaped backslash before digits is no octal escape."""
    assert text.native_value("TXT", said) == native
    assert text.value("TXT", native) == said


@given(st.binary(max_size=600))
@example(b"\\101 \\\\101 \\377 ends with \\")
@example(b'"' * 255 + bytes(range(256)))
def test_txt_of_any_octets_comes_back(octets: bytes) -> None:
    """Printable ASCII, quoted strings of at most 255 octets, octal escapes."""
    said = octets.decode("utf-8", "surrogateescape")
    native = text.native_value("TXT", said)
    assert native.isascii()
    assert native.isprintable()
    assert text.value("TXT", native) == said


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=3))
def test_any_name_comes_back(labels: list[bytes]) -> None:
    """Labels of any octets, lower case."""
    key = text.key_name("".join("".join(f"\\{one:03o}" for one in label) + "." for label in labels) + "z.", "z")
    native = text.native_name(key, "z")
    assert text.key_name(native, "z") == key
    assert text.labels(native) == (*(label.lower() for label in labels), b"z")


# What is others'.


def test_what_is_others_is_locked_and_says_why(place: Place) -> None:
    """Each sort of routing, aliases, health checks, traffic policies; simple sets beside them are read."""
    place.native("al", "A", AliasTarget=alias("d111.cloudfront.net."))
    place.native("al", "AAAA", AliasTarget=alias("d111.cloudfront.net."))
    for number in range(3):
        place.native("w", "A", "192.0.2.1", identifier=str(number), Weight="10")
    place.native("lat", "A", "192.0.2.1", identifier="x", Region="eu-west-1")
    place.native("geo", "A", "192.0.2.1", identifier="x", GeoLocation=(("CountryCode", "*"),))
    place.native("prox", "A", "192.0.2.1", identifier="x", GeoProximityLocation=(("AWSRegion", "eu-west-1"),))
    place.native("fail", "A", "192.0.2.1", identifier="x", Failover="PRIMARY", HealthCheckId="h")
    place.native("multi", "A", "192.0.2.1", identifier="x", MultiValueAnswer="true")
    where = (("CollectionId", "c8c02a84-aaaa-bbbb-e0d2-d833a2f80106"), ("LocationName", "x"))
    place.native("cidr", "A", "192.0.2.1", identifier="x", CidrRoutingConfig=where)
    place.native("hc", "A", "192.0.2.1", HealthCheckId="h")
    place.native("tp", "A", "192.0.2.1", TrafficPolicyInstanceId="p")
    place.native("w", "TXT", '"simple"')
    seen = place.observe()
    assert {f"{key.name} {key.kind}": reason for key, reason in seen.locked.items()} == {
        "al A": "an alias of d111.cloudfront.net.",
        "al AAAA": "an alias of d111.cloudfront.net.",
        "w A": "3 weighted sets",
        "lat A": "1 latency set",
        "geo A": "1 geolocation set",
        "prox A": "1 geoproximity set",
        "fail A": "1 failover set",
        "multi A": "1 multivalue set",
        "cidr A": "1 IP-based set",
        "hc A": "tied to a health check",
        "tp A": "made by a traffic policy",
    }
    assert {(key.name, key.kind) for key in seen.resources} == {("@", "NS"), ("w", "TXT")}
    some = place.provider.observe(Scope("dns", ZONE, frozenset({"w"})))
    assert {key.name for key in (*some.resources, *some.locked)} == {"w"}


def test_what_cannot_be_understood_is_locked(place: Place) -> None:
    """One odd value must not hide the zone, and is left alone."""
    place.native("odd", "CAA", "nonsense")
    place.native("fine", "A", "192.0.2.1")
    seen = place.observe()
    assert "cannot be understood" in seen.locked[Key("dns", ZONE, "CAA", "odd")]
    assert Key("dns", ZONE, "A", "fine") in seen.resources


# Errors.


def test_a_throttled_account_is_held(place: Place) -> None:
    """The wait grows while it goes on, and all callers keep it; a zone that is busy holds up nobody else."""
    place.service.trouble = Trouble(LISTS, 400, "Throttling", times=3)
    waits = []
    for _ in range(3):
        with pytest.raises(RateLimited) as told:
            place.observe()
        waits.append(told.value.retry_after)
        with pytest.raises(AssertionError, match=f"slept {told.value.retry_after}"):  # whoever calls waits as long
            place.provider.pace.take()
        place.clock.advance(told.value.retry_after)
    assert waits == [1, 2, 4]
    place.observe()
    place.service.trouble = Trouble(LISTS, 400, "PriorRequestNotComplete")
    with pytest.raises(RateLimited) as told:
        place.observe()
    assert told.value.retry_after == 1
    place.provider.pace.take()


def test_the_account_is_never_asked_too_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One pace for all zones and both identities, below the vendor's 50 at once and 10 a second."""
    clock = WaitingClock()
    host = Route53Host(clock=clock.now, limited=True)
    try:
        for name, value in host.environment().items():
            monkeypatch.setenv(name, value)
        provider = Route53Provider("aws", host.options(), tmp_path)
        provider.pace = Pace("aws", RATE, BURST, clock)
        began = clock.now()
        for number in range(60):
            zone = f"z{number}.example"
            host.make(zone)
            provider.observe(Scope("dns", zone))
            wished = records("a", "A", "192.0.2.1")
            (done,) = provider.apply([create(replace(wished, key=wished.key._replace(scope=zone)))])
            assert done.status is Status.DONE
        assert host.server.limits is not None
        assert host.server.limits.refused == 0
        assert sum(host.calls().values()) == 300
        assert (clock.now() - began).total_seconds() == pytest.approx((300 - BURST) / RATE, abs=0.5)
    finally:
        host.close()


def test_credentials(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key nobody knows, a profile that is not there, a reference to nothing; boto3's own way needs no option."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(place.folder / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(place.folder / "none"))
    monkeypatch.setenv("NOBODY", "AKIANOBODY")
    for more in (
        {"access_key": {"env": "NOBODY"}},
        {"access_key": {"env": "NOT_SET"}},
        {"secret_key": {"env": "NOBODY"}},
        {"access_key": None, "secret_key": None, "profile": "missing"},
        {"access_key": None, "secret_key": None},
    ):
        with pytest.raises(AuthFailed):
            place.open(**more).observe(Scope("dns", ZONE))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRETS[READER])
    assert place.open(access_key=None, secret_key=None).observe(Scope("dns", ZONE)).resources


def test_access(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads is asked; who writes cannot be."""
    said = "Route 53 does not say who may write: only a write shows it"
    scope = Scope("dns", ZONE)
    assert isinstance(place.provider, Inspector)
    assert place.provider.access(scope) == [Access("plan", True, None, said)]
    monkeypatch.setenv("NOBODY", "AKIANOBODY")
    two = place.open(write_access_key={"env": "NOBODY"}, write_secret_key={"env": "KEY"})
    plan, writes = two.access(scope)
    assert (plan.identity, plan.reads, writes.identity, writes.reads, writes.writes) == (
        "plan",
        True,
        "apply",
        False,
        None,
    )
    assert "InvalidClientTokenId" in writes.detail
    with pytest.raises(NotFound):
        place.provider.access(Scope("dns", "absent.example"))


def test_nobody_listens(place: Place) -> None:
    """A refused connection is told as such."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        nobody = place.open(endpoint=f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(Unavailable, match="Could not connect"):
            nobody.observe(Scope("dns", ZONE))


# Options.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"acces_key": "x"}, "unknown option acces_key"),
        ({"access_key": "AKIA", "secret_key": {"env": "X"}}, "never the secret itself"),
        ({"access_key": {"env": "X"}}, "secret_key is missing"),
        ({"write_secret_key": {"env": "X"}}, "write_access_key is missing"),
        ({"access_key": {"env": "X"}, "secret_key": {"env": "Y"}, "profile": "p"}, "makes no sense beside"),
        ({"endpoint": "localhost:1"}, "endpoint is"),
        ({"timeout": 0}, "timeout must be"),
        ({"zones": ["Z1"]}, "zones must be a mapping"),
        ({"zones": {"example.com": 7}}, "example.com must be a text"),
        ({"zones": {"example.com": "not an id"}}, "zones: example.com is"),
        ({"zones": {"a..b": "Z1"}}, "zones: a..b is no zone"),
    ],
)
def test_wrong_options(options: dict[str, object], words: str, tmp_path: Path) -> None:
    """Each mistake is told in words."""
    with pytest.raises(SpecError, match=words):
        Route53Provider("aws", options, tmp_path)


def test_what_is_refused_offline(place: Place) -> None:
    """Types the host lacks, values over 4,000 characters, sets over one request, what no zone can hold."""
    wide = [f"10.0.{number // 256}.{number % 256}" for number in range(1001)]
    refused = {
        records("l", "LOC", "25 40 0.000 N 100 19 0.000 W 540.00m 1.00m 10000.00m 10.00m"): "cannot be written",
        records("u", "URI", '10 1 "https://example.net/"'): "cannot be written",
        records("d", "DNAME", "example.net."): "cannot be written",
        records("x", "TYPE65400", r"\# 0"): "cannot be written",
        records("o", "OPENPGPKEY", "AA=="): "cannot be written",
        records("s", "SPF", '"v=spf1 -all"'): "cannot be written",
        records("@", "SOA", "a. b. 1 1 1 1 1"): "cannot be written",
        records("t", "TXT", "\\" * 2000): "4000, quotes and escapes included",
        records("w", "A", *wide): "1000 values",
        records("c", "TXT", *(f"{number:03d}{'x' * 997}" for number in range(33))): "32000 characters",
        records("a", "A", "192.0.2.1", ttl=2**31): "TTL",
        records("@", "CNAME", "example.net."): "zone's own name",
        records("two", "CNAME", "a.example.net.", "b.example.net."): "one CNAME",
    }
    for one, words in refused.items():
        said = [str(told) for told in place.provider.refusals([one]) if told.severity is Severity.ERROR]
        assert any(words in told for told in said), (one.key, said)
    fine = [records("t", "TXT", "x" * 3900), records("w", "A", *wide[:1000]), records("h", "A", *wide[:401])]
    assert list(place.provider.refusals(fine)) == []


def test_the_vendor_is_imported_late() -> None:
    """Opening a provider does not import boto3."""
    code = (
        "import sys; from pathlib import Path; from providers.route53.provider import Route53Provider; "
        "Route53Provider('aws', {}, Path('.')); print('boto3' in sys.modules or 'botocore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_keys_that_are_no_keys_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that holds both keys on two lines: told as such, and nothing of it is printed."""
    monkeypatch.setenv("R53_A", "AKIAREADER\nsupersecretkey0123456789")
    monkeypatch.setenv("R53_S", "x")
    options = {"access_key": {"env": "R53_A"}, "secret_key": {"env": "R53_S"}, "endpoint": "http://127.0.0.1:9"}
    with pytest.raises(AuthFailed) as caught:
        Route53Provider("aws", options, tmp_path).observe(Scope("dns", ZONE))
    assert "access_key: what was found is no key" in str(caught.value)
    assert "supersecret" not in str(caught.value)


@pytest.mark.parametrize("endpoint", ["http://127.0.0.1:abc", "https://[::1", "ftp://a", "http://"])
def test_endpoints_that_are_none(tmp_path: Path, endpoint: str) -> None:
    """Told with the other options."""
    with pytest.raises(SpecError, match="endpoint is"):
        Route53Provider("aws", {"endpoint": endpoint}, tmp_path)
