"""The models of a domain's move: from where, when and how."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BeforeValidator, Field, WrapValidator

from reconciler.spec.record import Record
from reconciler.spec.scalars import Day, Duration, Text, dated, nearest, show, wrong
from reconciler.spec.written import Written, doc, given

START = r"^(?:[^ ]+,? +)?[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}$"


def zone(value: object) -> str:
    """The name of a time zone. Source: the machine's IANA time zone database."""
    try:
        return ZoneInfo(str(value)).key
    except (OSError, ValueError, KeyError):
        near = nearest(value, available_timezones(), cutoff=0.8)
        remedy = near if near.startswith("did") else "write it like America/Monterrey"
        raise wrong("spec/time-zone", f"{show(value)} is no time zone", remedy) from None


def moment(value: object) -> datetime:
    """A local date and time, `2026-12-04 22:00`, its weekday checked when written; the loader adds the time zone."""
    head, _, clock = (
        value.strip().rpartition(" " if " " in value.strip()[-6:] else "T") if isinstance(value, str) else ("",) * 3
    )
    weekday, _, day = head.strip().rpartition(" ")
    try:
        found = datetime.strptime(f"{day} {clock}", "%Y-%m-%d %H:%M")
    except ValueError:
        raise wrong(
            "spec/time", f"{show(value)} is no date and time", "write it like Friday 2026-12-04 22:00"
        ) from None
    dated(weekday.strip().removesuffix(",") or None, day)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot(Written):
    """What the old service's records were, on the day they were read; made by `reconciler import`.

    Attributes:
        file: as the author wrote it in `as_found`.
    """

    found: Annotated[Day, doc("The day on which the records were read.", "2026-11-20")]
    records: Annotated[
        tuple[Record, ...],
        doc(
            "Every mail record as it was.", [{"name": "@", "type": "MX", "ttl": "1h", "values": ["10 mx.old.example."]}]
        ),
    ]
    file: Annotated[str, given("file")] = ""


def _unread(value: object, _handler: object) -> object:
    """The path, until the loader has read the file."""
    if isinstance(value, str) and value.strip():
        return value
    raise wrong("spec/type", "as_found is the name of a file", "write it like before.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSource(Written):
    """The old service."""

    service: Annotated[Text, doc("The kind of the old service.", "hosted-exchange")]
    as_found: Annotated[
        Snapshot,
        WrapValidator(_unread, json_schema_input_type=Text),
        doc("Dated snapshot of all old mail records, relative to the customer's folder.", "before.yaml"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Window(Written):
    """When mail is switched.

    Attributes:
        start: with its time zone.
        length: seconds.
    """

    start: Annotated[
        datetime,
        BeforeValidator(moment, json_schema_input_type=Annotated[str, Field(pattern=START)]),
        doc("Local date and time; a weekday before it is checked.", "Friday 2026-12-04 22:00"),
    ]
    length: Annotated[Duration, doc("How long the window is open.", "3h30m")]
    time_zone: Annotated[
        str,
        BeforeValidator(zone, json_schema_input_type=str),
        doc("Time zone of `start`, as IANA names it.", "America/Monterrey"),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSpec(Written):
    """Mail moves from an old service to the one in `mail`.

    Attributes:
        source: the key `from`.
        hold: seconds.
    """

    source: Annotated[
        MigrationSource,
        Field(alias="from"),
        doc("What the domain moves away from.", {"service": "hosted-exchange", "as_found": "before.yaml"}),
    ]
    window: Annotated[
        Window,
        doc(
            "When mail is switched.",
            {"start": "Friday 2026-12-04 22:00", "length": "3h30m", "time_zone": "America/Monterrey"},
        ),
    ]
    mode: Annotated[
        Literal["cutover", "staged", "hybrid", "gateway", "tenant-to-tenant", "imap"],
        doc("How the mailboxes move; default `cutover`: all at once.", "cutover"),
    ] = "cutover"
    hold: Annotated[
        Duration | None, doc("How long the old service stays reachable; default: the workspace's, else 72 hours.", "3d")
    ] = None
