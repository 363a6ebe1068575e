"""Copiers and line-of-business programs that send mail: what Microsoft 365 changes under them, and when.

Basic SMTP AUTH: off by default for existing tenants at the end of December 2026 (administrators can switch it on
again), not available by default for tenants made after that, the day of its removal announced in the second half of
2027. Source: Exchange Team Blog, "Updated Exchange Online SMTP AUTH Basic Authentication Deprecation Timeline",
27 January 2026, version 3.0 of 29 January 2026.

Direct Send and relay: both go to the MX name of the tenant's domain at port 25; Direct Send reaches mailboxes of the
tenant alone, is asked to be in SPF, and is refused where RejectDirectSend is on and no inbound connector knows the
sender. Source: Microsoft Learn, "How to set up a multifunction device or application to send email", undated; Exchange
Team Blog, "Introducing more control over Direct Send in Exchange Online", 28 April 2025, updated 12 August 2025.

High Volume Email: internal recipients only since June 2025, Basic authentication until September 2028, generally
available since March 2026. Source: Exchange Team Blog, May 2025; Message Center MC1243552, May 2026.
"""

from __future__ import annotations

from datetime import date

from reconciler.model.diagnostic import Diagnostic, Origin, info, warning

#: Basic SMTP AUTH works as it did up to this day; Microsoft says "end of December".
BASIC_ENDS = date(2026, 12, 31)
#: Until then Microsoft wants to have named the day on which Basic SMTP AUTH is removed.
REMOVAL_NAMED_BY = date(2027, 12, 31)


def warnings(
    name: str, method: str | None, address: str | None, *, microsoft365: bool, today: date, origin: Origin
) -> list[Diagnostic]:
    """What will stop, or has stopped, a device or program from sending.

    Args:
        name: the sender's, for people.
        method: `direct`, `smtp-auth` or `relay`; none = the spec does not say, and nothing is found.
        address: where it sends from, or the include that stands for it; none = the spec does not say.
        microsoft365: the domain's mail is in Microsoft 365.
    """
    if method == "smtp-auth" and microsoft365:
        return [_smtp_auth(name, today, origin)]
    if method == "direct":
        return [*_unlisted(name, "direct-send", address, origin), *_direct_send(name, origin, microsoft365)]
    if method == "relay" and microsoft365:
        return _unlisted(name, "relay", address, origin) or [_relay(name, address or "", origin)]
    return []


def _smtp_auth(name: str, today: date, origin: Origin) -> Diagnostic:
    if today <= BASIC_ENDS:
        what = f"Basic SMTP AUTH, by which {name} may sign in, goes off by default at the end of December 2026"
        why = "An administrator can switch it on again; tenants made after that do not have it by default."
    else:
        what = f"Basic SMTP AUTH, by which {name} may sign in, went off by default at the end of December 2026"
        why = "An administrator may have switched it on again; tenants made since then do not have it by default."
    announced = "is to be" if today <= REMOVAL_NAMED_BY else "was to be"
    why += f" The day of its removal {announced} named in the second half of 2027."
    remedy = (
        "Move it to OAuth, to relay by its address through an inbound connector, to High Volume Email (recipients "
        "inside the tenant only), or to a relay of somebody else."
    )
    return warning("sender/smtp-auth", what, why, remedy, origin=origin)


def _direct_send(name: str, origin: Origin, microsoft365: bool) -> list[Diagnostic]:
    if not microsoft365:
        return []
    what = f"{name} sends to the MX name of the domain, which changes when MX changes"
    why = (
        "Direct Send reaches mailboxes of the tenant alone, and the tenant refuses it where RejectDirectSend is on "
        "and no inbound connector knows the sender."
    )
    remedy = "After MX has changed, enter the new MX name in the device; see whether RejectDirectSend is on."
    return [warning("sender/direct-send", what, why, remedy, origin=origin)]


def _unlisted(name: str, rule: str, address: str | None, origin: Origin) -> list[Diagnostic]:
    """A sender without an address is in no SPF record of ours, and no connector can know it."""
    if address:
        return []
    what = f"{name} has no address in the spec, so SPF does not list it"
    why = "Its mail does not pass SPF (RFC 7208, section 2.6), and without a DKIM signature it fails DMARC."
    remedy = "Write its public address: address: 203.0.113.7."
    return [warning(f"sender/{rule}", what, why, remedy, origin=origin)]


def _relay(name: str, address: str, origin: Origin) -> Diagnostic:
    what = f"{name} needs an inbound connector in Exchange Online that knows it by {address}"
    why = "It sends to the MX name of the domain, which changes when MX changes; connectors are not looked at here."
    remedy = "Make the connector, and after MX has changed enter the new MX name in the device."
    return info("sender/relay", what, why, remedy, origin=origin)
