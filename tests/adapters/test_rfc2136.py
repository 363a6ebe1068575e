"""The RFC 2136 provider's options, readings, errors and questions about itself, on real servers."""

import base64
import contextlib
import io
import logging
import re
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.rcode
import dns.tsig
import pytest

from providers.rfc2136.provider import Rfc2136Provider
from reconciler.model.change import Change, Status
from reconciler.model.errors import (
    AuthFailed,
    Forbidden,
    Invalid,
    NotFound,
    ProviderError,
    SpecError,
    TimedOut,
    Unavailable,
    Unsupported,
)
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Inspector, Observation, Scope
from tests.live import relay
from tests.live.bind_host import BindHost
from tests.live.host import Host
from tests.live.installed import free_port
from tests.live.knot_host import KnotHost
from tests.live.relay import Relay, Trouble
from tests.live.rfc2136_host import READER, WRITER, Rfc2136Host

ABSENT = Scope("dns", "absent.example")
A_KEY = {"name": "k.", "secret": {"env": "A_SECRET"}}


@pytest.fixture(scope="module", params=[BindHost, KnotHost], ids=["bind", "knot"])
def host(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rfc2136Host]:
    """Each server, with one zone for each test."""
    started = request.param(tmp_path_factory.mktemp("server"), [f"read{number}.example" for number in range(60)])
    yield started
    started.close()


@pytest.fixture
def zone(host: Rfc2136Host) -> Scope:
    return Scope("dns", host.fresh())


def provider(host: Rfc2136Host, **options: object) -> Rfc2136Provider:
    """With the host's options, but for those given; none leaves one out."""
    given = {**host.options(), **options}
    return Rfc2136Provider("ns", {name: one for name, one in given.items() if one is not None}, host.folder)


def meets(one: Rfc2136Provider, scope: Scope, error: type[ProviderError], text: str) -> None:
    """Reading gives this error."""
    with pytest.raises(error, match=re.escape(text)):
        one.observe(scope)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "server is missing"),
        ({"server": "a b"}, "server is 'a b'"),
        ({"server": "192.0.2.1:0"}, "server is '192.0.2.1:0'"),
        ({"server": "192.0.2.1:65536"}, "server is"),
        ({"server": "[2001:db8::1"}, "server is"),
        ({"server": []}, "server must be"),
        ({"server": "ns", "key": "secret"}, "key must be a mapping"),
        ({"server": "ns", "key": {"name": "k."}}, "secret is missing"),
        ({"server": "ns", "key": {"name": "k.", "secret": "c2VjcmV0"}}, "never the secret itself"),
        ({"server": "ns", "key": {**A_KEY, "name": "a..b"}}, "empty label"),
        ({"server": "ns", "key": {**A_KEY, "algorithm": "rot13"}}, "algorithm is 'rot13'"),
        ({"server": "ns", "key": {**A_KEY, "colour": "red"}}, "unknown option colour"),
        ({"server": "ns", "timeout": 0}, "timeout must be"),
        ({"server": "ns", "secondaries": "a b"}, "secondaries is"),
        ({"server": "ns", "colour": "red"}, "unknown option colour"),
    ],
)
def test_wrong_options_are_told(options: dict[str, object], said: str, tmp_path: Path) -> None:
    """Each in words, at the start."""
    with pytest.raises(SpecError, match=re.escape(said)):
        Rfc2136Provider("ns", options, tmp_path)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:5353", "192.0.2.1:5353"),
        ("ns.example.net:53", "ns.example.net"),
        ("2001:db8::1", "[2001:db8::1]"),
        ("[2001:db8::1]:5353", "[2001:db8::1]:5353"),
    ],
)
def test_places_are_written_in_many_ways(text: str, place: str, tmp_path: Path) -> None:
    """An address or a name, with or without a port."""
    assert str(Rfc2136Provider("ns", {"server": text}, tmp_path).servers.first) == place


def test_what_no_update_can_carry_is_refused(tmp_path: Path) -> None:
    """Offline, with the reason."""
    one = Rfc2136Provider("ns", {"server": "192.0.2.1"}, tmp_path)

    def said(kind: str, *values: str, name: str = "x", proxied: bool | None = None) -> str:
        wished = RecordSet(Key("dns", "a.example", kind, name), 60, values, proxied)
        return " ".join(found.summary for found in one.refusals([wished]))

    assert "stands in the parent" in said("DS", f"1 13 2 {'ab' * 32}", name="@")
    assert "stands alone" in said("MX", "0 .", "10 mx.example.net.")
    assert "cannot be written" in said("DNSKEY", "257 3 13 AAAA")
    assert "proxies nothing" in said("A", "192.0.2.1", proxied=True)
    assert "one message can replace" in said("TXT", *(f"{number:03}{'x' * 4000}" for number in range(9)))
    assert said("TXT", *(f"{number:03}{'x' * 4000}" for number in range(7))) == ""
    assert said("MX", "0 .") == ""


def test_what_a_server_makes_itself_is_not_shown(host: Rfc2136Host, zone: Scope) -> None:
    """SOA, DNSKEY and their like are no resources; all others are."""
    for kind, value in (("DNSKEY", "256 3 13 AAAA"), ("CDS", f"1 13 2 {'ab' * 32}"), ("TYPE65400", r"\# 1 00")):
        key = Key("dns", zone.name, kind, "@" if kind != "TYPE65400" else "x")
        with contextlib.suppress(AssertionError):  # BIND takes no key but its own
            host.edit(key, RecordSet(key, 60, (value,)))
    seen = provider(host).observe(zone)
    assert {key.kind for key in seen.resources} == {"NS", "TYPE65400"}
    assert seen.version == str(host.serial(zone.name))
    assert seen.resources == host.truth(zone.name)


def test_a_zone_that_is_not_there(host: Rfc2136Host) -> None:
    """With a key and without."""
    meets(provider(host), ABSENT, NotFound, "does not serve this zone")
    meets(provider(host, key=None), ABSENT, NotFound, "does not serve this zone")
    meets(provider(host), Scope("dns", "a..b"), NotFound, "empty label")
    meets(provider(host), Scope("tenant", "x"), Unsupported, "holds no tenant")


def test_a_missing_key_is_told_from_a_missing_zone(host: Rfc2136Host, zone: Scope) -> None:
    """BIND says REFUSED, Knot the same as for a zone it has not."""
    words = "(REFUSED)" if isinstance(host, BindHost) else "without a key (NOTAUTH)"
    meets(provider(host, key=None), zone, Forbidden, words)


def test_a_wrong_key(host: Rfc2136Host, zone: Scope, tmp_path: Path) -> None:
    """One that is unknown, one with another secret, another algorithm, and no base64."""
    (tmp_path / "other").write_text(base64.b64encode(b"another secret").decode())
    (tmp_path / "junk").write_text("not base64!")
    other, junk = ({"file": str(tmp_path / name)} for name in ("other", "junk"))
    meets(provider(host, key={"name": "nobody.", "secret": other}), zone, AuthFailed, "BADKEY")
    meets(provider(host, key={"name": READER, "secret": other}), zone, AuthFailed, "(BAD")
    algorithm = {**host.key_option(READER), "algorithm": "hmac-sha512"}
    meets(provider(host, key=algorithm), zone, AuthFailed, "(BAD")
    meets(provider(host, key={"name": READER, "secret": junk}), zone, AuthFailed, "no base64")
    absent = {"env": "NO_SUCH_VARIABLE_HERE"}
    meets(provider(host, key={"name": READER, "secret": absent}), zone, AuthFailed, "NO_SUCH_VARIABLE_HERE is not set")


def resigned(host: Rfc2136Host, name: str) -> Callable[[bytes], bytes]:
    """The server's own answer to the same question, signed an hour ago."""

    def answer(wire: bytes) -> bytes:
        query = dns.message.from_wire(wire, keyring=False)
        late = dns.tsig.Key(name, host.secrets[name])
        query.use_tsig(late)
        query.tsig = None
        bare = query.to_wire()
        assert query.keyring is not None
        query.use_tsig(late)
        rdata = query.tsig[0].replace(original_id=query.id)  # type: ignore[index]
        signed, _ = dns.tsig.sign(bare, late, rdata, int(time.time()) - 3600)  # type: ignore[no-untyped-call]
        value = signed.to_wire()
        head = (late.name.to_wire() or b"") + struct.pack("!HHIH", 250, 255, 0, len(value))
        return host.raw(bare[:10] + b"\0\1" + bare[12:] + head + value)

    return answer


def test_clocks_apart_are_told_as_such(host: Rfc2136Host, zone: Scope) -> None:
    """Reading and writing; nothing is written."""
    one = provider(host)
    with host.relay.trouble(Trouble("AXFR", answer=resigned(host, READER))):
        meets(one, zone, AuthFailed, "clocks")
    one.observe(zone)
    key = Key("dns", zone.name, "A", "x")
    with host.relay.trouble(Trouble("UPDATE", answer=resigned(host, WRITER))):
        (outcome,) = one.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
    assert outcome.status is Status.FAILED
    assert "clocks" in outcome.detail
    assert key not in host.truth(zone.name)


def test_an_answer_that_nobody_signed_is_not_believed(host: Rfc2136Host, zone: Scope) -> None:
    """NOERROR to an update, and a whole transfer, by somebody without the key."""
    one = provider(host)
    one.observe(zone)
    key = Key("dns", zone.name, "A", "x")
    with host.relay.trouble(Trouble("UPDATE", answer=relay.saying(dns.rcode.NOERROR))):
        (outcome,) = one.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
    assert outcome.status is Status.UNKNOWN
    assert "not signed" in outcome.detail

    def forged(wire: bytes) -> bytes:
        query = dns.message.from_wire(wire, keyring=False)
        query.tsig = None
        answer = dns.message.make_response(query)
        soa = f"{zone.name}. 60 IN SOA ns.example.net. h.example.net. 9 1 1 1 1"
        answer.answer += [dns.message.from_text(f"id 1\n;ANSWER\n{soa}\n").answer[0]] * 2
        return answer.to_wire()

    with host.relay.trouble(Trouble("AXFR", answer=forged)):
        meets(one, zone, AuthFailed, "not signed")


def test_a_forged_record_is_noticed(host: Rfc2136Host, zone: Scope) -> None:
    """One octet of a signed transfer is another on the way."""

    def bent(wire: bytes) -> bytes:
        answer = bytearray(host.raw(wire))
        at = answer.index(b"\x03ns1")
        answer[at + 1] ^= 1
        return bytes(answer)

    with host.relay.trouble(Trouble("AXFR", answer=bent)):
        meets(provider(host), zone, AuthFailed, "signature is wrong")


def test_no_answer_and_nobody_there(host: Rfc2136Host, zone: Scope) -> None:
    """Silence is one error, a closed port another, an answer that stops in the middle a third."""
    with host.relay.trouble(Trouble("AXFR")):
        meets(provider(host, timeout=0.2), zone, TimedOut, "within 0.2 s")
    meets(provider(host, server=f"127.0.0.1:{free_port()}"), zone, Unavailable, "refused")
    for octets in (1, 2, 40):
        with host.relay.trouble(Trouble("AXFR", cut=octets)):
            meets(provider(host), zone, Unavailable, "closed the connection")
    with host.relay.trouble(Trouble("AXFR", answer=lambda _: b"junk")):
        meets(provider(host), zone, Invalid, "no DNS message")


def test_a_silent_server_is_not_written_to_twice(host: Rfc2136Host, zone: Scope) -> None:
    """A write that reached no server at all has failed, and is not in doubt."""
    one = provider(host)
    one.observe(zone)
    one.servers._places = [place._replace(port=free_port()) for place in one.servers._places]
    key = Key("dns", zone.name, "A", "x")
    (outcome,) = one.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
    assert outcome.status is Status.FAILED
    assert "refused" in outcome.detail


def test_every_address_is_tried(host: Rfc2136Host, zone: Scope) -> None:
    """The first that answers is asked first from then on; one that is down costs nothing but a try."""
    alive = str(host.options()["server"])
    one = provider(host, server=[f"127.0.0.1:{free_port()}", alive])
    one.observe(zone)
    assert str(one.servers.first) == alive
    with host.relay.trouble(Trouble("AXFR", answer=relay.saying(dns.rcode.SERVFAIL))):
        meets(one, zone, Unavailable, "SERVFAIL")
    one.servers.prefer(one.servers._places[1])
    key = Key("dns", zone.name, "A", "x")
    (outcome,) = one.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
    assert outcome.status is Status.DONE


def test_a_big_zone_is_read_once(host: Rfc2136Host) -> None:
    """Its serial alone is asked for when it was read before, and it is read again only when that has moved."""
    zone = Scope("dns", f"big-{host.program}.example")
    keys = [Key("dns", zone.name, "TXT", f"n{number}") for number in range(700)]
    host.make(zone.name, [RecordSet(key, 60, ("x" * 250,)) for key in keys])
    one = provider(host)
    before = host.calls()
    first, second = one.observe(zone), one.observe(zone)
    assert first == second
    assert host.calls() - before == {"AXFR": 1, "SOA": 1}
    host.edit(keys[0], RecordSet(keys[0], 60, ("changed",)))
    before = host.calls()
    assert one.observe(zone).resources[keys[0]] == RecordSet(keys[0], 60, ("changed",))
    assert host.calls() - before == {"AXFR": 1, "SOA": 1}


def test_access_tells_what_each_key_may(host: Rfc2136Host, zone: Scope) -> None:
    """Nothing is changed by the question: the serial stays."""
    before = host.serial(zone.name)
    one = provider(host)
    assert isinstance(one, Inspector)
    plan, apply = one.access(zone)
    assert (plan.identity, plan.reads, plan.writes) == ("plan", True, False)
    assert "may not write" in plan.detail
    assert (apply.identity, apply.reads, apply.writes) == ("apply", True, True)
    (both,) = provider(host, key=host.key_option(WRITER), write_key=None).access(zone)
    assert (both.identity, both.reads, both.writes) == ("plan", True, True)
    (nobody,) = provider(host, key=None, write_key=None).access(zone)
    assert (nobody.reads, nobody.writes) == (False, False)
    assert "without a key" in nobody.detail
    assert host.serial(zone.name) == before
    with pytest.raises(NotFound):
        one.access(ABSENT)


def test_ready_waits_for_the_secondaries(host: Rfc2136Host, zone: Scope) -> None:
    """One shows an older serial until it has caught up; one that says nothing is awaited, and nobody blocks."""
    shown = {"serial": host.serial(zone.name)}

    def secondary(wire: bytes) -> bytes:
        answer = dns.message.make_response(dns.message.from_wire(wire))
        soa = f"{zone.name}. 60 IN SOA ns.example.net. h.example.net. {shown['serial']} 1 1 1 1"
        answer.answer = dns.message.from_text(f"id 1\n;ANSWER\n{soa}\n").answer
        return answer.to_wire()

    other = Relay(host.port)
    try:
        with other.trouble(Trouble("SOA", times=99, answer=secondary)):
            one = provider(host, secondaries=[f"127.0.0.1:{other.port}"])
            one.observe(zone)
            key = Key("dns", zone.name, "A", "x")
            assert one.ready(key).ready
            (outcome,) = one.apply([Change(key, None, RecordSet(key, 60, ("192.0.2.1",)))])
            assert outcome.status is Status.DONE
            waiting = one.ready(key)
            assert not waiting.ready
            assert f"not yet {host.serial(zone.name)}" in waiting.detail
            shown["serial"] = host.serial(zone.name)
            assert one.ready(key).ready
            assert provider(host, secondaries=[f"127.0.0.1:{other.port}"]).ready(key).ready
            shown["serial"] = (host.serial(zone.name) + 2**31 + 5) % 2**32
            assert not one.ready(key).ready
        with other.trouble(Trouble("SOA")):
            silent = one.ready(key)
        assert not silent.ready
        assert "does not tell" in silent.detail
    finally:
        other.close()


def test_no_secret_is_shown(host: Rfc2136Host, zone: Scope) -> None:
    """Neither as it is nor in base64, whatever goes wrong."""
    said = io.StringIO()
    handler = logging.StreamHandler(said)
    logging.getLogger().addHandler(handler)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            one = provider(host)
            texts: list[object] = [one, one.observe(zone), one.access(zone), one.servers, vars(one)]
            for trouble in (Trouble(answer=relay.bad_key), Trouble(answer=lambda _: b"junk")):
                with host.relay.trouble(trouble), pytest.raises(ProviderError) as problem:
                    one.observe(zone)
                texts += [problem.value, vars(problem.value)]
    finally:
        logging.getLogger().removeHandler(handler)
    shown = said.getvalue() + "".join(f"{text!r} {text}" for text in texts)
    for secret in host.secrets.values():
        assert base64.b64encode(secret).decode() not in shown
        assert repr(secret)[2:-1] not in shown


def test_all_is_taken_before_anything_is_read(host: Rfc2136Host, zone: Scope) -> None:
    """A server may cut off who reads while it sends: a first message with a broken value is awaited to its end."""

    def broken(wire: bytes) -> bytes:
        answer = dns.message.make_response(dns.message.from_wire(wire))
        lines = f"{zone.name}. 60 IN SOA ns. h. 9 1 1 1 1\n{zone.name}. 60 IN A 192.0.2.1\n"
        answer.answer = dns.message.from_text(f"id 1\n;ANSWER\n{lines}").answer
        return answer.to_wire().replace(b"\0\4\xc0\0\2\1", b"\0\3\xc0\0\2")

    with host.relay.trouble(Trouble("AXFR", answer=broken)):
        meets(provider(host, key=None, timeout=0.2), zone, TimedOut, "within 0.2 s")


def test_the_host_is_one_that_others_can_use(host: Rfc2136Host, zone: Scope) -> None:
    """It meets the protocol, and what it makes and edits is there."""
    one: Host = host
    assert one.type == "rfc2136"
    made = Scope("dns", f"made-{host.program}.example")
    text = RecordSet(Key("dns", made.name, "TXT", "x"), 60, ('say "hello"; \\ ñ',))
    one.make(made.name, [text])
    assert one.truth(made.name)[text.key] == text
    one.edit(text.key, None)
    assert text.key not in one.truth(made.name)
    assert provider(host).observe(zone).resources == one.truth(zone.name), "a zone of before is served still"


def test_a_slow_reader_is_not_cut_off(tmp_path: Path) -> None:
    """Knot with its default patience of 500 ms hands over a big zone."""

    class Impatient(KnotHost):
        patience = 500

    knot = Impatient(tmp_path)
    try:
        keys = [Key("dns", "big.example", "TXT", f"n{number}") for number in range(5_000)]
        knot.make("big.example", (RecordSet(key, 60, ("x" * 250,)) for key in keys))
        options = {"server": f"127.0.0.1:{knot.port}", "key": knot.key_option(READER)}
        seen: Observation = Rfc2136Provider("ns", options, tmp_path).observe(Scope("dns", "big.example"))
        assert len(seen.resources) == len(keys) + 1
    finally:
        knot.close()
