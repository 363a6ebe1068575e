"""What it costs to read a big zone by AXFR, against what the library takes that one would use without us.

Both read the same zone from the same server in this process; CPU seconds of the process, the best of several. The
ratio is what to compare: seconds depend on the machine.
"""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import dns.message
import dns.query
import dns.rdatatype
import dns.zone

from providers.rfc2136.provider import Rfc2136Provider
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Scope
from tests.live.bind_host import BindHost
from tests.live.rfc2136_host import READER

ZONE = "big.example"
RECORDS = 10_000
RUNS = 5
BAR = 2.0


def records(count: int) -> Iterator[RecordSet]:
    """A zone as companies have them: mostly addresses, some mail, texts, services and aliases."""
    shapes: tuple[tuple[str, str, Callable[[int], str]], ...] = (
        ("A", "host{}", lambda n: f"198.51.{n // 250 % 250}.{n % 250}"),
        ("A", "pc{}.office", lambda n: f"10.{n // 60000}.{n // 250 % 250}.{n % 250}"),
        ("AAAA", "host{}", lambda n: f"2001:db8::{n + 1:x}"),
        ("MX", "dept{}", lambda n: f"10 mx{n % 7}.example.net."),
        ("TXT", "dept{}", lambda n: f"v=spf1 include:spf{n}.example.net -all"),
        ("CNAME", "www{}", lambda n: f"host{n}.{ZONE}."),
        ("TXT", "s{}._domainkey", lambda n: f"v=DKIM1; k=rsa; p={'A' * 390}{n}"),
        ("SRV", "_sip._tcp.dept{}", lambda n: f"100 1 443 sip{n % 5}.example.net."),
        ("CAA", "dept{}", lambda _: '0 issue "ca.example.net"'),
        ("A", "printer{}.office", lambda n: f"10.200.{n // 250 % 250}.{n % 250}"),
    )
    for number in range(count):
        kind, name, value = shapes[number % len(shapes)]
        yield RecordSet(Key("dns", ZONE, kind, name.format(number)), 3600, (value(number),))


def best(read: Callable[[], object]) -> float:
    """CPU seconds of this process for the cheapest of several readings."""
    found = []
    for _ in range(RUNS):
        begun = time.process_time()
        read()
        found.append(time.process_time() - begun)
    return min(found)


def main() -> int:
    """Print both, and their ratio; 1 when it is over the bar."""
    with tempfile.TemporaryDirectory() as folder:
        host = BindHost(Path(folder))
        try:
            host.make(ZONE, records(RECORDS))
            ours, bare = best(lambda: observed(host)), best(lambda: library(host))
        finally:
            host.close()
    over = ours > BAR * bare
    text = f"AXFR of {RECORDS:,} records: ours {ours:.3f} s, dnspython alone {bare:.3f} s, ratio {ours / bare:.2f}"
    sys.stdout.write(f"{text}   bar {BAR} {'OVER' if over else 'ok'}\n")
    return 1 if over else 0


def observed(host: BindHost) -> None:
    """What a plan does: the whole zone as resources, by a provider that has seen nothing before."""
    options = {"server": f"127.0.0.1:{host.port}", "key": host.key_option(READER)}
    seen = Rfc2136Provider("nameserver", options, host.folder).observe(Scope("dns", ZONE))
    if len(seen.resources) < RECORDS:
        raise SystemExit(f"{len(seen.resources)} record sets were read, of {RECORDS} and the NS")


def library(host: BindHost) -> None:
    """A transfer into the library's own zone, and nothing made of it."""
    zone = dns.zone.Zone(f"{ZONE}.")
    query = dns.message.make_query(f"{ZONE}.", dns.rdatatype.AXFR)
    query.use_tsig(host.key(READER))
    dns.query.inbound_xfr("127.0.0.1", zone, query, port=host.port)


if __name__ == "__main__":
    raise SystemExit(main())
