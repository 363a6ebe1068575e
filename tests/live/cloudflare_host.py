"""The Cloudflare emulator as a host to test against; another process reaches it through its address and a token."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.emulators.cloudflare import truth
from tests.emulators.cloudflare.server import CloudflareServer
from tests.emulators.cloudflare.zones import Token, Zone

#: What reads, and what writes: a token, and the environment variable that holds it.
READER, WRITER = ("token-that-reads", "CLOUDFLARE_READER"), ("token-that-writes", "CLOUDFLARE_WRITER")


class CloudflareHost:
    """One account with a token that reads and one that writes too; `server` has the switches."""

    type = "cloudflare"

    def __init__(self) -> None:
        self.server = CloudflareServer()
        self.server.tokens |= {READER[0]: Token(edits=False), WRITER[0]: Token()}
        self.server.start()

    def options(self) -> Mapping[str, object]:
        tokens = {"token": {"env": READER[1]}, "write_token": {"env": WRITER[1]}}
        return {**tokens, "endpoint": self.server.endpoint}

    def environment(self) -> Mapping[str, str]:
        return {variable: token for token, variable in (READER, WRITER)}

    def make(self, zone: str, sets: Iterable[RecordSet] = ()) -> None:
        with self.server.lock:
            made = self.server.make(zone, quota=100_000)
            for one in sets:
                truth.add(made, one)

    def truth(self, zone: str) -> Mapping[Key, RecordSet]:
        with self.server.lock:
            return truth.sets(self._zone(zone))

    def edit(self, key: Key, wished: RecordSet | None) -> None:
        with self.server.lock:
            truth.edit(self._zone(key.scope), key, wished)

    def calls(self) -> Counter[str]:
        with self.server.lock:
            return Counter(self.server.calls)

    def close(self) -> None:
        self.server.close()

    def _zone(self, name: str) -> Zone:
        return next(one for one in self.server.zones.values() if one.name == name)
