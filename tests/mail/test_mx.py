"""Where mail arrives, as senders find it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail import mx
from reconciler.mail.look import Look
from reconciler.mail.mx_lint import MOST
from reconciler.model import rdata
from reconciler.model.diagnostic import Origin, Severity
from tests.mail.internet import Internet

DOMAIN = "c.example"
ORIGIN = Origin("customer.yaml", 4)
#: An address that is routed on the Internet; nobody is asked there.
PUBLIC = "20.1.1.1"


def looked(records: dict[str, list[str]], silent: tuple[str, ...] = ()) -> Look:
    """The look at the domain in a small Internet."""
    return Internet(records, silent).run(lambda notebook: mx.look(DOMAIN, notebook, ORIGIN))


def rules(look: Look) -> list[str]:
    """Severity and rule of each finding."""
    return [f"{one.severity} {one.rule.removeprefix('mx/')}" for one in look.diagnostics]


def hosts(*pairs: str, **addresses: str) -> dict[str, list[str]]:
    """MX records, and an A record for each host `NAME=ADDRESS` under h.example."""
    return {f"{DOMAIN} MX": list(pairs)} | {f"{name}.h.example A": [one] for name, one in addresses.items()}


def test_sound() -> None:
    """Two hosts with addresses are named in the order in which senders try them, and nothing is said of them."""
    look = looked(hosts("20 b.h.example.", "10 a.h.example.", a=PUBLIC, b=PUBLIC) | {"a.h.example AAAA": ["2600::1"]})
    assert (look.subject, look.verdict, look.diagnostics) == ("mx", "pass", ())
    assert look.summary == "2 hosts, the first is a.h.example"
    assert look.lines == (f"10 a.h.example; {PUBLIC}, 2600::1", f"20 b.h.example; {PUBLIC}")
    assert look.data["hosts"][0] == {
        "preference": 10, "host": "a.h.example", "alias": "", "addresses": [PUBLIC, "2600::1"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (hosts("0 ."), []),
        (hosts("5 ."), ["warning null-preference"]),
        (hosts("0 .", "10 a.h.example.", a=PUBLIC), ["error null-beside"]),
        (hosts("10 gone.h.example."), ["error no-address"]),
        (hosts("10 a.h.example.", "20 gone.h.example.", a=PUBLIC), ["error no-address"]),
        (hosts("10 192.0.2.1."), ["error literal"]),
        (hosts("10 2001:db8::1."), ["error literal"]),
        (hosts("10 a.h.example.", a="10.1.2.3"), ["error private"]),
        (hosts("10 a.h.example.", a="203.0.113.5"), ["error private"]),
        (hosts("10 a.h.example.", a="100.64.0.1"), ["error private"]),
        (hosts("10 a.h.example.", a="224.0.0.1"), ["error private"]),
        (hosts("10 a.h.example.", a=PUBLIC) | {"a.h.example AAAA": ["fe80::1"]}, ["warning private"]),
        (hosts("10 a.h.example.", "20 a.h.example.", a=PUBLIC), ["warning duplicate"]),
        (hosts("10 gone.h.example.", "20 gone.h.example."), ["error no-address", "warning duplicate"]),
        (hosts("10 a.h.example.", "99 ms12345678.msv1.invalid.", a=PUBLIC), ["warning proof"]),
        (hosts("99 ms12345678.msv1.invalid."), ["error proof"]),
        (hosts("10 w.h.example.", a=PUBLIC) | {"w.h.example CNAME": ["a.h.example."]}, ["warning alias"]),
        (hosts("10 w.h.example.") | {"w.h.example CNAME": ["gone.h.example."]}, ["error no-address"]),
        ({f"{DOMAIN} A": [PUBLIC]}, ["warning implicit"]),
        ({f"{DOMAIN} AAAA": ["2600::1"]}, ["warning implicit"]),
        ({f"{DOMAIN} TXT": ["x"]}, ["error none"]),
        ({}, ["error no-domain"]),
    ],
)
def test_findings(records: dict[str, list[str]], expected: list[str]) -> None:
    """Each fault is one finding with a remedy, at the MX records, under the spec line that asked."""
    look = looked(records)
    assert rules(look) == expected
    for one in look.diagnostics:
        assert one.address == "dns/c.example/MX/@"
        assert one.origin == ORIGIN
        assert one.remedy
        assert "RFC" in one.detail or one.rule in {"mx/duplicate", "mx/proof", "mx/no-domain"}


def test_a_missing_final_dot() -> None:
    """A host that ends in the domain twice is told as what it is."""
    (one,) = looked(hosts("10 mail.c.example.c.example.")).diagnostics
    assert one.remedy == "The domain stands in it twice: write its name with a final dot."


def test_the_worst_first() -> None:
    """Errors stand before warnings."""
    records = hosts("10 w.h.example.", "20 gone.h.example.", a=PUBLIC) | {"w.h.example CNAME": ["a.h.example."]}
    assert rules(looked(records)) == ["error no-address", "warning alias"]


@pytest.mark.parametrize("silent", [f"{DOMAIN} MX", "a.h.example A"])
def test_no_answer_is_unknown(silent: str) -> None:
    """What nobody answered is neither a fault nor a pass."""
    look = looked(hosts("10 a.h.example.", a=PUBLIC), (silent,))
    assert (look.verdict, look.diagnostics) == ("unknown", ())


def test_no_answer_beside_an_answer() -> None:
    """A host with one kind of address can be reached, whatever the other kind would say."""
    assert looked(hosts("10 a.h.example.", a=PUBLIC), ("a.h.example AAAA",)).verdict == "pass"


def test_no_mx_and_no_answer_for_the_domain() -> None:
    """Without MX records everything hangs on the domain's address; not to know it is no error."""
    assert looked({f"{DOMAIN} TXT": ["x"]}, (f"{DOMAIN} A",)).verdict == "unknown"


def test_all_hosts_in_one_round() -> None:
    """The hosts are asked for together, each name and type once, the null MX and literals not at all."""
    net = Internet(hosts("10 a.h.example.", "20 b.h.example.", "20 a.h.example.", "30 192.0.2.1.", "40 .", a=PUBLIC))
    net.run(lambda notebook: mx.look(DOMAIN, notebook))
    assert net.rounds == 2
    assert set(net.asked.values()) == {1}
    assert {name for name, _ in net.asked} == {DOMAIN, "a.h.example", "b.h.example"}


def test_a_flood_of_hosts() -> None:
    """Of a thousand hosts those that a sender tries first are asked for, and a finding says so."""
    net = Internet(
        hosts(*(f"{one} h{one}.h.example." for one in range(1000)), **{f"h{one}": PUBLIC for one in range(20)})
    )
    look = net.run(lambda notebook: mx.look(DOMAIN, notebook))
    assert sum(net.asked.values()) == 1 + 2 * MOST
    assert [one.rule for one in look.diagnostics] == ["mx/many"]


def test_many_addresses_are_cut() -> None:
    """A host with hundreds of addresses does not fill the report."""
    many = {"a.h.example A": [f"20.1.1.{one}" for one in range(256)]}
    (line,) = looked(hosts("10 a.h.example.") | many).lines
    assert line.count("20.1.1.") == 8
    assert line.endswith(" and 248 more")


@given(st.lists(st.tuples(st.integers(0, 65535), st.text("ab.\\0é:*_1 ", max_size=12)), min_size=1, max_size=4))
def test_any_host(pairs: list[tuple[int, str]]) -> None:
    """Whatever MX value the record model lets in, there is an answer for it."""
    values = []
    for preference, host in pairs:
        try:
            values.append(rdata.canonical_at("MX", f"{preference} {host}", f"{DOMAIN}."))
        except ValueError:
            continue
    look = looked({f"{DOMAIN} MX": values, f"{DOMAIN} A": [PUBLIC]})
    assert look.verdict in {"pass", "warn", "fail"}
    assert all(one.severity is not Severity.INFO for one in look.diagnostics)
