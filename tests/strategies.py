"""Random companies: zones, specs and hand edits that agree with no convenient order."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st

from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Want
from reconciler.model.value import Value
from reconciler.policy import Rules
from tests.semantics.world import System, World

ZONE = "shop.example"
NAMES = ("@", "www", "b", "z9", "mail")
TERMS = tuple(f"include:{name}.example" for name in ("one", "two", "three"))
TOKENS = ("vendor=1", "vendor=2")
RULES = Rules(max_destroy=1000, max_share=1.0)

addresses = st.lists(st.sampled_from(["192.0.2.1", "192.0.2.2", "192.0.2.3"]), min_size=1, unique=True).map(
    lambda values: tuple(sorted(values))
)
ttls = st.sampled_from([60, 300, 3600])


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, ...]:
    """What a TXT set holds: tokens, and often an SPF record."""
    found = set(draw(st.lists(st.sampled_from(TOKENS), unique=True)))
    if draw(st.booleans()) or not found:
        terms = draw(st.lists(st.sampled_from(TERMS), unique=True))
        found.add(" ".join(["v=spf1", *terms, draw(st.sampled_from(["-all", "~all"]))]))
    return tuple(sorted(found))


@st.composite
def zones(draw: st.DrawFn) -> list[RecordSet]:
    """A live zone in random order."""
    sets = [
        RecordSet(Key("dns", ZONE, "A", name), draw(ttls), draw(addresses))
        for name in draw(st.lists(st.sampled_from(NAMES), unique=True))
    ]
    if draw(st.booleans()):
        sets.append(RecordSet(Key("dns", ZONE, "TXT", "@"), draw(ttls), draw(texts())))
    return draw(st.permutations(sets))


@st.composite
def wishes(draw: st.DrawFn) -> dict[Slot, Want]:
    """What one stage asks for, in random order."""
    found: dict[Slot, Want] = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True)):
        key = Key("dns", ZONE, "A", name)
        value: Value | None = draw(st.none() | addresses)
        found[Slot(key, "")] = Want(value, overwrite=True)
        if value is not None and draw(st.booleans()):
            found[Slot(key, "ttl")] = Want(draw(ttls))
    text = Key("dns", ZONE, "TXT", "@")
    for term in draw(st.lists(st.sampled_from(TERMS), unique=True)):
        found[Slot(text, f"spf/{term}")] = Want(term if draw(st.booleans()) else None)
    if draw(st.booleans()) and found:
        found[Slot(text, "spf/all")] = Want("~all", seed=True)
    asked = list(found.items())
    order = draw(st.permutations(asked))
    return dict(order)


@st.composite
def routes(draw: st.DrawFn) -> Route:
    """Two stages that ask for different things, and `retire`."""
    stages = [Stage(name, draw(wishes())) for name in ("prepare", "deliver")]
    return Route("route", ZONE, "dns", (*stages, Stage("retire")))


@dataclass
class Story:
    """A live zone and the route of its spec."""

    zone: list[RecordSet]
    route: Route

    def world(self) -> World:
        """The company before its first run."""
        return World({ZONE: System(self.zone)}, [self.route], rules=RULES)


stories = st.builds(Story, zones(), routes())


def attributes(world: World) -> dict[Key, tuple[int, frozenset[str]]]:
    """What an outsider sees of the zone, whatever the order of SPF's terms."""
    sets = [one for one in world.live.values() if isinstance(one, RecordSet)]
    return {one.key: (one.ttl, frozenset(" ".join(sorted(text.split())) for text in one.values)) for one in sets}
