"""What a reader of the sources of mail can rely on."""

import copy
from typing import Any

import pytest

from reconciler.report.sources_text import sources_text
from tests.report.samples import HOSTILE
from tests.report.shapes import text_shape


def tally(messages: int, failed: int, reporters: tuple[str, ...] = ("google.com",)) -> dict[str, Any]:
    """Counts, all in November 2026."""
    days = {"first": "2026-11-01", "last": "2026-11-19"}
    passed = messages - failed
    return {"messages": messages, "passed": passed, "spf": passed, "dkim": 0, **days, "reporters": list(reporters)}


def source(name: str, messages: int = 412, failed: int = 412, addresses: tuple[str, ...] = ()) -> dict[str, Any]:
    """Where mail came from."""
    shown = list(addresses or (name,))
    return {"from": "c.example", "name": name, "kind": "network", "addresses": shown, **tally(messages, failed)}


def part(**more: Any) -> dict[str, Any]:
    """Reports of one domain with one unknown source and two senders."""
    old = {"name": "old host", **tally(400, 0), "evidence": ["still sent 400 messages until 2026-11-19"], "sources": []}
    quiet = {"name": "copier", **tally(0, 0), "evidence": [], "sources": []}
    senders = [old, quiet]
    domain = {"domain": "c.example", **tally(4812, 412), "senders": senders, "unknown": [source("203.0.113.9")]}
    return {
        "reports": 12,
        "rows_left_out": 0,
        **tally(4812, 412, ("google.com", "yahoo.com")),
        "domains": [domain],
    } | more


def test_the_whole() -> None:
    """Counts first, then each domain: who is nobody's, then the senders of the spec."""
    assert sources_text(part()) == (
        "12 DMARC reports of 2 reporters, 2026-11-01 to 2026-11-19: 4,812 messages, 412 fail DMARC.\n"
        "\n"
        "c.example: 4,812 messages, 412 fail DMARC\n"
        "  From nobody that the spec names:\n"
        "    203.0.113.9: 412 messages, 412 fail DMARC; SPF passes 0, DKIM 0; 2026-11-01 to 2026-11-19\n"
        "  Senders of the spec:\n"
        "    old host: still sent 400 messages until 2026-11-19\n"
        "    copier: in no report\n"
    )


def test_no_report_proves_nothing() -> None:
    """Without a report nothing is said to be quiet."""
    assert sources_text({"reports": 0}) == "No DMARC report was read: nothing is known of who sends.\n"


@pytest.mark.parametrize(
    ("count", "said"), [(1, "1 row could not be read and is"), (1200, "1,200 rows could not be read")]
)
def test_rows_left_out_are_said(count: int, said: str) -> None:
    """A gap is never silent."""
    assert said in sources_text(part(rows_left_out=count))
    assert "could not be read" not in sources_text(part())


def test_a_domain_without_mail() -> None:
    """It is shown, for its senders are."""
    quiet = {"domain": "d.example", **tally(0, 0), "senders": [{"name": "old", "evidence": []}], "unknown": []}
    shown = sources_text(part(domains=[quiet]))
    assert "d.example: no message in any report\n  Senders of the spec:\n    old: in no report\n" in shown


def test_long_lists_are_cut_and_say_so() -> None:
    """Twenty sources and three addresses are shown, the rest is counted."""
    found = [source(f"192.0.{number}.1", 2, 2) for number in range(25)]
    found[0] = source("192.0.0.0/24", addresses=tuple(f"192.0.0.{number}" for number in range(5)))
    shown = sources_text(part(domains=[{**part()["domains"][0], "unknown": found}]))
    assert "192.0.0.0/24 (192.0.0.0, 192.0.0.1, 192.0.0.2 and 2 more): 412 messages" in shown
    assert "192.0.19.1: 2 messages" in shown
    assert "192.0.20.1" not in shown
    assert "    and 5 more with 10 messages\n" in shown


def test_all_pass() -> None:
    """Good news are told as such, and one day as one day."""
    one = {**source("s.example", 1, 0), "first": "2026-11-19"}
    shown = sources_text(part(domains=[{**part()["domains"][0], **tally(1, 0), "unknown": [one]}]))
    assert "c.example: 1 message, all pass DMARC\n" in shown
    assert "s.example: 1 message, all pass DMARC; SPF passes 1, DKIM 0; 2026-11-19\n" in shown


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_words(name: str) -> None:
    """What a reporter writes makes no line and no control character."""
    shown = part()
    whole = copy.deepcopy(shown)
    (domain,) = whole["domains"]
    text = HOSTILE[name]
    domain["domain"] = domain["unknown"][0]["name"] = domain["senders"][0]["name"] = text
    domain["unknown"][0]["addresses"] = domain["senders"][0]["evidence"] = [text]
    domain["unknown"][0]["first"] = text
    found = sources_text(whole)
    assert text_shape(found) == text_shape(sources_text(shown))
    assert all(character == "\n" or character.isprintable() for character in found)
