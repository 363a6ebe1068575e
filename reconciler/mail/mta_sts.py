"""MTA-STS (RFC 8461): the record at `_mta-sts`, the policy file beside it, and whether the MX hosts fit both.

Merge rule: all values of the class `mta-sts` at the name are one slot. Two of them count as none (section 3.1), so a
change that writes the slot leaves one, the spec's. A record that somebody else wrote is replaced as a whole, and only
where the spec adopts it; its policy file is on a web server and stays as it is. Other TXT values at the name stay.

Source: RFC 8461, 3.1 (record), 3.2 (policy), 3.3 (how it is fetched), 4.1 (which hosts it covers), 5 (modes); read as
draft-ietf-uta-mta-sts in its last form before publication (July 2018), 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from reconciler.mail.tags import TagList
from reconciler.mail.tags import read as read_tags
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants

NAME = "_mta-sts"
MODES = ("enforce", "testing", "none")
#: Seconds; the longest that a policy may ask to be remembered, about a year (RFC 8461, 3.2).
LONGEST_AGE = 31_557_600
#: Octets; the size that senders are told to read at most (RFC 8461, 3.3).
LARGEST = 65_536

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PATTERN = re.compile(rf"(?:\*\.)?(?:{_LABEL}\.)*{_LABEL}")
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_AGE = re.compile(r"[0-9]{1,10}")
_IDENTITY = re.compile(r"[A-Za-z0-9]{1,32}")


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands; fields that a sender does not know are ignored, and kept here."""

    list: TagList = field(compare=False)
    identity: str = ""

    @property
    def sound(self) -> bool:
        """A sender accepts it, and fetches the policy."""
        return not self.list.broken and _IDENTITY.fullmatch(self.identity) is not None


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy file as it stands.

    Attributes:
        version, mode: as written; empty when missing. Of a key that stands twice the first counts, but for `mx`.
        max_age: seconds; none = missing or no number.
        mx: patterns as written, in order.
        others: keys that we do not know with their values, in order.
        broken: lines that are no `key: value`, in order; empty lines are none of them.
        repeated: keys that stand more than once, but for `mx`.
    """

    version: str = ""
    mode: str = ""
    max_age: int | None = None
    mx: tuple[str, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    broken: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()

    @property
    def sound(self) -> bool:
        """A sender accepts it as a policy."""
        patterns = self.mode == "none" or (bool(self.mx) and all(map(is_pattern, self.mx)))
        return self.version == "STSv1" and self.mode in MODES and self.max_age is not None and patterns


def url(domain: str) -> str:
    """Where senders fetch the policy of a domain (lower case, A-labels, without final dot)."""
    return f"https://mta-sts.{domain}/.well-known/mta-sts.txt"


def mta_sts(domain: MailDomain, policy: str) -> list[Asked]:
    """Ask for the record of a policy text in `prepare`; the text must stand at `url` before the record changes."""
    return record_wants(domain, "prepare", [Row(NAME, "TXT", text(policy_id(policy)), origin=domain.origin)])


def text(identity: str) -> str:
    """The record's text.

    Raises:
        ValueError: not 1 to 32 letters and digits.
    """
    if not _IDENTITY.fullmatch(identity):
        raise ValueError(f"not the id of an MTA-STS policy: {identity!r}")
    return f"v=STSv1; id={identity};"


def policy_id(policy: str) -> str:
    """The id of a policy text: 32 hex digits of its SHA-256, so that another text has another id."""
    return sha256(policy.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def policy_text(mode: str, mx: Sequence[str], max_age: int) -> str:
    """The text of a policy file, with CRLF at the end of each line.

    Args:
        mx: host names, or `*.` and a domain; may be empty for the mode `none` only.
        max_age: seconds, at most `LONGEST_AGE`.

    Raises:
        ValueError: no sender would take it.
    """
    policy = Policy("STSv1", mode, max_age, tuple(mx))
    if not policy.sound or not 0 <= max_age <= LONGEST_AGE or not all(map(is_pattern, mx)):
        raise ValueError("not a policy that a sender would take")
    lines = ["version: STSv1", f"mode: {mode}", *(f"mx: {pattern}" for pattern in mx), f"max_age: {max_age}"]
    return "".join(f"{line}\r\n" for line in lines)


def is_mta_sts(value: str) -> bool:
    """Tell whether a TXT value is an MTA-STS record; others at the name are ignored."""
    return txt_part(NAME, value) == "mta-sts"


def read(value: str) -> Record:
    """Read a record leniently: it holds whatever can be told of any text."""
    tags = read_tags(value, tight=True)
    return Record(tags, tags.get("id") or "")


def read_policy(value: str) -> Policy:
    """Read a policy file leniently: lines end in LF or CRLF, and what is no `key: value` is kept apart."""
    first: dict[str, str] = {}
    mx: list[str] = []
    broken: list[str] = []
    repeated: dict[str, None] = {}
    for line in value.split("\n"):
        bare = line.removesuffix("\r").rstrip(" \t")
        key, colon, rest = bare.partition(":")
        if not bare:
            continue
        if not colon or not _KEY.fullmatch(key):
            broken.append(bare)
        elif key == "mx":
            mx.append(rest.lstrip(" \t"))
        elif key in first:
            repeated[key] = None
        else:
            first[key] = rest.lstrip(" \t")
    age = first.get("max_age", "")
    known = {"version", "mode", "max_age"}
    return Policy(
        first.get("version", ""),
        first.get("mode", ""),
        int(age) if _AGE.fullmatch(age) else None,
        tuple(mx),
        tuple((key, rest) for key, rest in first.items() if key not in known),
        tuple(broken),
        tuple(repeated),
    )


def is_pattern(pattern: str) -> bool:
    """Tell whether an `mx` value is a host name, or `*.` and a domain; a final dot makes it neither."""
    return len(pattern) <= 253 and _PATTERN.fullmatch(pattern) is not None


def covers(policy: Policy, host: str) -> bool:
    """Tell whether a policy lists an MX host; `*` stands for exactly one label, the left-most (RFC 8461, 4.1).

    Args:
        host: any case; a final dot makes no difference.
    """
    return not uncovered(policy, [host])


def uncovered(policy: Policy, hosts: Sequence[str]) -> list[str]:
    """The MX hosts, in order, that a policy does not list.

    With the mode `enforce`, senders that honour the policy do not deliver to them; `none` means nothing.
    """
    listed = {pattern.lower() for pattern in policy.mx}
    return [host for host in hosts if listed.isdisjoint(matching(host))]


def matching(host: str) -> tuple[str, ...]:
    """The patterns, in lower case, that list a host: its name, and `*.` with what follows its first label."""
    name = host.lower().removesuffix(".")
    first, _, rest = name.partition(".")
    return (name, f"*.{rest}") if first and rest else (name,)
