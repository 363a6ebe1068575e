"""Whose a record is, by what stands in it."""

import pytest

from reconciler.mail.quoting import comment, plain, sayable
from reconciler.mail.tokens import TOKENS, service_of


@pytest.mark.parametrize(
    ("kind", "name", "value", "service"),
    [
        ("TXT", "@", "facebook-domain-verification=x", "Facebook"),
        ("TXT", "@", "Google-Site-Verification=x", "Google"),
        ("TXT", "@", "MS=ms123", "Microsoft 365"),
        ("TXT", "@", "apple-domain=x", "iCloud+ custom domain"),
        ("TXT", "@", "xfacebook-domain-verification=x", ""),
        ("TXT", "@", "v=spf1 include:sendgrid.net -all", ""),
        ("MX", "@", "10 shop-example.mail.protection.outlook.com.", "Microsoft 365"),
        ("MX", "@", "0 .", ""),
        ("CNAME", "autodiscover", "autodiscover.outlook.com.", "Microsoft 365"),
        ("CNAME", "s1._domainkey", "s1.domainkey.u1.wl.sendgrid.net.", "Twilio SendGrid"),
        ("CNAME", "www", "shops.example.net.", ""),
        ("A", "@", "192.0.2.1", ""),
        ("SRV", "_x._tcp", "1", ""),
    ],
)
def test_services(kind: str, name: str, value: str, service: str) -> None:
    """Only what is known to be one service's alone."""
    assert service_of(kind, name, value) == service


def test_tokens_are_told_apart() -> None:
    """They are compared in lower case, and none begins like another's."""
    assert all(token == token.lower() for token in TOKENS)
    assert not [(one, other) for one in TOKENS for other in TOKENS if one != other and one.startswith(other)]


def test_comments_are_one_line() -> None:
    """Whatever a value holds, its comment is printable ASCII on one line, and not endless."""
    for text in ("a\nb", "\udcff", "ñ", "x" * 1000, "\u202e"):
        for shown in (comment("TXT", text), comment("MX", text), plain(text)):
            assert shown.isascii()
            assert shown.isprintable()
            assert len(shown) <= 300
    assert [sayable(text) for text in ("ñ 'x' \"y\"", "\n", "\u202e", "\udcff")] == [True, False, False, False]
