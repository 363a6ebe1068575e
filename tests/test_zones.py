"""Zones that were read answer as their servers would; everything else is a question."""

import pytest

from reconciler.model.answer import Answer, Question, Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.zones import CHAIN, Zones

ZONE = "shop.example"
FOUND = Answer(Status.FOUND, ("192.0.2.9",), 60)


def sets(*rows: tuple[str, str, str]) -> dict[Key, RecordSet]:
    """Record sets by name, type and one value."""
    keys = [(Key("dns", ZONE, kind, name), value) for name, kind, value in rows]
    return {key: RecordSet(key, 60 if key.name == "to-short" else 300, (value,)) for key, value in keys}


RECORDS = sets(
    ("@", "MX", "10 mail.shop.example."),
    ("mail", "A", "192.0.2.1"),
    ("www", "CNAME", "mail.shop.example."),
    ("short", "A", "192.0.2.3"),
    ("to-short", "CNAME", "short.shop.example."),
    ("far", "CNAME", "host.other.example."),
    ("a.b.c", "TXT", "deep"),
    ("*.wild", "A", "192.0.2.2"),
    ("here.wild", "TXT", "here"),
    ("child", "NS", "ns.other.example."),
    ("loop", "CNAME", "loop.shop.example."),
)


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("shop.example", "MX", Answer(Status.FOUND, ("10 mail.shop.example.",), 300)),
        ("shop.example.", "TXT", Answer(Status.EMPTY)),
        ("nobody.shop.example", "A", Answer(Status.NXDOMAIN)),
        ("b.c.shop.example", "A", Answer(Status.EMPTY)),
        ("www.shop.example", "A", Answer(Status.FOUND, ("192.0.2.1",), 300, "mail.shop.example")),
        ("www.shop.example", "CNAME", Answer(Status.FOUND, ("mail.shop.example.",), 300)),
        ("to-short.shop.example", "A", Answer(Status.FOUND, ("192.0.2.3",), 60, "short.shop.example")),
        ("www.shop.example", "AAAA", Answer(Status.EMPTY)),
        ("any.wild.shop.example", "A", Answer(Status.FOUND, ("192.0.2.2",), 300)),
        ("any.wild.shop.example", "MX", Answer(Status.EMPTY)),
        ("two.labels.wild.shop.example", "A", Answer(Status.FOUND, ("192.0.2.2",), 300)),
        ("here.wild.shop.example", "A", Answer(Status.EMPTY)),
        ("below.here.wild.shop.example", "A", Answer(Status.NXDOMAIN)),
    ],
)
def test_a_zone_answers_for_itself(name: str, kind: str, answer: Answer) -> None:
    """Records, names without them, names between, CNAMEs and wildcards."""
    zones = Zones({}, {ZONE}, RECORDS)
    assert (zones.ask(name, kind), zones.open) == (answer, {})


def test_what_lies_elsewhere_is_asked() -> None:
    """Other domains, delegated names, and where a CNAME leaves the zone."""
    zones = Zones({}, {ZONE}, RECORDS)
    asked = [("other.example", "A"), ("x.child.shop.example", "A"), ("far.shop.example", "A")]
    assert [zones.ask(*one) for one in asked] == [None, None, None]
    elsewhere = [
        Question("other.example", "A"),
        Question("x.child.shop.example", "A"),
        Question("host.other.example", "A"),
    ]
    assert list(zones.open) == elsewhere
    told = Zones(dict.fromkeys(elsewhere, FOUND), {ZONE}, RECORDS)
    assert told.ask("far.shop.example", "A") == Answer(Status.FOUND, ("192.0.2.9",), 60, "host.other.example")


def test_changes_are_laid_over_what_was_read() -> None:
    """What will be there answers, what will be gone does not, what nobody has named yet is no answer."""
    mail, mx = Key("dns", ZONE, "A", "mail"), Key("dns", ZONE, "MX", "@")
    new = Key("dns", ZONE, "A", "new")
    zones = Zones({}, {ZONE}, RECORDS, {mail: None, new: RecordSet(new, 60, ("192.0.2.7",))}, {mx})
    assert zones.must("mail.shop.example", "A").status is Status.NXDOMAIN
    assert zones.must("new.shop.example", "A").values == ("192.0.2.7",)
    assert zones.must("shop.example", "MX").status is Status.FAILED


def test_a_loop_ends() -> None:
    """A CNAME that leads to itself is a failure, not a hang."""
    answer = Zones({}, {ZONE}, RECORDS).must("loop.shop.example", "A")
    assert (answer.status, str(CHAIN) in answer.detail) == (Status.FAILED, True)


def test_what_nobody_can_read_is_not_absent() -> None:
    """A name whose owner keeps it exists, and what it answers is not known; a CNAME there hides every type."""
    kept = {Key("dns", ZONE, "A", "alias"): "an alias of elsewhere", Key("dns", ZONE, "CNAME", "spread"): "weighted"}
    zones = Zones({}, {ZONE}, RECORDS, locked=kept)
    for name, kind in (("alias", "A"), ("spread", "A"), ("spread", "MX")):
        answer = zones.ask(f"{name}.{ZONE}", kind)
        assert answer is not None
        assert answer.status is Status.FAILED
        assert "nobody but its DNS host can say" in answer.detail
    assert zones.ask(f"alias.{ZONE}", "MX") == Answer(Status.EMPTY)
    assert zones.after({}, ()).ask(f"alias.{ZONE}", "A") == zones.ask(f"alias.{ZONE}", "A")
