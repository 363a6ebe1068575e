"""What is told to those who have a copier or a program that sends mail."""

from datetime import date

import pytest

from reconciler.mail.devices import BASIC_ENDS, REMOVAL_NAMED_BY, warnings
from reconciler.model.diagnostic import Diagnostic, Origin, Severity

ORIGIN = Origin("customer.yaml", 9)
BEFORE = date(2026, 11, 20)


def told(
    method: str | None, address: str | None = "203.0.113.7", *, microsoft365: bool = True, today: date = BEFORE
) -> list[Diagnostic]:
    """What is said of a copier."""
    found = warnings("the copier", method, address, microsoft365=microsoft365, today=today, origin=ORIGIN)
    assert all(one.origin == ORIGIN and "the copier" in one.summary and one.remedy for one in found)
    return found


@pytest.mark.parametrize("today", [BEFORE, BASIC_ENDS])
def test_smtp_auth_before(today: date) -> None:
    """What will happen, when, to whom, and every way out."""
    (one,) = told("smtp-auth", today=today)
    assert (one.rule, one.severity) == ("sender/smtp-auth", Severity.WARNING)
    assert "goes off by default at the end of December 2026" in one.summary
    assert "tenants made after that do not have it" in one.detail
    assert "is to be named in the second half of 2027" in one.detail
    for way in ("OAuth", "inbound connector", "High Volume Email", "somebody else"):
        assert way in one.remedy


def test_smtp_auth_after() -> None:
    """From the first day of 2027 it has happened."""
    (one,) = told("smtp-auth", today=date(2027, 1, 1))
    assert "went off by default at the end of December 2026" in one.summary
    assert "goes" not in one.summary
    assert "tenants made since then do not have it" in one.detail
    assert "is to be named" in one.detail
    assert one.severity is Severity.WARNING


def test_smtp_auth_long_after() -> None:
    """What was announced for 2027 is past in 2028."""
    (one,) = told("smtp-auth", today=REMOVAL_NAMED_BY)
    assert "is to be named" in one.detail
    (one,) = told("smtp-auth", today=date(2028, 1, 1))
    assert "was to be named in the second half of 2027" in one.detail


def test_smtp_auth_needs_no_address() -> None:
    """It sends through a mailbox: SPF lists the service, not the device."""
    assert told("smtp-auth", None) == told("smtp-auth")


def test_direct_send() -> None:
    """The name it sends to changes, and the tenant may refuse it."""
    (one,) = told("direct")
    assert (one.rule, one.severity) == ("sender/direct-send", Severity.WARNING)
    assert "MX name of the domain, which changes when MX changes" in one.summary
    assert "mailboxes of the tenant alone" in one.detail
    assert "RejectDirectSend" in one.detail


@pytest.mark.parametrize("address", [None, ""])
def test_direct_without_an_address(address: str | None) -> None:
    """SPF cannot list what the spec does not say; that holds for every mail service."""
    unlisted, moves = told("direct", address)
    assert (unlisted.rule, unlisted.severity) == ("sender/direct-send", Severity.WARNING)
    assert "SPF does not list it" in unlisted.summary
    assert [moves] == told("direct")
    assert told("direct", address, microsoft365=False) == [unlisted]


def test_relay() -> None:
    """By an address it needs a connector, which is information; without one it is a warning."""
    (one,) = told("relay")
    assert (one.rule, one.severity) == ("sender/relay", Severity.INFO)
    assert "knows it by 203.0.113.7" in one.summary
    assert "which changes when MX changes" in one.detail
    (one,) = told("relay", None)
    assert (one.rule, one.severity) == ("sender/relay", Severity.WARNING)
    assert "SPF does not list it" in one.summary


@pytest.mark.parametrize("method", ["smtp-auth", "direct", "relay", None])
def test_another_mail_service(method: str | None) -> None:
    """What Microsoft changes is nothing to a domain whose mail is elsewhere."""
    assert told(method, microsoft365=False) == []


def test_a_sender_without_a_method() -> None:
    """Nothing is guessed."""
    assert told(None) == []
    assert told(None, None) == []
