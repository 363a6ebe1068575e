"""A request as data: one row for each record, old values beside the new ones, an id of its own."""

from datetime import UTC, datetime, timedelta

from reconciler.model.change import Change
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.request import Whom, paper, sets

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ZONE = "acme.example"
WHOM = Whom("dns@host.example", 14_400, "acme")


def change(kind: str, name: str, before: tuple[str, ...], after: tuple[str, ...], *steps: str) -> Change:
    """From these values to those."""
    key = Key("dns", ZONE, kind, name)
    old, new = (RecordSet(key, ttl, values) if values else None for ttl, values in ((3600, before), (300, after)))
    return Change(key, old, new, steps or ("s1",))


def rows(*changes: Change) -> list[tuple[str, str | None, str | None]]:
    """Action, value, old value."""
    return [(row["action"], row["value"], row["old_value"]) for row in paper(WHOM, changes, NOW)["records"]]


def test_rows() -> None:
    """The only value becomes the only other; texts are paired by their purpose; the rest comes and goes."""
    assert rows(change("MX", "@", ("10 a.",), ("0 b.",))) == [("change", "0 b.", "10 a.")]
    assert rows(change("A", "x", (), ("192.0.2.1", "192.0.2.2"))) == [
        ("add", "192.0.2.1", None),
        ("add", "192.0.2.2", None),
    ]
    assert rows(change("A", "x", ("192.0.2.1", "192.0.2.2"), ("192.0.2.2",))) == [("remove", None, "192.0.2.1")]
    old, new = "v=spf1 -all", "v=spf1 mx -all"
    assert rows(change("TXT", "@", ("keep=1", old), ("keep=1", new, "token=2"))) == [
        ("change", new, old),
        ("add", "token=2", None),
    ]
    assert rows(change("TXT", "@", ("token=1",), ("token=2",))) == [
        ("remove", None, "token=1"),
        ("add", "token=2", None),
    ]
    assert rows(change("A", "x", ("192.0.2.1",), ("192.0.2.1",))) == [("change", "192.0.2.1", "192.0.2.1")]


def test_id_is_of_the_steps() -> None:
    """The same steps are the same request, whatever stands beside them and whenever (rule 17)."""
    one, two = change("A", "x", (), ("192.0.2.1",), "b", "a"), change("TXT", "@", ("v=1",), ("v=1", "new"), "c")
    other = change("TXT", "@", ("v=1", "vendor"), ("v=1", "vendor", "new"), "c")
    first = paper(WHOM, [one, two], NOW)["id"]
    assert paper(WHOM, [other, one], NOW + timedelta(days=1))["id"] == first
    assert paper(WHOM, [one], NOW)["id"] != first


def test_another_content_or_contact_is_another_request() -> None:
    """The same steps, but another text to be written, another TTL, or somebody else who is asked."""
    names = [
        paper(whom, [change("TXT", "@", old, new, "c")], NOW)["id"]
        for whom, old, new in (
            (WHOM, ("v=spf1 -all",), ("v=spf1 mx -all",)),
            (WHOM, ("v=spf1 a -all",), ("v=spf1 a mx -all",)),
            (Whom("other@host.example", 14_400, "acme"), ("v=spf1 -all",), ("v=spf1 mx -all",)),
        )
    ]
    assert len(set(names)) == 3


def test_when() -> None:
    """An answer is expected after the time it takes; before a migration it must be sent so much earlier."""
    plain = paper(WHOM, [change("A", "x", (), ("192.0.2.1",))], NOW)
    assert (plain["expected_by"], plain["send_by"]) == ("2026-11-22T14:00:00Z", None)
    moving = Whom("d@host.example", 14_400, "acme", window=datetime(2026, 12, 5, 4, 0, tzinfo=UTC))
    assert paper(moving, [], NOW)["send_by"] == "2026-12-05T00:00:00Z"


def test_changes_can_be_read_back() -> None:
    """A later run judges by them."""
    given = change("TXT", "@", ("a",), ("a", "b"))
    (kept,) = paper(WHOM, [given], NOW)["changes"]
    assert sets(kept) == (given.key, given.before, given.after)


def test_notes() -> None:
    """What a panel needs to be told of one record."""
    long = "v=DKIM1; p=" + "A" * 300
    found = paper(WHOM, [change("CNAME", "c", (), ("t.",)), change("TXT", "@", ("a",), ("a", long))], NOW)["records"]
    assert [row["notes"] for row in found] == [["alone"], ["beside", "split"]]
