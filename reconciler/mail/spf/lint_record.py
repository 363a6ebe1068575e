"""What the text of one SPF record shows by itself, without asking anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from reconciler.mail.spf.rules import ERROR, INFO, WARNING, Finding
from reconciler.mail.spf.syntax import Directive, Modifier, Record
from reconciler.mail.spf.tree import ASKING, plain

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

#: Prefix lengths, by address family: up to the first a network is most of the Internet, up to the second it is wider
#: than what one sender has. A judgement: few firms hold an IPv4 /8, registries give out IPv6 /19 at the widest.
_WIDE = {4: (7, 8), 6: (15, 19)}
#: A term that goes on where the next one should begin, or with the record's end. No top-level label ends in `-all`.
_GLUED = re.compile(
    r"(?<=[^+\-?~])(?:include:|exists:|ip[46]:|redirect=|v=spf1)|(?<=[^+\-?~])[+\-?~]all\.?\Z|\"", re.IGNORECASE
)
_SENDER_ID = re.compile(r"[^A-Za-z0-9]{0,8}spf2\.0/", re.IGNORECASE)
_ALIKE = re.compile(r"[^A-Za-z0-9]{0,8}(?:v[^A-Za-z0-9]{0,8})?spf-?[0-9]", re.IGNORECASE)
_BLANKS = " \t\r\n\u00a0\u200b\ufeff"
_NAMED = 5


def alike(text: str) -> str:
    """Why a TXT value that is no SPF record looks like one, for people; empty when it does not."""
    if _ALIKE.match(text) is None or _SENDER_ID.match(text):
        return ""
    if text[0] in _BLANKS:
        return "it starts with a blank"
    if text[0] in "\"'\\":
        return "it starts with a quote"
    if text[:6].lower() == "v=spf1":
        return "v=spf1 is not followed by a space"
    return "it does not start with v=spf1"


def mistakes(record: Record) -> Iterator[Finding]:
    """What makes the record invalid for everybody, and terms that have run together."""
    for problem in record.problems:
        glued = _GLUED.search(problem.term) is not None
        told = "terms have run together, or quotes were kept" if glued else problem.text
        yield Finding("S3" if glued else problem.rule, ERROR, f"{plain(problem.term)}: {told}")
    for one in record.terms:
        if (isinstance(one, Directive) or one.name in {"redirect", "exp"}) and _GLUED.search(one.text):
            yield Finding("S3", ERROR, f"{plain(one.text)}: terms have run together, or quotes were kept")


def doubts(record: Record) -> Iterator[Finding]:
    """What is valid and yet not what its author can have meant, wherever the record stands."""
    yield from _idle(record)
    yield from _wide(record)
    for one in running(record):
        if one.name == "ptr":
            yield Finding("S15", WARNING, f"{plain(one.text)} asks who the sender says it is")
    yield from _order(record)


def end(record: Record) -> Iterator[Finding]:
    """How the record treats senders that it does not list; for a record that is not included by another."""
    last = next((one for one in record.directives if one.name == "all"), None)
    if last is None:
        if not record.redirect and not record.problems:
            yield Finding("S13", WARNING, "the record has neither all nor redirect=")
    elif last.qualifier == "+":
        yield everybody(last.text)
    elif last.qualifier == "?":
        yield Finding("S14", WARNING, f"{last.text} says nothing on senders that are not listed")


def everybody(text: str) -> Finding:
    """A record that ends so that all pass."""
    return Finding("S14", ERROR, f"{plain(text)} lets everybody send as the domain")


def running(record: Record) -> tuple[Directive, ...]:
    """The directives that may run: those before the first `all`."""
    every = record.directives
    return next((every[:place] for place, one in enumerate(every) if one.name == "all"), every)


def _idle(record: Record) -> Iterator[Finding]:
    every = record.directives
    after = every[len(running(record)) + 1 :]
    if after:
        verbs = ("stands", "runs") if len(after) == 1 else ("stand", "run")
        told = f"{_listed([one.text for one in after])} {verbs[0]} after all and never {verbs[1]}"
        yield Finding("S12", WARNING, told)
    redirect = next((one for one in record.terms if isinstance(one, Modifier) and one.name == "redirect"), None)
    if redirect is not None and len(running(record)) < len(every):
        yield Finding("S11", WARNING, f"{plain(redirect.text)} is ignored, because the record has an all")


def vast(one: Directive) -> int:
    """The IP version of which a term admits a great part by its network alone; 0 when it does not."""
    if one.qualifier != "+" or one.network is None:
        return 0
    return one.network.version if one.network.prefixlen <= _WIDE[one.network.version][0] else 0


def _wide(record: Record) -> Iterator[Finding]:
    for one in running(record):
        if one.qualifier != "+":
            continue
        if one.network is not None and not _public(one.network):
            remedy = "Name the public address through which the sender's mail leaves."
            told = f"{one.text} is a private, documentation or otherwise reserved address"
            yield Finding("S14", WARNING, told, remedy)
            continue
        lengths = {4: one.four, 6: one.six}
        if one.network is not None:
            lengths = {one.network.version: one.network.prefixlen}
        for version, length in lengths.items():
            most, wide = _WIDE[version]
            if length <= most:
                yield Finding("S14", ERROR, f"{plain(one.text)} admits a great part of all IPv{version} addresses")
            elif length <= wide:
                yield Finding("S14", WARNING, f"{plain(one.text)} is wider than the network of one sender")


def _public(network: IPv4Network | IPv6Network) -> bool:
    first, last = network.network_address, network.broadcast_address
    # A network that is wider than a reserved one is judged by its width.
    wide = network.prefixlen <= _WIDE[network.version][0]
    return wide or ((first.is_global or last.is_global) and not first.is_multicast)


def _order(record: Record) -> Iterator[Finding]:
    """Networks inside networks that stand before them, and addresses behind terms that ask DNS.

    Every network is looked up by each shorter prefix length that occurs: no pair is compared.
    """
    seen: dict[tuple[int, int, int], Directive] = {}
    lengths: dict[int, set[int]] = {4: set(), 6: set()}
    asked: Directive | None = None
    late = False
    for one in running(record):
        if asked is not None and asked.qualifier != one.qualifier:
            asked = None
        if one.network is None:
            asked = asked or (one if one.name in ASKING else None)
            continue
        wider = _wider(one.network, lengths[one.network.version], seen)
        if wider is None:
            version, length = one.network.version, one.network.prefixlen
            seen[version, length, int(one.network.network_address)] = one
            lengths[version].add(length)
        elif wider.qualifier != one.qualifier:
            yield Finding(
                "S21", WARNING, f"{one.text} never decides: {wider.text} before it covers it", "Turn the two round."
            )
        else:
            yield Finding("S21", INFO, f"{one.text} adds nothing to {wider.text}", "Remove the narrower term.")
        if asked is not None and not late:
            late = True
            yield Finding("S21", INFO, f"{one.text} stands after {plain(asked.text)}, which asks DNS first")


def _wider(
    network: IPv4Network | IPv6Network, lengths: set[int], seen: dict[tuple[int, int, int], Directive]
) -> Directive | None:
    number, most = int(network.network_address), network.max_prefixlen
    for length in lengths:
        if length <= network.prefixlen:
            kept = number >> (most - length) << (most - length)
            found = seen.get((network.version, length, kept))
            if found is not None:
                return found
    return None


def _listed(texts: Sequence[str]) -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return ", ".join(plain(text) for text in texts[:_NAMED]) + more
