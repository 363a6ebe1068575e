"""The real `check`, as a process of its own beside a DNS server on loopback: what it asks, whom, and how it ends."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import time
from pathlib import Path

import pytest

from reconciler.probe.resolver import from_machine
from tests.cli.folder import Folder
from tests.cli.healthy import specs, well
from tests.cli.terminal import terminal
from tests.emulators.dns_server import ANY_NAME, LOOPBACK, DnsServer, Fault, Trouble
from tests.probe import alone
from tests.running import command, run, surroundings

PLACES = [pytest.param(True, id="shut in"), pytest.param(False, id="beside")]


def at(port: int) -> str:
    """A server on loopback as it is written."""
    return f"{LOOPBACK}:{port}"


@pytest.mark.parametrize("count", [40, pytest.param(1000, marks=pytest.mark.long)])
def test_each_name_is_asked_once(tmp_path: Path, count: int) -> None:
    """A spec of many domains: each name and type is asked once, whoever shares it, in a few seconds of CPU."""
    names = [f"d{number}.test" for number in range(count)]
    with DnsServer(well(*names)) as server:
        specs(tmp_path / "specs", {"acme": names}, at(server.address[1]))
        before, begin = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = run(("check", "--json"), tmp_path, {})
        wall, after = time.monotonic() - begin, resource.getrusage(resource.RUSAGE_CHILDREN)
        counts = server.counts
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{count} domains: {counts.total()} questions, {cpu:.1f} s CPU, {wall:.1f} s")
    assert done.code == 0, done
    assert {one["domain"]: one["verdict"] for one in done.json["domains"]} == dict.fromkeys(names, "pass")
    assert set(counts.values()) == {1}
    assert done.json["questions"] == counts.total()
    assert cpu < 2 + count / 20


@pytest.mark.parametrize("namespace", PLACES)
def test_nobody_but_the_configured_server_is_asked(tmp_path: Path, *, namespace: bool) -> None:
    """Of a workspace with a resolver: no other address is gone to, not even the machine's own servers."""
    port = alone.free_port()
    specs(tmp_path / "specs", {"acme": ["a.test", "gone.test"]}, at(port))
    records = well("a.test") | {("a.test", "NS"): ["ns.host.test."], ("ns.host.test", "A"): ["20.1.1.9"]}
    done = alone.run(command("check", "--json"), tmp_path, records, port, namespace=namespace and alone.possible())
    paper = json.loads(done.out)
    assert [one["verdict"] for one in paper["domains"]] == ["pass", "fail"], done
    assert paper["asked"] == [at(port)]
    assert done.went_only_to((LOOPBACK, port)), done.targets
    assert done.programs == []
    assert len(done.asked) == len(set(done.asked)) == paper["questions"]


@pytest.mark.parametrize("namespace", PLACES)
def test_a_policy_is_fetched_where_dns_said(tmp_path: Path, *, namespace: bool) -> None:
    """Beside the server only the web server of the policy is gone to, at the address that the server gave."""
    port = alone.free_port()
    records = well("a.test") | {("_mta-sts.a.test", "TXT"): ["v=STSv1; id=1;"], ("mta-sts.a.test", "A"): ["127.0.0.9"]}
    words = command("check", "a.test", "--resolver", at(port), "--json")
    done = alone.run(words, tmp_path, records, port, namespace=namespace and alone.possible())
    told = [one["rule"] for section in json.loads(done.out)["domains"][0]["sections"] for one in section["diagnostics"]]
    assert "mta-sts/fetch" in told
    assert done.went_only_to((LOOPBACK, port), ("127.0.0.9", 443))
    assert done.targets["127.0.0.9", 443] == 1


def test_a_server_that_is_away(tmp_path: Path) -> None:
    """Where the configured server says nothing, nobody else is looked for, and nothing is known."""
    port = alone.free_port()
    specs(tmp_path / "specs", {"acme": ["a.test"]}, f"{{servers: {at(9)}, timeout: 1s}}")
    done = alone.run(command("check", "--json"), tmp_path, well("a.test"), port)
    assert (done.code, json.loads(done.out)["outcome"]) == (1, "unknown"), done
    assert done.went_only_to((LOOPBACK, 9)), done.targets
    assert done.asked == []


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while questions are on their way is 130 and a sentence, at once."""
    with DnsServer() as server:
        server.faults[ANY_NAME] = Fault(Trouble.DROP)
        process = subprocess.Popen(
            command("check", "a.test", "--resolver", at(server.address[1])),
            cwd=tmp_path,
            env=surroundings({}),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            end = time.monotonic() + 30
            while not server.log and time.monotonic() < end:
                time.sleep(0.02)
            begin = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        finally:
            process.kill()
            process.wait()
    assert (process.returncode, out, err.strip()) == (130, b"", b"interrupted; nothing was written")
    assert time.monotonic() - begin < 4


def test_signs_of_life(tmp_path: Path) -> None:
    """A person at a terminal sees what is being done; a script sees none of it."""
    with DnsServer(well("a.test")) as server:
        server.faults[ANY_NAME] = Fault(delay=0.05)
        words = ("check", "a.test", "--selector", "own", "--resolver", at(server.address[1]))
        with terminal(Folder(tmp_path), *words) as shown:
            shown.expect("asking DNS (0 of ")
            shown.expect("a.test: pass")
            assert shown.end() == 0
        done = run(words, tmp_path, {})
    assert (done.code, done.err) == (0, "")


def test_a_report_is_kept_and_shown_again(tmp_path: Path) -> None:
    """The JSON of a report gives the same text and page later, without asking anybody."""
    with DnsServer(well("a.test")) as server:
        words = ("check", "a.test", "--resolver", at(server.address[1]))
        done = run((*words, "--output", "json://kept.json", "--output", "html://kept.html"), tmp_path, {})
    assert run(("show", "kept.json"), tmp_path, {}).out == done.out
    assert run(("show", "kept.json", "--format", "html"), tmp_path, {}).out == (tmp_path / "kept.html").read_text()


def test_the_machines_own_servers(tmp_path: Path) -> None:
    """Without any choice the machine's own servers are asked and no other, and the report says so."""
    if not alone.possible():  # they would really be asked
        return
    done = alone.run(command("check", "a.test", "--json"), tmp_path, {}, alone.free_port())
    own = from_machine()
    assert json.loads(done.out)["asked"] == [f"{one.address}:{one.port} (this machine's own)" for one in own], done
    assert done.targets.keys() == {(one.address, one.port) for one in own}
    assert not done.lookups
