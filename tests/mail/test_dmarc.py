"""The DMARC policy that a spec asks for."""

import pytest

from reconciler.mail.dmarc import POLICIES, Policy, dmarc, text
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import MailDomain
from reconciler.model.diagnostic import Origin


@pytest.mark.parametrize(
    ("policy", "reports", "record"),
    [
        ("none", ["dmarc@msp.example"], "v=DMARC1; p=none; rua=mailto:dmarc@msp.example"),
        ("reject", [], "v=DMARC1; p=reject"),
        (
            "quarantine",
            ["a@b.example", "c@d.example"],
            "v=DMARC1; p=quarantine; rua=mailto:a@b.example,mailto:c@d.example",
        ),
        ("none", ["a!b,c;d%e@f.example"], "v=DMARC1; p=none; rua=mailto:a%21b%2Cc%3Bd%25e@f.example"),
    ],
)
def test_text(policy: str, reports: list[str], record: str) -> None:
    """Version first, then policy and report addresses; what has a meaning in the record is escaped."""
    assert text(Policy(policy, reports_to=reports)) == record


@pytest.mark.parametrize("policy", POLICIES)
def test_one_slot_in_prepare(policy: str) -> None:
    """The policy is one slot at `_dmarc`, asked for in `prepare`, that the record's class shows again."""
    origin = Origin("customer.yaml", 4)
    ((stage, slot, want),) = dmarc(MailDomain("c.example", origin=origin), Policy(policy, reports_to=["a@b.example"]))
    assert (stage, slot.address) == ("prepare", "dns/c.example/TXT/_dmarc#dmarc")
    assert txt_part(slot.key.name, str(want.value)) == slot.part
    assert want.origin == origin


def test_every_tag() -> None:
    """Subdomains and reports on single messages have tags of their own, after the policy."""
    policy = Policy("none", "reject", ["a@b.example"], ["c@d.example"])
    assert text(policy) == "v=DMARC1; p=none; sp=reject; rua=mailto:a@b.example; ruf=mailto:c@d.example"
