"""What is wrong or doubtful in the DMARC records at one name, and what a change of them takes away.

Source: RFC 9989, 4.7 (tags), 4.8 (syntax), 4.10.1 (records that are not valid) and appendix A.6 (testing), read where
the module `dmarc` says; RFC 7489, 6.3 and 6.4, for what older receivers still do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.mail.dmarc import POLICIES, Policy, Record, is_dmarc, read, text
from reconciler.mail.report_uri import ReportUri
from reconciler.mail.tags import NAMED, shown, some, worst_first
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning

#: Each tag that RFC 9989 knows, with the values it may have; none = not one of a few.
TAGS: dict[str, frozenset[str] | None] = {
    "v": None,
    "p": frozenset(POLICIES),
    "sp": frozenset(POLICIES),
    "np": frozenset(POLICIES),
    "adkim": frozenset("rs"),
    "aspf": frozenset("rs"),
    "fo": None,
    "rua": None,
    "ruf": None,
    "psd": frozenset("ynu"),
    "t": frozenset("yn"),
}
_DEFAULTS = {"adkim": "r", "aspf": "r", "psd": "u", "t": "n"}
#: Tags of RFC 7489 that RFC 9989 has no more, and what to do instead.
GONE = {
    "pct": "remove it; to try a policy out, write t=y",
    "rf": "remove it; there is one format",
    "ri": "remove it; reports come daily",
}
_START = "v=DMARC1; p=none; rua=mailto:"


def address_of(domain: str) -> str:
    """The slot that findings are about."""
    return f"dns/{domain}/TXT/_dmarc"


def lint(values: Sequence[str], domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge all TXT values at `_dmarc` of a domain, the worst finding first; other names are not looked at.

    Args:
        values: decoded; none means that there is no record, which is a warning.
        domain: lower case, A-labels, without final dot.
    """
    where: dict[str, object] = {"origin": origin, "address": address_of(domain)}
    records = [value for value in values if is_dmarc(value)]
    found = list(_look_alikes(values, where))
    if not records and not found:
        found.append(absent(domain, origin))
    if len(records) > 1:
        what = f"{len(records)} DMARC records stand at _dmarc.{domain}, and none of them counts"
        why = "Receivers discard all of them (RFC 9989, section 4.10)."
        found.append(error("dmarc/several", what, why, "keep one of them", **where))
    for record in records[:NAMED]:
        found += _record(read(record), where)
    return worst_first(found)


def absent(domain: str, origin: Origin = Origin()) -> Diagnostic:
    """The warning for a domain that no DMARC record covers."""
    what = f"{domain} has no DMARC record"
    why = "Anybody can send in its name, and large receivers refuse bulk mail without one (RFC 9989, section 5.1.4)."
    remedy = f"publish {_START}REPORTS@{domain} at _dmarc.{domain}, with an address that is read"
    return warning("dmarc/absent", what, why, remedy, origin=origin, address=address_of(domain))


def losses(before: Sequence[str], policy: Policy, domain: str, origin: Origin = Origin()) -> list[Diagnostic]:
    """What is given up when `policy` replaces the values that stand at `_dmarc`: strictness, and who gets reports."""
    records = [read(value) for value in before if is_dmarc(value)]
    if len(records) != 1:
        return []
    where: dict[str, object] = {"origin": origin, "address": address_of(domain)}
    old, new = records[0], read(text(policy))
    found = []
    for tag, whose in (("p", "the domain"), ("sp", "subdomains"), ("np", "subdomains that do not exist")):
        was, becomes = _strictness(old, tag), _strictness(new, tag)
        if becomes < was:
            what = f"DMARC gets weaker for {whose}: {old.applied(tag)} becomes {new.applied(tag)}"
            remedy = "keep the stricter policy unless mail of the domain is being moved"
            found.append(warning("dmarc/weaker", what, "", remedy, **where))
    for name, ours, theirs in (("rua", new.rua, old.rua), ("ruf", new.ruf, old.ruf)):
        kept = {uri.text.lower() for uri in ours} | {uri.address.lower() for uri in ours if uri.address}
        lost = [uri.text for uri in theirs if uri.text.lower() not in kept and uri.address.lower() not in kept]
        if lost:
            what = f"DMARC reports ({name}) no longer go to {some(lost)}"
            remedy = "add the address to the spec's report addresses if somebody still reads it"
            found.append(warning("dmarc/reports-end", what, "", remedy, **where))
    return found


def _strictness(record: Record, tag: str) -> int:
    policy = record.applied(tag)
    return max(0, POLICIES.index(policy) - record.testing) if policy else 0


def _look_alikes(values: Sequence[str], where: dict[str, object]) -> Iterator[Diagnostic]:
    odd = [value for value in values if not is_dmarc(value) and value.lstrip(' "\t')[:7].lower() == "v=dmarc"]
    if odd:
        what = f"{some(odd)} looks like a DMARC record, but is none"
        why = "A record starts exactly with v=DMARC1, without blanks or quotes before it (RFC 9989, section 4.8)."
        yield error("dmarc/look-alike", what, why, "write it again, starting with v=DMARC1;", **where)


def _record(record: Record, where: dict[str, object]) -> Iterator[Diagnostic]:
    yield from _syntax(record, where)
    yield from _policies(record, where)
    yield from _flags(record, where)
    yield from _reports("rua", record.rua, where)
    yield from _reports("ruf", record.ruf, where)
    if record.list.get("rua") is None and record.policy == "none":
        what = "the DMARC record asks for nothing: p=none, and no rua"
        why = "Nothing is refused and nobody learns who sends (RFC 9989, section 5.1.5)."
        yield warning("dmarc/no-reports", what, why, "add rua=mailto: with an address that is read", **where)


def _syntax(record: Record, where: dict[str, object]) -> Iterator[Diagnostic]:
    tags = record.list
    if tags.broken:
        what = f"{some(tags.broken)} in the DMARC record is no tag=value, and is ignored"
        yield warning("dmarc/syntax", what, "RFC 9989, section 4.8.", "write tag=value; with one semicolon", **where)
    if tags.repeated:
        what = f"tags stand twice in the DMARC record: {some(tags.repeated)}"
        why = "A tag list with a repeated tag is not valid as a whole (RFC 6376, section 3.2, whose syntax DMARC has)."
        yield error("dmarc/repeated", what, why, "keep one of each", **where)
    unknown = [name for name in tags.names if name not in TAGS and name not in GONE]
    if unknown:
        what = f"the DMARC record has tags that receivers ignore: {some(unknown)}"
        cased = [name for name in unknown if name.lower() in TAGS]
        remedy = "write tag names in lower case" if cased else "remove them, or correct the spelling"
        yield warning("dmarc/unknown-tag", what, "RFC 9989, section 4.7.", remedy, **where)
    for name, remedy in GONE.items():
        if name in tags.names:
            what = f"{name} is no DMARC tag any more"
            why = "RFC 9989 of May 2026 removed it (appendix A.6 for pct); receivers of the old standard may obey it."
            yield warning("dmarc/gone-tag", what, why, remedy, **where)
    if "p" in tags.names and tags.names.index("p") != 1:
        what = "p does not follow v in the DMARC record"
        why = "RFC 9989 allows any order after v, but receivers of RFC 7489 (section 6.4) want p second."
        yield warning("dmarc/order", what, why, "write v=DMARC1; p=...; first", **where)


def _policies(record: Record, where: dict[str, object]) -> Iterator[Diagnostic]:
    tags = record.list
    outcome = "receivers act as with p=none" if record.reported else "receivers ignore the whole record"
    if tags.get("p") is None:
        what = f"the DMARC record has no p: {outcome}"
        make = warning if record.reported else error
        yield make("dmarc/no-policy", what, "RFC 9989, section 4.10.1.", "add p=none, quarantine or reject", **where)
    for name in ("p", "sp", "np"):
        value = tags.get(name)
        if value is not None and value.lower() not in POLICIES:
            what = f"{name}={shown(value)} is no DMARC policy: {outcome}"
            remedy = "put a semicolon between the tags" if "=" in value else "write none, quarantine or reject"
            yield error("dmarc/value", what, "RFC 9989, sections 4.7 and 4.10.1.", remedy, **where)
    if not record.sound:
        return
    for weak, strong in (("sp", "p"), ("np", "sp")):
        if POLICIES.index(record.applied(weak)) < POLICIES.index(record.applied(strong)):
            what = f"{weak}={record.applied(weak)} is weaker than {strong}={record.applied(strong)}"
            why = "Who cannot use the domain can use a name below it (RFC 9989, section 4.7)."
            yield warning("dmarc/weaker-below", what, why, f"make {weak} as strict, or remove it", **where)


def _flags(record: Record, where: dict[str, object]) -> Iterator[Diagnostic]:
    tags = record.list
    for name, default in _DEFAULTS.items():
        value = tags.get(name)
        allowed = TAGS[name] or frozenset()
        if value is not None and value.lower() not in allowed:
            what = f"{name}={shown(value)} in the DMARC record is ignored: {default} applies"
            remedy = f"write one of {', '.join(sorted(allowed))}, or remove it"
            yield warning("dmarc/value", what, "RFC 9989, section 4.7.", remedy, **where)
    if record.testing:
        what, why = "t=y: receivers do one step less than the DMARC policy says", "RFC 9989, section 4.7."
        yield warning("dmarc/testing", what, why, "remove t=y when the reports look right", **where)
    if record.psd == "y":
        what = "psd=y says that names below this domain belong to others"
        why = "It is for public suffixes: each name one label below becomes an organisation of its own (4.10.2)."
        yield warning("dmarc/psd", what, f"RFC 9989. {why}", "remove it unless this is a public suffix", **where)
    options = tags.get("fo")
    if options is not None:
        yield from _failure_options(options.lower(), tags.get("ruf") is not None, where)


def _failure_options(value: str, used: bool, where: dict[str, object]) -> Iterator[Diagnostic]:
    if not used:
        what = "fo in the DMARC record is ignored: there is no ruf"
        yield warning("dmarc/fo", what, "RFC 9989, section 4.7.", "remove fo, or add ruf", **where)
    options = value.split(":")
    if not set(options) <= set("01ds") or len(set(options)) < len(options) or {"0", "1"} <= set(options):
        what = f"fo={shown(value)} is no list of failure options"
        yield warning("dmarc/value", what, "RFC 9989, section 4.8.", "write 0 or 1, and d and s with colons", **where)


def _reports(tag: str, uris: Sequence[ReportUri], where: dict[str, object]) -> Iterator[Diagnostic]:
    lost = [uri.text for uri in uris if not uri.host]
    if lost:
        make = error if len(lost) == len(uris) else warning
        forgotten = any(uri.forgotten for uri in uris)
        what = f"{tag} in the DMARC record names nobody who could get a report: {some(lost)}"
        remedy = "write mailto: before the address" if forgotten else f"write {tag}=mailto:NAME@DOMAIN"
        yield make("dmarc/report-uri", what, "RFC 9989, sections 4.6 and 4.8.", remedy, **where)
    other = [uri.text for uri in uris if uri.host and uri.scheme != "mailto"]
    if other:
        what = f"receivers need not send DMARC reports to {some(other)}"
        why = "mailto is the only scheme that each of them knows (RFC 9989, section 4.7)."
        yield warning("dmarc/report-scheme", what, why, "give a mail address", **where)
    sized = [uri.text for uri in uris if uri.size]
    if sized:
        what = f"{some(sized)}: the size after ! is out of use"
        yield warning("dmarc/report-size", what, "RFC 9989, section 4.8.", "remove it", **where)


def monitoring(domain: str, origin: Origin = Origin()) -> Diagnostic:
    """The remark that a policy of `none` only watches."""
    what = f"DMARC only watches mail of {domain}: p=none"
    why = "It is where to start; the goal is quarantine, then reject (RFC 9989, sections 5.1.5 and 5.1.7)."
    remedy = "when the reports show no unknown senders of yours, write p=quarantine"
    return info("dmarc/monitoring", what, why, remedy, origin=origin, address=address_of(domain))
