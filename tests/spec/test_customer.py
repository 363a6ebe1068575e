"""One customer's spec: values in normal form, each mistake at its place, all at once."""

from datetime import date
from pathlib import Path

import pytest

from reconciler.model.route import Manage
from reconciler.spec.domain import AskSpec
from reconciler.spec.load import load
from tests.spec.folders import RICH, complaints, loaded, write

DOMAIN = "domains:\n  x.example:\n    "
TENANT = "tenant: x.onmicrosoft.com\n"


def test_values(tmp_path: Path) -> None:
    """Names, records, senders and durations come out in normal form."""
    spec = load(write(tmp_path, RICH), ["ferreteria"]).customers[0]
    assert list(spec.domains) == ["ferreterialopez.example", "xn--and-6ma2c.example"]
    one = spec.domains["ferreterialopez.example"]
    assert isinstance(one.dns, AskSpec)
    assert (one.dns.ask, one.dns.answers_in) == ("soporte@hosting.example", 14_400)
    assert [(r.type, r.name, r.ttl, r.values) for r in one.records[:4]] == [
        ("A", "www", 3600, ("198.51.100.10", "198.51.100.11")),
        ("TXT", "@", 3600, ("otro texto", "token=abc")),
        ("SRV", "_sip._tls", 3600, ("100 1 443 sip.example.net.",)),
        ("CNAME", "tienda", 3600, ("shops.example.net.",)),
    ]
    assert (one.records[0].manage, one.records[0].protect) == (Manage.CREATE, True)
    assert one.records[1].until == date(2027, 1, 15)
    assert [(s.name, s.address, s.include, s.method, s.ttl) for s in one.senders] == [
        ("mailchimp", None, None, None, None),
        ("copier on the second floor", "203.0.113.7", None, "direct", 300),
        ("hubspot", None, None, None, None),
        ("crm", None, "_spf.crm.example", "relay", None),
    ]
    assert one.dmarc is not None
    assert (one.dmarc.reports_to, one.dmarc.ttl) == (("dmarc@msp.example",), 300)
    assert [(a.name, a.type, a.value) for a in one.absent] == [
        ("old", "CNAME", "legacy.example.net."),
        ("older", "TXT", None),
    ]
    assert spec.destroy == ("dns/ferreterialopez.example/CNAME/old",)
    assert spec.customer is not None
    assert spec.customer.address is not None
    assert spec.customer.address.postal_code == "64000"


def test_one_line_customer(tmp_path: Path) -> None:
    """What is left out is not looked at, and defaults come from the workspace."""
    spec = loaded(tmp_path, "domains: {x.example: {}}\n").customers[0]
    one = spec.domains["x.example"]
    assert (spec.accounts, spec.customer, spec.tenant, spec.destroy) == (None, None, None, 0)
    assert (one.dns, one.mail, one.dmarc, one.migration, one.records) == ("zones", None, None, None, ())
    assert (one.spf.all, one.spf.adopt, one.manage) == (None, None, Manage.FULL)


def test_records_take_over_from_their_domain(tmp_path: Path) -> None:
    """TTL, manage and protect of a domain hold for its records that do not say otherwise."""
    text = f"""{DOMAIN}{{ttl: 5m, manage: observe, protect: true, records: [
        {{name: a, type: A, values: 192.0.2.1}},
        {{name: b, type: A, values: 192.0.2.1, ttl: 1h, manage: create, protect: false}}]}}"""
    first, second = loaded(tmp_path, text).customers[0].domains["x.example"].records
    assert (first.ttl, first.manage, first.protect) == (300, Manage.OBSERVE, True)
    assert (second.ttl, second.manage, second.protect) == (3600, Manage.CREATE, False)


def test_origins(tmp_path: Path) -> None:
    """Each part knows the line that asked for it, in the author's words."""
    spec = load(write(tmp_path, RICH), ["ferreteria"]).customers[0]
    one = spec.domains["ferreterialopez.example"]
    home = f"{tmp_path}/ferreteria/customer.yaml"
    assert one.mail is not None
    assert one.senders[2].dns_table is not None
    places = [one.origin, one.mail.origin, one.senders[0].origin, one.records[3].origin, spec.groups["ventas"].origin]
    assert [(place.file, place.line, place.column, place.rule) for place in places] == [
        (home, 19, 3, "domains.ferreterialopez.example"),
        (home, 21, 5, "domains.ferreterialopez.example.mail"),
        (home, 23, 9, "domains.ferreterialopez.example.senders[0]: mailchimp"),
        (home, 34, 9, "domains.ferreterialopez.example.records[3]"),
        (home, 57, 3, "groups.ventas"),
    ]
    assert one.senders[2].dns_table.records[0].origin == (
        f"{tmp_path}/ferreteria/hubspot.csv", 2, 0, "domains.ferreterialopez.example.senders[2].dns_table: hubspot.csv",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("domain: {}", ["1:1 spec/unknown-key unknown key `domain` in this file"]),
        (f"{DOMAIN}sender: []", ["3:5 spec/unknown-key unknown key `sender` in domains.x.example"]),
        (
            "origin: a\nid: b\nfolder: c",
            [
                "1:1 spec/unknown-key unknown key `origin` in this file",
                "2:1 spec/unknown-key unknown key `id` in this file",
                "3:1 spec/unknown-key unknown key `folder` in this file",
            ],
        ),
        ("domains: {x: {}}", ["1:11 spec/domain 'x' is no domain"]),
        ("domains: {x.example: {}, X.example.: {}}", ["1:26 spec/twice the domain x.example again"]),
        (f"{DOMAIN}dns: zone", ["3:10 spec/provider `dns`: there is no provider 'zone' in workspace.yaml"]),
        (f"{DOMAIN}dns: {{ask: me}}", ["3:16 spec/email `ask`: 'me' is no e-mail address"]),
        (f"{DOMAIN}mail: microsoft356", ["3:11 spec/choice `mail`: 'microsoft356' is none of the choices"]),
        (f"{DOMAIN}mail: microsoft365", ["3:5 spec/missing `tenant` is missing, microsoft365 needs one"]),
        (f"{DOMAIN}mail: {{service: table}}", ["3:5 spec/missing the table is missing"]),
        (
            f"{TENANT}{DOMAIN}mail: {{service: microsoft365, table: a.csv}}",
            [
                "4:35 spec/table microsoft365 takes no table",
                "4:35 spec/file 'a.csv' cannot be read: No such file or directory",
            ],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: A}}]",
            ["3:15 spec/missing `values` is missing in domains.x.example.records[0]"],
        ),
        (f"{DOMAIN}records: [{{name: a, type: A, values: []}}]", ["3:42 spec/value `values`: at least one is needed"]),
        (
            f"{DOMAIN}records: [{{name: a, type: A, values: [1.2.3]}}]",
            ["3:43 spec/value '1.2.3' is no A value"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: MX, values: [10 mail]}}]",
            ["3:44 spec/value the target 'mail' has one label: write the whole name, or a final dot"],
        ),
        (
            f"{DOMAIN}records: [{{name: www.x.example, type: A, values: 192.0.2.1}}]",
            ["3:22 spec/name 'www.x.example' repeats the zone's name: write www, or put a final dot"],
        ),
        (f"{DOMAIN}records: [{{name: a, type: AAAAA, values: b}}]", ["3:31 spec/type 'AAAAA' is no record type"]),
        (
            f"{DOMAIN}records: [{{name: a, type: SOA, values: b}}]",
            ["3:31 spec/type SOA belongs to the DNS host: it cannot be written here"],
        ),
        (
            f"""{DOMAIN}records: [{{name: a, type: TXT, values: ['"b"']}}]""",
            ["3:45 spec/value '\"b\"' is quoted twice: write the text itself, without the quotes a zone file has"],
        ),
        (
            f'{DOMAIN}records: [{{name: a, type: TXT, values: "b\\n"}}]',
            ["3:44 spec/value 'b\\n' holds a control character or a line end: write it on one line"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: A, values: 192.0.2.1}}, {{name: A, type: a, values: 192.0.2.2}}]",
            ["3:54 spec/twice a A again"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: CNAME, values: b.example}}, {{name: a, type: A, values: 192.0.2.2}}]",
            ["3:58 spec/cname a has a CNAME and A"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: A, values: 192.0.2.2}}, {{name: a, type: CNAME, values: b.example}}]",
            ["3:54 spec/cname a has a CNAME and A"],
        ),
        (
            f"{DOMAIN}records: [{{name: '@', type: CNAME, values: b.example}}]",
            ["3:15 spec/cname a CNAME cannot stand at the domain itself"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: TXT, values: b, proxied: false}}]",
            ["3:15 spec/proxied a TXT cannot be proxied"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: A, values: 192.0.2.2, ttl: 1x}}]",
            ["3:58 spec/duration `ttl`: '1x' is no duration"],
        ),
        (
            f"{DOMAIN}records: [{{name: a, type: A, values: 192.0.2.2, until: Monday 2027-01-15}}]",
            ["3:60 spec/weekday `until`: 2027-01-15 is a Friday, not a Monday"],
        ),
        (
            f"{DOMAIN}absent: [{{name: a.x.example, type: B, value: c}}]",
            [
                "3:21 spec/name 'a.x.example' repeats the zone's name: write a, or put a final dot",
                "3:40 spec/type 'B' is no record type",
            ],
        ),
        (f"{DOMAIN}senders: [a, {{name: b}}, A]", ["3:29 spec/twice the sender 'A' again"]),
        (
            f"{DOMAIN}senders: [{{name: b, address: 203.0.113.7, method: smtp-auth}}]",
            ["3:15 spec/sender 'b' sends through a mailbox: it needs no address in SPF"],
        ),
        (
            f"{DOMAIN}senders: [a]\n    records: [{{name: '@', type: TXT, values: v=spf1 -all}}]",
            ["4:15 spec/spf the SPF record is composed from `mail` and `senders`"],
        ),
        (
            f"{DOMAIN}dmarc: {{policy: none}}\n    records: [{{name: _dmarc, type: TXT, values: v=DMARC1; p=none}}]",
            ["4:15 spec/dmarc `dmarc` writes this record"],
        ),
        (
            f"{TENANT}domains: {{a.example: {{default: true}}, b.example: {{default: true}}}}",
            ["2:39 spec/twice b.example and a.example both are the default domain"],
        ),
        (f"{DOMAIN}teams: true", ["2:3 spec/missing `tenant` is missing, `teams` needs one"]),
        ("licenses: {E3: {seats: 1}}", ["1:1 spec/missing `tenant` is missing, `licenses` needs one"]),
        (
            f"{TENANT}licenses: {{E3: {{seats: 1, payment_due_day: 32}}}}",
            ["2:44 spec/value `payment_due_day`: 32: input should be less than or equal to 31"],
        ),
        (
            f"{TENANT}licenses: {{E3: {{seats: 1}}}}\nusers: {{licenses: [E5]}}",
            ["3:19 spec/license users.licenses: 'E5' is not among `licenses`"],
        ),
        (f"{TENANT}tenants: tenant", ["2:10 spec/provider `tenants`: there is no provider 'tenant' in workspace.yaml"]),
        ("tenant: x.example", ["1:9 spec/tenant `tenant`: 'x.example' is no tenant"]),
        (
            "customer: {name: X, address: {street: a, city: b, country: NOR}}",
            ["1:60 spec/country `country`: 'NOR' is no country code"],
        ),
        (
            "customer: {name: X, address: {street: a, city: b}}",
            ["1:30 spec/missing `country` is missing in customer.address"],
        ),
        ("contacts: {onsite_admin: {name: A, email: b}}", ["1:43 spec/email `email`: 'b' is no e-mail address"]),
        (
            "contacts: {support: [{role: boss, name: A, email: a@b.example}]}",
            ["1:29 spec/choice `role`: 'boss' is none of the choices"],
        ),
        (
            "accepted_drift: [{address: x, owner: a, until: 2027-01-15, reason: b}]",
            ["1:28 spec/slot `address`: 'x' is no address of a plan"],
        ),
        (
            "accepted_drift: [{address: dns/a/b/c, owner: a}]",
            [
                "1:18 spec/missing `until` is missing in accepted_drift[0]",
                "1:18 spec/missing `reason` is missing in accepted_drift[0]",
            ],
        ),
        ("destroy: -1", ["1:10 spec/type `destroy`: destroy is a count or a list of addresses"]),
        ("destroy: true", ["1:10 spec/type `destroy`: destroy is a count or a list of addresses"]),
        ("passwords: {recipient: age1abc}", ["1:24 spec/recipient `recipient`: 'age1abc' is no age recipient"]),
        (f"{TENANT}groups: {{a b: {{}}}}", ["2:10 spec/text 'a b' is no text of one line that fits here"]),
        (
            f"{TENANT}groups: {{a: {{members: [u@y.example]}}}}",
            ["2:10 spec/member group 'a': u@y.example is on no domain of this customer"],
        ),
        (f"{TENANT}absent: [{{state: deleted}}]", ["2:10 spec/absent an absence names a user, a group or a domain"]),
        (
            f"{TENANT}absent: [{{user: u@x.onmicrosoft.com, group: g}}]",
            ["2:10 spec/absent an absence names a user, a group or a domain"],
        ),
        (f"{TENANT}absent: [{{group: g, license: a}}]", ["2:10 spec/absent only a user has a licence and a state"]),
        (
            f"{TENANT}absent: [{{group: g}}]\ngroups: {{g: {{}}}}",
            ["2:10 spec/absent the group 'g' is absent here and present under `groups`"],
        ),
        (
            f"{TENANT}absent: [{{user: u@x.onmicrosoft.com, license: a}}]",
            ["2:10 spec/absent 'a' is not among `licenses`"],
        ),
        (f"{TENANT}absent: [{{user: u@y.example}}]", ["2:10 spec/absent u@y.example is on no domain of this customer"]),
    ],
)
def test_mistakes(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    """Each mistake is named at its line and column."""
    assert complaints(tmp_path, text) == mistakes


def test_all_at_once(tmp_path: Path) -> None:
    """Mistakes of form, of value and of sense come together, those of other files too."""
    text = f"""{TENANT}
tenant: again.onmicrosoft.com
domains:
  x.example:
    dns: nowhere
    mial: microsoft365
    records:
      - {{name: a, type: A, values: [192.0.2.1], ttl: 1x}}
      - {{name: b, type: A, values: [192.0.2.1, b]}}
      - {{name: c}}
      - {{name: d, type: CNAME, values: single}}
    senders: [{{name: s, dns_table: s.csv}}, {{address: 203.0.113.7}}]
accounts: accounts.csv
groups:
"""
    table = "name,type,value\na,B,c\n"
    accounts = "address,kind\nu@y.example,person\nv@x.example,persn\n"
    assert complaints(tmp_path, text, s__csv=table, accounts__csv=accounts) == [
        "3:1 yaml/duplicate the key `tenant` again",
        "6:10 spec/provider `dns`: there is no provider 'nowhere' in workspace.yaml",
        "7:5 spec/unknown-key unknown key `mial` in domains.x.example",
        "9:54 spec/duration `ttl`: '1x' is no duration",
        "10:48 spec/value 'b' is no A value",
        "11:9 spec/missing `type` is missing in domains.x.example.records[2]",
        "11:9 spec/missing `values` is missing in domains.x.example.records[2]",
        "12:40 spec/value the target 'single' has one label: write the whole name, or a final dot",
        "13:44 spec/missing `name` is missing in domains.x.example.senders[1]",
        "15:1 yaml/nothing nothing is written after `groups:`",
        "c/s.csv:2 spec/type 'B' is no record type",
        "c/accounts.csv:2 spec/account u@y.example: y.example is no domain of this customer",
        "c/accounts.csv:3 spec/choice kind: 'persn' is none of the choices",
    ]


def test_suggestions(tmp_path: Path) -> None:
    """A word that is nearly right gets the right one."""
    text = f"{DOMAIN}dns: zonez\n    sendrs: []\n    mail: microsoft356\n    migration: {{form: 1}}\n"
    remedies = [one.remedy for one in loaded(tmp_path, text).diagnostics if one.rule != "spec/missing"]
    assert remedies == [
        "did you mean `zones`?",
        "did you mean `senders`?",
        "did you mean `microsoft365`?",
        "did you mean `from`?",
    ]
