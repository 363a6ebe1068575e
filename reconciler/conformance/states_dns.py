"""The DNS transitions: every record type with the values that break adapters, and the ways sets turn into others."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.conformance.states import State, Transition, records
from reconciler.model.resource import RecordSet

LONG_LABEL = "a" * 63
LONG_NAME = ".".join(["b" * 60] * 3)

#: One ordinary set of each type and a second one that is as ordinary; no system that has the type may refuse them.
#: Source: formats of RFC 1035, 3596, 2782, 8659, 4255, 6698, 3403, 4034, 9460, 1876.
PLAIN: Mapping[str, tuple[RecordSet, RecordSet]] = {
    "A": (records("A", "192.0.2.1", name="plain"), records("A", "192.0.2.2", name="plain")),
    "AAAA": (records("AAAA", "2001:db8::1", name="plain"), records("AAAA", "2001:db8::2", name="plain")),
    "CAA": (
        records("CAA", '0 issue "ca.example.net"', name="plain"),
        records("CAA", '0 issue "other.example.net"', name="plain"),
    ),
    "CNAME": (
        records("CNAME", "one.example.net.", name="plain-alias"),
        records("CNAME", "two.example.net.", name="plain-alias"),
    ),
    "DS": (
        records("DS", f"12345 13 2 {'ab' * 32}", name="plain-signed"),
        records("DS", f"54321 13 2 {'cd' * 32}", name="plain-signed"),
    ),
    "HTTPS": (
        records("HTTPS", '1 . alpn="h2"', name="plain"),
        records("HTTPS", '1 . alpn="h3"', name="plain"),
    ),
    "LOC": (
        records("LOC", "25 40 0.000 N 100 19 0.000 W 540.00m 1.00m 10000.00m 10.00m", name="plain"),
        records("LOC", "19 25 57.000 N 99 7 59.000 W 2240.00m 1.00m 10000.00m 10.00m", name="plain"),
    ),
    "MX": (records("MX", "10 mx1.example.net.", name="plain"), records("MX", "10 mx2.example.net.", name="plain")),
    "NAPTR": (
        records("NAPTR", '100 10 "S" "SIP+D2U" "" _sip._udp.example.net.', name="plain"),
        records("NAPTR", '100 10 "S" "SIP+D2T" "" _sip._tcp.example.net.', name="plain"),
    ),
    "NS": (
        records("NS", "ns1.example.net.", "ns2.example.net.", name="plain-child"),
        records("NS", "ns1.example.net.", "ns3.example.net.", name="plain-child"),
    ),
    "PTR": (records("PTR", "one.example.net.", name="plain"), records("PTR", "two.example.net.", name="plain")),
    "SRV": (
        records("SRV", "100 1 443 one.example.net.", name="_plain._tcp"),
        records("SRV", "100 1 443 two.example.net.", name="_plain._tcp"),
    ),
    "SSHFP": (records("SSHFP", f"4 2 {'ab' * 32}", name="plain"), records("SSHFP", f"4 2 {'cd' * 32}", name="plain")),
    "SVCB": (
        records("SVCB", '1 one.example.net. alpn="h2"', name="_plain"),
        records("SVCB", '1 two.example.net. alpn="h2"', name="_plain"),
    ),
    "TLSA": (
        records("TLSA", f"3 1 1 {'ab' * 32}", name="_25._tcp.plain"),
        records("TLSA", f"3 1 1 {'cd' * 32}", name="_25._tcp.plain"),
    ),
    "TXT": (records("TXT", "first text", name="plain"), records("TXT", "second text", name="plain")),
    "TYPE65400": (
        records("TYPE65400", r"\# 4 0a000001", name="plain"),
        records("TYPE65400", r"\# 4 0a000002", name="plain"),
    ),
}

#: What must be there before an ordinary set of a type: a DS stands at a delegation (RFC 4035 section 2.4); hosts refuse
#: it elsewhere, or drop it.
NEEDS: Mapping[str, State] = {"DS": (records("NS", "ns1.example.net.", name="plain-signed"),)}


def _values(kind: str, *values: str, name: str = "odd") -> tuple[State, ...]:
    """States that hold these values one after the other."""
    return tuple((records(kind, value, name=name),) for value in values)


def _story(name: str, *states: State) -> Transition:
    return Transition(name, "dns", states)


TRANSITIONS = (
    *(
        _story(f"{kind}: appears, changes, goes", (*NEEDS.get(kind, ()), one), (*NEEDS.get(kind, ()), two), ())
        for kind, (one, two) in PLAIN.items()
    ),
    # TXT: what quoting, escaping, joining and encoding get wrong.
    _story("TXT: around 255 bytes", *_values("TXT", *("x" * size for size in (254, 255, 256, 510, 511, 1024)))),
    _story("TXT: 4000 bytes", *_values("TXT", "0123456789" * 400)),
    _story("TXT: a character across byte 255", *_values("TXT", "x" * 254 + "ñ" + "y" * 10)),
    _story("TXT: empty", *_values("TXT", "", "no longer empty", "")),
    _story("TXT: quotes", *_values("TXT", '"', '""', 'say "hello"', "it's", '"all of it"')),
    _story("TXT: backslashes", *_values("TXT", "\\", "tail\\", "two\\\\", "\\\\", "\\065", 'mixed\\"')),
    _story("TXT: semicolons", *_values("TXT", ";", "v=DKIM1; k=rsa; p=abc", "a;b", "; not a comment", "trailing;")),
    _story("TXT: blanks", *_values("TXT", " ", "  two  ", " lead", "tail ", "tab\there")),
    _story("TXT: brackets and signs", *_values("TXT", "(", ")", "(a b)", "@", "$TTL 5", "a=b,c", "$ORIGIN x.")),
    _story("TXT: control characters", *_values("TXT", "line\nline", "\r\n", "\x00", "bell\x07", "\x7f")),
    _story("TXT: not ASCII", *_values("TXT", "Ferretería López", "価格", "é" * 200, "e\u0301 is not é")),
    _story("TXT: not UTF-8", *_values("TXT", "\udcff\udcfe", "ok\udc80", "\udcc3", "ñ\udcc3")),
    _story("TXT: case is kept", *_values("TXT", "MixedCase", "mixedcase", "MIXEDCASE")),
    _story(
        "TXT: several beside each other",
        (records("TXT", "one"),),
        (records("TXT", "one", "two", "v=spf1 include:a.example.net -all"),),
        (records("TXT", "two", "v=spf1 include:b.example.net -all"),),
        (records("TXT", "two"),),
    ),
    # Names.
    _story(
        "names: apex, deep, wildcard, underscore",
        (records("A", "192.0.2.1"), records("A", "192.0.2.2", name="a.b.c.d")),
        (records("A", "192.0.2.3", name="*"), records("A", "192.0.2.4", name="*.deep")),
        (records("TXT", "v=DMARC1; p=none", name="_dmarc"), records("A", "192.0.2.5", name="under_score")),
    ),
    _story(
        "names: A-labels, digits, hyphens, long labels",
        (records("A", "192.0.2.1", name="xn--ferretera-y7a"),),
        (records("A", "192.0.2.1", name="0"), records("A", "192.0.2.2", name="a--b")),
        (records("A", "192.0.2.1", name=LONG_LABEL), records("A", "192.0.2.2", name=LONG_NAME)),
    ),
    _story(
        "names: a wildcard and its like are two",
        (records("A", "192.0.2.1", name="*.w"), records("A", "192.0.2.2", name="w")),
        (records("A", "192.0.2.1", name="*.w"), records("A", "192.0.2.3", name="w")),
        (records("A", "192.0.2.3", name="w"),),
    ),
    _story("names: a target below an A-label", *_values("CNAME", "xn--ferretera-y7a.example.net.")),
    # Sets.
    _story(
        "set: grows, shrinks, is replaced",
        (records("A", "192.0.2.1"),),
        (records("A", "192.0.2.1", "192.0.2.2", "192.0.2.3"),),
        (records("A", "192.0.2.2"),),
        (records("A", "192.0.2.7", "192.0.2.9"),),
    ),
    _story(
        "set: a hundred values",
        (records("A", *(f"192.0.2.{number}" for number in range(100))),),
        (records("A", *(f"192.0.2.{number}" for number in range(1, 101))),),
    ),
    _story(
        "set: only the TTL changes",
        *((records("MX", "10 mx1.example.net.", "20 mx2.example.net.", ttl=ttl),) for ttl in (3600, 300, 86400, 60)),
    ),
    _story(
        "set: value and TTL change at once",
        (records("A", "192.0.2.1", ttl=300),),
        (records("A", "192.0.2.2", ttl=3600),),
    ),
    _story(
        "sets of one name come and go alone",
        (records("A", "192.0.2.1"), records("AAAA", "2001:db8::1"), records("MX", "10 mx1.example.net.")),
        (records("AAAA", "2001:db8::1"), records("MX", "10 mx1.example.net.")),
        (records("A", "192.0.2.1"), records("MX", "20 mx1.example.net."), records("TXT", "text")),
    ),
    _story(
        "CNAME becomes A and back",
        (records("CNAME", "one.example.net.", name="swap"),),
        (records("A", "192.0.2.1", name="swap"), records("TXT", "text", name="swap")),
        (records("CNAME", "two.example.net.", name="swap"),),
    ),
    _story(
        "SPF beside a verification text, DMARC, DKIM",
        (records("TXT", "MS=ms12345678"),),
        (records("TXT", "MS=ms12345678", "v=spf1 include:spf.protection.outlook.com -all"),),
        (
            records("TXT", "v=spf1 include:spf.protection.outlook.com -all"),
            records("TXT", "v=DMARC1; p=reject; rua=mailto:d@example.net", name="_dmarc"),
            records("TXT", "v=DKIM1; k=rsa; p=" + "MIGfMA0GCSqGSIb3" * 24, name="selector1._domainkey"),
        ),
    ),
    # Types with values of their own.
    _story("A: ends of the range", *_values("A", "0.0.0.0", "255.255.255.255", "127.0.0.1")),
    _story("AAAA: short forms", *_values("AAAA", "::", "::1", "2001:db8::", "2001:db8:0:1::1", "::ffff:192.0.2.1")),
    _story(
        "MX: null, zero, highest",
        *_values("MX", "0 .", "0 mx1.example.net.", "65535 mx1.example.net."),
    ),
    _story(
        "MX: one preference, one host at two",
        (records("MX", "10 mx1.example.net.", "10 mx2.example.net."),),
        (records("MX", "10 mx1.example.net.", "20 mx1.example.net."),),
    ),
    _story(
        "SRV: no service, ends of the range",
        *_values("SRV", "0 0 0 .", "65535 65535 65535 sip.example.net.", "100 1 5061 sipfed.online.lync.com."),
    ),
    _story(
        "CAA: none, reports, critical, parameters",
        *_values(
            "CAA",
            '0 issue ";"',
            '0 iodef "mailto:security@example.net"',
            '128 issue "ca.example.net"',
            '0 issue "ca.example.net; validationmethods=dns-01"',
            '0 issuewild "ca.example.net"',
        ),
    ),
    _story("NAPTR: expression", *_values("NAPTR", '100 10 "U" "E2U+sip" "!^.*$!sip:info@example.net!" .')),
    _story("TLSA: full certificate", *_values("TLSA", f"3 0 0 {'0a' * 600}")),
    _story(
        "DS: several digests",
        (
            records("NS", "ns1.example.net.", name="child"),
            records("DS", f"1 13 2 {'ab' * 32}", f"1 13 4 {'cd' * 48}", name="child"),
        ),
    ),
    _story(
        "HTTPS: alias, parameters",
        *_values(
            "HTTPS",
            "0 pool.example.net.",
            '1 . alpn="h2,h3" port="8443" ipv4hint="192.0.2.1,192.0.2.2" ipv6hint="2001:db8::1"',
        ),
    ),
    _story("LOC: below the sea", *_values("LOC", "31 30 0.000 N 35 30 0.000 E -430.00m 1.00m 10000.00m 10.00m")),
    _story("unknown type: empty, long", *_values("TYPE65400", r"\# 0", rf"\# 300 {'0b' * 300}")),
)
