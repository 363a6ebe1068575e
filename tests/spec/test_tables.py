"""CSV files: accounts and tables of records, as people and spreadsheets save them."""

from pathlib import Path

import pytest

from reconciler.spec.accounts import Account
from tests.spec.folders import complaints, loaded

ACCOUNTS = "domains: {x.example: {}}\naccounts: a.csv\n"
TENANT = (
    "tenant: x.onmicrosoft.com\nlicenses: {E3: {seats: 1}}\nusers: {usage_location: ES}\n"
    "domains: {x.example: {}}\naccounts: a.csv\n"
)
TABLE = "domains: {x.example: {mail: {service: table, table: t.csv}}}\n"
SENDER = "domains: {x.example: {senders: [{name: s, dns_table: t.csv}]}}\n"
HEADER = "address,kind,name,goes_to,phone,technician\n"


def accounts(folder: Path, spec: str, table: str) -> tuple[Account, ...]:
    """The accounts of a sound spec."""
    (one,) = loaded(folder, spec, a__csv=table).customers
    assert one.accounts is not None
    return one.accounts


def test_accounts(tmp_path: Path) -> None:
    """The six columns of the letter make accounts in normal form."""
    table = (
        f"{HEADER}Ana@X.example,person,Ana López,,+52 81,Luis\ninfo@x.example,alias,,ANA@x.example,,\n"
        "all@x.example,list,,ana@x.example;z@other.example,,\nout@x.example,forward,,z@other.example,,\n"
    )
    made = accounts(tmp_path, TENANT, table)
    assert [(one.address, one.kind, one.name, one.goes_to, one.id) for one in made] == [
        ("ana@x.example", "person", "Ana López", "", "ana@x.example"),
        ("info@x.example", "alias", "", "ana@x.example", "info@x.example"),
        ("all@x.example", "list", "", "ana@x.example; z@other.example", "all@x.example"),
        ("out@x.example", "forward", "", "z@other.example", "out@x.example"),
    ]
    assert made[2].targets == ("ana@x.example", "z@other.example")
    assert (made[0].licenses, made[0].usage_location, made[0].phone) == (("E3",), "ES", "+52 81")
    assert (made[1].licenses, made[1].usage_location) == (None, None)
    assert str(made[3].origin) == f"{tmp_path}/c/a.csv:5"


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("cell", [",", ";"])
def test_spreadsheets(tmp_path: Path, mark: str, end: str, cell: str) -> None:
    """Byte order mark, line ends and semicolons of spreadsheets change nothing; formulas are text."""
    rows = [["Address", "Goes To", "Kind", "Name"], ["a@x.example", "", "person", '"=1+1, or ""two"""'], []]
    table = mark + end.join(cell.join(row) for row in rows) + end
    (one,) = accounts(tmp_path, ACCOUNTS, table)
    assert (one.address, one.name) == ("a@x.example", '=1+1, or "two"')


def test_defaults_of_accounts(tmp_path: Path) -> None:
    """Country and licence come from the account, the users, the customer, the workspace, in this order."""
    table = (
        "address,kind,usage_location,licenses,id,new\na@x.example,person,FR,E5;E3,a,true\nb@x.example,shared,,,,\n"
        "d@x.example,person,,,,\n"
    )
    spec = """tenant: x.onmicrosoft.com
customer: {name: X, address: {street: a, city: b, country: MX}}
licenses: {E3: {seats: 1}, E5: {seats: 2}}
domains: {x.example: {}}
accounts: a.csv
"""
    first, second, unsaid = accounts(tmp_path, spec, table)
    assert (first.usage_location, first.licenses, first.id, first.new) == ("FR", ("E5", "E3"), "a", True)
    assert (second.usage_location, second.licenses, second.new) == ("MX", None, False)
    assert (unsaid.usage_location, unsaid.licenses) == ("MX", None)
    inline = spec.replace("a.csv", "[{address: c@x.example}]") + "users: {licenses: E5, usage_location: ES}\n"
    (third,) = loaded(tmp_path, inline).customers[0].accounts or ()
    assert (third.kind, third.usage_location, third.licenses) == ("person", "ES", ("E5",))


@pytest.mark.parametrize(
    ("table", "mistakes"),
    [
        ("", ["c/a.csv:1 csv/empty the table has no rows"]),
        (HEADER, ["c/a.csv:1 csv/empty the table has no rows"]),
        ("kind,name\nperson,a\n", ["c/a.csv:1 csv/header the column address is missing"]),
        ("address,kind,nmae\n", ["c/a.csv:1 csv/header unknown column 'nmae'"]),
        ("address,kind,kind\n", ["c/a.csv:1 csv/header the column kind again"]),
        ("address,kind\na@x.example,person,extra\n", ["c/a.csv:2 csv/cells 3 cells under 2 columns"]),
        ("address,kind\n,person\n", ["c/a.csv:2 spec/missing address: nothing is written"]),
        ("address,kind\n\na@x.example,persn\n", ["c/a.csv:3 spec/choice kind: 'persn' is none of the choices"]),
        ("address\na@x\n", ["c/a.csv:2 spec/email address: 'a@x' is no e-mail address"]),
        ("address,new\na@x.example,yes\n", ["c/a.csv:2 spec/type new: true or false is needed, this is 'yes'"]),
        ("address\na@x.example\nb@x.example\nA@x.example\n", ["c/a.csv:4 spec/twice the address a@x.example again"]),
        ("address,id\na@x.example,i\nb@x.example,i\n", ["c/a.csv:3 spec/twice the id 'i' again"]),
        ("address\na@y.example\n", ["c/a.csv:2 spec/account a@y.example: y.example is no domain of this customer"]),
        ("address,kind\na@x.example,alias\n", ["c/a.csv:2 spec/account a@x.example is of kind alias and goes nowhere"]),
        (
            "address,kind,goes_to\na@x.example,alias,b@x.example\n",
            ["c/a.csv:2 spec/account a@x.example is an alias of b@x.example, which is no account here"],
        ),
        (
            "address,kind,goes_to\na@x.example,alias,b@x.example\nb@x.example,list,a@x.example\n",
            ["c/a.csv:2 spec/account a@x.example is an alias of a list"],
        ),
        (
            "address,kind,goes_to\na@x.example,forward,b@x.example;c@x.example\n",
            ["c/a.csv:2 spec/account a@x.example goes to 2 addresses"],
        ),
        (
            "address,kind,goes_to\na@x.example,person,b@x.example\n",
            ["c/a.csv:2 spec/account a@x.example is a person, which goes nowhere else"],
        ),
        (
            "address,kind,goes_to\na@x.example,list,b@x.example;c\n",
            ["c/a.csv:2 spec/email goes_to: 'c' is no e-mail address"],
        ),
        ("address,licenses\na@x.example,E3\n", ["c/a.csv:2 spec/account a@x.example: 'E3' is not among `licenses`"]),
        (
            "address,renamed_from\na@x.example,a@x.example\n",
            ["c/a.csv:2 spec/account a@x.example was renamed from itself"],
        ),
        (
            'address,name\na@x.example,"a\nb"\nb@x.example,\x07\nc@y.example,d\n',
            [
                "c/a.csv:2 csv/control name: 'a\\nb' holds a control character",
                "c/a.csv:4 csv/control name: '\\x07' holds a control character",
                "c/a.csv:5 spec/account c@y.example: y.example is no domain of this customer",
            ],
        ),
        (
            'address,name\na@x.example,"open\n',
            ["c/a.csv:2 csv/syntax the table cannot be read from here on: unexpected end of data"],
        ),
        ("address,name\na@x.example,\udce9\n", ["c/a.csv:2 csv/encoding byte 0xe9 is no UTF-8"]),
        (
            "address,name\na@x.example," + "a" * 140_000,
            ["c/a.csv:2 csv/syntax the table cannot be read from here on: field larger than field limit (131072)"],
        ),
    ],
)
def test_mistakes_in_accounts(tmp_path: Path, table: str, mistakes: list[str]) -> None:
    """Each mistake in a table is named with file and line, all at once."""
    assert complaints(tmp_path, ACCOUNTS, a__csv=table) == mistakes


def test_mistakes_in_inline_accounts(tmp_path: Path) -> None:
    """Inline accounts are checked the same, at line and column."""
    rows = "  - {address: a@x.example, kind: alias, goes_to: b@x.example}\n  - {address: c@y.example}\n"
    text = f"domains: {{x.example: {{}}}}\naccounts:\n{rows}"
    assert complaints(tmp_path, text) == [
        "3:50 spec/account a@x.example is an alias of b@x.example, which is no account here",
        "4:15 spec/account c@y.example: y.example is no domain of this customer",
    ]


@pytest.mark.parametrize("spec", [TABLE, SENDER])
def test_tables_of_records(tmp_path: Path, spec: str) -> None:
    """A hosting company's letter becomes records: whole names, priorities apart, rows of one name together."""
    table = (
        "Nombre;Tipo;Valor;TTL;Prioridad\nx.example;mx;mx2.host.example;1h;20\n@;MX;MX1.host.example.;300;10\n"
        "autodiscover.x.example.;CNAME;a.host.example;;\n@;TXT;v=spf1 include:_spf.host.example -all;;\n"
    )
    domain = loaded(tmp_path, spec, t__csv=table).customers[0].domains["x.example"]
    found = domain.mail.table if domain.mail else domain.senders[0].dns_table
    assert found is not None
    assert found.file == "t.csv"
    assert [(one.name, one.type, one.ttl, one.values) for one in found.records] == [
        ("@", "MX", 300, ("10 mx1.host.example.", "20 mx2.host.example.")),
        ("autodiscover", "CNAME", None, ("a.host.example.",)),
        ("@", "TXT", None, ("v=spf1 include:_spf.host.example -all",)),
    ]
    assert [one.origin.line for one in found.records] == [2, 4, 5]


def test_mistakes_in_tables(tmp_path: Path) -> None:
    """Each wrong row is named, the others are still checked."""
    table = (
        "name,type,value,ttl\n@,MX,mail,\n@,A,,\nwww,A,192.0.2.1,1x\nwww,BB,192.0.2.1,\nb,CNAME,c.example,\nb,A,192.0.2.1,\n"
        '@,TXT,"""v=spf1 -all""",\n'
    )
    assert complaints(tmp_path, TABLE, t__csv=table) == [
        "c/t.csv:2 spec/value 'mail' is no MX value",
        "c/t.csv:3 csv/cell the cell value is empty",
        "c/t.csv:4 spec/duration ttl: '1x' is no duration",
        "c/t.csv:5 spec/type 'BB' is no record type",
        "c/t.csv:7 spec/cname b has a CNAME and A",
        (
            "c/t.csv:8 spec/value '\"v=spf1 -all\"' is quoted twice: write the text itself, "
            "without the quotes a zone file has"
        ),
    ]


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("b.csv", "2:11 spec/file 'b.csv' cannot be read: No such file or directory"),
        ("../../b.csv", "2:11 spec/file '../../b.csv' lies outside the folder of specs"),
        ("/etc/hostname", "2:11 spec/file '/etc/hostname' lies outside the folder of specs"),
        ("link.csv", "2:11 spec/file 'link.csv' lies outside the folder of specs"),
        (".", "2:11 spec/file '.' is no file"),
    ],
)
def test_files_stay_inside(tmp_path: Path, name: str, mistake: str) -> None:
    """A spec names no file outside the folder of specs, not by a link either."""
    (tmp_path / "b.csv").write_text("secret", encoding="utf-8")
    specs = tmp_path / "specs"
    (specs / "c").mkdir(parents=True)
    (specs / "c" / "link.csv").symlink_to(tmp_path / "b.csv")
    found = complaints(specs, ACCOUNTS.replace("a.csv", name))
    assert found == [mistake]
