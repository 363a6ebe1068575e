"""Small worlds of mail, made from a number: a zone with SPF records of every kind, sound and broken, and one message.

Names, addresses and targets come from small pools, so that terms match, loop, run into limits and ask for nothing.
"""

import ipaddress
import random
import zlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

from reconciler.model.answer import Answer, Status
from tests.mail.spf.zones import Zones

DOMAINS = (*(f"{label}.example.com" for label in ("a", "b-c", "c", "d-e", "f.g")), "example.com", "example.net")
HOSTS = (*(f"h{number}.example.com" for number in range(8)), "mx.b-c.example.com", "mail.example.net")
VOID = tuple(f"nothing{number}.example.com" for number in range(3))
#: It always has addresses, which no message comes from.
LIVING = "living.example.com"
#: Half of the names below it exist, by a checksum, so that what a macro becomes decides.
WILD = "wild.example.com"
FOUR = (*(f"192.0.2.{number}" for number in range(1, 9)), "198.51.100.7")
SIX = (*(f"2001:db8::{number:x}" for number in range(1, 9)), "2001:db8:1::7")
MACROS = (
    "%{d}", "%{D}", "%{d2}", "%{d1r}", "%{dr}", "%{d3R}", "%{o}", "%{o2}", "%{h}", "%{H}", "%{l}", "%{L}", "%{l-}",
    "%{l2r-}", "%{lr+-}", "%{s}", "%{S}", "%{s1}", "%{i}", "%{ir}", "%{I}", "%{i2}", "%{v}", "%{ir}.%{v}", "%{p}",
    "%{p2}", "%{P}", "%{p}", "%{pr}", "%{p}", "%{p}", "%%", "%_", "%-", "%{d-}", "%{dr-}", "%{d2-}", "%{o-}",
    "%{h-r}", "%{h-}", "%{l.-}",
)  # fmt: skip
BROKEN_MACROS = (
    "%", "%{", "%{d", "%{}", "%{a}", "%{x2}", "%{c}", "%{r}", "%{t}", "%(d)", "%{d0}", "%{dz}", "%{d!}", "%{d 2}",
    "%a", "%%%a", "%{rd}",
)  # fmt: skip
SENDERS = (
    "user@example.com", "user@d-e.example.com", "strong-bad+list@b-c.example.com", "a.b-c@d-e.example.com", "",
    "@example.com", "example.com", "Some Body@example.com", "x" * 70 + "@example.com", "O'Hara/x=1@f.g.example.com",
)  # fmt: skip
HELOS = (
    "mail.example.net",
    "mx-1.example.net",
    "localhost",
    "[192.0.2.1]",
    "a..b",
    "x" * 64 + ".example",
    "%%%.bad host",
)
EXPLANATIONS = (
    "not for you", "%{i} is not allowed", "see http://example.com/?l=%{L}&d=%{d2}", "%{c} %{v} %{r} %{h}",
    "%{p} may not", "100% wrong", "%{x} unknown", "a %{s} b%_c%-d%%", "caf\xe9", "",
)  # fmt: skip
JUNK = (
    "moo", "all.", "all:x", "-all/8", "mx/33", "a//129", "a/024", "a/24/64", "ip4", "ip4:", "ip4:192.0.2",
    "ip4:192.0.2.1/33", "ip4:192.0.2.1/032", "ip4:192.0.2.1//24", "ip4:2001:db8::1", "ip4:192.0.02.1",
    "ip6:192.0.2.1", "ip6::1::2", "ip6:2001:db8::/129", "ip6:2001:db8::1//64", "include", "include:",
    "include:example.com/24", "exists", "exists:", "a:", "a:museum", "a:museum.", "a:192.0.2.1", "a:abc.123",
    "a:example.-com", "a:example.com:25", "a:.com", "a:x..example.com", "ptr/0", "ptr:", "redirect=", "exp=",
    "redirect:example.com", "=all", "1up=x", "x=%", "x=%{c}", "a:exam\x01ple.com", "a:ex\xe4mple.com", "x=\xe4",
    "x=\x7f", "-", "+-all", "a,mx", "a:h0.example.com,", "?", ":", "Redirect=example.net", "EXP=h0.example.com",
    "x=1", "x=2", "default=pass", "op=auth", "a:%{d}.", "a:%{d}com", "exists:foo%%", "exists:foo%_",
    "a:" + "x" * 64 + ".example.com", "v=spf1", "spf2.0/pra",
)  # fmt: skip


class World(NamedTuple):
    """A zone and one message."""

    zones: Zones
    ip: str
    domain: str
    sender: str
    helo: str

    def ask(self, name: str, kind: str) -> Answer:
        """The answer to a name in written form."""
        if not name.endswith(f".{WILD}"):
            return self.zones.ask(name, kind)
        if kind not in {"A", "AAAA"} or zlib.crc32(f"{name} {kind}".encode()) % 2:
            return Answer(Status.NXDOMAIN)
        return Answer(Status.FOUND, (FOUR[0] if kind == "A" else SIX[0],))


def world(number: int) -> World:
    """The world of a number; the same number, the same world."""
    rng = random.Random(number)
    sender = rng.choice(SENDERS) if rng.random() < 0.6 else "user@example.com"
    helo = rng.choice(HELOS)
    ip = rng.choice((*FOUR, *FOUR, *SIX, "::ffff:192.0.2.1", "2001:DB8:0:0::0001", "203.0.113.9"))
    zone = _hosts(rng, str(_address(ip)))
    for name in DOMAINS:
        zone.setdefault(name, {})["TXT"] = _texts(rng, name)
    for place, text in enumerate(EXPLANATIONS):
        zone[f"e{place}.example.com"] = {"TXT": [text]}
    zone[LIVING] = {"A": ["203.0.113.1"], "AAAA": ["2001:db8:2::1"]}
    zone["two.example.com"] = {"TXT": ["one", "two"]}
    if rng.random() < 0.75:
        zone[_address(ip).reverse_pointer] = {"PTR": _names(rng, (1, 1, 2, 4, 12))}
    questions = [(name, kind) for name in zone for kind in ("A", "AAAA", "MX", "PTR", "TXT")]
    failing = [one for one in questions if rng.random() < 0.01]
    return World(Zones(zone, failing), ip, sender.rpartition("@")[2] if sender else helo, sender, helo)


def _address(ip: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    address = ipaddress.ip_address(ip)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _names(rng: random.Random, sizes: Sequence[int]) -> list[str]:
    return [f"{host}." for host in rng.sample((*HOSTS, *VOID, *DOMAINS), rng.choice(sizes))]


def _hosts(rng: random.Random, ip: str) -> dict[str, dict[str, list[str]]]:
    records: dict[str, dict[str, list[str]]] = {}
    for name in (*HOSTS, *DOMAINS):
        if rng.random() < 0.1:
            continue
        kinds: dict[str, list[str]] = {}
        if rng.random() < 0.75:
            kinds["A"] = rng.sample(FOUR, rng.randint(1, 3))
        if rng.random() < 0.6:
            kinds["AAAA"] = rng.sample(SIX, rng.randint(1, 3))
        if rng.random() < 0.2:
            kinds["AAAA" if ":" in ip else "A"] = [ip]
        if rng.random() < 0.5:
            hosts = _names(rng, (1, 1, 2, 3, 10, 11))
            kinds["MX"] = ["0 ."] if rng.random() < 0.1 else [f"{rank} {host}" for rank, host in enumerate(hosts)]
        records[name] = kinds
    return records


def _texts(rng: random.Random, name: str) -> list[str]:
    chance = rng.random()
    if name not in {"example.com", "example.net"}:
        if chance < 0.06:
            return []
        if chance < 0.1:
            return [record(rng), record(rng)]
    others = ["google-site-verification=x", "caf\xe9 \udcff"] if rng.random() < 0.2 else []
    return [*others, record(rng)]


def record(rng: random.Random) -> str:
    """One SPF record."""
    terms = _many(rng) if rng.random() < 0.1 else [_term(rng) for _ in range(rng.randint(0, 6))]
    if rng.random() < 0.6:
        terms.append(rng.choice(("-all", "~all", "?all", "+all", "all", "-ALL")))
    for chance, made in ((0.2, _redirect), (0.3, _explanation), (0.12, _junk)):
        if rng.random() < chance:
            terms.insert(rng.randint(0, len(terms)), made(rng))
    text = rng.choice((" ", " ", " ", "  ")).join([rng.choice(("v=spf1", "v=spf1", "V=SPF1")), *terms])
    return _mutated(rng, text) if rng.random() < 0.04 else text


def _many(rng: random.Random) -> list[str]:
    """Terms that ask and find something, about as many as are allowed."""
    return [f"a:{LIVING}" for _ in range(rng.randint(7, 12))]


def _redirect(rng: random.Random) -> str:
    return f"{rng.choice(('redirect', 'redirect', 'redirect', 'Redirect'))}={_target(rng)}"


def _explanation(rng: random.Random) -> str:
    texts = [f"e{number}.example.com" for number in range(len(EXPLANATIONS))]
    return f"exp={rng.choice(('two.example.com', 'e%{d9}.example.com', VOID[0], *texts))}"


def _junk(rng: random.Random) -> str:
    return rng.choice(JUNK)


def _term(rng: random.Random) -> str:
    if rng.random() < 0.1:
        return f"{rng.choice(('x', 'y', 'z-1_a.b'))}={rng.choice(('', 'text', '%{d}', 'a/b:c'))}"
    term = rng.choice(_MAKERS)(rng)
    return f"{rng.choice(('', '', '', '+', '-', '~', '?'))}{term}"


def _host(rng: random.Random) -> str:
    target = f":{_target(rng)}" if rng.random() < 0.7 else ""
    four = f"/{rng.choice((0, 8, 24, 30, 32))}" if rng.random() < 0.2 else ""
    six = f"//{rng.choice((0, 32, 64, 127, 128))}" if rng.random() < 0.2 else ""
    return f"{rng.choice(('a', 'a', 'mx', 'A', 'Mx'))}{target}{four}{six}"


def _include(rng: random.Random) -> str:
    return f"include:{_target(rng)}"


def _exists(rng: random.Random) -> str:
    return f"exists:{_target(rng)}"


def _pointer(rng: random.Random) -> str:
    return f"ptr:{_target(rng)}" if rng.random() < 0.6 else "ptr"


def _network(rng: random.Random) -> str:
    if rng.random() < 0.6:
        length = f"/{rng.choice((0, 8, 24, 29, 31, 32))}" if rng.random() < 0.5 else ""
        return f"ip4:{rng.choice(FOUR)}{length}"
    length = f"/{rng.choice((0, 32, 64, 125, 128))}" if rng.random() < 0.5 else ""
    return f"ip6:{rng.choice(SIX)}{length}"


_MAKERS: Sequence[Callable[[random.Random], str]] = (
    *(_host, _host, _host),
    *(_include, _include),
    *(_network, _network),
    _exists,
    _pointer,
)


def _target(rng: random.Random) -> str:
    chance = rng.random()
    if chance < 0.45:
        return rng.choice(DOMAINS)
    if chance < 0.65:
        return rng.choice(HOSTS)
    if chance < 0.7:
        return rng.choice(VOID)
    if chance < 0.72:
        return rng.choice(("A.Example.COM", "example.net.", "h1.example.com."))
    macro = rng.choice(BROKEN_MACROS if rng.random() < 0.1 else MACROS)
    if chance < 0.88:
        return f"{macro}.{WILD}"
    if chance < 0.96:
        return f"{rng.choice(('', 'h0.', '_spf.'))}{macro}" if macro[:2] == "%{" else f"x{macro}.example.com"
    return f"%{{d}}.{macro}." * 9 + WILD


def _mutated(rng: random.Random, text: str) -> str:
    at = rng.randint(6, len(text))
    return rng.choice((
        text[:at] + rng.choice("%:/=.,-{}0 9\x00\xff~") + text[at:],
        text[:at] + text[at + 1 :],
        text[:at] + text[at - 1 :],
    ))  # fmt: skip
