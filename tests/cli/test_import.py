"""What `import` finds and writes, what it refuses to touch, and what its exit codes say."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from reconciler.cli.front import front
from reconciler.cli.screen import Screen
from reconciler.cli.world import World
from reconciler.model.answer import Answer, Question
from reconciler.model.errors import Refused
from reconciler.report.views import render
from reconciler.session.importing import Begun, Sources, begin, put
from reconciler.session.ordering import Order, opened
from reconciler.spec.load import load
from tests.emulators.dns_server import ANY_NAME, DnsServer, Fault, Trouble
from tests.mail.public_dns import PublicDns, Zone
from tests.mail.test_discover import RICH, SHOP
from tests.mail.test_draft import spec_of
from tests.running import Done
from tests.test_random_texts import NAMES, texts

NOW = datetime(2026, 11, 21, 20, tzinfo=UTC)
#: Mailchimp's two keys, so that the draft has a sender in force.
WHOLE: Zone = {**RICH, (f"k3._domainkey.{SHOP}", "CNAME"): ["dkim3.mcsv.net."]}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every command runs in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def server() -> Iterator[DnsServer]:
    """A DNS server that knows one domain."""
    with DnsServer(WHOLE) as found:
        yield found


def call(server: DnsServer | None, *words: str, **environment: str | None) -> Done:
    """`import` in this process, beside a server if one is named."""
    told = ["--resolver", at(server)] if server else []
    return go("import", *words, *told, **environment)


def go(*words: str, **environment: str | None) -> Done:
    """Any command in this process."""
    given = {"RECONCILER_SPECS": None, **environment}
    result = CliRunner().invoke(front(), words, obj=World(screen=Screen(interactive=False)), env=given)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "this is a bug" not in result.output, result.output
    return Done(result.exit_code, result.stdout, result.stderr)


def at(server: DnsServer) -> str:
    """Its address as it is written."""
    return f"{server.address[0]}:{server.address[1]}"


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    found = sorted(path for path in root.rglob("*") if path.is_file() or path.is_symlink())
    return {str(path.relative_to(root)): path.read_bytes() if path.is_file() else b"" for path in found}


# What it finds and writes


def test_a_new_folder(here: Path, server: DnsServer) -> None:
    """Draft, snapshot and workspace; the document says what was found and whom it asked, each question once."""
    done = call(server, SHOP, "--json")
    paper = done.json
    assert (done.code, done.err, paper["kind"], paper["outcome"]) == (0, "", "import", "written")
    assert (paper["customer"], paper["asked"], paper["diagnostics"]) == ("shop", [at(server)], [])
    assert paper["questions"] == len(server.log) == len(set(server.log))
    assert {one["vendor"]: one["role"] for one in paper["domains"][0]["matches"]} == {
        "microsoft365": "mailbox",
        "mimecast": "gateway",
        "mailchimp": "sender",
        "zendesk": "sender",
        "ondmarc": "dmarc",
    }
    written = ["specs/shop/customer.yaml", "specs/shop/before.yaml", "specs/workspace.yaml"]
    assert paper["files"] == [{"path": path, "text": None} for path in written]
    assert sorted(tree(here)) == sorted(written)
    loaded = load(Path("specs"))
    assert loaded.diagnostics == ()
    assert [one.name for one in loaded.customers[0].domains[SHOP].senders] == ["mailchimp"]
    assert loaded.workspace.resolver is not None
    assert loaded.workspace.resolver.servers == (at(server),)
    assert f'values: ["{WHOLE[f"k3._domainkey.{SHOP}", "CNAME"][0]}"]' in Path(written[1]).read_text()


def test_without_a_choice_plans_ask_nobody(here: Path) -> None:
    """A workspace gets the servers that somebody named; this machine's own are only offered."""
    begun = made(Order((SHOP,), "shop", here / "specs"), WHOLE)
    put(Order((SHOP,), "shop", here / "specs"), begun)
    text = (here / "specs" / "workspace.yaml").read_text()
    assert text.endswith("# resolver: system\n")
    assert load(here / "specs").workspace.resolver is None


def test_the_next_commands(server: DnsServer) -> None:
    """What the draft leads to works at once: the spec is sound, and the plan names what is missing."""
    done = call(server, SHOP)
    assert done.out.endswith(
        "Next: read specs/shop/customer.yaml, then: "
        "reconciler validate --customer shop && reconciler plan --customer shop; apply adopts what is there\n"
    )
    assert go("validate", "--customer", "shop").code == 0
    plan = go("plan", "--customer", "shop")
    assert plan.code == 1
    assert f"zones/{SHOP}.zone: there is no such file" in plan.out


@pytest.mark.parametrize("specs", ["elsewhere/my specs", "."])
def test_a_folder_that_is_named(here: Path, server: DnsServer, specs: str) -> None:
    """Specs go where the option says, and the next commands name it where they would not find it."""
    done = call(server, SHOP, "--specs", specs, "--customer", "acme", "--json")
    assert (done.code, (here / specs / "acme" / "customer.yaml").is_file()) == (0, True), done
    assert ("--specs 'elsewhere/my specs' --customer acme" in done.json["next"]) == (specs != ".")


def test_text(server: DnsServer) -> None:
    """A person reads who stands behind it and how sure that is, each record, and what is out of sight."""
    out = call(server, SHOP).out
    for text in (
        f"What public DNS shows of the mail of {SHOP}\n",
        "  gateway before the mailboxes: Mimecast (confidence high, 0.98)\n    MX names us-smtp-inbound-1.",
        "  include:mail.zendesk.com, in the record of _spf (zendesk)\n",
        '  TXT _dmarc, TTL 300 s\n    "v=DMARC1; p=none; rua=mailto:x@inbox.ondmarc.com"\n',
        "Could not be seen:\n  DKIM selectors nobody guesses",
        "Files written:\n  specs/shop/customer.yaml\n",
    ):
        assert text in out


def test_dry_run(here: Path, server: DnsServer) -> None:
    """Nothing is written, and the document holds the very texts that would be."""
    dry = call(server, SHOP, "--dry-run", "--json").json
    assert (dry["outcome"], tree(here), list(here.iterdir())) == ("dry-run", {}, [])
    assert "Files that would be written:\n" in call(server, SHOP, "--dry-run").out
    wet = call(server, SHOP, "--json").json
    assert {one["path"]: one["text"].encode() for one in dry["files"]} == tree(here)
    assert wet["digest"] == dry["digest"]


def test_forms_and_copies(here: Path, server: DnsServer) -> None:
    """A page for the customer and the document beside the text; the document can be shown again."""
    done = call(server, SHOP, "--output", "html://found.html", "--output", "json://found.json")
    assert go("show", "found.json").out == done.out
    assert "<h1>What public DNS shows" in (here / "found.html").read_text()
    assert call(server, SHOP, "--format", "text", "--json").code == 1


@pytest.mark.parametrize(("domain", "customer"), [("Shop.EXAMPLE.", "shop"), ("ñandú.example", "xn--and-6ma2c")])
def test_names(here: Path, server: DnsServer, domain: str, customer: str) -> None:
    """A domain in any form; without another word the customer is called like its first label."""
    server.add({("xn--and-6ma2c.example", "MX"): ["10 mx.example.net."]})
    assert call(server, domain, "--json").json["customer"] == customer
    assert (here / "specs" / customer / "customer.yaml").is_file()


def test_a_workspace_that_is_there(here: Path, server: DnsServer) -> None:
    """It stays as it is, and its servers are asked; where it names no DNS provider, the draft's gap is told."""
    (here / "specs").mkdir()
    workspace = here / "specs" / "workspace.yaml"
    workspace.write_text(f"providers: {{}}\nresolver: {at(server)}\n")
    done = call(None, SHOP, "--json")
    assert (done.code, done.json["asked"], done.rules) == (0, [at(server)], {"spec/missing"})
    assert {one["origin"]["file"] for one in done.json["diagnostics"]} == {"specs/shop/customer.yaml"}
    assert workspace.read_text() == f"providers: {{}}\nresolver: {at(server)}\n"
    with DnsServer(WHOLE) as other:
        assert call(other, SHOP, "--customer", "b", "--specs", "new", "--json").json["asked"] == [at(other)]


# What it refuses


@pytest.mark.parametrize("name", ["customer.yaml", "before.yaml", "accounts.csv"])
def test_nothing_is_overwritten(here: Path, server: DnsServer, name: str) -> None:
    """A folder with anything in it stays as it is; nobody is asked."""
    (here / "specs" / "shop").mkdir(parents=True)
    (here / "specs" / "shop" / name).write_text("mine")
    (here / "specs" / "workspace.yaml").write_text("providers: {}\n")
    kept = tree(here)
    done = call(server, SHOP, "--json")
    assert (done.code, done.rules, tree(here), server.log) == (3, {"import/exists"}, kept, [])
    assert "--customer" in done.json["diagnostics"][0]["remedy"]


@pytest.mark.parametrize("what", ["file", "link", "link to an empty folder"])
def test_what_is_no_folder(here: Path, server: DnsServer, what: str) -> None:
    """A file or a link in the folder's place is somebody's too."""
    (here / "specs").mkdir()
    (here / "empty").mkdir()
    place = here / "specs" / "shop"
    if what == "file":
        place.write_text("mine")
    else:
        place.symlink_to(here / ("empty" if "empty" in what else "nowhere"))
    kept = tree(here)
    assert (call(server, SHOP, "--json").code, tree(here), server.log) == (3, kept, [])


def test_an_empty_folder_is_filled(here: Path, server: DnsServer) -> None:
    """Nothing is lost there."""
    (here / "specs" / "shop").mkdir(parents=True)
    assert call(server, SHOP).code == 0
    assert {"specs/shop/customer.yaml", "specs/shop/before.yaml"} <= tree(here).keys()


def test_a_domain_that_somebody_has(here: Path, server: DnsServer) -> None:
    """A domain under two customers would spoil both specs, so the second import is refused."""
    assert call(server, SHOP).code == 0
    kept, asked = tree(here), len(server.log)
    done = call(server, SHOP, "--customer", "other", "--json")
    assert (done.code, done.rules, tree(here), len(server.log)) == (3, {"import/claimed"}, kept, asked)
    assert done.json["diagnostics"][0]["origin"]["file"] == "specs/shop/customer.yaml"


@pytest.mark.parametrize("customer", ["../x", "A", "", ".x", "a/b", "x" * 64, "a\n"])
def test_names_of_customers(here: Path, server: DnsServer, customer: str) -> None:
    """A name that no folder of a customer may have, or that leads elsewhere."""
    done = call(server, SHOP, "--customer", customer, "--json")
    assert (done.code, done.rules, list(here.iterdir()), server.log) == (1, {"spec/customer"}, [], [])


def test_all_mistakes_at_once(here: Path, server: DnsServer) -> None:
    """Domain and servers together; nobody is asked."""
    done = call(server, "nope", "--resolver", "dns.test", "--json")
    assert (done.code, done.rules) == (1, {"spec/domain", "spec/server"})
    assert (server.log, list(here.iterdir())) == ([], [])


def test_a_workspace_that_cannot_be_read(here: Path, server: DnsServer) -> None:
    """Nobody knows what is in these specs, so nothing is added to them."""
    (here / "workspace.yaml").write_text("resolver: [")
    done = call(server, SHOP)
    assert (done.code, [path.name for path in here.iterdir()], server.log) == (1, ["workspace.yaml"], [])


@pytest.mark.parametrize("specs", ["file", "file/specs"])
def test_where_nothing_can_be_written(here: Path, server: DnsServer, specs: str) -> None:
    """It is said, and nothing is left."""
    (here / "file").write_text("mine")
    done = call(server, SHOP, "--specs", specs, "--json")
    assert (done.code, done.rules, tree(here)) == (1, {"import/unwritable"}, {"file": b"mine"})


# What DNS does not say


@pytest.mark.parametrize("trouble", [Trouble.SERVFAIL, Trouble.REFUSED, Trouble.GARBAGE])
def test_nobody_answers(here: Path, server: DnsServer, trouble: Trouble) -> None:
    """An error, and nothing is written: nothing is known."""
    server.faults[ANY_NAME] = Fault(trouble)
    done = call(server, SHOP, "--json")
    assert (done.code, done.rules, list(here.iterdir())) == (1, {"import/silence"}, [])


def test_no_such_domain(here: Path, server: DnsServer) -> None:
    """A name that DNS does not know is a slip of the pen."""
    done = call(server, "shopp.example", "--json")
    assert (done.code, done.rules, list(here.iterdir())) == (1, {"import/no-domain"}, [])


def test_some_answers_are_missing(here: Path, server: DnsServer) -> None:
    """It is said in the report, in the draft and in the snapshot, which must not look complete."""
    server.faults[f"_dmarc.{SHOP}"] = Fault(Trouble.SERVFAIL)
    done = call(server, SHOP, "--json")
    assert (done.code, done.rules) == (0, {"import/unanswered"})
    assert any(one.startswith(f"TXT of _dmarc.{SHOP}: nobody answered") for one in done.json["domains"][0]["unseen"])
    snapshot = (here / "specs" / "shop" / "before.yaml").read_text()
    assert f"# Nobody answered, so nothing is known of it: TXT of _dmarc.{SHOP}\n" in snapshot
    assert f"TXT of _dmarc.{SHOP}: nobody answered" in (here / "specs" / "shop" / "customer.yaml").read_text()
    assert load(here / "specs").diagnostics == ()


# Writing


class Net:
    """Public DNS in memory as somebody who answers rounds of questions."""

    def __init__(self, records: Zone) -> None:
        self.dns = PublicDns(records)

    def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """One round."""
        return {one: self.dns._answer(*one) for one in questions}


def made(order: Order, records: Zone, now: datetime = NOW) -> Begun:
    """Everything but the writing."""
    return begin(order, opened(order), Sources(now, Net(records), ("192.0.2.53:53",)), following="")


def test_the_digest_is_of_what_was_found(here: Path) -> None:
    """Two looks that saw the same have the same digest, whenever they were; the snapshot has the day."""
    order, later = Order((SHOP,), "shop", here), NOW.replace(day=22)
    first, second, other = made(order, WHOLE), made(order, WHOLE, later), made(order, RICH)
    assert first.paper["digest"] == second.paper["digest"] != other.paper["digest"]
    assert [
        f"found: {day}" in one.files[order.folder / "before.yaml"]
        for day, one in (("2026-11-21", first), ("2026-11-22", second))
    ] == [True, True]


@pytest.mark.parametrize("what", ["folder", "workspace"])
def test_somebody_else_was_quicker(here: Path, what: str) -> None:
    """What has come into being since it was looked for stays, and nothing of ours stands beside it."""
    order = Order((SHOP,), "shop", here / "specs")
    begun = made(order, WHOLE)
    place = here / "specs" / ("shop/notes.txt" if what == "folder" else "workspace.yaml")
    place.parent.mkdir(parents=True)
    place.write_text("theirs")
    kept = tree(here)
    with pytest.raises(Refused) as refused:
        put(order, begun)
    assert tree(here) == kept
    assert [path.name for path in (here / "specs").iterdir()] == [place.relative_to(here / "specs").parts[0]]
    assert refused.value.diagnostics[0].origin.file == str(here / "specs" / ("shop" if what == "folder" else place))


class Impatient(Screen):
    """Somebody presses Ctrl-C as soon as the files are there."""

    def out(self, text: str) -> None:
        """Shown all the same."""
        assert Path("specs/shop/customer.yaml").is_file()
        signal.raise_signal(signal.SIGINT)
        super().out(text)


def test_a_signal_that_comes_too_late(server: DnsServer) -> None:
    """Once the files stand there nobody says that nothing was written."""
    words = ["import", SHOP, "--resolver", at(server)]
    result = CliRunner().invoke(front(), words, obj=World(screen=Impatient(interactive=False)))
    assert (result.exit_code, "nothing was written" in result.output) == (0, False)
    assert "Files written:" in result.stdout


def test_what_killed_runs_left_goes(here: Path) -> None:
    """Folders of runs that are gone are cleared away; that of a living one is let be."""
    order = Order((SHOP,), "shop", here)
    for process in (os.getpid(), os.getppid(), 2**31 - 1, 10**30):
        (here / f".import-{process}" / "shop").mkdir(parents=True)
    (here / ".import-notes").mkdir()
    put(order, made(order, WHOLE))
    left = {path.name for path in here.iterdir() if path.name.startswith(".")}
    assert left == {f".import-{os.getppid()}", ".import-notes"}


def test_a_draft_that_is_no_spec_is_never_written(here: Path) -> None:
    """The loader has the last word: what it would not read is a bug of ours, told before anything is written."""
    order = Order(("no domain",), "shop", here / "specs")
    with pytest.raises(RuntimeError, match="the draft is no spec: 'no domain' is no domain"):
        made(order, {("no domain", "MX"): ["10 mx.example.net."]})
    assert list(here.iterdir()) == []


# Whatever strangers wrote


PLACES = [*NAMES, "exchangedelegation", "_spf", "*", "*._domainkey", "_domainkey", "k2._domainkey", "google._domainkey"]


@pytest.mark.parametrize(
    "seed", [*range(40), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(40, 2000))]
)
def test_random_octets_at_every_mail_name(here: Path, seed: int) -> None:
    """No traceback, an end, and two files that load; the report can be shown in every form."""
    chance = random.Random(seed)
    records: dict[tuple[str, str], list[str]] = {(SHOP, "MX"): ["10 mail.shop.example."]}
    for place in PLACES:
        records[SHOP if place == "@" else f"{place}.{SHOP}", "TXT"] = texts(chance)
    order = Order((SHOP,), "shop", here / "specs")
    paper = put(order, begun := made(order, records))
    assert load(here / "specs").diagnostics == ()
    spec_of("", begun.files[here / "specs" / "shop" / "before.yaml"])
    assert all(text.isascii() for text in begun.files.values())
    assert all(render(paper, form) for form in ("text", "markdown", "html", "json"))


def test_the_random_octets_reach_the_files(here: Path) -> None:
    """What a spec can hold of them stands in the snapshot, the rest in its comments."""
    kinds: Counter[str] = Counter()
    for seed in range(20):
        chance = random.Random(seed)
        records = {(SHOP, "TXT"): texts(chance), (f"_dmarc.{SHOP}", "TXT"): texts(chance)}
        files: Any = made(Order((SHOP,), "shop", here / "specs"), records).files
        lines = files[here / "specs" / "shop" / "before.yaml"].splitlines()
        kinds.update(line.strip()[:6] for line in lines if line.startswith("  "))
    assert kinds["- {nam"] > 10
    assert kinds["# left"] > 20


# Several domains


def test_several_domains_in_public_dns(here: Path, server: DnsServer) -> None:
    """One spec with a draft of each, and a snapshot of each; named twice is named once."""
    other = "shop.test"
    server.add({(other, "MX"): ["10 mx.example.net."]})
    paper = call(server, SHOP, other, SHOP, "--only", "mail", "--json").json
    assert [(one["domain"], one["provider"], one["complete"]) for one in paper["domains"]] == [
        (SHOP, "", False),
        (other, "", False),
    ]
    assert paper["questions"] == len(server.log)
    assert sorted(tree(here / "specs" / "shop")) == [f"before-{SHOP}.yaml", f"before-{other}.yaml", "customer.yaml"]
    assert list(load(here / "specs").customers[0].domains) == [SHOP, other]
    text = (here / "specs" / "shop" / "customer.yaml").read_text()
    assert text.startswith("# Draft made from public DNS on ")
    assert "incomplete" in text.partition("\n")[0]
    assert f"as_found: before-{SHOP}.yaml" in text
    assert "as_found: before.yaml" not in text


def test_one_of_several_is_unknown(here: Path, server: DnsServer) -> None:
    """Whole or not at all."""
    done = call(server, SHOP, "nowhere.example", "--json")
    assert (done.code, done.rules, list(here.iterdir())) == (1, {"import/no-domain"}, [])
