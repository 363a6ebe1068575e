"""A customer's files out of what was read: `customer.yaml`, and `accounts.csv` where a tenant was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.mail.quoting import plain
from reconciler.model.key import Key
from reconciler.model.resource import Resource
from reconciler.transcript.choice import Choice, Left, Line
from reconciler.transcript.domain import Entry, entry
from reconciler.transcript.people import People, people
from reconciler.transcript.zone import Zone

CUSTOMER, ACCOUNTS = "customer.yaml", "accounts.csv"


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant that was read.

    Attributes:
        name: its initial domain.
        provider: its name in the workspace. `implied`: it is the workspace's default.
    """

    name: str
    provider: str
    implied: bool
    resources: Mapping[Key, Resource]


@dataclass(frozen=True, slots=True)
class Reading:
    """All that a spec is to say.

    Attributes:
        head: comments at the top, one line each.
        zones: those that were read whole. `drafts`: entries of domains of which only public DNS was seen, as lines.
    """

    head: tuple[str, ...]
    zones: tuple[Zone, ...] = ()
    drafts: Mapping[str, Sequence[str]] | None = None
    tenant: Tenant | None = None

    @property
    def domains(self) -> list[str]:
        """Every domain of the spec."""
        return [*(one.domain for one in self.zones), *(self.drafts or {})]


@dataclass(frozen=True, slots=True)
class Transcript:
    """The files, and what became of each thing.

    Attributes:
        files: lines by name.
        entries: by domain, of zones that were read.
    """

    files: Mapping[str, list[Line]]
    entries: Mapping[str, Entry]
    people: People | None

    def texts(self) -> dict[str, str]:
        """The files as they are written."""
        return {name: "".join(f"{one.text}\n" for one in lines) for name, lines in self.files.items()}


def transcribe(reading: Reading, choice: Choice) -> Transcript:
    """Write everything down as far as the choice allows."""
    entries = {zone.domain: entry(zone, choice) for zone in reading.zones}
    whose, lines = None, [Line(f"# {plain(text)}") for text in reading.head]
    if reading.tenant:
        one = reading.tenant
        whose = people(one.name, "" if one.implied else one.provider, one.resources, reading.domains, choice)
        lines += [*whose.head, *_unmanaged(whose.left)]
    lines.append(Line("domains:"))
    for made in entries.values():
        lines += made.lines
    lines += [Line(text) for some in (reading.drafts or {}).values() for text in some]
    files = {CUSTOMER: lines} | ({ACCOUNTS: whose.rows} if whose and whose.rows else {})
    return Transcript(files, entries, whose)


def _unmanaged(left: Sequence[Left]) -> list[Line]:
    return [Line(f"# not managed: {plain(one.name)}: {plain(one.reason)}") for one in left]
