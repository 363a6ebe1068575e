"""A folder of specs whose zones are at live hosts, and the real command line on it as a subprocess."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.endtoend.place import Place
from tests.live.host import Host
from tests.running import Done, run

CUSTOMER = "acme"


class LivePlace(Place):
    """One customer; providers are named after the keys of `hosts`."""

    def __init__(self, root: Path, hosts: Mapping[str, Host], more: str = "") -> None:
        """Args: `more`: further lines of the workspace."""
        super().__init__(root)
        self.hosts = hosts
        self.specs.mkdir(parents=True)
        entries = {name: {"type": one.type, **one.options()} for name, one in hosts.items()}
        (self.specs / "workspace.yaml").write_text(f"providers: {json.dumps(entries)}\n{more}")

    def records(
        self,
        host: str,
        zones: Mapping[str, Iterable[RecordSet]],
        absent: Mapping[str, Iterable[Key]] = MappingProxyType({}),
        destroy: int = 0,
    ) -> LivePlace:
        """The spec: these record sets, all of them at one host, and those that must not be there."""
        domains = {
            zone: {
                "dns": host,
                "records": [_record(one) for one in sets],
                "absent": [{"name": key.name, "type": key.kind} for key in absent.get(zone, ())],
            }
            for zone, sets in zones.items()
        }
        self.spec(json.dumps({"domains": domains, "destroy": destroy}), CUSTOMER)
        return self

    def world(self) -> dict[str, bytes]:
        """Every zone of every host that the spec names."""
        domains = json.loads((self.specs / CUSTOMER / "customer.yaml").read_text())["domains"]
        return {
            name: repr(sorted(self.hosts[one["dns"]].truth(name).items())).encode() for name, one in domains.items()
        }

    def run(self, *words: str, **environment: str) -> Done:
        """As ever, with the hosts' secrets."""
        secrets = {name: value for one in self.hosts.values() for name, value in one.environment().items()}
        return run(words, self.root, self.environment(**secrets, **environment))


def _record(one: RecordSet) -> dict[str, object]:
    return {"name": one.key.name, "type": one.key.kind, "ttl": one.ttl, "values": list(one.values)}
