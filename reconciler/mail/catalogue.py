"""Mail services known by name: what each asks of SPF and DKIM, and the signs by which it is known in DNS.

The data are TOML files in `vendors`, one for each role, read once when first asked for. A table is one service, its
name is the slug. Keys of a table:

- `name`, `aliases`: how people call it.
- `spf`: the domain to include. `dkim`: its selectors that are the same for every customer, and where their CNAMEs lead.
- `wants`: what the service itself asks for: `spf`, `dkim` or `both`; an include may be known by which it is still
  found, though it is asked for no more.
- `table`: what only the account's own list says, and the service does not work without. `advice`: the same for what
  it works without.
- `signs`: by field, patterns and their weight of 100; see `Sign`.
- `beside`: the signs count only where this other service is found too. `forwards`: it keeps no mail itself.
- `source`, `date`: where the values were read, and when (year and month); `sources` the same for one field alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

#: One file each; a name is looked for in this order.
ROLES = ("sender", "mailbox", "gateway", "dmarc")
_FILES = {"sender": "senders", "mailbox": "mailboxes", "gateway": "gateways", "dmarc": "dmarc"}


@dataclass(frozen=True, slots=True)
class Sign:
    """One thing in a domain's DNS that speaks for a service.

    Attributes:
        field: `mx`, `spf`, `dkim`, `txt`, `autodiscover`, `ns`, `cname`, `rua` or `name`.
        match: a host, `*.` before it for every name below it, `*` elsewhere for one whole label, `{domain}` for the
            domain itself. For `dkim` a host is where a selector's CNAME leads, one label is the selector of a key.
            For `txt` the beginning of a value at the domain itself. For `name` a label below the domain.
        weight: how sure it makes alone, of 100.
    """

    field: str
    match: str
    weight: int


@dataclass(frozen=True, slots=True)
class Vendor:
    """One service; texts and tuples are empty where there is nothing to say.

    Attributes:
        role: of `ROLES`.
        include: the domain for SPF, known but perhaps not wanted.
        records: name, type and value in normal form, the same for every customer.
        sources: by field, source and date where they are others than the entry's.
    """

    slug: str
    name: str
    role: str
    aliases: tuple[str, ...]
    include: str
    records: tuple[tuple[str, str, str], ...]
    wants: str
    table: str
    advice: str
    signs: tuple[Sign, ...]
    beside: str
    forwards: bool
    source: str
    date: str
    sources: Mapping[str, str]

    @property
    def term(self) -> str:
        """The SPF term it asks for; empty when it asks for none."""
        return f"include:{self.include}" if self.include and self.wants in {"spf", "both"} else ""

    @property
    def sends(self) -> bool:
        """A spec may name it as a sender: it is known what it asks for."""
        return bool(self.wants)


def vendor(slug: str) -> Vendor | None:
    """The service of that slug or alias that a spec may name as a sender; none when there is none."""
    return _senders().get(slug)


def known() -> tuple[str, ...]:
    """The slugs of all services that a spec may name as senders, bulk senders first, without aliases."""
    return tuple(slug for slug, one in _senders().items() if slug == one.slug)


@lru_cache(maxsize=1)
def vendors() -> tuple[Vendor, ...]:
    """All services, by role in the order of `ROLES`, then as their file has them."""
    return tuple(_vendor(role, slug, table) for role in ROLES for slug, table in _read(role).items())


@lru_cache(maxsize=1)
def selectors() -> tuple[str, ...]:
    """The DKIM selectors by which a service may be known, sorted, without repeats."""
    signs = {sign.match for one in vendors() for sign in one.signs if sign.field == "dkim" and "." not in sign.match}
    return tuple(sorted(signs | {name.split(".")[0] for one in vendors() for name, _, _ in one.records}))


@lru_cache(maxsize=1)
def bulk() -> frozenset[str]:
    """The include domains of bulk senders, which could send from a subdomain."""
    return frozenset(one.include for one in vendors() if one.role == "sender" and one.include)


@lru_cache(maxsize=1)
def _senders() -> dict[str, Vendor]:
    found: dict[str, Vendor] = {}
    for one in vendors():
        if one.sends:
            for name in (one.slug, *one.aliases):
                found.setdefault(name, one)
    return found


def _read(role: str) -> dict[str, Any]:
    import tomllib
    from importlib.resources import files

    data = (files("reconciler.mail") / "vendors" / f"{_FILES[role]}.toml").read_bytes()
    return tomllib.loads(data.decode("utf-8"))


def _vendor(role: str, slug: str, table: Mapping[str, Any]) -> Vendor:
    signs = [
        Sign(field, match, weight)
        for field, some in table.get("signs", {}).items()
        for match, weight in some.items()
    ]  # fmt: skip
    dkim = table.get("dkim", {})
    return Vendor(
        slug=slug,
        name=table["name"],
        role=role,
        aliases=tuple(table.get("aliases", ())),
        include=table.get("spf", ""),
        records=tuple((f"{selector}._domainkey", "CNAME", f"{target}.") for selector, target in dkim.items()),
        wants=table.get("wants", ""),
        table=table.get("table", ""),
        advice=table.get("advice", ""),
        signs=tuple(signs),
        beside=table.get("beside", ""),
        forwards=table.get("forwards", False),
        source=table["source"],
        date=table["date"],
        sources=table.get("sources", {}),
    )
