"""Route 53 to test against: the strict fake, 300 record sets a page"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.route53 import plain
from tests.emulators.route53.server import READER, SECRETS, WRITER, Route53Server, now
from tests.emulators.route53.state import Zone


class Route53Host:
    """An account with no zone at first.

    Attributes:
        server: for its switches.
    """

    type = "route53"

    def __init__(
        self,
        *,
        clock: Callable[[], datetime] = now,
        insync_after: float = 0.0,
        limited: bool = False,
        delay: float = 0.0,
    ) -> None:
        """Args: `insync_after`, `delay`: seconds until a change is on all servers, and before every answer."""
        self.server = Route53Server(clock, insync_after=insync_after, limited=limited, delay=delay)
        self._zones: dict[str, Zone] = {}

    def options(self) -> Mapping[str, object]:
        keys = {one: {"env": f"ROUTE53_{one.upper()}"} for one in ("access_key", "secret_key")}
        writers = {f"write_{one}": {"env": f"ROUTE53_WRITE_{one.upper()}"} for one in ("access_key", "secret_key")}
        return {"endpoint": self.server.endpoint, **keys, **writers}

    def environment(self) -> Mapping[str, str]:
        return {
            "ROUTE53_ACCESS_KEY": READER,
            "ROUTE53_SECRET_KEY": SECRETS[READER],
            "ROUTE53_WRITE_ACCESS_KEY": WRITER,
            "ROUTE53_WRITE_SECRET_KEY": SECRETS[WRITER],
        }

    def make(self, zone: str, sets: Iterable[RecordSet] = ()) -> None:
        self._zones[zone] = self.server.state.make(f"{zone}.")
        for one in sets:
            plain.edit(self._zones[zone], one.key, one)

    def truth(self, zone: str) -> Mapping[Key, RecordSet]:
        return plain.truth(self._zones[zone])

    def edit(self, key: Key, wished: RecordSet | None) -> None:
        plain.edit(self._zones[key.scope], key, wished)

    def calls(self) -> Counter[str]:
        return Counter(self.server.service.calls)

    def close(self) -> None:
        self.server.close()
