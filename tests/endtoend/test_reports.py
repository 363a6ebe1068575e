"""Receivers' reports beside a spec: who still sends, who is about to leave, and who nobody named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.emulators.dns_server import DnsServer
from tests.endtoend.place import Place
from tests.mail.aggregate import gzipped, report, row, signed, xml, zipped

SPEC = """\
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: microsoft365
    senders: [mailchimp, {name: copier, address: 8.8.8.8, until: 2099-01-01}, {name: crm, dns_table: crm.csv}]
    spf: {absent: ['include:_spf.old.example']}
"""
WORLD = {
    ("spf.protection.outlook.com", "TXT"): ["v=spf1 include:more.example -all"],
    ("crm.example", "TXT"): ["v=spf1 ip4:208.68.1.0/24 -all"],
    ("more.example", "TXT"): ["v=spf1 ip4:40.92.0.0/15 -all"],
    ("_spf.old.example", "TXT"): ["v=spf1 ip4:9.9.9.0/24 -all"],
    ("acme.example", "MX"): ["10 mail.acme.example."],
}


def reports(folder: Path) -> list[str]:
    """Two files of reporters: plain, and packed."""
    rows = [
        row("8.8.8.8", 412, "acme.example"),
        row("40.92.1.1", 20, "acme.example"),
        row("9.9.9.9", 3, "acme.example"),
        row("208.67.1.1", 4, "acme.example"),
        row("208.68.1.1", 5, "acme.example"),
        row("77.88.99.1", 7, "acme.example"),
        row("205.201.128.1", 9, "acme.example", signatures=signed("news.mcsv.net")),
    ]
    (folder / "a.xml").write_bytes(xml(report(*rows, id="a", domain="acme.example")))
    (folder / "b.xml.gz").write_bytes(
        gzipped(xml(report(rows[5], id="b", reporter="yahoo.com", domain="acme.example")))
    )
    return [str(folder / "a.xml"), str(folder / "b.xml.gz")]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """The customer."""
    made = Place.empty(tmp_path)
    made.zone()
    made.tenant()
    made.spec(SPEC)
    table = "name,type,value\n@,TXT,v=spf1 ip4:208.67.1.1 include:crm.example ~all\n"
    (made.specs / "acme" / "crm.csv").write_text(table)
    return made


def test_who_still_sends(place: Place) -> None:
    """Each sender has its evidence, those that are about to leave too; strangers are told first."""
    with DnsServer(WORLD) as server:
        words = ("check", "--dmarc-reports", *reports(place.root), "--resolver", f"127.0.0.1:{server.address[1]}")
        done = place.run(*words, "--json")
        shown = place.run(*words)
    (domain,) = done.json["sources"]["domains"]
    assert {one["name"]: one["messages"] for one in domain["senders"]} == {
        "copier (until 2099-01-01)": 412,
        "microsoft365": 20,
        "include:_spf.old.example (to be retired)": 3,
        "mailchimp": 9,
        "crm": 9,
    }
    assert [(one["addresses"], one["messages"]) for one in domain["unknown"]] == [(["77.88.99.1"], 14)]
    assert "copier (until 2099-01-01): still sent 412 messages until" in shown.out
    assert shown.out.index("77.88.99.1") < shown.out.index("copier")


def test_without_a_spec_reports_tell_who_sends(tmp_path: Path) -> None:
    """No folder of specs, no domain: the reports alone."""
    place = Place(tmp_path)
    done = place.run(
        "check", "--dmarc-reports", *reports(tmp_path), "--resolver", "127.0.0.1:9", "--json", "--specs", ""
    )
    (domain,) = done.json["sources"]["domains"]
    assert (done.code, domain["domain"], len(domain["unknown"])) == (0, "acme.example", 7), done


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("bad.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><feedback/>", "dmarc-report/xml"),
        ("empty.zip", zipped(), "dmarc-report/format"),
        ("no.gz", b"\x1f\x8bxx", "dmarc-report/archive"),
    ],
)
def test_a_hostile_report_is_told_and_the_others_are_read(place: Place, name: str, content: bytes, said: str) -> None:
    """One bad file stops no other; the exit code says so."""
    (place.root / name).write_bytes(content)
    with DnsServer(WORLD) as server:
        files = [*reports(place.root), str(place.root / name)]
        done = place.run("check", "--dmarc-reports", *files, "--resolver", f"127.0.0.1:{server.address[1]}", "--json")
    assert done.code == 1
    assert said in {one["rule"] for one in done.json["diagnostics"]}
    assert done.json["sources"]["domains"][0]["senders"][0]["messages"]


def test_a_report_that_is_not_there_is_no_domain(place: Place) -> None:
    """A typing error in a file's name is told as such."""
    done = place.run("check", "--dmarc-reports", "gone.xml", "--resolver", "127.0.0.1:9")
    assert (done.code, "there is no file gone.xml" in done.err) == (1, True)
