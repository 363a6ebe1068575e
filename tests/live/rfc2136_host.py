"""What BIND and Knot have in common as hosts of tests: zones as files at first, keys, a relay that counts."""

from __future__ import annotations

import base64
import secrets
import signal
import socket
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rdtypes.txtbase
import dns.tsig
import dns.update
import dns.zone

from reconciler.model import names, rdata
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.installed import Daemon, free_port
from tests.live.relay import Relay, framed, message

#: The key that reads, and the one that writes too.
READER, WRITER = "reader.", "writer."
NAMESERVER = "ns1.example.net."
HEAD = f"""\
$TTL 3600
@ IN SOA {NAMESERVER} hostmaster.example.net. 1 7200 3600 1209600 3600
"""
#: Seconds that a question of the test itself may take.
PATIENCE = 10.0
#: What the server makes itself.
OWN = frozenset({"SOA", "RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY", "TYPE65534"})


class Rfc2136Host:
    """One server in a folder; a subclass says how it is configured and started."""

    type = "rfc2136"
    program: ClassVar[str]

    def __init__(self, folder: Path, zones: Sequence[str] = (), secret: bytes | None = None) -> None:
        """Start it.

        Args:
            zones: empty zones that are there from the start, for `fresh`; more can be made later.
            secret: of the writing key.
        """
        self.folder = folder
        self.secrets = {READER: secrets.token_bytes(32), WRITER: secret or secrets.token_bytes(32)}
        self.port = free_port()
        self.zones: list[str] = []
        self.spare = list(zones)
        for name, octets in self.secrets.items():
            (folder / f"{name}secret").write_text(base64.b64encode(octets).decode(), encoding="ascii")
        for zone in zones:
            self._write(zone, ())
        self._configure()
        self.daemon = Daemon(self.command(), self._answers, folder)
        try:
            self.relay = Relay(self.port)
        except BaseException:
            self.daemon.close()
            raise

    def command(self) -> Sequence[str | Path]:
        """How it is started."""
        raise NotImplementedError

    def configuration(self) -> Mapping[str, str]:
        """Its files by name."""
        raise NotImplementedError

    def options(self) -> Mapping[str, object]:
        """The relay is the server, one key reads and another writes."""
        return {
            "server": f"127.0.0.1:{self.relay.port}",
            "key": self.key_option(READER),
            "write_key": self.key_option(WRITER),
        }

    def key_option(self, name: str) -> Mapping[str, object]:
        """A key as the options name it."""
        return {"name": name, "secret": {"file": str(self.folder / f"{name}secret")}}

    def environment(self) -> Mapping[str, str]:
        """Nothing: the secrets are in files."""
        return {}

    def make(self, zone: str, sets: Iterable[RecordSet] = ()) -> None:
        """Configure one more zone, and wait until it is served."""
        self._write(zone, sets)
        self._configure()
        self.daemon.process.send_signal(signal.SIGHUP)
        self.daemon.wait(self._answers)

    def fresh(self) -> str:
        """A zone of those that were there from the start, given to nobody before."""
        return self.spare.pop()

    def truth(self, zone: str) -> Mapping[Key, RecordSet]:
        """By the transfer of dnspython."""
        found: dict[Key, RecordSet] = {}
        read = dns.zone.Zone(f"{zone}.", relativize=False)
        query = dns.message.make_query(f"{zone}.", dns.rdatatype.AXFR)
        query.use_tsig(self.key())
        dns.query.inbound_xfr("127.0.0.1", read, query, port=self.port, timeout=PATIENCE)
        for name, rdataset in read.iterate_rdatasets():
            kind = dns.rdatatype.to_text(rdataset.rdtype)
            if kind not in OWN:
                relative = names.relative(name.to_text(), zone)
                key = Key("dns", zone, kind, relative)
                found[key] = RecordSet(key, rdataset.ttl, tuple(sorted({_value(kind, one) for one in rdataset})))
        return found

    def edit(self, key: Key, wished: RecordSet | None) -> None:
        """By an update without prerequisites."""
        update = dns.update.UpdateMessage(f"{key.scope}.")
        update.use_tsig(self.key())
        owner = dns.name.from_text(names.fqdn(key.name, key.scope))
        if wished is not None and key[2:] == ("NS", "@"):
            update.add(owner, dns.rdataset.from_text("IN", "NS", wished.ttl, *wished.values))
            gone = set(self.truth(key.scope)[key].values) - set(wished.values)
            for value in sorted(gone):
                update.delete(owner, "NS", value)
        else:
            update.delete(owner, key.kind)
            for value in wished.values if wished else ():
                update.add(owner, wished.ttl if wished else 0, dns.rdata.from_text("IN", key.kind, written(key, value)))
        answer = self.send(update)
        if answer.rcode() != dns.rcode.NOERROR:
            raise AssertionError(f"the edit of {key} was answered {dns.rcode.to_text(answer.rcode())}")

    def send(self, query: dns.message.Message) -> dns.message.Message:
        """The server's answer to a message of the test itself, past the relay."""
        return dns.query.tcp(query, "127.0.0.1", timeout=PATIENCE, port=self.port)

    def raw(self, wire: bytes) -> bytes:
        """The same for a message as it lies on the wire, signed by whoever made it."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as stream:
            stream.sendall(framed(wire))
            return message(stream) or b""

    def serial(self, zone: str) -> int:
        """It rises with every message that changes something."""
        answer = self.send(dns.message.make_query(f"{zone}.", dns.rdatatype.SOA))
        return int(getattr(answer.answer[0][0], "serial", 0))

    def key(self, name: str = WRITER) -> dns.tsig.Key:
        """One of the keys."""
        return dns.tsig.Key(name, self.secrets[name])

    def calls(self) -> Counter[str]:
        """By the type of the question, and `UPDATE`."""
        return Counter(self.relay.counted)

    def close(self) -> None:
        """End the relay and the server."""
        self.relay.close()
        self.daemon.close()

    def _write(self, zone: str, sets: Iterable[RecordSet]) -> None:
        held = list(sets)
        lines = [f"{one.key.name} {one.ttl} {one.key.kind} {written(one.key, v)}" for one in held for v in one.values]
        if not any(one.key[2:] == ("NS", "@") for one in held):
            lines.append(f"@ 3600 NS {NAMESERVER}")
        text = HEAD + "".join(f"{line}\n" for line in lines)
        (self.folder / f"{zone}.zone").write_text(text, encoding="ascii")
        self.zones.append(zone)

    def _configure(self) -> None:
        for name, text in self.configuration().items():
            (self.folder / name).write_text(text, encoding="utf-8")

    def _answers(self) -> bool:
        zone = self.zones[-1] if self.zones else "absent.example"
        query = dns.message.make_query(f"{zone}.", dns.rdatatype.SOA)
        try:
            answer = dns.query.tcp(query, "127.0.0.1", timeout=1, port=self.port)
        except (dns.exception.DNSException, EOFError):
            return False
        return not self.zones or bool(answer.answer)


def written(key: Key, value: str) -> str:
    """A value in presentation form; every octet of a TXT is an escape."""
    if key.kind != "TXT":
        return value
    octets = value.encode("utf-8", "surrogateescape")
    parts = [octets[at : at + 255] for at in range(0, len(octets), 255)] or [b""]
    return " ".join(f'"{"".join(f"{chr(92)}{octet:03d}" for octet in part)}"' for part in parts)


def _value(kind: str, value: dns.rdata.Rdata) -> str:
    if isinstance(value, dns.rdtypes.txtbase.TXTBase) and kind == "TXT":
        return b"".join(value.strings).decode("utf-8", "surrogateescape")
    return rdata.canonical(kind, value.to_text())
