"""Fetches the MTA-STS policies that a plan must know: of domains that have a record, or that shall get one."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reconciler.mail import mta_sts
from reconciler.mail_guards import Policies
from reconciler.model.answer import Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.session.opened import Session
from reconciler.spec.customer import CustomerSpec
from reconciler.zones import Zones

HOST = "mta-sts"


def fetched(
    session: Session, customer: CustomerSpec, read: Collection[str], resources: Mapping[Key, Resource]
) -> Policies:
    """What each such domain's web server shows; nothing is fetched without a configured resolver."""
    domains = [
        name
        for name, domain in customer.domains.items()
        if domain.mta_sts or isinstance(resources.get(Key("dns", name, "TXT", mta_sts.NAME)), RecordSet)
    ]
    if not domains or session.answers.asker is None:
        return dict.fromkeys(domains)
    hosts = session.answers.settled(
        lambda known: Zones(known, read, resources), lambda zones: {name: _addresses(name, zones) for name in domains}
    )
    return {name: None if addresses is None else session.policy(name, addresses) for name, addresses in hosts.items()}


def _addresses(domain: str, zones: Zones) -> list[str] | None:
    """Where the policy's host is; none when nobody answered, and then nothing is known of the policy."""
    answers = [zones.ask(f"{HOST}.{domain}", kind) for kind in ("A", "AAAA")]
    found = [value for answer in answers if answer is not None for value in answer.values]
    sure = all(answer is not None and answer.status is not Status.FAILED for answer in answers)
    return found if found or sure else None
