"""What `check` takes, whom it asks, how it goes on from answer to answer, and what its exit codes say."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.front import front
from reconciler.cli.screen import Screen
from reconciler.cli.world import World
from reconciler.mail.mta_sts import url
from reconciler.model.answer import Answer, Fetched, Question
from reconciler.model.diagnostic import Origin
from reconciler.probe.resolver import from_machine
from reconciler.session.answering import Answers, asked
from reconciler.session.checking import FETCHES, LOT, Subject, report, subjects
from reconciler.spec import load
from reconciler.spec.workspace import ResolverSpec
from tests.cli.healthy import KEY, specs, well
from tests.emulators.dns_server import ANY_NAME, DnsServer, Fault, Trouble
from tests.mail.internet import Internet
from tests.running import Done

NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)
POLICY = Fetched(200, "text/plain", "version: STSv1\nmode: enforce\nmx: mx.host.test\nmax_age: 604800\n")


class Net(Internet):
    """Public DNS that is asked in rounds; a table with names and types apart."""

    def __init__(self, records: Mapping[tuple[str, str], Sequence[str]], silent: tuple[str, ...] = ()) -> None:
        super().__init__({f"{name} {kind}": list(values) for (name, kind), values in records.items()}, silent)

    def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """One round."""
        self.rounds += 1
        return {one: self.answer(one) for one in questions}


def unfetched(*_: object) -> Fetched:
    """No policy is to be fetched."""
    raise AssertionError("nothing was to be fetched")


def checked(net: Net, *domains: str | Subject, fetch: Any = unfetched) -> dict[str, Any]:
    """The report on some domains, whose key stands at the selector `own`."""
    wanted = [one if isinstance(one, Subject) else Subject(one, ("own",)) for one in domains]
    return report("", wanted, Answers(net), NOW, servers=["192.0.2.53:53"], fetch=fetch)


def sections(paper: Mapping[str, Any], domain: str) -> dict[str, Any]:
    """A domain's sections by subject."""
    (found,) = [one for one in paper["domains"] if one["domain"] == domain]
    return {one["subject"]: one for one in found["sections"]}


def rules(section: Mapping[str, Any]) -> set[str]:
    """Of its findings."""
    return {one["rule"] for one in section["diagnostics"]}


@pytest.fixture
def server() -> Iterator[DnsServer]:
    """A DNS server that knows two healthy domains."""
    with DnsServer(well("a.test", "b.test")) as found:
        yield found


def at(server: DnsServer) -> str:
    """Its address as it is written."""
    return f"{server.address[0]}:{server.address[1]}"


def call(*words: str, **environment: str | None) -> Done:
    """The command in this process."""
    given = {"RECONCILER_SPECS": None, **environment}
    result = CliRunner().invoke(front(), ["check", *words], obj=World(screen=Screen(interactive=False)), env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


# Rounds


def test_no_more_rounds_for_many_than_for_one() -> None:
    """All questions of all domains go out together; what they share is asked once."""
    names = [f"d{number}.test" for number in range(40)]
    one, many = Net(well("d0.test")), Net(well(*names))
    alone, together = checked(one, "d0.test"), checked(many, *names)
    assert many.rounds == one.rounds <= 4
    assert set(many.asked.values()) == {1}
    assert together["questions"] == len(many.asked)
    assert [item["domain"] for item in together["domains"]] == names
    assert together["outcome"] == alone["outcome"] == "pass"
    assert together["domains"][0] == alone["domains"][0]


def test_who_is_done_is_not_looked_at_again() -> None:
    """Rounds that only one domain needs cost the others nothing."""
    chain = {
        (f"s{number}.host.test", "TXT"): [f"v=spf1 include:s{number + 1}.host.test -all"] for number in range(1, 8)
    }
    last = {("s8.host.test", "TXT"): ["v=spf1 ip4:20.1.0.0/16 -all"]}
    net = Net(well("a.test", "long.test") | chain | last | {("long.test", "TXT"): ["v=spf1 include:s1.host.test -all"]})

    looked = Counter[Question]()

    class Counting(dict[Question, Answer]):
        def get(self, key: Question, default: Any = None) -> Any:
            looked[key] += 1
            return super().get(key, default)

    answers = Answers(net)
    answers.known = Counting()
    wanted = [Subject("a.test", ("own",)), Subject("long.test", ("own",))]
    report("", wanted, answers, NOW, servers=[], fetch=unfetched)
    assert net.rounds >= 8
    assert looked[Question("long.test", "MX")] > looked[Question("a.test", "MX")] * 2


def test_lots() -> None:
    """Many questions are handed over in lots; where a whole lot got no answer, nobody is asked for the rest."""
    names = [f"d{number}.test" for number in range(LOT // 60)]
    net = Net({}, ("*",))
    paper = checked(net, *names)
    assert net.rounds == 1
    assert paper["questions"] == LOT == net.asked.total()
    assert {one["verdict"] for one in paper["domains"]} == {"unknown"}
    assert "not asked" in json.dumps(paper["domains"][-1])


# Selectors


def test_selectors_that_nobody_named() -> None:
    """Selectors in wide use are tried at every domain; others are found only where somebody names them."""
    records = well("a.test") | {("google._domainkey.a.test", "TXT"): [KEY], ("zoho._domainkey.a.test", "TXT"): [KEY]}
    found = sections(checked(Net(records), Subject("a.test")), "a.test")["dkim"]["data"]["selectors"]
    assert [one["selector"] for one in found] == ["google", "zoho"]
    found = sections(checked(Net(records), "a.test"), "a.test")["dkim"]["data"]["selectors"]
    assert [one["selector"] for one in found] == ["own", "google", "zoho"]


GOOGLE = {("google._domainkey.a.test", "TXT"): [KEY]}


@pytest.mark.parametrize(
    ("wild", "found"),
    [
        ({("*.a.test", "TXT"): ["v=spf1 -all"]}, ["named"]),
        ({("*.a.test", "CNAME"): ["www.host.test."], ("www.host.test", "TXT"): ["anything"]}, ["named"]),
        ({("*.a.test", "CNAME"): ["gone.host.test."]}, ["named"]),
        (GOOGLE | {("*._domainkey.a.test", "CNAME"): ["gone.host.test."]}, ["named", "google"]),
        (GOOGLE | {("*._domainkey.a.test", "TXT"): ["anything"]}, ["named", "google"]),
    ],
)
def test_a_wildcard_is_no_key(wild: dict[tuple[str, str], list[str]], found: list[str]) -> None:
    """What a wildcard answers at a selector that nobody named is not blamed; a key of its own is still seen."""
    with DnsServer(wild) as server:
        done = call("a.test", "--resolver", at(server), "--selector", "named", "--json")
    dkim = sections(done.json, "a.test")["dkim"]
    assert [one["selector"] for one in dkim["data"]["selectors"]] == found
    told = [one["address"].rpartition("/")[2] for one in dkim["diagnostics"] if one["rule"] not in NOT_OF_A_KEY]
    assert set(told) == {"named._domainkey"}, "somebody named it, so what stands there counts"


#: Findings on all selectors together.
NOT_OF_A_KEY = {"dkim/delegated", "dkim/none"}
SPEC = """\
domains:
  a.test:
    mail: {service: table, table: letter.csv}
    senders:
      - mailchimp
      - {name: crm, dns_table: crm.csv}
    spf: {all: fail}
    dkim:
      - {selector: one, target: one.host.test}
      - {selector: TWO, target: two.host.test}
    dmarc: {policy: reject}
    mta_sts: {mode: enforce, mx: [mx.host.test]}
    tls_rpt: {reports_to: tls@a.test}
    records:
      - {name: hand._domainkey, type: TXT, values: [v=DKIM1; p=]}
  b.test: {}
"""


def of_spec(root: Path) -> dict[str, Subject]:
    """The domains of SPEC."""
    specs(root, {"acme": []})
    (root / "acme" / "customer.yaml").write_text(SPEC)
    (root / "acme" / "crm.csv").write_text(
        "name,type,value\ncrm._domainkey,CNAME,crm.host.test\nem,CNAME,x.host.test\n"
    )
    (root / "acme" / "letter.csv").write_text("name,type,value\n@,MX,10 mx.host.test\nmx1._domainkey,TXT,v=DKIM1; p=\n")
    loaded = load.load(root)
    assert not loaded.failed, loaded.failed
    return {one.name: one for one in subjects(loaded.customers[0])}


def test_selectors_of_a_spec(tmp_path: Path) -> None:
    """From `dkim:`, its own records, the tables of its mail service and senders, and the catalogue."""
    found = of_spec(tmp_path)
    assert found["a.test"].selectors == ("one", "two", "hand", "mx1", "crm", "k2", "k3")
    assert found["b.test"].selectors == ()
    assert found["a.test"].beside(["two", "more"]).selectors[-2:] == ("k3", "more")


def test_findings_stand_at_the_closest_place(tmp_path: Path) -> None:
    """A finding has the line of the part of the spec, the selector or the table's row it is about, or the domain's."""
    wanted = of_spec(tmp_path)
    broken = {
        ("a.test", "TXT"): ["v=spf1 +all"],
        ("_dmarc.a.test", "TXT"): ["v=DMARC1; p=odd"],
        ("_mta-sts.a.test", "TXT"): ["v=STSv1; id=-;"],
        ("_smtp._tls.a.test", "TXT"): ["v=TLSRPTv1; rua=odd"],
        ("one._domainkey.a.test", "TXT"): ["odd"],
        ("two._domainkey.a.test", "TXT"): ["odd"],
        ("crm._domainkey.a.test", "TXT"): ["odd"],
        ("google._domainkey.a.test", "TXT"): ["odd"],
    }
    paper = checked(Net(broken), *wanted.values(), fetch=lambda *_: POLICY)
    lines = SPEC.splitlines()
    found: dict[str, set[str]] = {}
    for one in (told for section in sections(paper, "a.test").values() for told in section["diagnostics"]):
        table = {"crm._domainkey": ("crm.csv", 2), "mx1._domainkey": ("letter.csv", 3)}
        place = table.get(one["address"].rpartition("/")[2])
        if place:
            assert (one["origin"]["file"], one["origin"]["line"]) == (str(tmp_path / "acme" / place[0]), place[1])
            continue
        assert one["origin"]["file"] == str(tmp_path / "acme" / "customer.yaml"), one
        found.setdefault(one["address"].rpartition("/")[2], set()).add(lines[one["origin"]["line"] - 1].strip()[:22])
    dkim = "- {selector: one, targ"
    assert found["_dmarc"] == {"dmarc: {policy: reject"}
    assert found["_mta-sts"] == {"mta_sts: {mode: enforc"}
    assert found["_smtp._tls"] == {"tls_rpt: {reports_to: "}
    assert found["one._domainkey"] == found["google._domainkey"] == {dkim}
    assert found["two._domainkey"] == {"- {selector: TWO, targ"}
    assert found["@"] == {"spf: {all: fail}", "mail: {service: table,"}
    told = [one for section in sections(paper, "b.test").values() for one in section["diagnostics"]]
    assert {lines[one["origin"]["line"] - 1] for one in told} == {"  b.test: {}"}


def test_without_a_spec_there_is_no_place() -> None:
    """A domain that no spec names has no line."""
    paper = checked(Net({}), "a.test")
    assert {tuple(one["origin"].values()) for s in sections(paper, "a.test").values() for one in s["diagnostics"]} == {
        tuple(Origin())
    }


# MTA-STS


def with_policy(*domains: str) -> dict[tuple[str, str], list[str]]:
    """Healthy domains with MTA-STS."""
    more = {(f"_mta-sts.{one}", "TXT"): ["v=STSv1; id=1;"] for one in domains}
    return well(*domains) | more | {(f"mta-sts.{one}", "A"): ["20.1.1.2"] for one in domains}


def test_policies_are_fetched_side_by_side() -> None:
    """Each policy is fetched once, from the addresses that DNS gave, several at a time and never too many."""
    names = [f"d{number}.test" for number in range(FETCHES * 2)]
    together, running, most, got = threading.Barrier(FETCHES), [0], [0], Counter[tuple[str, str, tuple[str, ...]]]()
    lock = threading.Lock()

    def fetch(host: str, path: str, addresses: Sequence[str]) -> Fetched:
        with lock:
            got[host, path, tuple(addresses)] += 1
            running[0] += 1
            most[0] = max(most[0], running[0])
        together.wait(20)
        time.sleep(0.2)  # whoever is one too many begins meanwhile
        with lock:
            running[0] -= 1
        return POLICY

    net = Net(with_policy(*names) | well("plain.test"))
    paper = checked(net, *names, "plain.test", fetch=fetch)
    wanted = [url(one).removeprefix("https://").partition("/") for one in names]
    assert got == Counter((host, f"/{path}", ("20.1.1.2",)) for host, _, path in wanted)
    assert most == [FETCHES]
    assert {sections(paper, one)["mta-sts"]["summary"] for one in names} == {"mode enforce"}
    assert paper["outcome"] == "pass"
    assert set(net.asked.values()) == {1}


@pytest.mark.parametrize(
    ("change", "silent", "verdict", "fetches"),
    [
        ({("mta-sts.a.test", "A"): []}, (), "fail", 1),
        ({}, ("mta-sts.a.test A", "mta-sts.a.test AAAA"), "unknown", 0),
        ({}, ("mta-sts.a.test AAAA",), "pass", 1),
        ({}, ("_mta-sts.a.test TXT",), "unknown", 0),
        ({("_mta-sts.a.test", "TXT"): ["other"]}, (), "pass", 0),
    ],
)
def test_where_the_policy_cannot_be_reached(
    change: dict[tuple[str, str], list[str]], silent: tuple[str, ...], verdict: str, fetches: int
) -> None:
    """A host without an address fails; one that nobody answered for is unknown, and nothing is fetched there."""
    got = []

    def fetch(host: str, path: str, addresses: Sequence[str]) -> Fetched:
        got.append(host)
        return POLICY if addresses else Fetched(0, "", "", "no address")

    paper = checked(Net(with_policy("a.test") | change, silent), "a.test", fetch=fetch)
    assert (sections(paper, "a.test")["mta-sts"]["verdict"], len(got)) == (verdict, fetches)


# Arguments


def test_a_domain(server: DnsServer) -> None:
    """One domain: its report, and who was asked how much."""
    done = call("a.test", "--selector", "OWN", "--resolver", at(server), "--json")
    paper = done.json
    assert (done.code, paper["kind"], paper["outcome"]) == (0, "check", "pass"), done
    assert paper["asked"] == [at(server)]
    assert paper["questions"] == len(server.log) == len(set(server.log))
    text = call("a.test", "--selector", "own", "--resolver", at(server))
    assert text.out.startswith("a.test: pass (8 pass)")
    assert f"questions to {at(server)}." in text.out


def test_names_are_brought_into_normal_form(server: DnsServer) -> None:
    """Capitals, final dots, U-labels, and the same name twice."""
    paper = call("B.Test.", "a.test", "b.test", "ñandú.TEST", "--resolver", at(server), "--json").json
    assert [one["domain"] for one in paper["domains"]] == ["b.test", "a.test", "xn--and-6ma2c.test"]
    assert not [one for one in server.log if not one.name.isascii()]


def test_all_mistakes_at_once(server: DnsServer) -> None:
    """Whatever is wrong with the arguments is told together, and nobody is asked."""
    words = ["nope", "a b.test", "a.test", "1.2.3.4", "https://a.test/", "x@a.test", "a..test", "", "\udcff.test"]
    more = ["--selector", "x y", "--selector", "x", "--resolver", "dns.test", "--resolver", at(server)]
    done = call(*words, *more, "--json")
    assert done.code == 1
    said = Counter(one["rule"] for one in done.json["diagnostics"])
    assert said == {"spec/domain": len(words) - 1, "cli/selector": 1, "spec/server": 1}
    assert not server.log


def test_folders_and_domains(tmp_path: Path, server: DnsServer) -> None:
    """All domains of all arguments go into one report, each once; its customer is named when there is only one."""
    one = specs(tmp_path / "one", {"acme": ["a.test"], "beta": ["b.test"]}, at(server))
    two = specs(tmp_path / "two", {"gamma": ["a.test"]}, at(server))
    paper = call(str(one), "c.test", str(two), "--json").json
    assert [item["domain"] for item in paper["domains"]] == ["a.test", "b.test", "c.test"]
    assert paper["customer"] == ""
    first = call(str(one), "--customer", "beta", "--json").json
    assert ([item["domain"] for item in first["domains"]], first["customer"]) == (["b.test"], "beta")


def test_the_usual_folder(tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an argument all domains of the usual folder; a folder named like a domain needs a workspace."""
    monkeypatch.chdir(tmp_path)
    specs(tmp_path / "specs", {"acme": ["a.test"]}, at(server))
    (tmp_path / "b.test").mkdir()
    for words, found in (([], "a.test"), (["specs"], "a.test"), (["./specs"], "a.test"), (["b.test"], "b.test")):
        assert [one["domain"] for one in call(*words, "--json").json["domains"]] == [found], words
    specs(tmp_path / "b.test", {"acme": ["a.test"]}, at(server))
    assert call("b.test", "--json").json["domains"][0]["domain"] == "a.test"
    assert call("--json", RECONCILER_SPECS=str(tmp_path / "b.test")).json["customer"] == "acme"


def test_customers_of_no_folder_are_a_mistake() -> None:
    """A domain alone belongs to nobody, so there are no customers to choose among."""
    for words in (["--customer", "acme"], ["--changed-since", "main"]):
        assert call("a.test", *words).code == 1


def test_nothing_to_look_at(tmp_path: Path, server: DnsServer) -> None:
    """A spec without domains is no error: nothing was asked, and nothing is unknown of it."""
    done = call(str(specs(tmp_path / "specs", {"acme": []}, at(server))), "--json", "--detailed-exitcode")
    assert (done.code, done.json["domains"], server.log) == (0, [], [])


# Whom it asks


def test_which_servers(tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The option comes before the workspace; a workspace nearby counts for a domain that is named by itself too."""
    monkeypatch.chdir(tmp_path)
    with DnsServer(well("a.test")) as other:
        specs(tmp_path / "specs", {"acme": ["a.test"]}, at(server))
        for words in ([], ["a.test"]):
            assert call(*words, "--json").json["asked"] == [at(server)]
            assert not other.log
        before = len(server.log)
        for words in ([], ["a.test"]):
            assert call(*words, "--resolver", at(other), "--json").json["asked"] == [at(other)]
            assert len(server.log) == before
        specs(tmp_path / "others", {"beta": ["b.test"]}, at(other))
        both = call("specs", "others", "--json")
        assert (both.code, both.rules) == (1, {"cli/resolvers"})
        assert call("specs", "others", "--resolver", at(server)).code == 0
        specs(tmp_path / "more", {"gamma": ["b.test"]}, f"{{servers: {at(server)}, authoritative: true}}")
        assert call("specs", "more", "--json").rules == {"cli/resolvers"}
        specs(tmp_path / "same", {"delta": ["b.test"]}, f"{{servers: {at(server)}, authoritative: {{}}}}")
        assert call("specs", "same", "--json").code == 0


def test_a_workspace_that_cannot_be_read(tmp_path: Path, server: DnsServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may name servers, so nobody else is asked instead; whoever says which needs none."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "workspace.yaml").write_text("resolver: [")
    assert call("a.test").code == 1
    assert call("a.test", "--resolver", at(server)).code == 0


def test_the_machines_own_servers_are_named_so() -> None:
    """The report says where it asked the servers of this machine, each by its address."""
    own = [f"{one.address}:{one.port} (this machine's own)" for one in from_machine()]
    assert asked(ResolverSpec(servers=("192.0.2.53:53", "system"))) == ["192.0.2.53:53", *own]


# Exit codes and forms


@pytest.mark.parametrize(
    ("change", "plain", "detailed", "outcome"),
    [
        ({}, 0, 0, "pass"),
        ({("a.test", "TXT"): ["v=spf1 include:_spf.host.test"]}, 0, 2, "warn"),
        ({("a.test", "TXT"): ["v=spf1 +all"]}, 0, 2, "fail"),
    ],
)
def test_exit_codes(change: dict[tuple[str, str], list[str]], plain: int, detailed: int, outcome: str) -> None:
    """What fails or warns is exit 2, and only with --detailed-exitcode."""
    with DnsServer(well("a.test") | change) as server:
        words = ["a.test", "--selector", "own", "--resolver", at(server), "--json"]
        first, second = call(*words), call(*words, "--detailed-exitcode")
    assert (first.code, second.code, first.json["outcome"]) == (plain, detailed, outcome)


@pytest.mark.parametrize(("text", "code", "outcome"), [("v=spf1 -all", 1, "unknown"), ("v=spf1 +all", 0, "fail")])
def test_what_nobody_answered(text: str, code: int, outcome: str) -> None:
    """Unknown is exit 1 unless something fails, which is known."""
    with DnsServer(well("a.test") | {("a.test", "TXT"): [text]}) as server:
        server.faults["_dmarc.a.test"] = Fault(Trouble.SERVFAIL)
        done = call("a.test", "--selector", "own", "--resolver", at(server), "--json")
    assert (done.code, done.json["outcome"]) == (code, outcome)


def test_a_server_that_refuses_everything(server: DnsServer) -> None:
    """Nothing is known, nothing is blamed."""
    server.faults[ANY_NAME] = Fault(Trouble.REFUSED)
    done = call("a.test", "--resolver", at(server), "--json", "--detailed-exitcode")
    assert (done.code, done.json["outcome"], done.json["domains"][0]["counts"]["unknown"]) == (1, "unknown", 8)


def test_a_broken_spec_stops_no_other(tmp_path: Path, server: DnsServer) -> None:
    """One customer's mistake is in the report beside what was found of the others; the run has failed."""
    folder = specs(tmp_path / "specs", {"acme": ["a.test"], "beta": ["b.test"]}, at(server))
    (folder / "acme" / "customer.yaml").write_text("domains: {a.test: {mial: x}}\n")
    done = call(str(folder), "--json", "--detailed-exitcode")
    assert (done.code, [one["domain"] for one in done.json["domains"]]) == (1, ["b.test"])
    assert done.rules == {"spec/unknown-key"}
    assert "b.test" in call(str(folder)).out


def test_forms(tmp_path: Path, server: DnsServer) -> None:
    """Several domains are one page, one comment, one text; copies are private, and can be shown again."""
    starts = {"html": "<!doctype html>", "markdown": "<!-- ", "text": "a.test: ", "json": "{"}
    copies = [word for form in starts for word in ("--output", f"{form}://{tmp_path / form}")]
    done = call("a.test", "b.test", "--resolver", at(server), "--format", "markdown", *copies)
    assert done.code == 0, done
    assert done.out.startswith("<!-- ")
    for form, start in starts.items():
        text = (tmp_path / form).read_text()
        assert text.startswith(start)
        assert "b.test" in text
        assert (tmp_path / form).stat().st_mode & 0o777 == 0o600
    assert call("a.test", "--json", "--format", "text").code == 1
