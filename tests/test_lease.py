"""One process at a time works for one customer, and a killed one locks nobody out."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.lease import Holder, LeaseLost, acquire, break_, peek, this_process
from reconciler.model.errors import Refused

ROOT = Path(__file__).resolve().parents[1]
START = datetime(2026, 11, 21, 20, 3, 11, tzinfo=UTC)
OURS = this_process("01OURS")
#: A process of another machine: whether it lives cannot be told from here.
FAR = Holder("ana@laptop pid 7", "01FAR", "https://ci.example/7", 7, "laptop", "7")


@dataclass
class Clock:
    """Goes on only by sleeping; remembers how it slept, and what to do then."""

    time: datetime = START
    slept: list[float] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.time

    def sleep(self, seconds: float) -> None:
        """Go on by as much."""
        self.time += timedelta(seconds=seconds)
        self.slept.append(seconds)
        self.meanwhile()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a customer's lease belongs; nothing is there yet."""
    return tmp_path / "state" / "ferreteria" / "lease.json"


def rule(refused: pytest.ExceptionInfo[Refused]) -> str:
    """The rule of the only diagnostic."""
    (diagnostic,) = refused.value.diagnostics
    return diagnostic.rule


def test_lease_names_its_holder(path: Path) -> None:
    """Whoever looks sees who works, since when and until when, and nobody else may read the file."""
    acquire(path, FAR, Clock(), ttl=60)
    info = peek(path)
    assert info is not None
    assert (info.by, info.since, info.expires) == (FAR, START, START + timedelta(seconds=60))
    content = json.loads(path.read_text())
    assert set(content) == {"holder", "run", "url", "pid", "host", "started", "since", "expires"}
    assert (content["holder"], content["since"]) == ("ana@laptop pid 7", "2026-11-21T20:03:11.000Z")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nobody_has_it(path: Path) -> None:
    """Looking writes nothing."""
    assert peek(path) is None
    assert not path.parent.exists()


@pytest.mark.parametrize("holder", [OURS, FAR])
def test_held_lease_is_refused(path: Path, holder: Holder) -> None:
    """A second run is refused, and told who holds it, since when, where to look, and how to unlock."""
    acquire(path, holder, Clock())
    with pytest.raises(Refused) as refused:
        acquire(path, replace(OURS, run="02OTHER"), Clock())
    assert rule(refused) == "lease/held"
    text = str(refused.value)
    for part in (holder.holder, holder.url, "2026-11-21T20:03:11", f"unlock --customer ferreteria {holder.run}"):
        assert part in text


def test_released_lease_is_free(path: Path) -> None:
    """Release gives it up, and may be said twice."""
    lease = acquire(path, FAR, Clock())
    lease.release()
    lease.release()
    assert peek(path) is None
    assert acquire(path, OURS, Clock()).warnings == ()


def test_renewed_lease_lasts(path: Path) -> None:
    """A lease that is renewed between steps is not taken over; one that is not renewed is, and it is said."""
    clock = Clock()
    lease = acquire(path, FAR, clock, ttl=120)
    for _ in range(5):
        clock.sleep(100)
        lease.renew()
    with pytest.raises(Refused):
        acquire(path, OURS, clock)
    clock.sleep(119.9)
    with pytest.raises(Refused):
        acquire(path, OURS, clock)
    clock.sleep(0.1)
    (warning,) = acquire(path, OURS, clock).warnings
    assert warning.rule == "lease/taken-over"
    assert "ana@laptop pid 7" in warning.summary
    assert "expired" in warning.summary


def test_since_is_kept(path: Path) -> None:
    """Renewing does not hide how long somebody has been at work."""
    clock = Clock()
    lease = acquire(path, FAR, clock)
    clock.sleep(60)
    lease.renew()
    info = peek(path)
    assert info is not None
    assert info.since == START


def test_lost_lease_stops_its_holder(path: Path) -> None:
    """Whoever was taken over is told at the next heartbeat, by name, and leaves the new holder's lease alone."""
    clock = Clock()
    lost = acquire(path, FAR, clock)
    clock.sleep(121)
    acquire(path, OURS, clock)
    with pytest.raises(LeaseLost, match=str(os.getpid())):
        lost.renew()
    lost.release()
    info = peek(path)
    assert info is not None
    assert info.by == OURS


def test_broken_lease_stops_its_holder(path: Path) -> None:
    """After `unlock` the holder stops too, even if nobody took the lease."""
    lease = acquire(path, FAR, Clock())
    assert break_(path, "01FAR").by == FAR
    with pytest.raises(LeaseLost, match="broken"):
        lease.renew()


def test_expired_but_not_taken_is_still_ours(path: Path) -> None:
    """A run that was suspended goes on if nobody worked meanwhile."""
    clock = Clock()
    lease = acquire(path, FAR, clock)
    clock.sleep(500)
    lease.renew()
    with pytest.raises(Refused):
        acquire(path, OURS, clock)


def test_same_run_again_is_another_holder(path: Path) -> None:
    """A pipeline's retry has the same run but is another process: it does not inherit the lease."""
    clock = Clock()
    lost = acquire(path, FAR, clock)
    clock.sleep(121)
    acquire(path, replace(FAR, pid=8, started="8"), clock)
    with pytest.raises(LeaseLost):
        lost.renew()


def test_unlock_needs_the_right_run(path: Path) -> None:
    """Only the lease that was meant is broken."""
    with pytest.raises(Refused) as refused:
        break_(path, "01FAR")
    assert rule(refused) == "lease/not-held"
    assert not path.parent.exists()
    acquire(path, FAR, Clock())
    with pytest.raises(Refused, match="ana@laptop"):
        break_(path, "01OTHER")
    assert peek(path) is not None


def test_waiting_for_a_lease(path: Path) -> None:
    """The pauses double from 1 s to 16 s and end with the time allowed."""
    acquire(path, FAR, Clock(), ttl=1000)
    clock = Clock()
    with pytest.raises(Refused):
        acquire(path, OURS, clock, wait=60)
    assert clock.slept == [1, 2, 4, 8, 16, 16, 13]


def test_waiting_pays(path: Path) -> None:
    """A lease released meanwhile is taken at the next try."""
    lease = acquire(path, FAR, Clock(), ttl=1000)
    clock = Clock()
    clock.meanwhile = lambda: lease.release() if len(clock.slept) == 3 else None
    assert acquire(path, OURS, clock, wait=60).warnings == ()
    assert clock.slept == [1, 2, 4]


def test_no_waiting_unless_asked(path: Path) -> None:
    """Without a wait the refusal comes at once."""
    acquire(path, FAR, Clock())
    clock = Clock()
    with pytest.raises(Refused):
        acquire(path, OURS, clock)
    assert clock.slept == []


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """Another process of this machine."""
    with subprocess.Popen(["sleep", "60"]) as process:
        yield process
        process.kill()


def of(process: subprocess.Popen[bytes]) -> Holder:
    """That process as a holder."""
    started = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[19]
    return replace(OURS, pid=process.pid, run="01CHILD", started=started)


def test_killed_process_is_taken_over(path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    """A lease whose process was killed is free at once, collected by its parent or not."""
    acquire(path, of(sleeper), Clock())
    with pytest.raises(Refused):
        acquire(path, OURS, Clock())
    sleeper.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    (warning,) = acquire(path, OURS, Clock()).warnings
    assert "its process is gone" in warning.summary
    path.unlink()
    acquire(path, replace(OURS, pid=sleeper.pid, started="1"), Clock())
    sleeper.wait()
    assert acquire(path, OURS, Clock()).warnings != ()


def test_process_id_used_again(path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    """Another process that got the dead one's id does not keep its lease alive."""
    acquire(path, replace(of(sleeper), started="1"), Clock())
    assert acquire(path, OURS, Clock()).warnings != ()


def test_start_not_known(path: Path, sleeper: subprocess.Popen[bytes]) -> None:
    """Where the start of the process was not recorded, its id decides."""
    acquire(path, replace(of(sleeper), started=""), Clock())
    with pytest.raises(Refused):
        acquire(path, OURS, Clock())


def test_dead_process_of_another_machine(path: Path) -> None:
    """A process id says nothing about another machine: its lease holds until it expires."""
    acquire(path, replace(OURS, host="another", pid=2**22 + 1, started="1"), Clock())
    with pytest.raises(Refused):
        acquire(path, OURS, Clock())


GARBLED = [
    "", "{", "[]", "5", "{}", '{"since":1,"expires":2}', "[" * 100_000,
    json.dumps({"holder": "a", "run": "r", "url": "", "pid": "1", "host": "h", "started": "1",
                "since": "2026-11-21T20:03:11Z", "expires": "2026-11-21T20:03:11Z"}),
]  # fmt: skip


@pytest.mark.parametrize("text", GARBLED)
def test_garbled_lease_is_not_taken_for_none(path: Path, text: str) -> None:
    """A lease that cannot be understood is refused with the file to look at; it may be somebody's."""
    path.parent.mkdir(parents=True)
    path.write_text(text)
    for attempt in (lambda: peek(path), lambda: acquire(path, OURS, Clock()), lambda: break_(path, "r")):
        with pytest.raises(Refused) as refused:
            attempt()
        assert rule(refused) == "lease/garbled"
        assert str(path) in str(refused.value)


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Arbitrary bytes never give a traceback."""
    path = tmp_path_factory.mktemp("any") / "lease.json"
    path.write_bytes(data)
    with pytest.raises(Refused):
        peek(path)


def test_folder_cannot_be_used(tmp_path: Path) -> None:
    """What the system does not allow is a refusal."""
    (tmp_path / "file").write_text("")
    (tmp_path / "folder" / "lease.json").mkdir(parents=True)
    for path in (tmp_path / "file" / "c" / "lease.json", tmp_path / "folder" / "lease.json"):
        with pytest.raises(Refused) as refused:
            acquire(path, OURS, Clock())
        assert rule(refused) == "lease/unwritable"


def test_this_process() -> None:
    """A process names itself so that a person finds it, and is alive by its own account."""
    assert OURS.holder.endswith(f" pid {os.getpid()}")
    assert "@" in OURS.holder
    assert OURS.started.isdigit()
    assert this_process("x", "https://ci.example/1").url == "https://ci.example/1"


RACER = """
import sys
from pathlib import Path
from reconciler.clock import SystemClock
from reconciler.lease import acquire, this_process
from reconciler.model.errors import Refused
path, run = Path(sys.argv[1]), sys.argv[2]
holder = this_process(run)
print("ready", flush=True)
sys.stdin.readline()
try:
    acquire(path, holder, SystemClock())
    print("won", flush=True)
except Refused as refused:
    print(refused.diagnostics[0].rule, flush=True)
sys.stdin.readline()
"""


@pytest.mark.parametrize("before", ["free", "dead", "expired"])
def test_one_of_eight_wins(path: Path, before: str) -> None:
    """Of eight processes that ask at once, one gets the lease and seven are refused, whatever stood there before."""
    if before == "dead":
        acquire(path, replace(OURS, pid=2**22 + 1, started="1"), Clock(datetime.now(UTC)))
    if before == "expired":
        acquire(path, FAR, Clock())
        path.write_text(path.read_text().replace("2026", "2020"))
    with ExitStack() as stack:
        racers = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", RACER, str(path), f"run{number}"],
                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True, bufsize=1,
                )
            )
            for number in range(8)
        ]  # fmt: skip
        assert [_line(racer) for racer in racers] == ["ready"] * 8
        for racer in racers:
            _go(racer)
        results = [_line(racer) for racer in racers]
        info = peek(path)
        for racer in racers:
            _go(racer)
    assert sorted(results) == ["lease/held"] * 7 + ["won"]
    assert info is not None
    assert info.by.run == f"run{results.index('won')}"


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
