"""The resolver against real servers on loopback: what it answers, whom it asks, how often, and when it gives up."""

from __future__ import annotations

import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.model.answer import Answer, Question, Status
from reconciler.probe.exchange import Exchange, Server
from reconciler.probe.resolver import Resolver, from_machine
from reconciler.probe.wire import How
from tests.emulators.dns_server import ANY_NAME, LOOPBACK, Asked, DnsServer, Fault, Trouble
from tests.running import ROOT, surroundings

RECORDS = {
    ("example.com", "A"): ["192.0.2.1"],
    ("example.com", "TXT"): ["v=spf1 -all", "z"],
    ("www.example.com", "CNAME"): ["Example.com."],
    ("lost.example.com", "CNAME"): ["nowhere.example."],
    ("ring.example.com", "CNAME"): ["ring.example.com."],
    ("deep.under.example.com", "A"): ["192.0.2.2"],
    ("*.wild.example.com", "MX"): ["10 mx.example.com."],
    ("big.example.com", "TXT"): [f"{number:250}" for number in range(9)],
}
APEX = Question("example.com", "A")
FOUND = Answer(Status.FOUND, ("192.0.2.1",), 300)


@pytest.fixture
def server() -> Iterator[DnsServer]:
    """A server that knows RECORDS."""
    with DnsServer(RECORDS) as found:
        yield found


def ask(resolver: Resolver, name: str, kind: str = "A") -> Answer:
    """One question."""
    return resolver.ask([Question(name, kind)])[Question(name, kind)]


@contextmanager
def raw(behave: Callable[[socket.socket, bytes, tuple[str, int]], None]) -> Iterator[tuple[str, int]]:
    """A UDP server that does what it likes with the first question."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((LOOPBACK, 0))
        listening.settimeout(10)

        def serve() -> None:
            wire, client = listening.recvfrom(2000)
            behave(listening, wire, client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()
        thread.join()


def right(wire: bytes, number: int = 1) -> bytes:
    """A reply to an A question with one address, made by hand."""
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x09\0\4\xc0\0\2" + bytes([number])
    return wire[:2] + b"\x81\x80\0\1\0\1\0\0\0\0" + wire[12:-11] + record


@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("example.com", "A", FOUND),
        ("www.example.com", "A", Answer(Status.FOUND, ("192.0.2.1",), 300, "example.com")),
        ("www.example.com", "MX", Answer(Status.EMPTY, alias="example.com")),
        ("www.example.com", "CNAME", Answer(Status.FOUND, ("example.com.",), 300)),
        ("lost.example.com", "A", Answer(Status.NXDOMAIN, alias="nowhere.example")),
        ("example.com", "AAAA", Answer(Status.EMPTY)),
        ("under.example.com", "A", Answer(Status.EMPTY)),
        ("none.example.com", "A", Answer(Status.NXDOMAIN)),
        ("a.b.wild.example.com", "MX", Answer(Status.FOUND, ("10 mx.example.com.",), 300)),
        ("wild.example.com", "MX", Answer(Status.EMPTY)),
        ("x.deep.under.example.com", "MX", Answer(Status.NXDOMAIN)),
        ("example.com", "TXT", Answer(Status.FOUND, ("v=spf1 -all", "z"), 300)),
    ],
)
def test_answers(server: DnsServer, name: str, kind: str, answer: Answer) -> None:
    """Found, led elsewhere, empty, absent: one question each."""
    resolver = Resolver([server.address])
    assert ask(resolver, name, kind) == answer
    assert server.log == [Asked(name, kind, "udp")]
    assert resolver.sent == {Question(name, kind): 1}


def test_what_cannot_be_asked(server: DnsServer) -> None:
    """It fails with a reason, sends nothing, and stops nothing else."""
    odd = [Question("a..b", "A"), Question("a" * 64, "A"), Question("example.com", "ANY"), Question("\ud800", "A")]
    resolver = Resolver([server.address])
    answers = resolver.ask([*odd, APEX, Question("ring.example.com", "A")])
    assert answers.pop(APEX) == FOUND
    assert {one.status for one in answers.values()} == {Status.FAILED}
    assert all(one.detail for one in answers.values())
    assert [one.name for one in server.log] == ["example.com", "ring.example.com"]
    assert set(resolver.sent) == {APEX, Question("ring.example.com", "A")}


def test_asked_once(server: DnsServer) -> None:
    """Once in a call, once in the life of the resolver; answers come in the order of the questions."""
    resolver = Resolver([server.address])
    wanted = [Question(f"h{number % 50}.example.com", kind) for number in range(150) for kind in ("A", "TXT")]
    for _ in range(2):
        assert list(resolver.ask(iter(wanted))) == list(dict.fromkeys(wanted))
    assert set(server.counts.values()) == {1}
    assert len(server.log) == 100
    assert resolver.ask([]) == {}


def test_failed_is_asked_again(server: DnsServer) -> None:
    """Not within a call, however often it is wanted there; in a later one, until it succeeds."""
    server.faults["example.com"] = Fault(Trouble.SERVFAIL, times=1)
    resolver = Resolver([server.address], tries=1)
    failed = Answer(Status.FAILED, detail=f"{LOOPBACK}:{server.address[1]}: SERVFAIL", code="SERVFAIL")
    assert resolver.ask([APEX] * 5)[APEX] == failed
    assert server.counts == {APEX: 1}
    assert [ask(resolver, *APEX) for _ in range(3)] == [FOUND] * 3
    assert server.counts == {APEX: 2}
    assert resolver.sent == {APEX: 2}


def test_each_for_itself(server: DnsServer) -> None:
    """Every server is asked, whatever the others said; what the resolver's own say is known from then on."""
    with DnsServer({("example.com", "A"): ["192.0.2.9"]}) as second, DnsServer() as stranger:
        resolver = Resolver([server.address, second.address])
        mine, other, strange = (Server(*one.address) for one in (server, second, stranger))
        assert resolver.servers == (mine, other)
        found = resolver.each([(one, APEX) for one in (strange, mine, other)], How.RESOLVE)
        assert list(found) == [(strange, APEX), (mine, APEX), (other, APEX)]
        assert [one.values for one in found.values()] == [(), ("192.0.2.1",), ("192.0.2.9",)]
        assert ask(resolver, *APEX).values == ("192.0.2.1",)
        text = Question("example.com", "TXT")
        assert resolver.each([(mine, text)], How.UNCHECKED)[mine, text].values == ("v=spf1 -all", "z")
        ask(resolver, *text)
        assert server.counts == {APEX: 1, text: 2}, "what was not checked is not taken for an answer"
        assert [flags & 0x0130 for flags in server.flags] == [0x0120, 0x0110, 0x0120]


@pytest.mark.parametrize("trouble", [one for one in Trouble if one not in (Trouble.NONE, Trouble.LAME)])
def test_the_next_server(server: DnsServer, trouble: Trouble) -> None:
    """Whatever is wrong with the first, the second is asked; it is asked only then."""
    with DnsServer(RECORDS) as second:
        server.faults[ANY_NAME] = Fault(trouble, times=2 if trouble is Trouble.TRUNCATED else 1)
        resolver = Resolver([server.address, second.address], timeout=0.3)
        assert ask(resolver, *APEX) == FOUND
        assert second.counts == {APEX: 1}
        assert server.counts == {APEX: 2 if trouble is Trouble.TRUNCATED else 1}
        ask(resolver, "www.example.com")
        silent = trouble in (Trouble.DROP, Trouble.WRONG_NUMBER, Trouble.WRONG_QUESTION)
        assert len(second.log) == (2 if silent else 1), "who was silent is asked after the others"


@pytest.mark.parametrize("trouble", [Trouble.DROP, Trouble.SERVFAIL, Trouble.REFUSED, Trouble.GARBAGE])
def test_nobody_helps(server: DnsServer, trouble: Trouble) -> None:
    """Each server is asked as often as there are tries; what each said is told."""
    with DnsServer() as second:
        second.faults[ANY_NAME] = server.faults[ANY_NAME] = Fault(trouble)
        found = ask(Resolver([server.address, second.address], timeout=0.1, tries=3), *APEX)
        assert found.status is Status.FAILED
        words = {Trouble.DROP: "no reply within 0.1 s", Trouble.GARBAGE: "cannot be read"}.get(trouble, trouble.name)
        assert found.detail.count(words) == 2
        assert server.counts[APEX] == second.counts[APEX] == 3


def test_no_server() -> None:
    """With none configured everything fails; the machine's own are not looked for."""
    assert ask(Resolver([]), *APEX) == Answer(Status.FAILED, detail="no DNS server is configured", code="unasked")


def test_nobody_there() -> None:
    """A port where nobody listens is known at once."""
    start = time.monotonic()
    found = ask(Resolver([("127.0.0.9", 9)]), *APEX)
    assert found == Answer(Status.FAILED, detail="127.0.0.9:9: connection refused")
    assert time.monotonic() - start < 1


def test_an_address_that_cannot_be_sent_to() -> None:
    """What the system refuses to send is a failure in words, without waiting."""
    start = time.monotonic()
    detail = ask(Resolver([("255.255.255.255", 53)]), *APEX).detail
    assert detail in {f"255.255.255.255: {words}" for words in ("permission denied", "network is unreachable")}
    assert time.monotonic() - start < 1


def test_whoever_was_heard_last_is_asked_first() -> None:
    """A silent server goes to the end of the list until it speaks again."""
    with DnsServer(RECORDS) as first, DnsServer(RECORDS) as second:
        resolver = Resolver([first.address, second.address], timeout=0.1)
        for number, silent in enumerate([first, second, first]):
            silent.faults[ANY_NAME] = Fault(Trouble.DROP, times=1)
            assert ask(resolver, f"h{number}.example").status is Status.NXDOMAIN
        before = (len(first.log), len(second.log))
        ask(resolver, "h3.example")
        assert (len(first.log), len(second.log)) == (before[0], before[1] + 1)


def test_nothing_there_yet(server: DnsServer) -> None:
    """A socket that was said to be ready and has nothing after all is waited for on."""
    server.faults[ANY_NAME] = Fault(delay=0.2)
    with selectors.DefaultSelector() as selector:
        one = Exchange(APEX, [Server(*server.address)], timeout=5, silent=set(), selector=selector)
        one.start(0.0)
        answers = []
        for now in (0.0, 1.0):
            one.proceed(now)
            answers.append(one.answer)
            if one.answer is None:
                selector.select(5)
        assert (answers, one.heard, one.sent) == ([None, FOUND], 1.0, 1)


@pytest.mark.parametrize("server", [("localhost", 53), ("", 53), ("192.0.2.1", 0), ("192.0.2.1", 65536), ("1.2", 53)])
def test_a_server_is_an_address(server: tuple[str, int]) -> None:
    """A name would have to be looked up somewhere else."""
    with pytest.raises(ValueError, match=r".+"):
        Resolver([server])


def test_an_interface_that_is_not_there() -> None:
    """An address on an interface of its own is no name either."""
    found = ask(Resolver([("fe80::1%nope", 53)]), *APEX)
    assert found.detail == "fe80::1%nope: no interface with this name"


def _stray(listening: socket.socket, wire: bytes, client: tuple[str, int]) -> None:
    """What a forger may send before the server: other numbers and questions, octets, and from another port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind((LOOPBACK, 0))
        forger.sendto(right(wire, 66), client)
    other = bytes([wire[0] ^ 1]) + wire[1:]
    strays = [right(other, 66), right(wire.replace(b"example", b"exampel"), 66), wire, b"", wire[:2], b"\0" * 30]
    for stray in (*strays, right(wire)):
        listening.sendto(stray, client)


def test_strays_are_ignored() -> None:
    """Only the reply to the question, from the server that was asked, counts."""
    with raw(_stray) as address:
        assert ask(Resolver([address], tries=1), *APEX).values == ("192.0.2.1",)


def test_a_flood_of_strays() -> None:
    """It ends with the time of the try."""

    def flood(listening: socket.socket, wire: bytes, client: tuple[str, int]) -> None:
        end = time.monotonic() + 1
        while time.monotonic() < end:
            listening.sendto(b"\0\0" + right(wire)[2:], client)

    with raw(flood) as address:
        start = time.monotonic()
        assert "no reply within 0.3 s" in ask(Resolver([address], timeout=0.3, tries=1), *APEX).detail
        assert time.monotonic() - start < 0.9


def test_a_big_answer_comes_over_tcp(server: DnsServer) -> None:
    """What does not fit 1232 octets is asked for again over TCP, from the same server."""
    resolver = Resolver([server.address])
    found = ask(resolver, "big.example.com", "TXT")
    assert len(found.values) == 9
    assert [one.transport for one in server.log] == ["udp", "tcp"]
    assert resolver.sent == {Question("big.example.com", "TXT"): 2}


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (Trouble.DROP, "no reply within 0.2 s"),
        (Trouble.REFUSED, "REFUSED"),
        (Trouble.WRONG_NUMBER, "it replied to another question"),
        (Trouble.TRUNCATED, "TCP: the reply is cut short there too"),
        (Trouble.GARBAGE, "cannot be read"),
    ],
)
def test_bad_tcp(server: DnsServer, trouble: Trouble, words: str) -> None:
    """Nothing over TCP leads to another question over TCP."""
    server.faults[ANY_NAME] = Fault(trouble, transport="tcp")
    found = ask(Resolver([server.address], timeout=0.2, tries=1), "big.example.com", "TXT")
    assert found.status is Status.FAILED
    assert words in found.detail
    assert [one.transport for one in server.log] == ["udp", "tcp"]


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ([], "it closed the connection"),
        ([b"\x01"], "it closed the connection"),
        ([b"\x01\x00", b"abc"], "it closed the connection"),
        ([b"\0\0"], "it replied to another question"),
        ([b"\xff"] + [b"a"] * 40, "no reply within 0.3 s"),
        (None, "TCP: connection refused"),
    ],
    ids=["nothing", "half a length", "cut", "empty", "drip", "nobody"],
)
def test_broken_tcp(pieces: list[bytes] | None, words: str) -> None:
    """Each way to break off is told, and a drip does not outlive the time of the try."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        listening.settimeout(5)

        def cut_short(udp: socket.socket, wire: bytes, client: tuple[str, int]) -> None:
            udp.sendto(wire[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" + wire[12:-11], client)
            if pieces is None:
                return
            caller, _ = listening.accept()
            with caller:
                caller.recv(1000)
                for piece in pieces:
                    try:
                        caller.sendall(piece)
                    except OSError:
                        return
                    time.sleep(0.02)

        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(listening.getsockname())
            if pieces is None:
                listening.close()
            thread = threading.Thread(target=lambda: cut_short(udp, *udp.recvfrom(2000)))
            thread.start()
            start = time.monotonic()
            found = ask(Resolver([udp.getsockname()], timeout=0.3, tries=1), *APEX)
            assert time.monotonic() - start < 0.75
            thread.join()
    assert found.status is Status.FAILED
    assert words in found.detail


def test_side_by_side(server: DnsServer) -> None:
    """Forty slow answers take the time of a few."""
    server.faults[ANY_NAME] = Fault(delay=0.2)
    start = time.monotonic()
    answers = Resolver([server.address], workers=20).ask(Question(f"h{number}.example", "A") for number in range(40))
    assert {one.status for one in answers.values()} == {Status.NXDOMAIN}
    assert 0.4 <= time.monotonic() - start < 2


def test_no_more_than_the_workers(server: DnsServer) -> None:
    """So many questions are on their way at once, and no more."""
    server.faults[ANY_NAME] = Fault(Trouble.DROP)
    thread = threading.Thread(
        target=Resolver([server.address], timeout=0.5, tries=1, workers=3).ask,
        args=([Question(f"h{number}.example", "A") for number in range(10)],),
    )
    thread.start()
    time.sleep(0.25)
    assert len(server.log) == 3
    thread.join()


def test_silence_ends_a_call_early(server: DnsServer) -> None:
    """Where no server says a word to the first questions, the others are not asked at all."""
    server.faults[ANY_NAME] = Fault(Trouble.DROP)
    start = time.monotonic()
    resolver = Resolver([server.address], timeout=0.2, tries=2, workers=8)
    answers = resolver.ask(Question(f"h{number}.example", "A") for number in range(1000))
    assert time.monotonic() - start < 2
    assert {one.status for one in answers.values()} == {Status.FAILED}
    assert len(server.log) == 16
    assert len([one for one in answers.values() if one.detail.startswith("not asked")]) == 992


def test_one_silent_name_stops_nobody(server: DnsServer) -> None:
    """A name that gets no answer is no reason to give up the others."""
    server.faults["lost.example.com"] = Fault(Trouble.DROP)
    server.faults[ANY_NAME] = Fault(delay=0.05)
    resolver = Resolver([server.address], timeout=0.2, tries=2, workers=2)
    answers = resolver.ask([Question("lost.example.com", "A"), *(Question(f"h{n}.example", "A") for n in range(30))])
    assert [one.status for one in answers.values()] == [Status.FAILED, *[Status.NXDOMAIN] * 30]


def test_the_deadline(server: DnsServer) -> None:
    """What is not answered when the time of a call is over has failed; what was answered stays."""
    server.faults[ANY_NAME] = Fault(delay=0.1)
    start = time.monotonic()
    resolver = Resolver([server.address], workers=2, deadline=0.55)
    answers = resolver.ask(Question(f"h{number}.example", "A") for number in range(100))
    assert time.monotonic() - start < 1.5
    count = sum(one.status is Status.NXDOMAIN for one in answers.values())
    assert 2 <= count <= 10
    assert "within 0.55 s, the limit" in list(answers.values())[-1].detail
    assert len(server.log) <= count + 2


def test_threads_share(server: DnsServer) -> None:
    """Many threads that want the same get it by one question each."""
    server.faults[ANY_NAME] = Fault(delay=0.02)
    resolver = Resolver([server.address])
    wanted = [Question(f"h{number}.example.com", "A") for number in range(60)]
    found: list[dict[Question, Answer]] = []
    threads = [
        threading.Thread(target=lambda shift=shift: found.append(resolver.ask(wanted[shift:] + wanted[:shift])))
        for shift in range(0, 60, 10)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(one == found[0] and len(one) == 60 for one in found)
    assert set(server.counts.values()) == {1}
    assert set(resolver.sent.values()) == {1}


def test_an_interrupt_frees_who_waits(server: DnsServer) -> None:
    """Who waited for a question of a thread that was interrupted asks it itself."""
    server.faults[ANY_NAME] = Fault(Trouble.DROP, times=1)
    resolver = Resolver([server.address], timeout=20)
    found: list[Answer] = []
    waiter = threading.Timer(0.2, lambda: found.append(ask(resolver, *APEX)))

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    waiter.start()
    signal.setitimer(signal.ITIMER_REAL, 0.6)
    try:
        with pytest.raises(KeyboardInterrupt):
            ask(resolver, *APEX)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    waiter.join(10)
    assert found == [FOUND]
    assert resolver.sent == server.counts == {APEX: 2}


def test_an_interrupt_leaves_nothing(server: DnsServer) -> None:
    """Ctrl-C ends a process at once: no thread holds it, no socket is left to the garbage collector."""
    server.faults[ANY_NAME] = Fault(Trouble.DROP)
    script = (
        "import sys, threading\n"
        "from reconciler.model.answer import Question\n"
        "from reconciler.probe.resolver import Resolver\n"
        "try: Resolver([('127.0.0.1', int(sys.argv[1]))], timeout=60).ask(Question(f'h{n}', 'A') for n in range(99))\n"
        "except KeyboardInterrupt: print('interrupted', threading.active_count())\n"
    )
    command = [sys.executable, "-W", "error", "-c", script, str(server.address[1])]
    with subprocess.Popen(
        command, cwd=ROOT, env=surroundings({}), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        while len(server.log) < 16:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=5)
    assert (out, err) == ("interrupted 1\n", "")


def test_no_socket_is_left_open(server: DnsServer) -> None:
    """After a call with all kinds of ends, as many files are open as before."""
    server.faults["example.com"] = Fault(Trouble.DROP)
    server.faults["lost.example.com"] = Fault(Trouble.DROP, transport="tcp")
    server.faults["big.example.com"] = Fault(Trouble.TRUNCATED)
    open_files = Path("/proc/self/fd")
    resolver = Resolver([server.address, ("127.0.0.9", 9)], timeout=0.1, tries=1)
    before = len(list(open_files.iterdir()))
    resolver.ask(Question(name, kind) for name, _ in RECORDS for kind in ("A", "TXT", "NOPE"))
    time.sleep(0.1)  # the server's ends of the connections
    assert len(list(open_files.iterdir())) == before


def test_over_ipv6() -> None:
    """The same over IPv6, where this machine has it."""
    try:
        server = DnsServer(RECORDS, address="::1")
    except OSError:
        found = ask(Resolver([("::1", 53)], timeout=0.1), *APEX)
        assert found.detail.startswith("::1: ")
        return
    with server:
        assert ask(Resolver([server.address]), *APEX) == FOUND
        assert len(ask(Resolver([server.address]), "big.example.com", "TXT").values) == 9


def test_a_server_that_only_refers(server: DnsServer) -> None:
    """A server without recursion that knows an alias and not what is behind it has not answered."""
    server.recursive = False
    assert ask(Resolver([server.address]), "example.com", "AAAA") == Answer(Status.EMPTY)
    found = ask(Resolver([server.address]), "www.example.com")
    assert found.status is Status.FAILED
    assert "it is no resolver" in found.detail


def test_the_machines_own(tmp_path: Path) -> None:
    """The lines that name addresses, in order; the rest of the file means nothing here."""
    path = tmp_path / "resolv.conf"
    path.write_bytes(
        b"# nameserver 192.0.2.9\n; nameserver 192.0.2.8\nsearch example.com\nnameserver 192.0.2.1\n"
        b"nameserver\t2001:db8::1 # why\nnameserver fe80::1%eth0\n nameserver 192.0.2.7\nnameserver\n"
        b"nameserver dns.example\nnameservers 192.0.2.6\nnameserver \xff\noptions rotate\n"
    )
    servers = from_machine(path)
    assert servers == [Server("192.0.2.1", 53), Server("2001:db8::1", 53), Server("fe80::1%eth0", 53)]
    Resolver(servers)
    path.write_text("")
    assert from_machine(path) == []
    with pytest.raises(OSError, match="No such file"):
        from_machine(tmp_path / "none")


def test_how_a_server_is_shown() -> None:
    """The port is told only where it is not the usual one."""
    shown = [str(Server(address, port)) for address in ("192.0.2.1", "2001:db8::1") for port in (53, 5353)]
    assert shown == ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"]
