"""A zone that BIND signs by itself shows a change a moment after it has taken it: that is no failure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from reconciler.model.key import Key
from reconciler.model.resource import RecordSet
from tests.live.bind_host import BindHost
from tests.live.folder import LivePlace

ZONE = "signed.example"


class SigningHost(BindHost):
    """Signs every zone on its own copy (`inline-signing`)."""

    def configuration(self) -> Mapping[str, str]:
        policy = f'type primary; dnssec-policy default; inline-signing yes; key-directory "{self.folder}";'
        return {name: text.replace("type primary;", policy) for name, text in super().configuration().items()}


def test_what_is_signed_late_is_waited_for(tmp_path: Path) -> None:
    """Every change is told as done, and the next plan is empty."""
    host = SigningHost(tmp_path)
    try:
        host.make(ZONE, [RecordSet(Key("dns", ZONE, "A", f"old{n}"), 300, ("192.0.2.80",)) for n in range(50)])
        wished = [RecordSet(Key("dns", ZONE, "A", f"new{n}"), 300, ("192.0.2.1",)) for n in range(100)]
        place = LivePlace(tmp_path / "specs", {"host": host}).records("host", {ZONE: wished})
        assert place.planned().code == 0
        done = place.applied()
        assert (done.code, set(done.statuses().values())) == (0, {"done"}), done
        assert sum(place.run("plan", "--json").json["counts"].values()) == 0
    finally:
        host.close()
