"""Mail records in the words that a spec has for them, where those read back as the same records."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from reconciler.mail import dmarc, mta_sts, tls_rpt
from reconciler.mail.clouds import Cloud, cloud_of
from reconciler.mail.quoting import quoted
from reconciler.mail.services import facts_of
from reconciler.mail.sightings import DKIM
from reconciler.mail.tokens import service_of
from reconciler.model.key import Key
from reconciler.model.value import Value
from reconciler.spec.mail_policy import WEEK
from reconciler.transcript.choice import Choice, Line
from reconciler.transcript.zone import Zone, unspeakable

#: A line, and the values it takes out of record sets, by key.
Said = tuple[Line, dict[Key, tuple[str, ...]]]

_SELECTOR = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_][a-z0-9_-]{0,62}\.)+[a-z0-9][a-z0-9-]{0,62}")
_ADDRESS = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{1,253}")
_DEVICES = (("CNAME", "enterpriseregistration"), ("CNAME", "enterpriseenrollment"))


def service(zone: Zone, choice: Choice) -> list[Said]:
    """`mail: microsoft365` with what comes with it, where the zone holds exactly what the tenant names; else nothing.

    The SPF term of the service is not among it.
    """
    if zone.claim is None or not zone.claim.verified or not choice.takes(f"{zone.domain} mail"):
        return []
    cloud, named = cloud_of(zone.tenant), _Named(zone)
    proof = [text for text in named.texts() if text.startswith("MS=ms")]
    if proof != [zone.claim.verification]:
        return []
    taken: dict[Key, tuple[str, ...]] = {Key("dns", zone.domain, "TXT", "@"): (zone.claim.verification,)}
    if not all(named.take(kind, name, taken) for kind, name in (("MX", "@"), ("CNAME", "autodiscover"))):
        return []
    found: list[Said] = [(Line("mail: microsoft365", f"{zone.domain} mail"), taken)]
    found += _with(zone, choice, named, "teams", cloud.teams)
    found += _with(zone, choice, named, "devices", _DEVICES)
    return found


def include(zone: Zone) -> str:
    """The SPF term that the service asks for."""
    cloud: Cloud = cloud_of(zone.tenant)
    return f"include:{cloud.include}"


class _Named:
    """What the tenant names beside what stands there."""

    def __init__(self, zone: Zone) -> None:
        self.zone = zone
        self.facts: dict[str, Value] = facts_of(zone.claim) if zone.claim else {}
        self.base = zone.claim.key.address if zone.claim else ""

    def texts(self) -> tuple[str, ...]:
        """The TXT values at the apex."""
        apex = self.zone.set("TXT")
        return apex.values if apex else ()

    def take(self, kind: str, name: str, taken: dict[Key, tuple[str, ...]]) -> bool:
        """Whether a record set is exactly what the tenant names; it is taken then."""
        there = self.zone.set(kind, name)
        if there is None or self.facts.get(f"{self.base}#{kind}/{name}") != there.values:
            return False
        taken[there.key] = there.values
        return True


def _with(
    zone: Zone, choice: Choice, named: _Named, option: str, records: tuple[tuple[str, str], ...]
) -> Iterator[Said]:
    taken: dict[Key, tuple[str, ...]] = {}
    subject = f"{zone.domain} {option}"
    if choice.takes(subject) and all(named.take(kind, name, taken) for kind, name in records):
        yield Line(f"{option}: true", subject), taken


def authentication(zone: Zone, choice: Choice) -> Iterator[Said]:
    """DMARC, MTA-STS and TLS-RPT, in this order; DKIM is apart, since it is a list."""
    for piece, name, write in (
        ("dmarc", "_dmarc", _dmarc),
        ("mta_sts", mta_sts.NAME, _mta_sts),
        ("tls_rpt", tls_rpt.NAME, _tls_rpt),
    ):
        there = zone.set("TXT", name)
        if there is None or len(there.values) != 1 or not choice.takes(f"{zone.domain} {piece}"):
            continue
        said = write(zone, there.values[0])
        if said:
            yield Line(f"{piece}: {{{said}, ttl: {there.ttl}}}", f"{zone.domain} {piece}"), {there.key: there.values}


def keys(zone: Zone, choice: Choice) -> list[Said]:
    """DKIM selectors, by name."""
    found: list[Said] = []
    there = [key for key in zone.sets if key.name.endswith(f".{DKIM}") and key.kind in {"CNAME", "TXT"}]
    for key in sorted(there, key=lambda one: one.name):
        one, selector = zone.sets[key], key.name.removesuffix(f".{DKIM}")
        subject = f"{zone.domain} dkim {selector}"
        if len(one.values) != 1 or not _SELECTOR.fullmatch(selector) or not choice.takes(subject):
            continue
        value = one.values[0]
        target = value.removesuffix(".")
        if key.kind == "CNAME" and not _HOST.fullmatch(target):
            continue
        if key.kind == "TXT" and (unspeakable("TXT", value) or not value.strip()):
            continue
        known = service_of(key.kind, key.name, value)
        what = f"target: {quoted(target)}" if key.kind == "CNAME" else f"key: {quoted(value)}"
        line = f"  - {{selector: {quoted(selector)}, {what}, ttl: {one.ttl}}}{f'  # {known}' if known else ''}"
        found.append((Line(line, subject), {key: one.values}))
    return found


def _dmarc(zone: Zone, text: str) -> str:  # noqa: ARG001
    record = dmarc.read(text)
    asked = record.asked()
    if (
        not record.sound
        or dmarc.text(asked) != text
        or not all(map(_is_address, (*asked.reports_to, *asked.failures_to)))
    ):
        return ""
    said = [f"policy: {asked.policy}"]
    said += [f"subdomain_policy: {asked.subdomains}"] if asked.subdomains else []
    said += [f"nonexistent_policy: {asked.nonexistent}"] if asked.nonexistent else []
    said += ["testing: true"] if asked.testing else []
    said += [f"reports_to: {_listed(asked.reports_to)}"] if asked.reports_to else []
    said += [f"failure_reports_to: {_listed(asked.failures_to)}"] if asked.failures_to else []
    return ", ".join(said)


def _tls_rpt(zone: Zone, text: str) -> str:  # noqa: ARG001
    targets = tls_rpt.read(text).reports_to if tls_rpt.is_tls_rpt(text) else ()
    if not targets or not all(map(_is_address, targets)) or tls_rpt.text(targets) != text:
        return ""
    return f"reports_to: {_listed(targets)}"


def _mta_sts(zone: Zone, text: str) -> str:
    """The policy whose id stands there, if it is one that a spec would make for the hosts of this zone."""
    mx = zone.set("MX")
    hosts = [value.split(" ")[1].removesuffix(".") for value in mx.values] if mx else []
    patterns = [tuple(hosts), *((f"*.{host}",) for host in cloud_of(zone.tenant).mx)]
    for mode in mta_sts.MODES:
        for some in patterns:
            try:
                made = mta_sts.text(mta_sts.policy_id(mta_sts.policy_text(mode, some, WEEK)))
            except ValueError:
                continue
            if made == text:
                return f"mode: {mode}, mx: {_listed(some)}"
    return ""


def _is_address(text: str) -> bool:
    return _ADDRESS.fullmatch(text) is not None


def _listed(some: Sequence[str]) -> str:
    return quoted(some[0]) if len(some) == 1 else f"[{', '.join(map(quoted, some))}]"
