"""The DMARC policy that a spec asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.dmarc import POLICIES, Policy, dmarc, read, text
from reconciler.mail.dmarc_lint import lint
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import MailDomain
from reconciler.model.diagnostic import Origin, Severity


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


def test_new_tags() -> None:
    """np and t stand after sp; what is not asked for is not written."""
    policy = Policy("reject", reports_to=["a@b.example"], nonexistent="reject", testing=True)
    assert text(policy) == "v=DMARC1; p=reject; np=reject; t=y; rua=mailto:a@b.example"


addresses = st.lists(st.from_regex(r"\A[A-Za-z!,;%+=/ü]{1,8}@[a-z]{1,8}\.example\Z"), max_size=3).map(tuple)


@given(
    st.sampled_from(POLICIES), st.sampled_from(["", *POLICIES]), st.sampled_from(["", *POLICIES]), addresses, addresses
)
def test_read_what_was_written(p: str, sp: str, np: str, rua: tuple[str, ...], ruf: tuple[str, ...]) -> None:
    """A policy reads back as it was, and no lint calls it wrong."""
    for testing in (True, False):
        policy = Policy(p, sp, rua, ruf, np, testing)
        assert read(text(policy)).asked() == policy
        assert txt_part("_dmarc", text(policy)) == "dmarc"
        assert not [one for one in lint([text(policy)], "c.example") if one.severity is Severity.ERROR]
