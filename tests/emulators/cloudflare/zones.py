"""What the emulator keeps: accounts, tokens, zones, records; and the rules of a single record.

Codes are those that peers met. Where none is known (a read-only record, a batch too large) the code is of our choosing,
and nobody may rely on it.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from tests.emulators.cloudflare import content
from tests.emulators.cloudflare.refusal import Refusal

_NOW = datetime(2026, 11, 21, 20, 0, tzinfo=UTC)
_ADDRESSES = frozenset({"A", "AAAA"})
_NAME = re.compile(r"[^\s\".\\]{1,63}(?:\.[^\s\".\\]{1,63})*")
_TEXTS = 8192
READ_ONLY = 1046  # our choice


@dataclass(frozen=True, slots=True)
class Token:
    """An API token: whose, which accounts it sees, what it may do there."""

    user: str = "user"
    accounts: frozenset[str] | None = None  # none = all
    edits: bool = True
    tells: bool = True  # zones name its permissions
    active: bool = True
    expires_on: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it is kept."""

    id: str
    name: str
    type: str
    content: str
    ttl: int
    data: Mapping[str, Any] | None = None
    priority: int | None = None
    proxied: bool = False
    comment: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, Any] = field(default_factory=dict)
    version: int = 0

    def json(self) -> dict[str, Any]:
        """As the API gives it."""
        shown: dict[str, Any] = {
            "id": self.id, "name": self.name, "type": self.type, "content": self.content, "ttl": self.ttl,
            "proxied": self.proxied, "proxiable": self.type in content.PROXIABLE, "comment": self.comment,
            "tags": list(self.tags), "meta": dict(self.meta), "settings": {},
            "created_on": _NOW.isoformat(), "modified_on": _NOW.isoformat(),
        }  # fmt: skip
        if self.data is not None:
            shown["data"] = dict(self.data)
            if self.type in {"HTTPS", "SVCB"}:
                shown["data"]["value"] = str(self.data["value"]).replace('"', "")  # half parsed
        if self.priority is not None:
            shown["priority"] = self.priority
        return shown

    @property
    def same(self) -> tuple[object, ...]:
        """What makes two records identical for the vendor."""
        return self.name, self.type, self.content, self.priority


@dataclass(slots=True)
class Zone:
    """One zone; `records` by id, in the order in which they were made."""

    id: str
    name: str
    account: str
    plan: str = "free"
    status: str = "active"
    quota: int = 200
    adds_quotes: bool = False  # to texts sent without
    leaves_behind: bool = False  # a record whose proxied target is refused
    born: bool = True  # false: made moments ago, and every call is forbidden
    records: dict[str, Record] = field(default_factory=dict)
    ghosts: list[str] = field(default_factory=list)  # names of apex NS that were taken and not kept

    def json(self, token: Token) -> dict[str, Any]:
        """As the API gives it to one token."""
        may = ["#zone:read", "#dns_records:read", *(["#dns_records:edit"] if token.edits else [])]
        shown: dict[str, Any] = {
            "id": self.id, "name": self.name, "status": self.status, "paused": False, "type": "full",
            "development_mode": 0, "name_servers": ["ada.ns.cloudflare.com", "bob.ns.cloudflare.com"],
            "original_name_servers": None, "created_on": _NOW.isoformat(), "modified_on": _NOW.isoformat(),
            "account": {"id": self.account, "name": f"Account {self.account[:4]}"},
            "owner": {"id": None, "type": "user", "email": None}, "meta": {},
            "plan": {"id": self.plan, "name": f"{self.plan.title()} Website", "legacy_id": self.plan},
        }  # fmt: skip
        return shown | ({"permissions": may} if token.tells else {})

    @property
    def most(self) -> int:
        """Operations in one batch."""
        return 200 if self.plan == "free" else 3500

    def own(self, name: object) -> str:
        """A name as it is kept: what is outside the zone is taken as relative."""
        if not isinstance(name, str) or not name:
            raise Refusal(400, 9000, "DNS name is invalid.")
        lower = name.lower().removesuffix(".")
        if lower in ("@", self.name):
            return self.name
        whole = lower if lower.endswith(f".{self.name}") else f"{lower}.{self.name}"
        if len(whole) > 253 or not _NAME.fullmatch(whole):
            raise Refusal(400, 9000, f"DNS name {whole!r} is invalid.")
        return whole

    def made(self, sent: Mapping[str, Any], old: Record | None = None) -> Record:
        """A record from all that was sent of it; `old` gives the id and who made it."""
        kind = sent.get("type")
        if kind not in content.TYPES:
            raise Refusal(400, 1004, f"Invalid record type {kind!r}.")
        value = content.taken(kind, sent)
        if kind == "TXT" and self.adds_quotes and not value.content.startswith('"'):
            value = replace(value, content=f'"{value.content}"')
        proxied = sent.get("proxied") or False
        if not isinstance(proxied, bool) or (proxied and kind not in content.PROXIABLE):
            raise Refusal(400, 9041, "This DNS record cannot be proxied.")
        record = Record(
            old.id if old else uuid.uuid4().hex,
            self.own(sent.get("name")),
            kind,
            value.content,
            1 if proxied else self._ttl(sent.get("ttl")),
            value.data,
            value.priority,
            proxied,
            self._comment(sent.get("comment")),
            self._tags(sent.get("tags") or ()),
            old.meta if old else {},
            old.version + 1 if old else 0,
        )
        if proxied and kind in _ADDRESSES and ipaddress.ip_address(value.content).is_private:
            if self.leaves_behind:
                self.records[record.id] = record
            raise Refusal(400, 9003, "Target is not allowed for a proxied record.")
        return record

    def put(self, record: Record) -> None:
        """Keep a record that may stand where it does."""
        old = self.records.get(record.id)
        if old is not None:
            self.changeable(old)
        if record.type == "NS" and record.name == self.name:
            self.ghosts.append(record.content)
            return
        others = [one for one in self.records.values() if one.name == record.name and one.id != record.id]
        _coexist(record, others)
        if old is None and len(self.records) >= self.quota:
            raise Refusal(400, 81045, "Record quota exceeded.")
        if record.type == "TXT":
            texts = [record.content, *(one.content for one in others if one.type == "TXT")]
            if sum(map(len, texts)) > _TEXTS:
                raise Refusal(400, 9005, f"TXT records of a name exceed {_TEXTS} characters.")
        self.records[record.id] = record

    def remove(self, identity: str) -> Record:
        """Take a record out."""
        self.changeable(self.get(identity))
        return self.records.pop(identity)

    def get(self, identity: str) -> Record:
        """A record by id."""
        if identity not in self.records:
            raise Refusal(404, 81044, "Record does not exist.")
        return self.records[identity]

    def changeable(self, record: Record) -> None:
        """Refuse to change what is read only."""
        if record.meta.get("read_only"):
            raise Refusal(400, READ_ONLY, "This record is managed by Cloudflare and is read only.")

    def _ttl(self, ttl: object) -> int:
        least = 30 if self.plan == "enterprise" else 60
        if isinstance(ttl, bool) or not isinstance(ttl, int) or not (ttl == 1 or least <= ttl <= 86400):
            raise Refusal(400, 9021, f"TTL must be between {least} and 86400 seconds, or 1 for Automatic.")
        return ttl

    def _comment(self, comment: object) -> str | None:
        longest = 100 if self.plan == "free" else 500
        if comment is not None and (not isinstance(comment, str) or len(comment) > longest):
            raise Refusal(400, 9300, f"A comment is at most {longest} characters.")
        return comment or None

    def _tags(self, tags: Any) -> tuple[str, ...]:
        if tags and self.plan == "free":
            raise Refusal(400, 9300, "DNS record has 1 tags, exceeding the quota of 0.")
        if any(one.startswith("cf-") for one in tags):
            raise Refusal(400, 9300, "Tags that begin with cf- are reserved.")
        return tuple(tags)


def _coexist(record: Record, others: list[Record]) -> None:
    kinds = {one.type for one in others}
    if any(one.same == record.same for one in others):
        raise Refusal(400, 81058, "An identical record already exists.")
    if record.type == "CNAME" and kinds & {"A", "AAAA", "CNAME"}:
        raise Refusal(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if record.type in _ADDRESSES and "CNAME" in kinds:
        raise Refusal(400, 81054, "A CNAME record with that host already exists.")
    if record.type not in {"NS", "DS"} and "NS" in kinds:
        raise Refusal(400, 81056, "NS records with that host already exist.")
    if record.type == "NS" and kinds - {"NS", "DS"}:
        raise Refusal(400, 81055 if kinds & _ADDRESSES else 81057, "A record with that host already exists.")
    if record.type == "DS" and "NS" not in kinds:
        raise Refusal(400, 9005, "DS records need NS records with the same host.")
