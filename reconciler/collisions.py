"""What a domain's new mail records meet in the zone: solved in the same change where that is safe, else told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from reconciler.mail import signatures
from reconciler.mail.clouds import cloud_of
from reconciler.mail.wants import Asked, MailDomain
from reconciler.model.diagnostic import Diagnostic, error, warning
from reconciler.model.key import Slot
from reconciler.model.route import Want
from reconciler.spec.domain import DomainSpec, MailSpec
from reconciler.zones import Zones

ADDRESSES = ("A", "AAAA")


def make_way(at: MailDomain, asked: Iterable[Asked], zones: Zones) -> Iterator[Asked]:
    """Addresses that stand where the service's CNAME shall stand leave in its change, where `adopt: overwrite` says so.

    Anything else at the name stays, and policy refuses the CNAME.
    """
    for stage, slot, want in asked:
        if slot.key.kind != "CNAME" or not want.overwrite or want.value is None or slot.part:
            continue
        for kind in ADDRESSES:
            live = zones.set(slot.key._replace(kind=kind))
            if live is not None:
                yield stage, Slot(live.key, ""), Want(None, want.origin, manage=at.manage, only=live.values)


def found(at: MailDomain, domain: DomainSpec, asked: Sequence[Asked], zones: Zones) -> Iterator[Diagnostic]:
    """What a person must know or decide."""
    if domain.mail and domain.mail.service == "microsoft365":
        yield from _msoid(at, asked, zones)
    if domain.mail and domain.mail.gateway != "replace":
        yield from _gateway(at, domain.mail, asked, zones)
    yield from _wildcards(asked, zones)


def _msoid(at: MailDomain, asked: Iterable[Asked], zones: Zones) -> Iterator[Diagnostic]:
    """Source: Microsoft, "External Domain Name System records for Office 365", on 21Vianet; read 2026-11."""
    key = at.key("CNAME", "msoid")
    if cloud_of(at.tenant).name == "china" or zones.set(key) is None:
        return
    what = f"msoid.{at.name} stands in the way of activating Microsoft 365 Apps"
    why = "The name belongs to the cloud that 21Vianet runs; everywhere else it must not exist."
    remedy = "Write {name: msoid, type: CNAME} under `absent:` of the domain."
    if not any(slot.key == key and want.value is None for _, slot, want in asked):
        yield error("mail/msoid", what, why, remedy, origin=at.origin, address=key.address)


def _gateway(at: MailDomain, mail: MailSpec, asked: Iterable[Asked], zones: Zones) -> Iterator[Diagnostic]:
    """A gateway filters what comes in: taking it out is a decision of its own."""
    key = at.key("MX")
    live = zones.set(key)
    wanted = [want for _, slot, want in asked if slot == Slot(key, "") and want.value is not None]
    if live is None or not wanted or wanted[0].value == live.values:
        return
    name = signatures.gateway_of(value.rpartition(" ")[2] for value in live.values)
    if name:
        kept = ", though it says `gateway: keep`" if mail.gateway == "keep" else ""
        what = f"mail for {at.name} arrives through {name}, and the spec would take MX away from it{kept}"
        why = "Where mailboxes are, a gateway's MX does not say; mail would no longer be filtered."
        remedy = f"Write `mail: {{service: {mail.service}, gateway: keep}}` and no MX, or `gateway: replace`."
        yield error("mail/gateway", what, why, remedy, origin=at.origin, address=key.address)


def _wildcards(asked: Iterable[Asked], zones: Zones) -> Iterator[Diagnostic]:
    """A name that exists is no longer answered for by a wildcard, of no type (RFC 4592, section 2.2.1)."""
    told: set[str] = set()
    for _, slot, want in asked:
        key = slot.key
        if key.system != "dns" or want.value is None or key.name in told or key.name == "@" or key.name[0] == "*":
            continue
        told.add(key.name)
        kinds = zones.covering(key.scope, key.name)
        if kinds:
            what = f"a wildcard in {key.scope} answers for {key.name} today ({', '.join(kinds)}), and will not any more"
            remedy = "Write the records that the name still needs under `records:`."
            place = {"origin": want.origin, "address": key.address}
            yield warning("dns/wildcard", what, "RFC 4592, section 2.2.1.", remedy, **place)
