"""The words in which mail knowledge asks for something: a stage, a slot, and what it shall hold."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reconciler.mail.spf.compose import CAREFUL, END, slots
from reconciler.mail.spf.terms import term, weakest
from reconciler.mail.txt import txt_part
from reconciler.model.diagnostic import Origin
from reconciler.model.key import Key, Slot
from reconciler.model.route import Manage, Want
from reconciler.model.value import Unknown, Value

#: Stage name, slot, want. One slot may be asked for several times: see `join`.
Asked = tuple[str, Slot, Want]


@dataclass(frozen=True, slots=True)
class MailDomain:
    """A domain as its mail service sees it; the domain is a zone of its own.

    Attributes:
        name: lower case, A-labels, no final dot.
        tenant: its initial domain; empty where the service has none.
        teams: the records of Teams and Skype too. `devices`: those of device registration and enrolment too.
        ttl: seconds, for every record set asked for; none = leave or default.
        overwrite, manage: of every want.
        retire_verification: the text that proved the domain may go.
        gateway: mail arrives through a gateway that keeps its MX. `replaces_gateway`: MX moves away from one.
        exchange: scripts make in Exchange what Graph cannot, and bring back what it names.
        origin: of every want that has no closer one.
        spf: the record set that holds its SPF record; none = the one at the apex.
    """

    name: str
    tenant: str = ""
    teams: bool = False
    devices: bool = False
    ttl: int | None = None
    overwrite: bool = False
    manage: Manage = Manage.FULL
    retire_verification: bool = False
    gateway: bool = False
    replaces_gateway: bool = False
    exchange: bool = False
    origin: Origin = Origin()
    spf: Key | None = None

    @property
    def spf_key(self) -> Key:
        """The record set that holds its SPF record."""
        return self.spf or self.key("TXT")

    def want(
        self, value: Value | Unknown | None, owner: str = "", origin: Origin | None = None, *, keep: bool = False
    ) -> Want:
        """A want under the domain's own settings; with `keep`, what it made stays when the spec no longer asks."""
        manage = Manage.UPDATE if keep and self.manage is Manage.FULL else self.manage
        place = self.origin if origin is None else origin
        return Want(value, place, overwrite=self.overwrite, manage=manage, owner=owner)

    def key(self, kind: str, name: str = "@") -> Key:
        """A record set of the domain's zone."""
        return Key("dns", self.name, kind, name)


class Row(NamedTuple):
    """One record that somebody's table asks for.

    Attributes:
        name: relative to the zone, `@` is the apex, lower case.
        type: upper case.
        value: normal form; TXT as decoded text.
        ttl: seconds; none = not said.
        origin: none = the domain's.
    """

    name: str
    type: str
    value: str
    ttl: int | None = None
    origin: Origin | None = None


def record_wants(
    domain: MailDomain, stage: str, rows: Iterable[Row], owner: str = "", *, firm: bool = False
) -> list[Asked]:
    """Ask for records: rows of one name and type become one record set, SPF texts terms, other texts their class.

    Args:
        firm: the end of an SPF text is meant as it is; else it counts only where the record has none.
    """
    sets: dict[Key, list[Row]] = {}
    for row in rows:
        sets.setdefault(domain.key(row.type, row.name), []).append(row)
    asked: list[Asked] = []
    for key, some in sets.items():
        if key.kind == "TXT":
            asked += _texts(domain, stage, key, some, owner, firm=firm)
        else:
            asked += _whole(domain, stage, key, some)
        ttls = [row.ttl for row in some if row.ttl is not None]
        if domain.ttl is not None or ttls:
            ttl = min(ttls if domain.ttl is None else [domain.ttl, *ttls])
            asked.append((stage, Slot(key, "ttl"), domain.want(ttl, origin=some[0].origin)))
    return asked


def spf_wants(
    domain: MailDomain,
    key: Key,
    terms: Iterable[str],
    *,
    end: str = CAREFUL,
    owner: str = "",
    origin: Origin | None = None,
) -> list[Asked]:
    """Ask for SPF terms (identities) in `prepare`, and for an end where the record has none.

    The end outlives the wish: foreign terms may rely on it. Several SPF records side by side count as none (RFC 7208,
    section 4.5); asking for the absence of their slot merges them.
    """
    asked = [
        ("prepare", Slot(key, f"spf/{name}"), replace(domain.want(name, owner, origin), place=place))
        for place, name in enumerate(terms)
    ]
    seed = replace(domain.want(end, origin=origin, keep=True), seed=True)
    one = domain.want(None, origin=origin)
    return [*asked, ("prepare", Slot(key, "spf"), one), ("prepare", Slot(key, "spf/all"), seed)]


def join(first: Want, second: Want, part: str) -> Want | None:
    """Two wants for one slot as one: of TTLs the smallest, a wish before a seed, of seeds the weaker, the owners of a
    term together.

    Returns:
        None when they contradict each other.
    """
    if part == "ttl" and isinstance(first.value, int) and isinstance(second.value, int):
        return first if first.value <= second.value else second
    if first.seed != second.seed:
        return second if first.seed else first
    if first.seed:
        return first if weakest([term(str(first.value)), term(str(second.value))]).text == first.value else second
    if first.value != second.value:
        return None
    owners = dict.fromkeys(name for want in (first, second) for name in want.owner.split(", ") if name)
    return replace(
        first,
        owner=", ".join(sorted(owners)),
        overwrite=first.overwrite or second.overwrite,
        protect=first.protect or second.protect,
    )


def _whole(domain: MailDomain, stage: str, key: Key, rows: Sequence[Row]) -> list[Asked]:
    values = tuple(sorted({row.value for row in rows}))
    return [(stage, Slot(key, ""), domain.want(values, origin=rows[0].origin))]


def _texts(domain: MailDomain, stage: str, key: Key, rows: Sequence[Row], owner: str, *, firm: bool) -> list[Asked]:
    classes: dict[str, list[Row]] = {}
    for row in rows:
        classes.setdefault(txt_part(key.name, row.value), []).append(row)
    asked: list[Asked] = []
    for part, some in classes.items():
        origin = some[0].origin
        texts = tuple(sorted({row.value for row in some}))
        if part == "spf":
            place = domain.spf_key if key == domain.key("TXT") else key
            asked += (_meant if firm else _spf)(domain, place, texts, owner, origin)
        else:
            value = texts[0] if len(texts) == 1 else texts
            asked.append((stage, Slot(key, part), domain.want(value, origin=origin)))
    return asked


def _spf(domain: MailDomain, key: Key, texts: Sequence[str], owner: str, origin: Origin | None) -> list[Asked]:
    """The terms of an SPF text; its `redirect=` is asked for as an include, since it would end the whole record."""
    found = slots(*texts)
    end = found.pop(f"spf/{END}", CAREFUL)
    terms = list(found.values())
    if end.startswith("redirect="):
        terms, end = [*terms, f"include:{end.removeprefix('redirect=')}"], CAREFUL
    return spf_wants(domain, key, terms, end=end, owner=owner, origin=origin)


def _meant(domain: MailDomain, key: Key, texts: Sequence[str], owner: str, origin: Origin | None) -> list[Asked]:
    """The terms of an SPF text and its own end; a text without one is neutral (RFC 7208, section 4.7)."""
    found = slots(*texts)
    end = found.pop(f"spf/{END}", "?all")
    asked = spf_wants(domain, key, found.values(), owner=owner, origin=origin)
    return [*asked[:-1], ("prepare", Slot(key, f"spf/{END}"), domain.want(end, origin=origin))]
