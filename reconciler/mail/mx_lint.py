"""What is wrong with the hosts that a domain's MX records name.

Source: RFC 5321, 5.1 (which host a sender takes); RFC 2181, 10.3 (no aliases); RFC 7505 (null MX); RFC 6890 (addresses
for special purposes); read 2026-11.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model.diagnostic import Diagnostic, Origin, error, warning

#: Hosts whose addresses are asked for, those a sender tries first; what stands behind them is only named.
MOST = 20
#: Addresses of one host that are shown.
SHOWN = 8
#: The end of hosts that prove a domain to Microsoft 365 and take no mail.
#: Source: Microsoft, the alternative to the verification TXT (`ms########.msv1.invalid`), read 2026-11.
PROOF = ".msv1.invalid"


@dataclass(frozen=True, slots=True)
class Host:
    """One MX record and what its host answered.

    Attributes:
        name: without final dot; empty for the null MX.
        alias: where a CNAME led; empty when the host is none.
        addresses: IPv4 first; empty when there are none or none are known.
        missing: nobody answered for one of the two kinds of address, and the other one had none.
        asked: its addresses were asked for.
    """

    preference: int
    name: str
    alias: str = ""
    addresses: tuple[str, ...] = ()
    missing: bool = False
    asked: bool = False

    @property
    def literal(self) -> bool:
        """An address stands where a name belongs."""
        return ":" in self.name or self.name.rpartition(".")[2].isdigit()

    @property
    def proof(self) -> bool:
        """It only proves the domain to somebody."""
        return self.name.endswith(PROOF)


def findings(domain: str, hosts: Sequence[Host], origin: Origin) -> Iterator[Diagnostic]:
    """Everything that is to be said of some MX records; `hosts` in the order in which a sender tries them."""
    place: dict[str, Any] = {"origin": origin, "address": f"dns/{domain}/MX/@"}
    yield from _null(hosts, place)
    for name, times in Counter(one.name for one in hosts).items():
        if times > 1:
            yield warning(
                "mx/duplicate",
                f"{name or '.'} is listed {times} times",
                "A sender tries the same host again, which helps nobody.",
                "Keep the record with the lowest preference.",
                **place,
            )
    if len(hosts) > MOST:
        yield warning(
            "mx/many",
            f"{len(hosts)} MX records: the addresses of the first {MOST} were looked at",
            "No sender tries that many, and more than 10 break a `mx` term of SPF (RFC 7208, section 4.6.4).",
            "Keep the hosts that are in use.",
            **place,
        )
    for name in dict.fromkeys(one.name for one in hosts if one.name):
        host = next(one for one in hosts if one.name == name)
        yield from _of_host(host, place, domain, alone=all(one.proof for one in hosts))


def _null(hosts: Sequence[Host], place: dict[str, Any]) -> Iterator[Diagnostic]:
    null = [one for one in hosts if not one.name]
    if null and len(null) < len(hosts):
        yield error(
            "mx/null-beside",
            "a null MX stands beside other MX records",
            "It says that the domain takes no mail, the others that it does; it stands alone (RFC 7505, section 3).",
            "Remove the null MX, or all the others.",
            **place,
        )
    elif null and null[0].preference:
        yield warning(
            "mx/null-preference",
            f"the null MX has preference {null[0].preference}",
            "It is written with preference 0 (RFC 7505, section 3); some senders know no other.",
            "Write it as `0 .`.",
            **place,
        )


def _of_host(host: Host, place: dict[str, Any], domain: str, *, alone: bool) -> Iterator[Diagnostic]:
    if host.literal:
        yield error(
            "mx/literal",
            f"{host.name} is an address, where a host name belongs",
            "A sender looks for a host of that name, and there is none (RFC 5321, section 5.1).",
            "Give the address a name with an A record, and name that in the MX record.",
            **place,
        )
    elif host.proof:
        say = error if alone else warning
        yield say(
            "mx/proof",
            f"{host.name} only proved the domain to Microsoft 365",
            "It takes no mail and never resolves.",
            "Publish the MX record of the mail service." if alone else "Remove it once the domain is verified.",
            **place,
        )
    elif host.asked and not host.addresses and not host.missing:
        behind = f"{host.name}, an alias of {host.alias}," if host.alias else host.name
        yield error(
            "mx/no-address",
            f"{behind} has no address",
            "Mail cannot be handed over there; as the only host, it loses all mail (RFC 5321, section 5.1).",
            "The domain stands in it twice: write its name with a final dot."
            if host.name.endswith(f".{domain}.{domain}")
            else "Correct the host name, or publish its A record.",
            **place,
        )
    elif host.alias:
        yield warning(
            "mx/alias",
            f"{host.name} is an alias of {host.alias}",
            "An MX record must not name an alias (RFC 2181, section 10.3); some senders refuse it.",
            f"Name {host.alias} in the MX record, or give {host.name} addresses of its own.",
            **place,
        )
    yield from _unreachable(host, place)


def _unreachable(host: Host, place: dict[str, Any]) -> Iterator[Diagnostic]:
    inner = [one for one in host.addresses if not public(one)]
    if not inner:
        return
    say = error if len(inner) == len(host.addresses) else warning
    yield say(
        "mx/private",
        f"{host.name} has an address that nobody outside can reach: {', '.join(inner[:SHOWN])}",
        "Private, local and documentation addresses are not routed on the Internet (RFC 6890).",
        "Publish the public address of the host.",
        **place,
    )


def public(address: str) -> bool:
    """Tell whether an address can be reached from anywhere on the Internet (IANA's special-purpose registries)."""
    import ipaddress

    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    return one.is_global and not one.is_multicast
