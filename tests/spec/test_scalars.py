"""Single values: one normal form, and a reason and a remedy for what has none."""

from datetime import date
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from reconciler.spec import scalars
from reconciler.spec.migration import moment, zone

RECIPIENT = "age1pu0sry5czqu2hgftpd6yga02ys8p90dkmt3m62rqxp33e7q5vc7qvj7uk6"


@pytest.mark.parametrize(
    ("function", "written", "normal"),
    [
        (scalars.seconds, 300, 300),
        (scalars.seconds, "300", 300),
        (scalars.seconds, "0", 0),
        (scalars.seconds, "5m", 300),
        (scalars.seconds, "1h", 3600),
        (scalars.seconds, "1d", 86400),
        (scalars.seconds, "3h30m", 12600),
        (scalars.seconds, "1w1d1h1m1s", 694861),
        (scalars.fraction, "30%", 0.3),
        (scalars.fraction, "100%", 1.0),
        (scalars.fraction, "2.5%", 0.025),
        (scalars.domain, "Example.COM.", "example.com"),
        (scalars.domain, "ñandú.example", "xn--and-6ma2c.example"),
        (scalars.host, "_spf.Google.com.", "_spf.google.com"),
        (scalars.email, "Ana.Lopez+x@Ñandú.example", "ana.lopez+x@xn--and-6ma2c.example"),
        (scalars.tenant, "Contoso.onmicrosoft.com", "contoso.onmicrosoft.com"),
        (scalars.tenant, "x.partner.onmschina.cn", "x.partner.onmschina.cn"),
        (scalars.country, "no", "NO"),
        (scalars.day, "2027-01-15", date(2027, 1, 15)),
        (scalars.day, "Friday 2027-01-15", date(2027, 1, 15)),
        (scalars.day, "vie, 2027-01-15", date(2027, 1, 15)),
        (scalars.day, "sábado 2027-01-16", date(2027, 1, 16)),
        (scalars.network, "203.0.113.7", "203.0.113.7"),
        (scalars.network, "203.0.113.0/28", "203.0.113.0/28"),
        (scalars.network, "2001:DB8:0::7", "2001:db8::7"),
        (scalars.recipient, RECIPIENT, RECIPIENT),
        (zone, "America/Monterrey", "America/Monterrey"),
    ],
)
def test_normal_form(function: Any, written: Any, normal: Any) -> None:
    """Each way of writing a value comes out as the one normal form."""
    assert function(written) == normal


@pytest.mark.parametrize(
    ("function", "written", "rule", "remedy"),
    [
        (scalars.seconds, "1x", "spec/duration", "write 300, 5m"),
        (scalars.seconds, "", "spec/duration", "write 300, 5m"),
        (scalars.seconds, "1h3d", "spec/duration", "write 300, 5m"),
        (scalars.seconds, "-5", "spec/duration", "write 300, 5m"),
        (scalars.seconds, -5, "spec/duration", "0 to 2147483647"),
        (scalars.seconds, "9" * 50, "spec/duration", "0 to 2147483647"),
        (scalars.seconds, True, "spec/duration", "write 300, 5m"),
        (scalars.seconds, "٣h", "spec/duration", "write 300, 5m"),
        (scalars.fraction, "30", "spec/percent", "write 30%"),
        (scalars.fraction, "101%", "spec/percent", "write 30%"),
        (scalars.domain, "example", "spec/domain", "example.com"),
        (scalars.domain, "a..b", "spec/domain", "example.com"),
        (scalars.domain, "-a.example", "spec/domain", "example.com"),
        (scalars.domain, "192.0.2.1", "spec/domain", "example.com"),
        (scalars.domain, "a." * 127 + "example", "spec/domain", "example.com"),
        (scalars.host, "spf", "spec/host", "write it whole"),
        (scalars.email, "ana", "spec/email", "ana@example.com"),
        (scalars.email, "a@b@c.example", "spec/email", "ana@example.com"),
        (scalars.email, "mailto:a@c.example", "spec/email", "ana@example.com"),
        (scalars.email, "josé@c.example", "spec/email", "ana@example.com"),
        (scalars.tenant, "contoso.com", "spec/tenant", "initial domain"),
        (scalars.country, "UK", "spec/country", "two letters"),
        (scalars.country, "Mexico", "spec/country", "two letters"),
        (scalars.day, "2027-02-30", "spec/date", "2027-01-15"),
        (scalars.day, "15/01/2027", "spec/date", "2027-01-15"),
        (scalars.day, "20270115", "spec/date", "2027-01-15"),
        (scalars.day, "Monday 2027-01-15", "spec/weekday", "correct one"),
        (scalars.day, "Frieday 2027-01-15", "spec/weekday", "did you mean `friday`?"),
        (scalars.network, "203.0.113.7/28", "spec/address", "203.0.113.0/28"),
        (scalars.network, "203.0.113.256", "spec/address", "203.0.113.0/28"),
        (scalars.recipient, RECIPIENT[:-1] + "7", "spec/recipient", "copy it whole"),
        (scalars.recipient, "ssh-ed25519 AAAA", "spec/recipient", "copy it whole"),
        (scalars.recipient, "AGE-SECRET-KEY-1ABC", "spec/secret", "the public one"),
        (zone, "America/Monterey", "spec/time-zone", "did you mean `America/Monterrey`?"),
        (zone, "America", "spec/time-zone", "America/Monterrey"),
        (zone, "../../etc/passwd", "spec/time-zone", "America/Monterrey"),
        (moment, "2026-12-04", "spec/time", "Friday 2026-12-04 22:00"),
        (moment, "2026-12-04 24:00", "spec/time", "Friday 2026-12-04 22:00"),
        (moment, "Thursday 2026-12-04 22:00", "spec/weekday", "correct one"),
    ],
)
def test_refused(function: Any, written: Any, rule: str, remedy: str) -> None:
    """What has no normal form is refused with the rule and what to write."""
    with pytest.raises(PydanticCustomError) as bad:
        function(written)
    assert bad.value.type == rule
    assert remedy in str((bad.value.context or {})["remedy"])


def test_a_private_key_is_not_shown() -> None:
    """A private key pasted by mistake does not reach a report."""
    with pytest.raises(PydanticCustomError) as bad:
        scalars.recipient("AGE-SECRET-KEY-1QQQ")
    assert "1QQQ" not in str(bad.value)
