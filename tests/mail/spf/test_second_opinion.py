"""A second opinion: pyspf and we agree on worlds made by chance, but for points on which the RFC is with us.

Each of these points has a repair of pyspf (second.py). All worlds must agree when every point is repaired, so nothing
else differs; and each point has an example of its own, which differs until that one point is repaired.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

import pytest

from reconciler.mail.spf.evaluate import check_host
from tests.mail.spf.second import ALL, KNOWN, Opinion, opinion, untouched
from tests.mail.spf.worlds import World, world
from tests.mail.spf.zones import Zones

WORLDS = 5_000
RESULTS = {"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror"}
IP = "192.0.2.1"
POINTER = "1.2.0.192.in-addr.arpa"
#: What an A record of a host holds that the message comes from.
HERE = {"A": [IP]}


def _example(
    record: str,
    zone: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    mx: Sequence[str] = (),
    sender: str = "user@example.com",
    failing: Sequence[tuple[str, str]] = (),
) -> World:
    domain = sender.partition("@")[2]
    zones = Zones({domain: {"TXT": [record], "MX": mx}, **zone}, failing)
    return World(zones, IP, domain, sender, "mail.example.net")


#: For each known point the right result, and a world on which the two differ.
EXAMPLES = {
    "voids": (
        "pass",
        _example("v=spf1 mx ip4:192.0.2.1 -all", {}, mx=["1 a.example.", "1 b.example.", "1 c.example."]),
    ),
    "self": ("pass", _example("v=spf1 ip4:192.0.2.1 include:example.com -all", {})),
    "twice": ("pass", _example("v=spf1 x=1 x=2 ip4:192.0.2.1 -all", {})),
    "capitals": (
        "pass",
        _example("v=spf1 Redirect=other.example", {"other.example": {"TXT": ["v=spf1 ip4:192.0.2.1 -all"]}}),
    ),
    "grammar": ("permerror", _example("v=spf1 ip4:192.0.2.1 exists:%{d0}.x.example -all", {})),
    "joined": (
        "pass",
        _example("v=spf1 exists:%{d-}.x.example -all", {"a.b.example.x.example": HERE}, sender="user@a-b.example"),
    ),
    "long": (
        "pass",
        _example(f"v=spf1 exists:{'%{d}.' * 24}x.example -all", {f"com.{'example.com.' * 20}x.example": HERE}),
    ),
    "characters": ("permerror", _example("v=spf1 ip4:192.0.2.1 x=\x01 -all", {})),
    "pointers": ("pass", _example("v=spf1 ptr ip4:192.0.2.1 -all", {}, failing=[(POINTER, "PTR")])),
    "redirect": (
        "pass",
        _example(
            f"v=spf1 {'a:far.example ' * 10}ip4:192.0.2.1 redirect=x.example", {"far.example": {"A": ["203.0.113.1"]}}
        ),
    ),
    "hosts": (
        "pass",
        _example(
            "v=spf1 mx -all", {"a.example": HERE}, mx=["1 a.example.", "2 b.example."], failing=[("b.example", "A")]
        ),
    ),
    "postmaster": (
        "pass",
        _example(
            "v=spf1 exists:%{s}.x.example -all", {r"postmaster\@example.com.x.example": HERE}, sender="@example.com"
        ),
    ),
    "nearest": (
        "pass",
        _example(
            "v=spf1 exists:%{p}.x.example include:other.example -all",
            {
                POINTER: {"PTR": ["mx.example.com.", "mx.other.example."]},
                "mx.example.com": HERE,
                "mx.other.example": HERE,
                "other.example": {"TXT": ["v=spf1 exists:%{p}.x.example -all"]},
                "mx.other.example.x.example": HERE,
            },
        ),
    ),
}


def ours(one: World) -> Opinion:
    """Our opinion of a world."""
    verdict = check_host(one.ip, one.domain, one.sender, one.helo, one.ask, explain=True)
    return Opinion(verdict.result, verdict.explanation)


@cache
def worlds() -> tuple[World, ...]:
    """Those of the normal run."""
    return tuple(world(number) for number in range(WORLDS))


def test_we_agree() -> None:
    """On every world, all known points repaired: no other difference exists."""
    assert [number for number, one in enumerate(worlds()) if opinion(one, ALL) != ours(one)] == []


@pytest.mark.long
def test_we_agree_at_length() -> None:
    """The same on many more worlds."""
    many = range(WORLDS, 40 * WORLDS)
    assert [number for number in many if opinion(one := world(number), ALL) != ours(one)] == []


def test_the_worlds_are_worth_an_opinion() -> None:
    """All results occur, often, and pyspf as it is agrees on nine worlds of ten: no repair makes up its opinion."""
    found = [ours(one) for one in worlds()]
    results = Counter(one.result for one in found)
    assert set(results) == RESULTS
    assert min(results.values()) >= 40
    assert sum(opinion(one) == mine for one, mine in zip(worlds(), found, strict=True)) >= 0.9 * WORLDS


def test_without_repairs_it_is_pyspf() -> None:
    """Nothing is repaired that is not asked for."""
    assert [number for number, one in enumerate(worlds()) if opinion(one) != untouched(one)] == []


def test_every_known_point_has_an_example() -> None:
    """No repair stands without a case that shows what it is for."""
    assert set(EXAMPLES) == set(KNOWN)


@pytest.mark.parametrize("point", sorted(KNOWN))
def test_a_known_point(point: str) -> None:
    """The two differ on the example, the RFC's result is ours, and this one repair makes them agree."""
    result, example = EXAMPLES[point]
    assert ours(example).result == result
    assert opinion(example) != ours(example), KNOWN[point]
    assert opinion(example, frozenset({point})) == ours(example), KNOWN[point]
