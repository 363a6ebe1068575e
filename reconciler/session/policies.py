"""Fetches the MTA-STS policies that a plan must know: of domains that have a record, or that shall get one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from reconciler.mail import mta_sts
from reconciler.mail_guards import Policies
from reconciler.model.answer import Answer, Question, Status
from reconciler.session.opened import Session
from reconciler.spec.customer import CustomerSpec
from reconciler.zones import Zones

HOST = "mta-sts"
#: What was read, with the answers that are known so far beside it.
ZonesOf = Callable[[Mapping[Question, Answer]], Zones]


def fetched(session: Session, customer: CustomerSpec, zones_of: ZonesOf) -> Policies:
    """What each such domain's web server shows; nothing is fetched without a configured resolver."""
    domains = session.answers.settled(zones_of, lambda zones: _concerned(customer, zones))
    if not domains or session.answers.asker is None:
        return dict.fromkeys(domains)
    hosts = session.answers.settled(zones_of, lambda zones: {name: _addresses(name, zones) for name in domains})
    return {name: None if addresses is None else session.policy(name, addresses) for name, addresses in hosts.items()}


def _concerned(customer: CustomerSpec, zones: Zones) -> list[str]:
    """Domains that have a record, their own or where a CNAME leads, or shall get one; one that nobody knows counts."""
    found = []
    for name, domain in customer.domains.items():
        receives = domain.mail or any(record.type == "MX" for record in domain.records)
        if not domain.mta_sts and not (receives and zones.place(name)):
            continue
        answer = zones.ask(f"{mta_sts.NAME}.{name}", "TXT")
        unknown = answer is None or answer.status is Status.FAILED
        if domain.mta_sts or unknown or (answer and any(map(mta_sts.is_mta_sts, answer.values))):
            found.append(name)
    return found


def _addresses(domain: str, zones: Zones) -> list[str] | None:
    """Where the policy's host is; none when nobody answered, and then nothing is known of the policy."""
    answers = [zones.ask(f"{HOST}.{domain}", kind) for kind in ("A", "AAAA")]
    found = [value for answer in answers if answer is not None for value in answer.values]
    sure = all(answer is not None and answer.status is not Status.FAILED for answer in answers)
    return found if found or sure else None
