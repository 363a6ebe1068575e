"""What a plan says beside its steps: what could not be read, what is not known any more, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date

from reconciler import live
from reconciler.diff import Row
from reconciler.ledger import Ledger
from reconciler.mail.devices import warnings
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning
from reconciler.model.route import Route
from reconciler.plan import Leg
from reconciler.proof import Proof
from reconciler.spec.customer import CustomerSpec
from reconciler.spec.missing import missing as lacking
from reconciler.spec.workspace import Workspace

#: So many record sets are named in one sentence.
KEPT = 20


def unread(picture: live.Live) -> list[Diagnostic]:
    """An error for each scope that could not be read whole."""
    return [
        error(
            "live/unread",
            f"{read.scope.name} could not be read through {read.provider}",
            read.error,
            "Nothing is planned there; mend it and run again.",
        )
        for read in picture.reads
        if read.observation is None
    ]


def outside(routes: Iterable[Route], picture: live.Live) -> list[Diagnostic]:
    """Wishes at names that were not read, in a zone that is read name by name: never passed over in silence."""
    partly = {read.scope.name: read.scope.names for read in picture.reads if read.observation and read.scope.names}
    lost: dict[str, dict[str, Origin]] = {}
    for slot, want in (one for route in routes for stage in route.stages for one in stage.wants.items()):
        names = partly.get(slot.key.scope) if slot.key.system == "dns" else None
        if names is not None and slot.key.name not in names:
            lost.setdefault(slot.key.scope, {}).setdefault(slot.key.name, want.origin)
    return [
        error(
            "live/outside",
            f"{zone} can only be read name by name, and {', '.join(sorted(names))} was not read",
            "Nothing can be said of what the spec wants there.",
            "List the record under `records:` or `absent:` of the domain, so that its name is known beforehand.",
            origin=next(iter(names.values())),
        )
        for zone, names in lost.items()
    ]


def other_ttls(legs: Iterable[Leg], loose: Collection[str]) -> list[Diagnostic]:
    """TTLs that a host which one can only ask has not set as asked: a fact for whoever counts on them."""
    shown: dict[str, dict[str, None]] = {}
    for row in (row for one in legs for row in one.rows):
        key, want = row.slot.key, row.want
        differs = want is not None and isinstance(want.value, int) and row.before not in (None, want.value)
        if want is not None and row.slot.part == "ttl" and key.scope in loose and differs:
            said = f"{key.kind} {key.name} {row.before} (asked for: {want.value})"
            shown.setdefault(key.scope, {})[said] = None
    why = "Its panel may not let anybody choose. Every wait counts with the TTL that is shown."
    return [
        info("manual/ttl", f"the DNS host of {zone} shows other TTLs, in seconds: {', '.join(said)}", why)
        for zone, said in shown.items()
    ]


def acknowledged(customer: CustomerSpec, omitted: int) -> list[Diagnostic]:
    """A `destroy` that is left over would acknowledge the next accident."""
    if not customer.destroy or omitted:
        return []
    remedy = "Take the line away, so that it does not acknowledge the next removal."
    return [warning("spec/destroy", "`destroy` acknowledges nothing any more", remedy=remedy, origin=customer.origin)]


def unsealed(customer: CustomerSpec, born: int) -> list[Diagnostic]:
    """New users need a place for their passwords."""
    if not born or customer.passwords.recipient:
        return []
    return [
        warning(
            "passwords/no-recipient",
            f"{born} accounts would be created, and no key for their passwords is named",
            "`apply` asks for a passphrase on a terminal, and refuses without one.",
            "Write `passwords: {recipient: age1...}` in customer.yaml.",
            origin=customer.origin,
        )
    ]


def acceptances(customer: CustomerSpec, rows: Iterable[Row], today: date) -> list[Diagnostic]:
    """An acceptance that has run out, or that no address of the plan answers to."""
    known = {row.slot.address for row in rows} if customer.accepted_drift else set()
    found: list[Diagnostic] = []
    for one in customer.accepted_drift:
        if one.until < today:
            what, remedy = f"the acceptance of {one.address} has ended", "Take it out, or agree on another day."
            found.append(warning("drift/acceptance-ended", what, remedy=remedy, origin=one.origin))
        elif one.address not in known:
            what = f"nothing in the spec asks for {one.address}: the acceptance accepts nothing"
            remedy = "Copy the address from the drift report."
            found.append(warning("drift/acceptance-empty", what, remedy=remedy, origin=one.origin))
    return found


def devices(customer: CustomerSpec, today: date) -> list[Diagnostic]:
    """What Microsoft 365 changes under copiers and programs that send, and when."""
    found: list[Diagnostic] = []
    for domain in customer.domains.values():
        at_microsoft = bool(domain.mail and domain.mail.service == "microsoft365")
        for one in domain.senders:
            found += warnings(
                one.name,
                one.method,
                one.address or one.include,
                microsoft365=at_microsoft,
                today=today,
                origin=one.origin,
            )
    return found


def past(customer: CustomerSpec, today: date) -> list[Diagnostic]:
    """A last day that has passed."""
    ends: list[tuple[date | None, Origin]] = []
    for domain in customer.domains.values():
        ends += [(one.until, one.origin) for one in domain.senders]
        ends += [(one.until, one.origin) for one in domain.records]
    remedy = "Once a plan shows nothing for it any more, take the line out of the spec."
    return [
        warning("spec/until-past", f"its last day, {day}, has passed", remedy=remedy, origin=origin)
        for day, origin in ends
        if day is not None and day < today
    ]


def odd(picture: live.Live) -> list[Diagnostic]:
    """What looks wrong in what was read (a target without its final dot, say)."""
    return [one for read in picture.reads if read.observation for one in read.observation.findings]


def kept(picture: live.Live) -> list[Diagnostic]:
    """What is there and cannot be planned on: told once for each zone, by name."""
    found = []
    for read in picture.reads:
        locked = read.observation.locked if read.observation else {}
        if locked:
            names = [f"{key.name} {key.kind} ({locked[key]})" for key in sorted(locked)]
            more = f", and {len(names) - KEPT} more" if len(names) > KEPT else ""
            few = f"1 record set of {read.scope.name} is left to its owner"
            many = f"{len(names)} record sets of {read.scope.name} are left to their owner"
            summary = few if len(names) == 1 else many
            found.append(info("live/kept", summary, ", ".join(names[:KEPT]) + more))
    return found


def of_journal(state: str, customer: str) -> list[Diagnostic]:
    """What a missing journal means."""
    if state != "missing":
        return []
    return [
        warning(
            "journal/missing",
            f"the journal of {customer} is missing",
            "What we wrote, approved and finished is no longer known: nothing is removed that the spec does not name, "
            "and what differs is not taken over.",
            "Restore it, or begin a new one with `reconciler apply --new-ledger`.",
        )
    ]


def bound_licences(customer: CustomerSpec, known: Ledger) -> list[Diagnostic]:
    """A licence belongs to the tenant it was assigned in; a spec that names another one moves it."""
    bound = {
        address.split("/")[1] for address in known.owned if address.startswith("tenant/") and "/licenses/" in address
    }
    others = sorted(bound - {customer.tenant})
    if not others or not customer.tenant:
        return []
    return [
        error(
            "accounts/licence-bound",
            f"the licences of {customer.id} are bound to {others[0]} and cannot move to {customer.tenant}",
            "A licence stays in the tenant it was bought for.",
            f"Set `tenant: {others[0]}` back, or make the other tenant a customer of its own with new subscriptions.",
            origin=customer.origin,
        )
    ]


def left_behind(customer: CustomerSpec, known: Ledger) -> list[Diagnostic]:
    """What we wrote in zones and tenants that the spec does not name at all any more; nobody looks at it."""
    named = {*customer.domains, customer.tenant}
    scopes = Counter(address.split("/")[1] for address in known.owned)
    return [
        warning(
            "plan/left-behind",
            f"{scope} is no longer in the spec of {customer.id}; {count} things of ours stay there",
            "Leaving a whole zone or tenant out removes nothing, and it is not looked at.",
            "To remove them, name it again and leave out what should go; then leave it out.",
        )
        for scope, count in sorted(scopes.items())
        if scope not in named
    ]


def missing(
    customer: CustomerSpec, workspace: Workspace, abandoned: Iterable[Diagnostic], picture: live.Live
) -> tuple[str, ...]:
    """What keeps the plan from being applied, for people."""
    lacks = [f"{one.origin}: {one.summary}" if one.origin.file else one.summary for one in lacking(customer, workspace)]
    lacks += [one.summary for one in abandoned]
    lacks += [
        f"{name} has a `migration:`; this version checks it but cannot carry it out yet"
        for name, domain in customer.domains.items()
        if domain.migration
    ]
    seen = [(read, read.observation.taken) for read in picture.reads if read.observation and read.observation.taken]
    lacks += [
        f"{read.scope.name} is planned over a copy of {taken}; to apply, name the provider of the tenant itself"
        for read, taken in seen
    ]
    return tuple(lacks)


def unseen(proofs: Iterable[Proof], customer: CustomerSpec) -> list[Diagnostic]:
    """SPF that leads to names which nobody could look up, because no resolver is configured."""
    named = [one.domain for one in proofs if not all(moment.known for moment in one.moments)]
    if not named:
        return []
    what = f"what the SPF records of {', '.join(named)} include was not looked up"
    why = "Their cost and what a `?` stands behind is only known as far as the zones here say it."
    remedy = "Write `resolver: [ADDRESS]` in workspace.yaml."
    return [info("spf/not-looked-up", what, why, remedy, origin=customer.origin)]


def halted(legs: Iterable[Leg]) -> list[Diagnostic]:
    """Routes of which nothing may be done; the others go on."""
    return [
        warning("route/halted", f"{one.route.subject}: {one.halt}", origin=one.route.origin) for one in legs if one.halt
    ]


def lost_targets(targets: Iterable[str]) -> list[Diagnostic]:
    """A target that names nothing is a typing error, never an empty plan."""
    remedy = "Look at the addresses in `reconciler plan --json`."
    return [error("plan/target", f"--target {one} matches nothing", remedy=remedy) for one in targets]
