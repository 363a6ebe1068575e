"""The draft and the snapshot load as specs, whatever strangers wrote into DNS, and guess nothing into force."""

import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.discover import Discovery, Found
from reconciler.mail.draft import before, draft
from reconciler.mail.quoting import quoted
from reconciler.mail.sightings import SpfTerm
from reconciler.mail.signatures import Match
from reconciler.model import rdata
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.domain import DomainSpec
from reconciler.spec.record import Record
from reconciler.spec.yaml_text import read
from tests.mail.test_discover import KEY, RICH, SHOP, seen
from tests.spec.folders import loaded

DAY = "2026-11-20"


def drafted(found: Discovery) -> str:
    """The draft as it stands in a file."""
    return "\n".join(["domains:", *draft(found), ""])


def kept(found: Discovery) -> str:
    """The snapshot of what was found."""
    return before(found.domain, found.records, DAY, ("in public DNS", "whoever asks"))


def spec_of(text: str, snapshot: str = "") -> CustomerSpec:
    """A customer whose spec is this `domains` section, or one that moves away from this snapshot; no complaint."""
    with tempfile.TemporaryDirectory() as folder:
        if snapshot:
            text = f"""domains:
  {SHOP}:
    mail: microsoft365
    migration:
      from: {{service: hosted-exchange, as_found: before.yaml}}
      window: {{start: Friday 2026-12-04 22:00, length: 3h, time_zone: America/Monterrey}}
"""
        found = loaded(Path(folder), f"tenant: x.onmicrosoft.com\n{text}", before__yaml=snapshot)
        assert found.diagnostics == ()
        (customer,) = found.customers
        return customer


def domain_of(found: Discovery) -> DomainSpec:
    """The domain of the draft."""
    return spec_of(drafted(found)).domains[found.domain]


def snapshot_of(found: Discovery) -> tuple[Record, ...]:
    """The records of the snapshot."""
    move = spec_of("", kept(found)).domains[SHOP].migration
    assert move is not None
    assert str(move.source.as_found.found) == DAY
    return move.source.as_found.records


def bare(records: Iterable[Found] = (), matches: Iterable[Match] = (), terms: Iterable[SpfTerm] = ()) -> Discovery:
    """A discovery of a few things."""
    return Discovery(SHOP, tuple(matches), tuple(records), tuple(terms), (), {}, (), signed=False, unseen=())


def test_the_snapshot_holds_every_record() -> None:
    """Names, types, TTLs and values come back as DNS has them."""
    found = seen(RICH)
    shown = [(one.name, one.type, one.ttl, one.values) for one in snapshot_of(found)]
    assert shown == [(one.name, one.type, one.ttl, one.values) for one in found.records]
    assert len(shown) == 8


def test_an_empty_snapshot() -> None:
    """Without records it is still one."""
    assert snapshot_of(bare()) == ()


@pytest.mark.parametrize(
    "text",
    [
        'say "hello"', "back\\slash", "# no comment", "key: value", "- item", "{a: b}", "&anchor *alias !tag",
        "%YAML 1.1", "ñandú 日本 😀", "\ufeff\ufffe", "tab\there", "'single'", " leading and trailing ", "", "...",
        "---", "null", "NO", "\\x41", "${env}", "{{x}}", "\xa0", "v=spf1 include:a.example -all", '"', '""x', "a,b]",
        "x" * 3000,
    ],
)  # fmt: skip
def test_values_come_back(text: str) -> None:
    """A value is one quoted string; nothing in it has a meaning for YAML."""
    found = bare([Found("@", "TXT", 60, (text,))])
    written = kept(found)
    assert written.isascii()
    if "\t" in text:
        assert "left out of @ TXT" in written
        assert snapshot_of(found) == ()
    else:
        assert [one.values for one in snapshot_of(found)] == [(text,)]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\udcff", '"\\255"'),
        ("a\nrecords: []", '"a\\010records: []"'),
        ("a\r\n# x", '"a\\013\\010# x"'),
        ("\u2028", '"\\226\\128\\168"'),
        ("\u202eabc", '"\\226\\128\\174abc"'),
        ('"quoted"', '"\\"quoted\\""'),
        ("\x00", '"\\000"'),
    ],
)
def test_what_no_spec_can_hold_is_left_out(text: str, shown: str) -> None:
    """It is shown in a comment on one line, and the values beside it stay."""
    found = bare([Found("@", "TXT", 60, tuple(sorted((text, "kept"))))])
    assert f"  # left out of @ TXT: {shown}\n" in kept(found)
    assert [one.values for one in snapshot_of(found)] == [("kept",)]


def test_a_null_mx_beside_others_is_left_out() -> None:
    """No spec can hold both; the hosts stay. Alone it is a record like others."""
    both = bare([Found("@", "MX", 60, ("0 .", "10 mx.old.example."))])
    assert [one.values for one in snapshot_of(both)] == [("10 mx.old.example.",)]
    assert [one.values for one in snapshot_of(bare([Found("@", "MX", 60, ("0 .",))]))] == [("0 .",)]


names = st.sampled_from(["@", "*", "_dmarc", "*._domainkey", "k1._domainkey", "mail", "a-b.c"])
octets = st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
values = st.one_of(octets, st.text(max_size=60), st.sampled_from(['"', "\n", "#", "\udc80"]))
labels = st.binary(min_size=1, max_size=10).map(
    lambda raw: "".join(f"\\{octet:03d}" if not chr(octet).isalnum() or octet > 126 else chr(octet) for octet in raw)
)


@given(st.dictionaries(names, st.lists(values, min_size=1, max_size=4), max_size=3), labels, st.integers(0, 2**31 - 1))
def test_any_value(texts: dict[str, list[str]], label: str, ttl: int) -> None:
    """The law: what a spec can hold comes back, what it cannot is left out, and the file always loads."""
    mx = rdata.canonical("MX", f"10 {label}.old.example.")
    records = [Found(name, "TXT", ttl, tuple(sorted(set(some)))) for name, some in texts.items()]
    records.append(Found("mx", "MX", ttl, (mx,)))
    back = {one.name: (one.ttl, one.values) for one in snapshot_of(bare(records))}
    assert back.pop("mx") == (ttl, (mx,))
    for one in records[:-1]:
        assert {*back.get(one.name, (0, ()))[1]} <= {*one.values}
        plain = [value for value in one.values if value.isascii() and value.isprintable() and '"' not in value]
        assert {*plain} <= {*back.get(one.name, (0, ()))[1]}


def test_the_draft_of_a_domain() -> None:
    """A sender that asks for nothing new is a line, the others are comments, and every guess shows why."""
    found = seen({**RICH, ("k3._domainkey." + SHOP, "CNAME"): ["dkim3.mcsv.net."]})
    text = drafted(found)
    one = domain_of(found)
    assert [sender.name for sender in one.senders] == ["mailchimp"]
    assert "# gateway before the mailboxes: Mimecast (high, 0.98)" in text
    assert "#   MX names us-smtp-inbound-1.mimecast.com" in text
    assert "# mailboxes or forwarding: Microsoft 365 (high, 0.94)" in text
    assert "# - zendesk  # it would add CNAME zendesk1._domainkey" in text
    assert re.search(r"SPF terms of senders nobody knows by name.*\n +#   mx\n +#   ip4:198\.51\.100\.7\n", text)
    assert "a:old.example  (in _spf)" in text
    assert "# - internal relays" in text


def test_nothing_guessed_is_in_force() -> None:
    """Beside senders that are there already, nothing is asked for: no mail service, no migration, nothing absent."""
    one = domain_of(seen(RICH))
    assert one == DomainSpec(name=SHOP, dns=one.dns, origin=one.origin, senders=one.senders)
    assert one.senders == ()
    assert (one.absent, one.spf.absent, one.authoritative, one.mail, one.migration) == ((), (), False, None, None)


def test_a_sender_with_records_of_its_own() -> None:
    """It is written with the include that the domain has; where DKIM alone is wanted its own list is needed."""
    record = "v=spf1 include:123.spf04.hubspotemail.net include:sendgrid.net include:_spf.salesforce.com -all"
    found = seen({(SHOP, "TXT"): [record]})
    assert {(one.name, one.include) for one in domain_of(found).senders} == {
        ("hubspot", "123.spf04.hubspotemail.net"),
        ("salesforce", None),
    }
    assert "# - sendgrid  # its own list is needed as dns_table: the three CNAMEs" in drafted(found)


def test_an_unsure_sender_is_a_comment() -> None:
    """What may be a coincidence is left to a person."""
    found = seen({("cm._domainkey." + SHOP, "TXT"): [KEY]})
    assert domain_of(found).senders == ()
    assert "# - campaign-monitor  # ask whether it still sends" in drafted(found)


def test_a_draft_of_nothing() -> None:
    """A domain of which nothing is known is still a domain."""
    assert domain_of(bare()).senders == ()
    assert "no sign of a service we know" in drafted(bare())


@given(values, values, values)
def test_strangers_write_no_lines(first: str, second: str, third: str) -> None:
    """Whatever stands in evidence, terms and host names, it stays inside a comment."""
    match = Match("sender", "mailchimp", "Mailchimp", 0.4, (first,))
    other = Match("mailbox", "proton", "Proton Mail", 0.9, (second,))
    term = SpfTerm(third, f"include:{first}", "", own=False)
    delegated = {"_dmarc": (second,)}
    found = Discovery(SHOP, (other, match), (), (term,), (), delegated, (third,), signed=False, unseen=(first,))
    text = drafted(found)
    assert text.isascii()
    live = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    assert live == ["domains:", f'  "{SHOP}": {{}}  # take the {{}} away once something stands below it']
    assert domain_of(found).senders == ()


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quoting(text: str) -> None:
    """Every text without surrogates comes back from YAML as it was."""
    written = f"- {quoted(text)}\n"
    assert yaml.safe_load(written) == [text]
    assert read(written.encode(), "x").found == []


def test_no_quoting_of_surrogates() -> None:
    """What YAML cannot write is refused, not changed."""
    with pytest.raises(ValueError, match="UTF-8"):
        quoted("\udcff")


def test_what_a_snapshot_lacks() -> None:
    """Record sets that could not be kept are named at its head, each in one line of comment."""
    lost = [("MX @", "kept by Email Routing\nrecords: []")]
    text = before("a.example", (), DAY, ("as cf shows them",), lost)
    assert text.splitlines()[1:] == [
        "# MX @: kept by Email Routing\\nrecords: []; write down yourself what it holds",
        f"found: {DAY}",
        "records: []",
    ]
