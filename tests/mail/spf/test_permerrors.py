"""The lint against the public SPF test suite: what makes a record invalid is an error, and little else is."""

import pytest

from reconciler.mail.spf.lint import look
from reconciler.model.diagnostic import Severity
from tests.mail.spf.rounds import Rounds
from tests.mail.spf.test_openspf import SUITE, Case, cases

pytestmark = pytest.mark.needs_shared

#: Cases with a valid result whose record is an error to us: those that admit (nearly) everybody, which is policy (S14),
#: and those over a limit for some senders, though not for the suite's own (S6: an include that matches ends the count;
#: S9: names without AAAA, asked for a sender with IPv6).
EXPLAINED = {
    "multispf2": {"spf/S14"},
    "all-double": {"spf/S14"},
    "a-nxdomain": {"spf/S14"},
    "a-cidr4-0": {"spf/S14"},
    "a-cidr4-0-ip6": {"spf/S14"},
    "a-cidr6-0-ip4": {"spf/S14"},
    "a-cidr6-0-ip4mapped": {"spf/S14"},
    "a-cidr6-0-ip6": {"spf/S14"},
    "a-cidr6-0-nxdomain": {"spf/S14"},
    "include-softfail": {"spf/S14"},
    "mx-nxdomain": {"spf/S14"},
    "mx-cidr4-0": {"spf/S14"},
    "mx-cidr4-0-ip6": {"spf/S14"},
    "mx-cidr6-0-ip4": {"spf/S14"},
    "mx-cidr6-0-ip4mapped": {"spf/S14"},
    "mx-cidr6-0-ip6": {"spf/S14"},
    "mx-cidr6-0-nxdomain": {"spf/S14"},
    "cidr4-0": {"spf/S14"},
    "cidr6-0-ip4": {"spf/S14"},
    "cidr6-ip4": {"spf/S14"},
    "cidr6-0": {"spf/S14"},
    "mech-at-limit": {"spf/S9"},
    "include-at-limit": {"spf/S6", "spf/S9"},
}


def errors(case: Case) -> set[str]:
    """The rules of the errors that the lint finds where the case starts."""
    domain = case.domain.lower()
    seen = Rounds(case.answer).run(lambda notebook: look(domain, notebook))
    return {one.rule for one in seen.diagnostics if one.severity is Severity.ERROR}


def place(case: Case) -> tuple[int, str]:
    """What several cases may share: a zone and the domain they start from."""
    return id(case.zone), case.domain.lower()


def test_every_permerror_is_found() -> None:
    """A record that is invalid for the suite's sender has an error."""
    invalid = [case for case in cases(SUITE) if case.results == ["permerror"]]
    assert len(invalid) == 74
    assert [case.name for case in invalid if not errors(case)] == []


def test_other_records_have_no_error_but_those_explained() -> None:
    """A record that is never invalid has no error, or one of policy or of the worst case, each of them listed."""
    invalid = {place(case) for case in cases(SUITE) if "permerror" in case.results}
    sound = [case for case in cases(SUITE) if place(case) not in invalid]
    assert len(sound) > 100
    assert {case.name: found for case in sound if (found := errors(case))} == EXPLAINED
