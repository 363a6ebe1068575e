"""What a domain's mail service asks of the tenant and of DNS, stage by stage.

Values that a tenant owns stay unknown in every want, known or not: the facts hold them once it has named them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from reconciler.mail.clouds import TEAMS, Cloud, cloud_of
from reconciler.mail.spf.terms import is_spf, parse
from reconciler.mail.wants import Asked, MailDomain, Row, record_wants, spf_wants
from reconciler.model.diagnostic import Diagnostic, info, warning
from reconciler.model.key import Key, Slot
from reconciler.model.resource import TenantDomain
from reconciler.model.route import Facts
from reconciler.model.value import Constraint, Unknown, Value

#: The services of a domain that mail and Teams need, as the tenant calls them.
SWITCHED = ("Email", "OfficeCommunicationsOnline")
#: How facts end that are no records of the mail service: DKIM's are asked for under `dkim`.
APART = ("#verification", "#services", "._domainkey")
#: Under this name SPF keeps the service's term.
OWNER = "microsoft365"

#: The same for a table of records.
OWNER_OF_TABLE = "table"

_DEVICES = (("CNAME", "enterpriseregistration"), ("CNAME", "enterpriseenrollment"))
_OPTION_OF = dict.fromkeys((name for _, name in TEAMS), "teams") | dict.fromkeys((n for _, n in _DEVICES), "devices")


def microsoft365(domain: MailDomain) -> list[Asked]:
    """Everything that the service asks of a domain; depends on the spec alone."""
    cloud = cloud_of(domain.tenant)
    asked = [*_domain(domain), *_prove(domain)]
    asked += spf_wants(domain, domain.spf_key, [f"include:{cloud.include}"], owner=OWNER)
    for stage, kind, name, hosts in _named(domain, cloud):
        want = domain.want(_unknown(domain, kind, name, hosts))
        if kind == "MX" and domain.replaces_gateway:
            want = replace(want, overwrite=True)
        asked.append((stage, Slot(domain.key(kind, name), ""), want))
        asked += _ttl(domain, stage, domain.key(kind, name))
    if domain.retire_verification:
        asked.append(("retire", Slot(domain.key("TXT"), "ms-verification"), domain.want(None)))
    return asked


def table(domain: MailDomain, rows: Iterable[Row]) -> list[Asked]:
    """Everything that a table of records asks: MX and autodiscover in `deliver`, the rest in `prepare`.

    SPF texts become terms beside those that are there; their `all` counts only where the record has none.
    """
    stages: dict[str, list[Row]] = {"prepare": [], "deliver": []}
    for row in rows:
        stages["deliver" if _delivers(row) else "prepare"].append(row)
    return [one for stage, some in stages.items() for one in record_wants(domain, stage, some, OWNER_OF_TABLE)]


def _delivers(row: Row) -> bool:
    return row.type == "MX" or row.name.split(".")[0] in {"autodiscover", "_autodiscover"}


def facts_of(domain: TenantDomain) -> dict[str, Value]:
    """What a tenant's domain says, as facts: its verification text, and its records by type and name, sorted."""
    base = domain.key.address
    found: dict[str, Value] = {f"{base}#verification": domain.verification} if domain.verification else {}
    if domain.verified:
        found[f"{base}#services"] = domain.services
    sets: dict[str, set[str]] = {}
    for record in domain.records:
        sets.setdefault(f"{base}#{record.type}/{record.name}", set()).add(record.value)
    return found | {source: tuple(sorted(values)) for source, values in sets.items()}


def findings(domain: MailDomain, facts: Facts) -> list[Diagnostic]:
    """What the tenant says that the wants do not: records beyond them, and an SPF text without the include."""
    base = _base(domain)
    asked = {want.value.source for _, _, want in microsoft365(domain) if isinstance(want.value, Unknown)}
    found: list[Diagnostic] = []
    beyond: dict[str, Value] = {}
    for source in sorted(source for source in facts if source.startswith(f"{base}#")):
        value = facts[source]
        if source == f"{base}#TXT/@" and isinstance(value, tuple):
            found += _odd_spf(domain, value)
            value = tuple(text for text in value if not is_spf(text))
        kept = domain.gateway and source == f"{base}#MX/@"
        if source not in asked and value and not kept and not source.endswith(APART):
            beyond[source.removeprefix(f"{base}#")] = value
    return [*found, *_beyond(domain, beyond)]


def _base(domain: MailDomain) -> str:
    return Key("tenant", domain.tenant, "domain", domain.name).address


def _domain(domain: MailDomain) -> Iterator[Asked]:
    key = Key("tenant", domain.tenant, "domain", domain.name)
    # Taking a domain out of a tenant cannot be undone: it does not happen because a line is gone.
    yield "claim", Slot(key, ""), domain.want("present", keep=True)
    yield "verify", Slot(key, "verified"), domain.want(True, keep=True)


def switched_on(domain: MailDomain, facts: Facts, ours: Container[str]) -> Iterator[Asked]:
    """The domain's services in the tenant, where they are off: mail comes on by itself with the verification.

    Args:
        ours: addresses of slots that are ours.
    """
    key = Key("tenant", domain.tenant, "domain", domain.name)
    on = facts.get(f"{_base(domain)}#services")
    for service in SWITCHED if domain.teams else SWITCHED[:1]:
        slot = Slot(key, f"services/{service}")
        if (isinstance(on, tuple) and service not in on) or slot.address in ours:
            yield "verify", slot, domain.want("present", keep=True)


def _prove(domain: MailDomain) -> Iterator[Asked]:
    key = domain.key("TXT")
    text = Constraint("the verification text that the tenant names, MS=ms and digits", prefix="MS=ms")
    yield "prove", Slot(key, "ms-verification"), domain.want(Unknown(f"{_base(domain)}#verification", text))
    yield from _ttl(domain, "prove", key)


def _ttl(domain: MailDomain, stage: str, key: Key) -> Iterator[Asked]:
    if domain.ttl is not None:
        yield stage, Slot(key, "ttl"), domain.want(domain.ttl)


def _named(domain: MailDomain, cloud: Cloud) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Stage, type, name and possible hosts of the records whose values the tenant names."""
    if domain.teams:
        yield from (("prepare", kind, name, cloud.lync) for kind, name in cloud.teams)
    if domain.devices:
        yield from (("prepare", kind, name, cloud.devices) for kind, name in _DEVICES)
    if not domain.gateway:
        yield "deliver", "MX", "@", cloud.mx
    yield "deliver", "CNAME", "autodiscover", cloud.autodiscover


def _unknown(domain: MailDomain, kind: str, name: str, hosts: tuple[str, ...]) -> Unknown:
    text = "a host the tenant names" + (f" under {' or '.join(hosts)}" if hosts else "")
    return Unknown(f"{_base(domain)}#{kind}/{name}", Constraint(text, under=hosts))


def _odd_spf(domain: MailDomain, texts: tuple[str, ...]) -> Iterator[Diagnostic]:
    include = f"include:{cloud_of(domain.tenant).include}"
    for text in texts:
        if is_spf(text) and include not in {one.identity for one in parse(text)}:
            yield warning(
                "mail/tenant-spf",
                f"the tenant's SPF text lacks {include}: {text}",
                "The text is never published as it is; the plan asks for the include alone.",
                "Check in the admin centre whether mail leaves through a gateway.",
                origin=domain.origin,
                address=f"{domain.spf_key.address}#spf/{include}",
            )


def _beyond(domain: MailDomain, records: Mapping[str, Value]) -> Iterator[Diagnostic]:
    """One note for each option that would ask for the records, and one for the rest."""
    by_remedy: dict[str, list[str]] = {}
    for record, value in records.items():
        kind, _, name = record.partition("/")
        option = _OPTION_OF.get(name)
        remedy = (
            f"Write `{option}: true` at the domain to have it." if option else "List it under `records` to have it."
        )
        shown = ", ".join(value) if isinstance(value, tuple) else str(value)
        by_remedy.setdefault(remedy, []).append(f"{kind} {name}: {shown}")
    for remedy, named in by_remedy.items():
        what = f"the tenant also names {'; '.join(named)}"
        why = "Nothing in the spec asks for it, so it is left alone."
        yield info("mail/tenant-names-more", what, why, remedy, origin=domain.origin, address=_base(domain))
