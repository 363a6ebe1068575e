"""What public DNS and web servers answered: questions, answers in the normal form of record sets, files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Question(NamedTuple):
    """One name and type asked for.

    Attributes:
        name: absolute, written form (lower case, A-labels), without final dot; empty for the root.
        type: record type in upper case.
    """

    name: str
    type: str


class Status(StrEnum):
    """How an answer came out.

    `found`: there are records. `empty`: the name exists without records of the type. `nxdomain`: there is no such name.
    `failed`: nobody answered in time, or with an error (RFC 7208's temporary error); nothing is known.
    """

    FOUND = "found"
    EMPTY = "empty"
    NXDOMAIN = "nxdomain"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one question.

    Attributes:
        values: as `RecordSet.values` (a TXT value is its strings joined and decoded), sorted, without repeats; empty
            unless `status` is `found`.
        ttl: seconds, the smallest on the way; 0 unless found.
        alias: where a CNAME led, absolute without final dot; empty when the name itself answered.
        detail: for `failed`, why, for people.
        code: for `failed`, the same in one word: what the last server that replied said (`SERVFAIL`, `REFUSED`), or a
            word of our own: `lame` (a name server that does not answer for the zone), `unreadable`, `silent` (nothing
            was sent, since it said nothing to the questions before), `unasked` (nothing was sent for another reason);
            empty when it was asked and did not reply.
        authentic: the resolver says that DNSSEC proves it (the AD bit).
    """

    status: Status
    values: tuple[str, ...] = ()
    ttl: int = 0
    alias: str = ""
    detail: str = ""
    code: str = ""
    authentic: bool = False

    @property
    def void(self) -> bool:
        """An answer without records, for good: what RFC 7208, section 4.6.4, counts as a void lookup."""
        return self.status in (Status.EMPTY, Status.NXDOMAIN)


@dataclass(frozen=True, slots=True)
class NameServer:
    """One address of one authoritative name server.

    Attributes:
        name: as NS records have it, lower case, without final dot.
        address: IPv4 or IPv6 in text; empty where it has none, or none is known.
    """

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came back when somebody fetched a file of a web server, without following redirects.

    Attributes:
        status: HTTP status; 0 when there was no reply that could be read.
        content_type: the header's value as it came, empty without one.
        body: decoded text, of any status, with a mark for what is no UTF-8; cut at a limit, and then `error` says so;
            empty where reading broke off.
        error: what went wrong, for people; empty when the whole reply is here, whatever its status.
    """

    status: int = 0
    content_type: str = ""
    body: str = ""
    error: str = ""
