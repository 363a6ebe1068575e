"""One line of the journal: its form, its hash, and what each type of entry must hold.

Keys of a line: `v` (1), `seq` (from 1), `time` (UTC, whole seconds, `Z`), `run`, `type`, the payload's keys, `prev`
(hash of the line before; empty in the first), `hash` (`sha256:` and the SHA-256 in hex of the line without `hash`).
A line is canonical JSON: sorted keys, no spaces, ASCII.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple

VERSION = 1

#: The types of entry, and what each must hold; more may be in it.
TYPES: Mapping[str, frozenset[str]] = {
    "run": frozenset({"command", "tool", "actor"}),  # and spec, plan (digests), trigger
    "approve": frozenset({"route", "steps", "by"}),  # steps: ids; and digest (of the plan)
    "adopt": frozenset({"slots"}),  # [address, recorded value, meta] each
    "forget": frozenset({"addresses"}),
    "begin": frozenset({"route", "stage", "steps"}),  # steps: as reconciler.ledger.step makes them; subject, settles
    "end": frozenset({"outcomes"}),  # {id, status, detail, remote_id, request_id} each; route: only without a begin
    "stage": frozenset({"route", "stage"}),  # the stage has ended; and subject, settles
    "confirm": frozenset({"route", "by"}),  # stage or task; and evidence, subject, settles
    "rollback": frozenset({"route", "stage", "phase"}),  # stage: the last that stays ended, "" = none; begin | end
    "place": frozenset({"zones"}),  # the provider of each zone, by zone
    "reveal": frozenset({"user", "by"}),
    "new_ledger": frozenset(),  # files: what was moved aside
}
_ENVELOPE = frozenset({"v", "seq", "time", "run", "type", "prev", "hash"})
_FINGERPRINT = re.compile("sha256:[0-9a-f]{16}")


class Entry(NamedTuple):
    """One line of the journal. `payload` is what its type adds, as JSON gives it back: lists, never tuples."""

    seq: int
    time: datetime
    run: str
    type: str
    payload: Mapping[str, Any]
    hash: str


class WrongError(Exception):
    """One line is not what it should be, and why. `torn`: its write may have been cut in the middle."""

    def __init__(self, why: str, rule: str = "journal/damaged", torn: bool = False) -> None:
        super().__init__(why)
        self.rule, self.torn = rule, torn


def compose(
    kind: str, payload: Mapping[str, Any], *, seq: int, prev: str, time: datetime, run: str
) -> tuple[bytes, Entry]:
    """The line of a new entry, and the entry as it will be read back from it."""
    stamp = time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"v": VERSION, "seq": seq, "time": stamp, "run": run, "type": kind, **payload, "prev": prev}
    line = canonical({**content, "hash": _digest(canonical(content))})
    return f"{line}\n".encode("ascii"), parse(line, seq, prev)


def parse(line: str, seq: int, prev: str) -> Entry:
    """Verify one line (without its newline) that must be entry `seq` and follow the hash `prev`.

    Raises:
        WrongError: it is not that entry.
    """
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        raise WrongError("it is not JSON", torn=True) from None
    if not isinstance(content, dict) or not content.keys() >= _ENVELOPE:
        raise WrongError("it is no entry of a journal")
    own = content.pop("hash")
    # `prev` always follows `hash`, and no nested key can have this very hash as its value.
    if own != _digest(line.replace(f'"hash":"{own}",', "", 1)):
        raise WrongError("it was changed after it was written")
    version, kind = content.pop("v"), str(content.pop("type"))
    if version != VERSION or kind not in TYPES:
        raise WrongError(f"it is of version {version}, type {kind}", "journal/newer")
    found = content.pop("seq")
    if found != seq:
        raise WrongError(f"entry {found} stands in its place; lines were removed, added or moved")
    if content.pop("prev") != prev:
        raise WrongError("it does not follow the entry before it")
    return Entry(seq, _time(content.pop("time")), str(content.pop("run")), kind, content, own)


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        raise WrongError("its time is no time") from None


def check(kind: str, payload: Mapping[str, Any]) -> None:
    """Find bugs of the caller before they are on record for ever.

    Raises:
        ValueError: an unknown type, a key too few or too many, or a tenant's value that is no fingerprint.
    """
    if kind not in TYPES:
        raise ValueError(f"no type of entry: {kind}")
    if missing := TYPES[kind] - payload.keys():
        raise ValueError(f"{kind} without {sorted(missing)}")
    if taken := payload.keys() & _ENVELOPE:
        raise ValueError(f"{kind} with {sorted(taken)}, which the line itself has")
    for address, value in _values(payload):
        if address.startswith("tenant/") and value is not None and not _FINGERPRINT.fullmatch(str(value)):
            raise ValueError(f"the value of {address} must not be written down: record its fingerprint")


def _values(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from ((address, value) for address, value, _ in payload.get("slots", ()))
    for step in payload.get("steps", ()):
        if isinstance(step, Mapping):
            yield step["address"], step["before"]
            yield step["address"], step["after"]
            yield from ((address, value) for address, value, _ in step.get("carried", ()))


def canonical(content: Mapping[str, Any]) -> str:
    """The one text of a JSON object."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def _digest(text: str) -> str:
    return f"sha256:{sha256(text.encode('latin-1')).hexdigest()}"
