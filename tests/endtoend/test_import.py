"""The real `import`, as a process of its own beside a DNS server on loopback: whom it asks, and what it leaves."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from reconciler.model.rdata import txt_to_presentation
from reconciler.probe.resolver import from_machine
from reconciler.spec.load import load
from tests.cli.folder import Folder
from tests.cli.terminal import terminal
from tests.cli.test_import import WHOLE
from tests.conftest import LONG
from tests.emulators.dns_server import ANY_NAME, LOOPBACK, DnsServer, Fault, Trouble
from tests.kill.stand import INJECT
from tests.mail.test_discover import SHOP
from tests.probe import alone
from tests.running import ROOT, Done, command, run, surroundings

PLACES = [pytest.param(True, id="shut in"), pytest.param(False, id="beside")]
FILES = ["specs/shop/before.yaml", "specs/shop/customer.yaml", "specs/workspace.yaml"]


def at(port: int) -> str:
    """A server on loopback as it is written."""
    return f"{LOOPBACK}:{port}"


def left(folder: Path) -> list[str]:
    """Every file below a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def zone(specs: Path) -> None:
    """The domain's zone file, as its host exports it."""
    lines = ["$TTL 300", f"$ORIGIN {SHOP}."]
    for (name, kind), values in WHOLE.items():
        if name.endswith(SHOP):
            owner = name.removesuffix(SHOP).removesuffix(".") or "@"
            lines += [f"{owner} {kind} {txt_to_presentation(one) if kind == 'TXT' else one}" for one in values]
    (specs / "zones").mkdir()
    (specs / "zones" / f"{SHOP}.zone").write_text("\n".join(lines) + "\n")


def test_from_nothing_to_an_empty_plan(tmp_path: Path) -> None:
    """Import, validate, plan: the draft asks for nothing that is not there already."""
    with DnsServer(WHOLE) as server:
        server.ttl = 300
        done = run(("import", SHOP, "--resolver", at(server.address[1])), tmp_path, {})
        assert (done.code, done.err) == (0, ""), done
        assert left(tmp_path) == FILES
        assert {(tmp_path / one).stat().st_mode & 0o777 for one in FILES} == {0o666 & ~umask()}
        assert run(("validate",), tmp_path, {}).code == 0
        zone(tmp_path / "specs")
        plan = run(("plan", "--json"), tmp_path, {}).json
    assert (plan["applyable"], plan["complete"], plan["steps"]) == (True, True, []), plan["diagnostics"]
    assert plan["adopt"]["count"] >= 2


def umask() -> int:
    """Of this process, which those that it starts inherit."""
    found = os.umask(0)
    os.umask(found)
    return found


@pytest.mark.parametrize("namespace", PLACES)
def test_nobody_but_the_configured_server_is_asked(tmp_path: Path, *, namespace: bool) -> None:
    """No other address is gone to, the machine's own servers neither; no name lookup, no other program."""
    port = alone.free_port()
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "workspace.yaml").write_text(
        f"providers: {{zones: {{type: zonefile, directory: zones}}}}\ndefaults: {{dns: zones}}\nresolver: {at(port)}\n"
    )
    done = alone.run(command("import", SHOP, "--json"), tmp_path, WHOLE, port, namespace=namespace and alone.possible())
    paper = json.loads(done.out)
    assert (done.code, paper["asked"]) == (0, [at(port)]), done
    assert done.went_only_to((LOOPBACK, port)), done.targets
    assert done.programs == []
    assert len(done.asked) == len(set(done.asked)) == paper["questions"]
    assert left(tmp_path) == FILES


def test_the_option_comes_before_the_workspace(tmp_path: Path) -> None:
    """Whom somebody names for this run is asked, and not the workspace's."""
    port = alone.free_port()
    (tmp_path / "workspace.yaml").write_text(f"providers: {{}}\ndefaults: {{}}\nresolver: {at(9)}\n")
    done = alone.run(command("import", SHOP, "--resolver", at(port)), tmp_path, WHOLE, port)
    assert done.code == 0, done
    assert done.went_only_to((LOOPBACK, port)), done.targets


def test_the_machines_own_servers(tmp_path: Path) -> None:
    """Without any choice the machine's own servers are asked and no other; when they say nothing, that is an error."""
    if not alone.possible():  # they would really be asked
        return
    done = alone.run(command("import", SHOP, "--json"), tmp_path, {}, alone.free_port())
    assert done.targets.keys() == {(one.address, one.port) for one in from_machine()}
    assert (done.code, json.loads(done.out)["diagnostics"][0]["rule"], left(tmp_path)) == (1, "import/silence", [])


def test_a_server_that_says_nothing(tmp_path: Path) -> None:
    """It ends soon, with an error, and nothing is written."""
    with DnsServer() as server:
        server.faults[ANY_NAME] = Fault(Trouble.DROP)
        told = f"providers: {{}}\nresolver: {{servers: {at(server.address[1])}, timeout: 1s}}\n"
        (tmp_path / "workspace.yaml").write_text(told)
        begin = time.monotonic()
        done = run(("import", SHOP), tmp_path, {})
    assert (done.code, left(tmp_path)) == (1, ["workspace.yaml"]), done
    assert f"nobody answers questions about {SHOP}" in done.err
    assert time.monotonic() - begin < 8


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C while questions are on their way is 130 and a sentence, at once, and nothing is written."""
    with DnsServer() as server:
        server.faults[ANY_NAME] = Fault(Trouble.DROP)
        process = subprocess.Popen(
            command("import", SHOP, "--resolver", at(server.address[1])),
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
    assert left(tmp_path) == []


def test_signs_of_life(tmp_path: Path) -> None:
    """A person at a terminal sees what is being done."""
    with DnsServer(WHOLE) as server:
        server.faults[ANY_NAME] = Fault(delay=0.1)
        folder = Folder(tmp_path)
        with terminal(folder, "import", SHOP, "--resolver", at(server.address[1])) as shown:
            shown.expect(f"asking DNS about the mail of {SHOP}")
            shown.expect("Files written:")
            assert shown.end() == 0


def test_two_at_once(tmp_path: Path) -> None:
    """Of two imports of the same domain one writes, the other is refused; the files are whole."""
    with DnsServer(WHOLE) as server:
        server.faults[ANY_NAME] = Fault(delay=0.05)
        words = command("import", SHOP, "--resolver", at(server.address[1]))
        both = [
            subprocess.Popen(words, cwd=tmp_path, env=surroundings({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(2)
        ]
        told = [one.communicate(timeout=60) for one in both]
    assert sorted(one.returncode for one in both) == [0, 3], told
    assert left(tmp_path) == FILES
    assert load(tmp_path / "specs").diagnostics == ()


def imported(folder: Path, port: int, kill: str = "", log: Path | None = None) -> Done:
    """One run that may be killed at a call that changes the disk."""
    more = {"TMPDIR": str(folder.parent)}
    if kill or log:
        more |= {"PYTHONPATH": f"{INJECT}:{ROOT}", "KILL_AT": kill or "0:", "KILL_LOG": str(log or "")}
    done = subprocess.run(
        command("import", SHOP, "--resolver", at(port)),
        cwd=folder,
        env={**surroundings({}), **more},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def test_killed(tmp_path: Path) -> None:
    """Killed before or after any call that changes the disk: all of it or nothing stands there, and a rerun works."""
    with DnsServer(WHOLE) as server:
        port = server.address[1]
        (tmp_path / "whole").mkdir()
        assert imported(tmp_path / "whole", port, log=tmp_path / "calls").code == 0
        calls = (tmp_path / "calls").read_text().splitlines()
        assert {"link", "rename"} <= set(calls)
        assert calls.count("fsync") == 5
        moved = calls.index("rename") + 1
        every = [(number, when) for number in range(1, len(calls) + 1) for when in ("before", "after")]
        decisive = [one for one in every if calls[one[0] - 1] in {"link", "rename"}]
        others = [one for one in every if one not in decisive]
        for number, when in every if LONG else decisive + random.Random(20261121).sample(others, 4):
            folder = tmp_path / f"{number}-{when}"
            folder.mkdir()
            killed = imported(folder, port, kill=f"{number}:{when}")
            assert killed.code == -signal.SIGKILL, (number, when, killed)
            seen = [name for name in left(folder) if "/." not in name]
            done = number > moved or (number == moved and when == "after")
            assert set(FILES[:2]) <= set(seen) if done else not set(FILES[:2]) & set(seen), (number, when, seen)
            again = imported(folder, port)
            assert again.code == (3 if done else 0), (number, when, again)
            assert load(folder / "specs").diagnostics == ()
            assert [name for name in left(folder) if "/." not in name] == FILES
            assert done or left(folder) == FILES, "what the killed run left is cleared away"
