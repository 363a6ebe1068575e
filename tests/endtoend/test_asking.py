"""A DNS host that one can only ask: the request, the person who carries it out in every way, and what is said of it."""

from __future__ import annotations

import json
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.errors import SpecError
from reconciler.model.key import Key
from tests.emulators.dns_server import ANY_NAME, Fault, Trouble
from tests.endtoend.asking import NEW_SPF, OLD_SPF, SPEC, ZONE, Asking, record, values
from tests.live.manual_host import ASK, Person, blank_lost, in_quotes, mistyped, name_twice, without_dot

#: Fields of a request that are read back.
USED = ("kind", "format_version", "id", "ask", "created", "expected_by", "send_by", "zones", "steps", "changes")
DAMAGED = ("damaged", "of another kind or version")
Slip = Callable[[Mapping[str, Any]], tuple[str, str]]


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Asking]:
    """Nobody was asked yet."""
    made = Asking(tmp_path)
    yield made
    made.host.close()


def test_the_whole_story(asking: Asking) -> None:
    """Plan, a request, no second one, done wrongly and said so, mended, done, nothing left."""
    planned = asking.planned()
    assert (planned.code, planned.json["counts"]["add"]) == (0, 3)
    asked = asking.applied()
    assert (asked.code, set(asked.statuses().values())) == (5, {"waiting"})
    (request,) = asked.json["requests"]
    assert [Path(file).suffix for file in request["files"]] == [".md", ".html", ".csv", ".zone", ".json"]
    assert {stat.S_IMODE(Path(file).stat().st_mode) for file in request["files"]} == {0o600}
    again = asking.run("apply")
    assert again.code == 5
    (paper,) = asking.papers()
    assert f"request {paper['id']}: not yet" in again.out
    assert asking.run("status", "--json").json["routes"][0]["safe_to_stop"]
    Person(asking.host, without_dot).does(paper, keeps=True)
    for words in (("plan",), ("status",), ("tasks",), ("apply",), ("drift",)):
        said = asking.run(*words).out
        assert "the target lacks its final dot: it became sel1.dkim.mailer.example.acme.example." in said, words
        assert "2 SPF records stand side by side" in said, words
    (route,) = asking.run("status", "--json").json["routes"]
    assert not route["safe_to_stop"]
    assert "2 SPF records stand side by side" in route["why"]
    assert asking.run("apply").code == asking.run("tasks").code == 5
    asking.host.edit(Key("dns", ZONE, "CNAME", "sel1._domainkey"), None)
    asking.host.edit(Key("dns", ZONE, "TXT", "@"), record("TXT", "@", OLD_SPF, "vendor=1", ttl=300))
    Person(asking.host).does(paper)
    done = asking.run("apply", "--json")
    assert (done.code, "is done" in str(done.json["diagnostics"])) == (0, True)
    assert (asking.run("tasks").code, len(asking.papers())) == (0, 1)
    asking.assert_still()
    assert asking.run("plan", "--json").json["counts"] == dict.fromkeys(
        ("add", "change", "destroy", "adopt", "forget"), 0
    )


def test_the_request_says_all_that_a_person_needs(asking: Asking) -> None:
    """Whom, for whom, until when; each record with its old value; other people's texts are not in it."""
    paper = asking.begins()
    assert (paper["ask"], paper["customer_name"], paper["language"], paper["zones"]) == (ASK, "Acme", "es", [ZONE])
    assert [one["name"] for one in paper["contacts"]] == ["Support", "Ana"]
    assert values([paper]) == {
        ("change", "@", NEW_SPF),
        ("add", "_dmarc", "v=DMARC1; p=none"),
        ("add", "sel1._domainkey", "sel1.dkim.mailer.example."),
    }
    (spf,) = [row for row in paper["records"] if row["name"] == "@"]
    assert (spf["old_value"], spf["old_ttl"], spf["ttl"], spf["full_name"]) == (OLD_SPF, 300, 300, ZONE)


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (without_dot, "the target lacks its final dot"),
        (name_twice, "sel1._domainkey.acme.example.acme.example."),
        (in_quotes, "quotation marks became part of the text"),
        (blank_lost, "a blank was lost"),
        (mistyped, "a typing error"),
    ],
)
def test_what_went_wrong_is_said(asking: Asking, slip: Slip, said: str) -> None:
    """Each mistake by its name; nothing is asked for again, and nothing counts as done."""
    paper = asking.begins()
    Person(asking.host, slip).does(paper)
    assert any(said in text for text in asking.told("ask/wrong")), asking.told("ask/wrong")
    plan = asking.plans()
    assert (plan["policy"]["result"], [one for one in plan["drift"] if one["class"] == "conflict"]) == ("pass", [])
    assert (asking.applies()["exit_code"], len(asking.papers())) == (5, 1)
    assert asking.work().tasks("acme")["requests"][0]["state"] == "wrong"


@pytest.mark.parametrize(
    ("slip", "fault"), [(without_dot, "final dot"), (in_quotes, "quotation"), (name_twice, "adds the")]
)
def test_done_wrongly_before_anybody_was_asked(asking: Asking, tmp_path: Path, slip: Slip, fault: str) -> None:
    """Somebody heard of it beforehand."""
    other = Asking(tmp_path / "other")
    try:
        paper = other.begins()
    finally:
        other.host.close()
    Person(asking.host, slip).does(paper)
    assert any(fault in text for text in asking.told("ask/wrong"))


def test_done_before_anybody_was_asked(asking: Asking, tmp_path: Path) -> None:
    """Then nobody is asked."""
    other = Asking(tmp_path / "other")
    try:
        paper = other.begins()
    finally:
        other.host.close()
    plan = asking.plans()
    Person(asking.host).does(paper)
    assert asking.applies(plan)["exit_code"] == 0
    assert asking.papers() == []


def test_done_in_part(asking: Asking) -> None:
    """What is done is done; the rest waits, under the same request."""
    paper = asking.begins()
    Person(asking.host).does(paper, rows=[0])
    done = asking.applies()
    assert (done["exit_code"], len(asking.papers())) == (5, 1)
    states = {
        one["address"].split("/", 2)[2]: one["state"] for one in asking.work().tasks("acme")["requests"][0]["records"]
    }
    assert set(states.values()) == {"not yet"}
    assert len(states) == 2


def test_shown_by_some_servers_only(asking: Asking) -> None:
    """Nothing is done before the last server shows it."""
    paper = asking.begins()
    asking.host.behind.add(0)
    Person(asking.host).does(paper)
    assert any(
        "shown by ns2.hosting.example, not yet by ns1.hosting.example" in text for text in asking.told("ask/wrong")
    )
    assert asking.applies()["exit_code"] == 5
    asking.host.catch_up()
    assert asking.applies()["exit_code"] == 0


def test_a_ttl_that_the_panel_does_not_let_choose(asking: Asking) -> None:
    """It is a fact, told once, and no wait."""
    person = Person(asking.host)
    person.floor = 3600
    person.does(asking.begins())
    assert asking.applies()["exit_code"] == 0
    plan = asking.plans()
    assert (plan["steps"], plan["drift"]) == ([], [])
    assert any("CNAME sel1._domainkey 3600 (asked for: 300)" in text for text in asking.told("manual/ttl"))
    asking.assert_still()


def test_late(tmp_path: Path) -> None:
    """Past the time that an answer takes it is late, and so it is when it is done."""
    asking = Asking(tmp_path, SPEC.replace("4h", "1s"))
    try:
        paper = asking.begins()
        time.sleep(2.1)
        assert any("was expected by" in text for text in asking.told("ask/late"))
        assert asking.work().tasks("acme")["requests"][0]["late"]
        Person(asking.host).does(paper)
        done = asking.applies()
        assert any(f"request {paper['id']} to {ASK} is done, late" in one["summary"] for one in done["diagnostics"])
    finally:
        asking.host.close()


def test_new_steps_are_a_request_of_their_own(asking: Asking) -> None:
    """What was asked for stays asked for; a vendor's text beside ours asks nobody again (rule 17)."""
    first = asking.begins()
    asking.host.edit(Key("dns", ZONE, "TXT", "@"), record("TXT", "@", OLD_SPF, "vendor=1", "vendor=2", ttl=300))
    assert asking.applies()["requests"] == []
    asking.edit("    ttl: 300\n", "    ttl: 300\n    records: [{name: shop, type: A, values: [192.0.2.9]}]\n")
    asking.applies(asking.plans())
    papers = asking.papers()
    assert papers[0]["id"] == first["id"]
    assert values(papers[1:]) == {("add", "shop", "192.0.2.9")}
    Person(asking.host).does(first)
    Person(asking.host).does(papers[1])
    assert asking.applies()["exit_code"] == 0
    assert "vendor=2" in asking.host.truth(ZONE)[Key("dns", ZONE, "TXT", "@")].values


def test_papers_that_are_lost_are_written_again(asking: Asking) -> None:
    """What no paper names was never asked for, whatever the journal says; it is the same request."""
    first = asking.begins()
    shutil.rmtree(asking.state() / "requests")
    assert asking.applies()["exit_code"] == 5
    (again,) = asking.papers()
    assert (again["id"], again["records"]) == (first["id"], first["records"])


def test_a_damaged_paper_is_told(asking: Asking) -> None:
    """A file that is no request is a warning, never a traceback."""
    paper = asking.begins()
    path = asking.state() / "requests" / f"{paper['id']}.json"
    for text in ("{", "[]", '{"kind": "request"}', '{"kind": "request", "format_version": "1.0"}', "\udcff"):
        path.write_text(text, errors="surrogateescape")
        assert asking.told("ask/unreadable"), text
    change = paper["changes"][0]
    odd: list[dict[str, Any]] = [{name: 5} for name in USED] + [{name: {}} for name in USED]
    odd += [{"changes": [{**change, name: 5}]} for name in change]
    odd += [{"id": "evil"}, {"expected_by": "2020-01-01T00:00:00"}, {"zones": ["other.example"]}]
    for wrong in odd:
        path.write_text(json.dumps(paper | wrong))
        (said,) = asking.told("ask/unreadable")
        assert said in {f"{path.name} is no request: it is {one}" for one in DAMAGED}, wrong
    for name in USED:
        path.write_text(json.dumps({key: value for key, value in paper.items() if key != name}))
        assert asking.told("ask/unreadable"), name
    path.write_text(json.dumps(paper))
    assert asking.told("ask/unreadable") == []


def test_a_line_that_is_gone_removes_nothing(asking: Asking) -> None:
    """The zone was not read whole; only `absent:` asks for a removal, and then it is asked for."""
    Person(asking.host).does(asking.begins())
    asking.applies()
    asking.edit("    dmarc: {policy: none}\n", "")
    (step,) = asking.plans()["steps"]
    assert (step["action"], step["allowed"]) == ("destroy", False)
    assert "list it under `absent:`" in step["refusal"]
    asking.edit("    ttl: 300\n", "    ttl: 300\n    absent: [{name: _dmarc, type: TXT}]\n")
    asking.applies(asking.plans())
    assert values(asking.papers()[1:]) == {("remove", "_dmarc", None)}
    Person(asking.host).does(asking.papers()[1])
    assert asking.applies()["exit_code"] == 0
    assert asking.plans()["steps"] == []


def test_one_request_for_each_contact(tmp_path: Path) -> None:
    """Zones of one contact go together, another contact gets a request of its own."""
    more = "".join(
        f"  {name}: {{dns: {{ask: {ask}}}, dmarc: {{policy: none}}}}\n"
        for name, ask in (("two.example", ASK), ("three.example", "dns@elsewhere.example"))
    )
    asking = Asking(tmp_path, SPEC + more)
    try:
        asking.host.make("two.example")
        asking.host.make("three.example")
        asking.applies(asking.plans())
        found = {one["ask"]: one["zones"] for one in asking.papers()}
        assert found == {ASK: [ZONE, "two.example"], "dns@elsewhere.example": ["three.example"]}
    finally:
        asking.host.close()


def _spf(asking: Asking, spf: str, *more: str) -> None:
    asking.host.resolver.add({("third.example", "TXT"): ["v=spf1 ip4:192.0.2.9 -all"]})
    asking.host.edit(Key("dns", ZONE, "TXT", "@"), record("TXT", "@", spf, *more, ttl=300))


def test_a_sender_that_came_after_the_request_is_kept(asking: Asking) -> None:
    """The paper would take it away: it is withdrawn for this record, another is written, and that only once."""
    first = asking.begins()
    _spf(asking, OLD_SPF.replace(" ~all", " include:third.example ~all"), "vendor=1")
    (told,) = asking.told("ask/withdrawn")
    assert "doing it would undo include:third.example" in told
    done = asking.applies()
    (new,) = done["requests"]
    second = next(paper for paper in asking.papers() if paper["id"] == new["id"])
    merged = "v=spf1 include:_spf.old.example include:third.example include:spf.mailer.example ~all"
    assert values([second]) == {("change", "@", merged)}
    assert asking.applies()["requests"] == []
    (told,) = asking.told("ask/withdrawn")
    assert f"is asked for by request {new['id']} instead" in told
    others = [number for number, row in enumerate(first["records"]) if row["name"] != "@"]
    Person(asking.host).does(first, others)
    Person(asking.host).does(second)
    assert asking.applies()["exit_code"] == 0
    assert asking.work().tasks("acme")["requests"] == []
    assert asking.host.truth(ZONE)[Key("dns", ZONE, "TXT", "@")].values == (merged, "vendor=1")


def test_a_paper_that_fits_again_is_the_same_request(asking: Asking) -> None:
    """The sender came and went."""
    first = asking.begins()
    _spf(asking, OLD_SPF.replace(" ~all", " include:third.example ~all"), "vendor=1")
    asking.applies()
    _spf(asking, OLD_SPF, "vendor=1")
    asking.applies()
    assert len(asking.papers()) == 2
    Person(asking.host).does(first)
    asking.applies()
    assert NEW_SPF in asking.host.truth(ZONE)[Key("dns", ZONE, "TXT", "@")].values


@pytest.mark.parametrize(
    ("spf", "more"),
    [
        ("v=spf1 include:spf.mailer.example include:_spf.old.example ~all", ["vendor=1"]),
        (NEW_SPF.replace(" ~all", " include:third.example ~all"), ["vendor=1"]),
        (NEW_SPF.replace("v=spf1 ", "v=spf1  "), ["vendor=1"]),
        (NEW_SPF, []),
        (NEW_SPF, ["vendor=2", "vendor=3"]),
    ],
)
def test_right_in_other_words(asking: Asking, spf: str, more: list[str]) -> None:
    """What means what was asked for is done, whatever stands beside it."""
    Person(asking.host).does(asking.begins())
    _spf(asking, spf, *more)
    assert asking.applies()["exit_code"] == 0
    assert asking.work().tasks("acme")["requests"] == []
    assert (asking.applies()["exit_code"], asking.plans()["steps"]) == (0, [])


def test_done_while_the_paper_is_lost(asking: Asking) -> None:
    """Nobody waits for what the plan does not want any more and no paper asks for."""
    Person(asking.host).does(asking.begins())
    _spf(asking, NEW_SPF, "vendor=1", '"v=spf1 -all"')
    shutil.rmtree(asking.state() / "requests")
    assert asking.applies()["exit_code"] == 0
    assert asking.work().tasks("acme")["requests"] == []


def test_another_contact_is_asked(asking: Asking) -> None:
    """The address was wrong: the right one gets a request of its own, and it is told."""
    asking.begins()
    asking.edit(ASK, "dns@hosting.example")
    assert all("is asked of dns@hosting.example now" in text for text in asking.told("ask/withdrawn"))
    asking.applies(asking.plans())
    second = asking.papers()[1]
    assert (second["ask"], len(second["records"])) == ("dns@hosting.example", 3)
    assert asking.applies()["requests"] == []
    Person(asking.host).does(second)
    assert asking.applies()["exit_code"] == 0


def test_a_zone_that_cannot_be_read_withdraws_nothing(asking: Asking) -> None:
    """One server is silent: nobody is told to leave anything out, and `tasks` does not say that all is well."""
    asking.begins()
    asking.host.servers[1].faults[ANY_NAME] = Fault(Trouble.SERVFAIL)
    assert asking.told("ask/withdrawn") == []
    said = asking.run("tasks", "--json")
    assert (said.code, len(said.json["requests"])) == (1, 1)
    assert [one["rule"] for one in said.json["diagnostics"]] == ["live/unread"]
    asking.host.servers[1].faults.clear()
    assert asking.run("tasks").code == 5


def test_a_zone_that_left_the_spec(tmp_path: Path) -> None:
    """Its request is told once, and waits for nobody."""
    more = "  two.example: {dns: {ask: dns@elsewhere.example}, dmarc: {policy: none}}\n"
    asking = Asking(tmp_path, SPEC + more)
    try:
        asking.host.make("two.example")
        asking.applies(asking.plans())
        asking.edit(more, "")
        (told,) = asking.told("ask/withdrawn")
        assert "TXT _dmarc.two.example. is no longer wanted" in told
        asking.applies()
        assert asking.told("ask/withdrawn") == []
        assert [one["zones"] for one in asking.work().tasks("acme")["requests"]] == [[ZONE]]
    finally:
        asking.host.close()


def test_stage_after_stage(asking: Asking) -> None:
    """What must come first is asked for first; MX and what follows it go together, in the next request."""
    (asking.specs / "acme" / "new.csv").write_text(
        "name,type,value,priority\n@,MX,mx.new.example,5\nautodiscover,CNAME,ad.new.example,\n"
        "@,TXT,v=spf1 ip4:192.0.2.9 ~all,\n"
    )
    asking.edit("    ttl: 300\n", "    ttl: 300\n    mail: {service: table, table: new.csv, adopt: overwrite}\n")
    first = asking.begins()
    assert {row["type"] for row in first["records"]} == {"TXT", "CNAME"}
    assert {row["name"] for row in first["records"]} == {"@", "_dmarc", "sel1._domainkey"}
    Person(asking.host).does(first)
    assert asking.applies()["exit_code"] == 5
    second = asking.papers()[1]
    assert values([second]) == {
        ("change", "@", "5 mx.new.example."),
        ("add", "autodiscover", "ad.new.example."),
    }
    Person(asking.host).does(second, rows=[0])
    assert asking.applies()["exit_code"] == 5
    Person(asking.host).does(second)
    assert asking.applies()["exit_code"] == 0
    assert (asking.plans()["steps"], len(asking.papers())) == ([], 2)
    assert asking.host.truth(ZONE)[Key("dns", ZONE, "MX", "@")].values == ("5 mx.new.example.",)


def test_a_wish_withdrawn(asking: Asking) -> None:
    """What is no longer wanted as it was asked for is told, and waits for nobody."""
    Person(asking.host).does(asking.begins(), rows=[1])
    assert asking.applies()["exit_code"] == 5
    asking.edit("    dkim: [{selector: sel1, target: sel1.dkim.mailer.example}]\n", "")
    assert any(
        "CNAME sel1._domainkey.acme.example. is no longer wanted" in text for text in asking.told("ask/withdrawn")
    )
    asking.applies()
    assert asking.told("ask/withdrawn") == []
    assert "CNAME" not in str(asking.work().tasks("acme")["requests"])


def test_a_server_that_does_not_answer(asking: Asking) -> None:
    """A partial reading is an error: nothing is planned there."""
    asking.host.servers[1].faults[ANY_NAME] = Fault(Trouble.SERVFAIL)
    plan = asking.plans()
    assert (plan["steps"], plan["errored"]) == ([], True)
    assert "not every name server answers" in str(plan["diagnostics"])
    assert "ns2.hosting.example: 127.0.0.1" in str(plan["diagnostics"]), plan["diagnostics"]


@pytest.mark.parametrize(("line", "said"), [("", "no resolver is named"), ("authoritative", "forbids that")])
def test_nobody_to_ask_through(asking: Asking, line: str, said: str) -> None:
    """Without a resolver, or where name servers may not be asked, it says so."""
    asking.workspace("resolver: {servers: [127.0.0.1], authoritative: false}\n" if line else "")
    with pytest.raises(SpecError, match=said):
        asking.plans()
    assert asking.run("plan").code == 1
