"""Every awkward value at every live host, through the whole product: empty zone, plan, apply, second plan empty."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from reconciler import registry
from reconciler.model.diagnostic import Severity
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from reconciler.provider import Reader
from tests.live.bind_host import BindHost
from tests.live.cases import cases
from tests.live.cloudflare_host import CloudflareHost
from tests.live.folder import LivePlace
from tests.live.host import Host
from tests.live.knot_host import KnotHost
from tests.live.route53_host import Route53Host

ZONE = "cases.example"
HOSTS: dict[str, Callable[[Path], Host]] = {
    "bind": BindHost,
    "knot": KnotHost,
    "cloudflare": lambda _: CloudflareHost(),
    "route53": lambda _: Route53Host(),
}


@pytest.mark.parametrize("name", HOSTS)
def test_every_case(name: str, tmp_path: Path) -> None:
    """First as each story begins, then as it ends; what a host cannot store is refused by it, offline."""
    host = HOSTS[name](tmp_path)
    try:
        host.make(ZONE)
        own = host.truth(ZONE).keys()
        provider = registry.open_provider("host", host.type, host.options(), tmp_path)
        place = LivePlace(tmp_path / "specs", {"host": host})
        wished: dict[Key, RecordSet] = {}
        for last in (False, True):
            before = dict(wished)
            for one in _storable(provider, last):
                wished[one.key] = one
            gone = _making_way(wished, before)
            wished = {key: one for key, one in wished.items() if key not in gone}
            place.records("host", {ZONE: wished.values()}, absent={ZONE: gone}, destroy=_left_out(wished, before))
            plan = place.planned()
            assert plan.code == 0, plan
            done = place.applied()
            assert done.code == 0, done
            assert _attributes(host.truth(ZONE), own) == _attributes(wished)
            place.assert_still()
        assert len(wished) > 50
    finally:
        host.close()


def _storable(provider: Reader, last: bool) -> list[RecordSet]:
    """The cases that neither the host refuses, offline, nor the spec: octets that are no text, texts quoted twice."""
    found: list[RecordSet] = []
    for _, sets in cases(ZONE, last):
        refused = [one for one in provider.refusals(sets) if one.severity is Severity.ERROR]
        values = [value for one in sets for value in one.values]
        written = all(value.isprintable() and not (value[:1] == value[-1:] == '"') for value in values)
        if not refused and written:
            found += sets
    return found


def _making_way(wished: Mapping[Key, RecordSet], before: Mapping[Key, RecordSet]) -> list[Key]:
    """What stood first at a name where a CNAME stands now, or the other way round."""
    new = {key for key in wished if key not in before}
    aliases = {key.name for key in new if key.kind == "CNAME"}
    others = {key.name for key in new if key.kind != "CNAME"}
    return [
        key
        for key in before
        if (key.name in aliases and key.kind != "CNAME") or (key.name in others and key.kind == "CNAME")
    ]


def _left_out(wished: Mapping[Key, RecordSet], before: Mapping[Key, RecordSet]) -> int:
    """How many texts go because no line asks for them any more."""
    texts = [(before[key], one) for key, one in wished.items() if key.kind == "TXT" and key in before]
    return sum(len(set(old.values) - set(new.values)) for old, new in texts)


def _attributes(sets: Mapping[Key, RecordSet], but: object = ()) -> dict[Key, tuple[int, tuple[str, ...]]]:
    return {key: (one.ttl, one.values) for key, one in sets.items() if key not in but}  # type: ignore[operator]
