"""How mail programs find the mailboxes."""

import pytest

from reconciler.mail import autodiscover
from reconciler.mail.clouds import CLOUDS, Cloud
from reconciler.mail.look import Look
from reconciler.model.diagnostic import Origin
from tests.mail.internet import Internet

DOMAIN = "c.example"
ORIGIN = Origin("customer.yaml", 4)
OUTLOOK = {f"autodiscover.{DOMAIN} CNAME": ["autodiscover.outlook.com."], "autodiscover.outlook.com A": ["20.1.1.1"]}
MICROSOFT = {f"{DOMAIN} MX": ["0 c-example.mail.protection.outlook.com."]}
OLD = {f"autodiscover.{DOMAIN} A": ["20.2.2.2"]}
SRV = {f"_autodiscover._tcp.{DOMAIN} SRV": ["0 0 443 ex.hosting.example."]}
NO_SRV = {f"_autodiscover._tcp.{DOMAIN} SRV": ["0 0 0 ."]}
CHINA = "clientconfig.partner.microsoftonline-p.net.cn."


def looked(records: dict[str, list[str]], silent: tuple[str, ...] = ()) -> Look:
    """The look at the domain in a small Internet."""
    return Internet(records, silent).run(lambda notebook: autodiscover.look(DOMAIN, notebook, ORIGIN))


def msoid(target: str) -> dict[str, list[str]]:
    """The record that Office programs trip over."""
    return {f"msoid.{DOMAIN} CNAME": [target]}


@pytest.mark.parametrize(
    ("records", "summary", "expected"),
    [
        ({}, "no autodiscover records", []),
        (OUTLOOK, "leads to Microsoft 365 (autodiscover.outlook.com)", []),
        (OUTLOOK | MICROSOFT, "leads to Microsoft 365 (autodiscover.outlook.com)", []),
        (MICROSOFT, "no autodiscover records", ["warning elsewhere"]),
        (MICROSOFT | OLD, "leads to 20.2.2.2", ["warning elsewhere"]),
        (MICROSOFT | SRV, "SRV record to ex.hosting.example", ["warning elsewhere"]),
        (OLD, "leads to 20.2.2.2", []),
        (SRV, "SRV record to ex.hosting.example", []),
        (NO_SRV, "no autodiscover records", []),
        (OUTLOOK | SRV, "leads to Microsoft 365 (autodiscover.outlook.com)", ["warning conflict"]),
        (OUTLOOK | NO_SRV, "leads to Microsoft 365 (autodiscover.outlook.com)", []),
        (OLD | SRV, "leads to 20.2.2.2", ["warning conflict"]),
        ({f"autodiscover.{DOMAIN} CNAME": ["gone.example."]}, "leads to gone.example", ["warning nowhere"]),
        (msoid("clientconfig.microsoftonline-p.net."), "no autodiscover records", ["error msoid"]),
        (msoid(CHINA), "no autodiscover records", []),
        (msoid(f"evil{CHINA.removeprefix('clientconfig.')}"), "no autodiscover records", ["error msoid"]),
    ],
)
def test_findings(records: dict[str, list[str]], summary: str, expected: list[str]) -> None:
    """What a mail program finds, and what is to be said of it."""
    look = looked(records)
    assert look.subject == "autodiscover"
    assert look.summary == summary
    assert [f"{one.severity} {one.rule.removeprefix('autodiscover/')}" for one in look.diagnostics] == expected
    for one in look.diagnostics:
        assert one.origin == ORIGIN
        assert one.remedy
        assert one.address in {"dns/c.example/CNAME/autodiscover", "dns/c.example/CNAME/msoid"}


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda cloud: cloud.name)
def test_each_cloud(cloud: Cloud) -> None:
    """The hosts of every cloud are known, and the remedy names the host of the cloud where mail arrives."""
    good = {f"autodiscover.{DOMAIN} CNAME": [f"{cloud.autodiscover[0]}."], f"{cloud.autodiscover[0]} A": ["20.1.1.1"]}
    assert looked(good).data["microsoft"] is True
    (one,) = looked({f"{DOMAIN} MX": [f"0 t.{cloud.mx[0]}."]}).diagnostics
    assert cloud.autodiscover[0] in one.remedy


def test_a_name_that_only_ends_alike() -> None:
    """Names are compared by labels."""
    records = {
        f"autodiscover.{DOMAIN} CNAME": ["xautodiscover.outlook.com."],
        "xautodiscover.outlook.com A": ["20.1.1.1"],
    }
    assert looked(records).data["microsoft"] is False


@pytest.mark.parametrize("kind", ["A", "CNAME"])
def test_a_wildcard(kind: str) -> None:
    """A web server behind a wildcard is asked for mailboxes: that is told once, and not as a record of its own."""
    value = {"A": "20.3.3.3", "CNAME": "web.example."}[kind]
    records = {f"{name}.{DOMAIN} {kind}": [value] for name in ("*", "autodiscover")} | {"web.example A": ["20.3.3.3"]}
    look = looked(records)
    assert [one.rule for one in look.diagnostics] == ["autodiscover/wildcard"]
    assert look.data["wildcard"] is True


def test_a_wildcard_that_answers_for_msoid() -> None:
    """It is a warning at the wildcard: there is no msoid record to remove."""
    records = {f"{name}.{DOMAIN} CNAME": ["web.example."] for name in ("*", "msoid")} | {"web.example A": ["20.3.3.3"]}
    (one,) = looked(records).diagnostics
    assert (one.rule, str(one.severity), one.address) == ("autodiscover/msoid", "warning", "dns/c.example/CNAME/*")


@pytest.mark.parametrize("silent", ["autodiscover.c.example CNAME", "msoid.c.example CNAME", "*"])
def test_no_answer_is_unknown(silent: str) -> None:
    """What nobody answered is named, and is neither a fault nor a pass."""
    look = looked(MICROSOFT if silent.startswith("autodiscover") else OUTLOOK, (silent,))
    assert (look.verdict, look.diagnostics) == ("unknown", ())
    assert any("no answer" in line for line in look.lines)


def test_a_wildcard_nobody_answers_for() -> None:
    """The tests for wildcards only add: without them nothing else is unknown."""
    assert looked(OUTLOOK, ("*.c.example A", "*.c.example CNAME", "c.example MX")).verdict == "pass"


def test_a_target_nobody_answers_for() -> None:
    """That a target has no address is said only when somebody said so."""
    records = {f"autodiscover.{DOMAIN} CNAME": ["ex.hosting.example."]}
    look = looked(records, (f"autodiscover.{DOMAIN} A",))
    assert (look.verdict, look.diagnostics) == ("unknown", ())


def test_both_records_at_one_host() -> None:
    """A CNAME and an SRV record that lead to the same host agree."""
    records = SRV | {f"autodiscover.{DOMAIN} CNAME": ["ex.hosting.example."], "ex.hosting.example A": ["20.2.2.2"]}
    assert looked(records).diagnostics == ()


def test_one_round() -> None:
    """Everything is asked for at once."""
    net = Internet(OUTLOOK | SRV)
    net.run(lambda notebook: autodiscover.look(DOMAIN, notebook))
    assert net.rounds == 1
    assert set(net.asked.values()) == {1}
