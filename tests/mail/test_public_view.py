"""The public view of a domain, made of answers alone: who shows what, what is said of it, and what is not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from reconciler.mail import dnssec, public_view
from reconciler.mail.look import Look
from reconciler.mail.public_view import View
from reconciler.model.answer import Answer, NameServer, Question, Status
from reconciler.model.diagnostic import Origin

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
ZONE = "a.test"
ONE, TWO = NameServer("ns1.host.test", "192.0.2.1"), NameServer("ns2.host.test", "2001:db8::2")
NS, SOA, MX, TXT = (Question(ZONE, kind) for kind in ("NS", "SOA", "MX", "TXT"))
DS, DNSKEY = Question(ZONE, "DS"), Question(ZONE, "DNSKEY")
ASKED = public_view.questions(ZONE)
#: Source: RFC 4034, 5.4: this key has the tag 60485.
KEY = (
    "256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMm"
    "mAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=="
)
GONE = Answer(Status.NXDOMAIN)
EMPTY = Answer(Status.EMPTY)
SILENT = Answer(Status.FAILED, detail="192.0.2.1: no reply within 5 s")


def has(*values: str, ttl: int = 3600) -> Answer:
    """Records."""
    return Answer(Status.FOUND, values, ttl)


def soa(serial: int) -> Answer:
    """A SOA record."""
    return has(f"ns1.host.test. admin.a.test. {serial} 7200 3600 1209600 300")


#: A domain that is well.
BASE = {
    **dict.fromkeys(ASKED, EMPTY),
    NS: has("ns1.host.test.", "ns2.host.test."),
    SOA: soa(7),
    MX: has("10 mx.host.test."),
    TXT: has("v=spf1 -all"),
}


def looked(
    one: Mapping[Question, Answer] | None = None,
    two: Mapping[Question, Answer] | None = None,
    *resolvers: Mapping[Question, Answer],
    **more: object,
) -> Look:
    """A look at a domain that is well but for these answers of its two servers and of its resolvers."""
    told = {f"192.0.2.{53 + at}": {**BASE, **some} for at, some in enumerate(resolvers or ({},))}
    own = {question: answer for question, answer in BASE.items() if question.type != "DS"}
    servers = {ONE: {**own, **(one or {})}, TWO: {**own, **(two or {})}}
    view = replace(View(ZONE, servers, "", told), **more)  # type: ignore[arg-type]
    return public_view.look(ZONE, ASKED, view, NOW, Origin("c.yaml", 3, 1))


def rules(look: Look) -> dict[str, str]:
    """Severities by rule."""
    return {one.rule: str(one.severity) for one in look.diagnostics}


def only(look: Look) -> str:
    """The one finding's words."""
    (found,) = look.diagnostics
    assert found.origin == Origin("c.yaml", 3, 1)
    return f"{found.summary}. {found.detail} {found.remedy}"


def test_well() -> None:
    """All the same: nothing to say, and everybody is listed with versions and times."""
    look = looked({}, {}, {MX: has("10 mx.host.test.", ttl=1200)})
    assert (look.verdict, look.diagnostics) == ("pass", ())
    assert look.summary == "2 of 2 name servers and 1 resolver: the same answers everywhere; DNSSEC: unsigned"
    assert "  ns1.host.test (192.0.2.1): serial 7" in look.lines
    assert "    192.0.2.53: 1200 of 3600 s left" in look.lines
    data = json.loads(json.dumps(dict(look.data)))
    assert [(one["name"], one["state"], one["serial"], one["mname"]) for one in data["servers"]] == [
        ("ns1.host.test", "answers", 7, "ns1.host.test"),
        ("ns2.host.test", "answers", 7, "ns1.host.test"),
    ]
    assert data["empty"][0] == "DNSKEY a.test"
    assert {row["type"] for row in data["records"]} == {"NS", "SOA", "MX", "TXT"}
    (mx,) = [row for row in data["records"] if row["type"] == "MX"]
    assert (mx["ttl"], mx["differs"], [one["ttl"] for one in mx["answers"]]) == (3600, False, [3600, 3600, 1200])


def test_servers_with_other_answers() -> None:
    """Who shows what is said, value by value; the versions explain it."""
    look = looked({MX: has("10 new.host.test."), SOA: soa(8)}, {}, {MX: has("10 new.host.test.")})
    assert rules(look) == {"dns/servers-differ": "warning", "dns/serials": "info"}
    text = look.diagnostics[0].summary
    assert "ns1.host.test (192.0.2.1): '10 new.host.test.'; ns2.host.test (2001:db8::2): '10 mx.host.test.'" in text
    assert "8: ns1.host.test (192.0.2.1); 7: ns2" in look.diagnostics[1].summary
    assert "1 of 11 questions answered differently" in look.summary
    assert look.diagnostics[0].address == "dns/a.test/MX/@"


def test_versions_alone_are_a_remark() -> None:
    """Different serials with the same answers do not make a domain worse."""
    look = looked({SOA: soa(8)})
    assert (look.verdict, rules(look)) == ("pass", {"dns/serials": "info"})


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (has("10 old.host.test.", ttl=90), "until 2026-11-22 06:01:30 UTC at the latest"),
        (EMPTY, "shows nothing for MX a.test"),
        (GONE, "for as long as it keeps that there is none"),
    ],
)
def test_an_old_answer(kept: Answer, words: str) -> None:
    """What a resolver still keeps is told with the moment until when."""
    look = looked({}, {}, {MX: kept}, {})
    assert rules(look) == {"dns/old-answer": "warning"}
    assert words in only(look)
    assert only(look).startswith("192.0.2.53 still")


def test_resolvers_that_differ() -> None:
    """Where nobody may ask the zone's servers, resolvers are held against each other, and one line says so."""
    look = looked({}, {}, {MX: has("10 old.host.test.", ttl=90)}, {}, zone="", servers={}, why="nobody said so")
    assert rules(look) == {"dns/resolvers-differ": "warning"}
    assert "until 2026-11-22 07:00:00 UTC" in only(look)
    assert look.lines[0] == "the zone's own servers were not asked: nobody said so"
    assert (look.data["asked"], look.data["why"]) == (False, "nobody said so")
    alone = looked({}, {}, zone="", servers={}, why="nobody said so")
    assert (alone.verdict, alone.diagnostics) == ("pass", ())


def failing(code: str, detail: str = "192.0.2.1: so") -> dict[Question, Answer]:
    """A server that answers nothing."""
    return dict.fromkeys(ASKED, Answer(Status.FAILED, detail=detail, code=code))


@pytest.mark.parametrize(
    ("told", "state", "found"),
    [
        (failing("lame"), "lame", {"dns/lame": "warning"}),
        (failing("REFUSED"), "lame", {"dns/lame": "warning"}),
        (failing("unreadable"), "lame", {"dns/lame": "warning"}),
        (failing(""), "silent", {"dns/silent": "warning"}),
        (failing("silent", "not asked: it said nothing before"), "silent", {"dns/silent": "warning"}),
        (failing("unasked", "it has no address"), "unasked", {"dns/no-address": "warning"}),
        (failing("unasked", "192.0.2.1: network is unreachable"), "unasked", {}),
        ({**failing("unasked"), SOA: SILENT}, "silent", {"dns/silent": "warning"}),
        ({SOA: SILENT}, "answers", {}),
        ({SOA: EMPTY}, "lame", {"dns/lame": "warning"}),
    ],
)
def test_a_server_of_no_use(told: dict[Question, Answer], state: str, found: dict[str, str]) -> None:
    """Lame, silent, without address, out of our reach: each for itself."""
    look = looked(told)
    assert [one["state"] for one in look.data["servers"]] == [state, "answers"]
    assert rules(look) == found
    assert look.verdict == ("warn" if found else "pass")


def test_a_name_that_lies_elsewhere() -> None:
    """A server that only refers for one name, say a zone below, is not lame for the zone."""
    look = looked({TXT: Answer(Status.FAILED, detail="lame", code="lame")})
    assert (look.verdict, look.diagnostics) == ("pass", ())


def test_no_server_of_use() -> None:
    """All lame is a failure; all silent may be this network's fault, and nothing is known."""
    assert rules(looked(failing("lame"), failing("lame"))) == {"dns/lame": "error"}
    silent = looked(failing(""), failing(""))
    assert (silent.verdict, rules(silent)) == ("unknown", {"dns/silent": "info"})


def test_an_alias_is_no_difference() -> None:
    """A resolver follows it to its end, a server does not; only the CNAME record itself is compared."""
    name = Question("autodiscover.a.test", "A")
    look = looked(
        {name: Answer(Status.EMPTY, alias="x.test")},
        {name: Answer(Status.EMPTY, alias="x.test")},
        {name: Answer(Status.FOUND, ("192.0.2.9",), 60, "y.test")},
    )
    assert (look.verdict, look.diagnostics) == ("pass", ())


def test_the_parent() -> None:
    """What the parent names and the zone does not, and the other way round."""
    look = looked(parent=("ns1.host.test.", "ns9.host.test."))
    assert rules(look) == {"dns/delegation": "warning"}
    assert "only the parent names 'ns9.host.test.', only the zone names 'ns2.host.test.'" in only(look)
    assert not looked(parent=("ns2.host.test.", "ns1.host.test.")).diagnostics


def test_no_such_domain() -> None:
    """It is said plainly; the look at MX says what follows from it."""
    view = View("", {}, "there is none", {"192.0.2.53": dict.fromkeys(ASKED, GONE)})
    look = public_view.look(ZONE, ASKED, view, NOW)
    assert (look.summary, look.verdict) == ("a.test does not exist", "pass")


def test_nobody_answered() -> None:
    """Unknown, never well."""
    view = View("", {}, "", {"192.0.2.53": dict.fromkeys(ASKED, SILENT)})
    assert public_view.look(ZONE, ASKED, view, NOW).verdict == "unknown"


def test_signed_states() -> None:
    """Neither, both, one alone, keys that do not fit, and nobody who says."""
    ds, other = has("60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118"), has("1 5 1 2BB183AF")
    assert dnssec.keys([KEY]) == ((60485, 5),)
    assert dnssec.state([EMPTY], [EMPTY]) == ("unsigned", "")
    assert dnssec.state([ds], [has(KEY)]) == ("signed", "")
    assert dnssec.state([EMPTY], [has(KEY)])[0] == "island"
    assert dnssec.state([ds], [has(KEY), EMPTY])[1].endswith("a server of the zone shows no key")
    assert "(1)" in dnssec.state([other], [has(KEY)])[1]
    assert dnssec.state([], [has(KEY)])[0] == dnssec.state([ds], [])[0] == "unknown"
    assert dnssec.keys(["", "257 3 13", "x y z w", "257 3 13 !", "0 3 13 AAAA", "256 3 1 AAAA"]) == ()
    assert dnssec.delegations(["", "1 2"]) == ()


def test_signed_and_proven() -> None:
    """The AD bit is told by resolver; a resolver that does not check is no finding."""
    ds = has("60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118")
    keys = {DNSKEY: has(KEY)}
    look = looked(keys, keys, {**keys, DS: ds, SOA: replace(soa(7), authentic=True)}, {**keys, DS: ds})
    assert look.data["dnssec"]["state"] == "signed"
    assert look.diagnostics == ()
    assert [line for line in look.lines if "proven" in line] == ["  192.0.2.53 says that it is proven"]


def test_broken() -> None:
    """SERVFAIL that goes away when nobody checks is a failure; SERVFAIL that stays is none of DNSSEC's."""
    servfail = Answer(Status.FAILED, detail="192.0.2.53: SERVFAIL", code="SERVFAIL")
    told = {**BASE, MX: servfail}
    assert public_view.doubtful(told) == [MX]
    assert public_view.doubtful({**BASE, MX: SILENT}) == []
    broken = looked({}, {}, told, unchecked={"192.0.2.53": {MX: has("10 mx.host.test.")}})
    assert (broken.verdict, rules(broken)) == ("fail", {"dns/dnssec": "error"})
    assert "192.0.2.53 answers SERVFAIL for a.test MX" in only(broken)
    stays = looked({}, {}, told, unchecked={"192.0.2.53": {MX: servfail}})
    assert rules(stays) == {}
    first = looked({}, {}, {**dict.fromkeys(ASKED, servfail)}, unchecked={"192.0.2.53": {NS: BASE[NS]}})
    assert first.data["dnssec"]["state"] == "broken"


def test_a_name_below_a_zone() -> None:
    """A domain that is no zone of its own has no keys, and is not called unsigned."""
    name = "mail.a.test"
    asked = public_view.questions(name, ["own"])
    assert Question("own._domainkey.mail.a.test", "TXT") in asked
    servers = {ONE: {**dict.fromkeys(public_view.of_servers(ZONE, asked), EMPTY), SOA: soa(7)}}
    view = View(ZONE, servers, "", {"192.0.2.53": dict.fromkeys(asked, EMPTY)})
    look = public_view.look(name, asked, view, NOW)
    assert (look.verdict, look.data["dnssec"]["state"], look.data["zone"]) == ("pass", "", ZONE)
    assert look.data["servers"][0]["serial"] == 7
    assert DS not in public_view.of_servers(ZONE, asked)


def test_strange_texts_are_shown_safely() -> None:
    """What a hostile zone holds is printable, and cut where it is long."""
    look = looked({TXT: has("\x1b[31m" + "x" * 5000)}, {}, {TXT: has(*(f"\x00{at}" for at in range(500)))})
    assert all(line.isprintable() and len(line) < 700 for line in look.lines)
    assert all(one.summary.isprintable() and len(one.summary) < 1500 for one in look.diagnostics)
    assert len(json.dumps(dict(look.data))) < 40_000
