"""Whose mail it was: what the reports saw, held against the senders that a spec names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.mail.reports.sources import Seen, Source, Sources, Tally, grouped, total, worst

#: So many reporters are named in a sentence.
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Marks:
    """How a sender's mail is known.

    Attributes:
        networks: addresses and networks it sends from; those that an include admits too, where somebody knows them.
        domains: that pass DKIM or SPF on its mail, or lie above one that does: `sendgrid.net`.
    """

    networks: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """One sender of the spec.

    Attributes:
        tally: none when no report saw it.
        sources: the worst first; empty when no report saw it.
    """

    name: str
    tally: Tally | None
    sources: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Matched:
    """One domain of the spec, with the domains beneath it that the spec does not name; or another domain.

    Attributes:
        tally: none when no report saw mail of it.
        senders: all of the spec's, the worst first, those not seen last.
        unknown: sources of no sender, the worst first.
    """

    domain: str
    tally: Tally | None
    senders: tuple[Sender, ...]
    unknown: tuple[Source, ...]


def match(sources: Sources, senders: Mapping[str, Mapping[str, Marks]]) -> tuple[Matched, ...]:
    """Hold what was seen against the senders.

    Mail belongs to the sender with the narrowest network that holds its address; else to the one with the longest
    domain of a DKIM signature that passes; else of SPF. Where two are as good, it is counted for both.

    Args:
        senders: by domain of the spec, then by the sender's name; a domain without senders has an empty mapping.

    Returns:
        Every domain of `senders` and every other one seen, the worst first.

    Raises:
        ValueError: a network is none.
    """
    indexes = {domain: _Index(some) for domain, some in senders.items()}
    found = {domain: _Found() for domain in senders}
    nobody = _Index({})
    for one in sources.seen:
        domain = next((name for name in _upwards(one.domain) if name in indexes), one.domain)
        place = found.setdefault(domain, _Found())
        place.all.append(one)
        owners = indexes.get(domain, nobody).owners(one)
        for name in owners:
            place.senders.setdefault(name, []).append(one)
        if not owners:
            place.unknown.append(one)
    made = [_matched(domain, some, senders.get(domain, {})) for domain, some in found.items()]
    return tuple(sorted(made, key=lambda one: (*_rank(one.tally), one.domain)))


def still_sending(matched: Matched, sender: str) -> list[str]:
    """Evidence beside a sender that is about to be retired: lines for people; empty when no report saw it.

    No evidence is no proof: receivers that send no reports saw what they saw.
    """
    for one in matched.senders:
        if one.name == sender and one.tally:
            tally = one.tally
            how_many = f"{tally.messages:,} message{'' if tally.messages == 1 else 's'}"
            what = f"still sent {how_many} until {tally.last}, seen by {_listed(tally.reporters)}"
            return [what, f"{tally.failed:,} of them fail DMARC"] if tally.failed else [what]
    return []


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED:,} more"
    return " and ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


@dataclass(slots=True)
class _Found:
    """What was seen of one domain, sender by sender."""

    senders: dict[str, list[Seen]] = field(default_factory=dict)
    unknown: list[Seen] = field(default_factory=list)
    all: list[Seen] = field(default_factory=list)


class _Index:
    """The marks of a domain's senders, found without asking each sender in turn."""

    def __init__(self, senders: Mapping[str, Marks]) -> None:
        self._domains: dict[str, list[str]] = {}
        self._networks: dict[tuple[int, int], dict[int, list[str]]] = {}
        for name, marks in senders.items():
            for domain in marks.domains:
                self._domains.setdefault(domain.lower().removesuffix("."), []).append(name)
            self._take(name, marks.networks)
        self._lengths = sorted(self._networks, reverse=True)
        self._by_address: dict[str, list[str]] = {}

    def _take(self, name: str, networks: Iterable[str]) -> None:
        from ipaddress import ip_network

        for text in networks:
            network = ip_network(text, strict=False)
            start = int(network.network_address)
            self._networks.setdefault((network.version, network.prefixlen), {}).setdefault(start, []).append(name)

    def owners(self, one: Seen) -> list[str]:
        """The senders whose mail it was, each once; usually one or none."""
        if one.address not in self._by_address:
            self._by_address[one.address] = self._at(one.address) if self._networks else []
        names = self._by_address[one.address] or self._named(one.signers) or self._named(one.envelopes)
        return list(dict.fromkeys(names))

    def _at(self, text: str) -> list[str]:
        from ipaddress import ip_address

        address = ip_address(text)
        number = int(address)
        for version, length in self._lengths:
            if version == address.version:
                below = address.max_prefixlen - length
                names = self._networks[version, length].get(number >> below << below)
                if names:
                    return names
        return []

    def _named(self, domains: Iterable[str]) -> list[str]:
        hits = [(len(up), up) for name in domains for up in _upwards(name) if up in self._domains]
        return self._domains[max(hits)[1]] if hits else []


def _upwards(name: str) -> Iterable[str]:
    """A name and those above it, the longest first."""
    yield name
    while "." in name:
        name = name.partition(".")[2]
        yield name


def _matched(domain: str, found: _Found, named: Mapping[str, Marks]) -> Matched:
    senders = [_sender(name, found.senders.get(name, [])) for name in named]
    senders.sort(key=lambda one: (*_rank(one.tally), one.name))
    return Matched(domain, _total(found.all), tuple(senders), grouped(found.unknown))


def _sender(name: str, seen: list[Seen]) -> Sender:
    return Sender(name, _total(seen), grouped(seen))


def _total(seen: list[Seen]) -> Tally | None:
    return total([one.tally for one in seen]) if seen else None


def _rank(tally: Tally | None) -> tuple[int, int]:
    return worst(tally) if tally else (1, 0)
