"""MTA-STS: record, policy file, and the MX hosts it must list."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.look import Look
from reconciler.mail.mta_sts import (
    LARGEST,
    LONGEST_AGE,
    MODES,
    Policy,
    covers,
    mta_sts,
    policy_id,
    policy_text,
    read,
    read_policy,
    text,
    uncovered,
    url,
)
from reconciler.mail.mta_sts_lint import lint, lint_fetched, lint_mx, lint_policy, look
from reconciler.mail.txt import txt_part
from reconciler.mail.wants import MailDomain
from reconciler.model.answer import Fetched
from tests.mail.findings import rules
from tests.mail.internet import Internet

GOOD = "version: STSv1\r\nmode: enforce\r\nmx: mail.c.example\r\nmx: *.mx.example\r\nmax_age: 1209600\r\n"
patterns = st.from_regex(r"\A(\*\.)?[a-zA-Z][a-z0-9-]{0,8}[a-z0-9](\.[a-z]{2,5}){1,2}\Z")


@given(st.text("abcXYZ019", min_size=1, max_size=32))
def test_read_what_was_written(identity: str) -> None:
    """The id stands there as asked for, in the slot that the class shows again."""
    record = text(identity)
    assert (read(record).identity, read(record).sound) == (identity, True)
    assert lint([record], "c.example") == ()
    assert txt_part("_mta-sts", record) == "mta-sts"


@given(st.sampled_from(MODES), st.lists(patterns, min_size=1, max_size=5), st.integers(0, LONGEST_AGE))
def test_policy_reads_back(mode: str, mx: list[str], age: int) -> None:
    """A policy text holds what was asked for, with either line end, and is one that senders take."""
    body = policy_text(mode, mx, age)
    assert read_policy(body) == Policy("STSv1", mode, age, tuple(mx))
    assert read_policy(body.replace("\r", "")) == read_policy(body)
    assert not [one for one in rules(lint_policy(read_policy(body), "c.example")) if one.startswith("error")]


@pytest.mark.parametrize(
    ("mode", "mx", "age"),
    [("off", ["a.example"], 1), ("enforce", [], 1), ("enforce", ["a.example."], 1), ("none", ["a b"], 1)]
    + [("enforce", ["a.example"], age) for age in (-1, LONGEST_AGE + 1)],
)
def test_no_policy_that_nobody_takes(mode: str, mx: list[str], age: int) -> None:
    """A text that senders would refuse is not made; nor is a record with an id of another form."""
    with pytest.raises(ValueError, match="not a policy"):
        policy_text(mode, mx, age)
    for identity in ("", "a" * 33, "a-b"):
        with pytest.raises(ValueError, match="not the id"):
            text(identity)


@given(st.text(), st.text())
def test_policy_id(one: str, other: str) -> None:
    """Each text has an id that a record can hold, and another one another."""
    assert text(policy_id(one))
    assert (policy_id(one) == policy_id(other)) == (one == other)


def test_wish() -> None:
    """One slot in prepare, with the id of the text."""
    ((stage, slot, want),) = mta_sts(MailDomain("c.example"), GOOD)
    assert (stage, slot.address) == ("prepare", "dns/c.example/TXT/_mta-sts#mta-sts")
    assert want.value == f"v=STSv1; id={policy_id(GOOD)};"


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["v=STSv1; id=1;"], []),
        (["v=STSv1;id=20260101T000000;x=y", "other"], []),
        ([], ["info mta-sts/absent"]),
        (["v=STSv1; id=1", "v=STSv1; id=2"], ["error mta-sts/several"]),
        (["v=STSv1"], ["error mta-sts/id"]),
        (["v=STSv1; id=a-b"], ["error mta-sts/id"]),
        (["v=STSv1; id = 1"], ["error mta-sts/syntax"]),
        (["v=stsv1; id=1"], ["error mta-sts/look-alike"]),
        ([" v=STSv1; id=1"], ["error mta-sts/look-alike"]),
    ],
)
def test_record_findings(values: list[str], found: list[str]) -> None:
    """Each mistake in the record has a rule of its own."""
    assert rules(lint(values, "c.example")) == found


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (GOOD, []),
        (GOOD.replace("\r\n", "\n").rstrip("\n"), []),
        (GOOD + "other: 1\r\n", []),
        (GOOD.replace("version: STSv1\r\n", ""), ["error mta-sts/version"]),
        (GOOD.replace("enforce", "strict"), ["error mta-sts/mode"]),
        (GOOD.replace("1209600", "two weeks"), ["error mta-sts/max-age"]),
        (GOOD.replace("1209600", "12345678901"), ["error mta-sts/max-age"]),
        (GOOD.replace("1209600", "99999999"), ["warning mta-sts/max-age"]),
        (GOOD.replace("1209600", "3600"), ["warning mta-sts/max-age"]),
        ("version: STSv1\nmode: enforce\nmax_age: 1209600\n", ["error mta-sts/no-mx"]),
        ("version: STSv1\nmode: none\nmax_age: 86400\n", ["warning mta-sts/off"]),
        (GOOD.replace("enforce", "testing"), ["info mta-sts/testing"]),
        (GOOD.replace("mail.c.example", "mail.c.example."), ["error mta-sts/mx-pattern"]),
        (GOOD.replace("*.mx.example", "m*.mx.example"), ["error mta-sts/mx-pattern"]),
        (GOOD + "<html>\r\n", ["error mta-sts/policy-syntax"]),
        (GOOD + "mode: none\r\n", ["warning mta-sts/repeated"]),
    ],
)
def test_policy_findings(body: str, found: list[str]) -> None:
    """Each mistake in the policy has a rule of its own; keys that nobody knows are left alone."""
    assert rules(lint_fetched(Fetched(200, "text/plain; charset=utf-8", body), "c.example")) == found


@pytest.mark.parametrize(
    ("fetched", "said"),
    [
        (Fetched(0, "", "", "no address"), "no address"),
        (Fetched(301, "text/plain", GOOD), "redirects"),
        (Fetched(404, "text/plain", GOOD), "404"),
        (Fetched(200, "text/html", GOOD), "'text/html'"),
        (Fetched(200, "", GOOD), "no type"),
        (Fetched(200, "text/plain", GOOD + "x: y\n" * LARGEST), "larger"),
    ],
)
def test_fetched_findings(fetched: Fetched, said: str) -> None:
    """Only 200 and text/plain of a fair size is a policy; redirects are not followed."""
    (one,) = lint_fetched(fetched, "c.example")
    assert rules([one]) == ["error mta-sts/fetch"]
    assert said in one.summary


def test_size_is_in_octets() -> None:
    """The largest policy is still one, and an octet more is not."""
    room = LARGEST - len(GOOD) - len("x: \n")
    assert lint_fetched(Fetched(200, "text/plain", GOOD + f"x: {'y' * room}\n"), "c.example") == ()
    assert rules(lint_fetched(Fetched(200, "text/plain", GOOD + f"x: {'y' * (room - 1)}ü\n"), "c.example"))


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("mail.c.example", "mail.c.example", True),
        ("Mail.C.example", "mail.c.EXAMPLE.", True),
        ("*.c.example", "mail.c.example", True),
        ("*.c.example", "c.example", False),
        ("*.c.example", "a.mail.c.example", False),
        ("*.c.example", "mailc.example", False),
        ("c.example", "mail.c.example", False),
        ("*.example", ".example", False),
    ],
)
def test_covers(pattern: str, host: str, covered: bool) -> None:
    """A star stands for exactly one label, the left-most."""
    assert covers(Policy(mx=(pattern,)), host) == covered


def test_mx_against_policy() -> None:
    """An enforced policy that does not list an MX is an error with the line to add, testing a warning, none nothing."""
    hosts = ["a.mx.example", "c-example.mail.protection.outlook.com"]
    policy = read_policy(GOOD)
    assert uncovered(policy, hosts) == hosts[1:]
    first, idle = lint_mx(policy, hosts, "c.example")
    assert rules([first, idle]) == ["error mta-sts/mx", "info mta-sts/idle-mx"]
    assert f"mx: {hosts[1]} at {url('c.example')}" in first.remedy
    soft = Policy("STSv1", "testing", 1, ("*.mx.example",))
    assert rules(lint_mx(soft, hosts, "c.example")) == ["warning mta-sts/mx"]
    assert lint_mx(Policy("STSv1", "none", 1), hosts, "c.example") == ()


RECORDS = {
    "_mta-sts.c.example TXT": ["v=STSv1; id=1;"],
    "c.example MX": ["10 mail.c.example.", "20 a.mx.example."],
}


def seen(internet: Internet, fetched: Fetched | None) -> Look:
    """The look once all is answered."""
    return internet.run(lambda notebook: look("c.example", notebook, fetched))


def test_look() -> None:
    """Record, policy and MX together, in one round."""
    internet = Internet(RECORDS)
    found = seen(internet, Fetched(200, "text/plain", GOOD))
    assert (found.subject, found.verdict, found.summary, found.diagnostics) == ("mta-sts", "pass", "mode enforce", ())
    assert found.data == {
        "id": "1",
        "mode": "enforce",
        "max_age": 1209600,
        "mx": ["mail.c.example", "*.mx.example"],
        "hosts": ["mail.c.example", "a.mx.example"],
    }
    assert internet.rounds == 1


def test_look_at_a_move() -> None:
    """The new MX that an enforced policy does not list fails the check; a null MX is no host."""
    moved = RECORDS | {"c.example MX": ["0 c-example.mail.protection.outlook.com."]}
    found = seen(Internet(moved), Fetched(200, "text/plain", GOOD))
    assert (found.verdict, rules(found.diagnostics)[0]) == ("fail", "error mta-sts/mx")
    null = RECORDS | {"c.example MX": ["0 ."]}
    assert seen(Internet(null), Fetched(200, "text/plain", GOOD)).diagnostics == ()


def test_look_without() -> None:
    """No record passes with a remark; a record nobody fetched the policy of, and silence, are unknown."""
    assert (seen(Internet(), None).verdict, rules(seen(Internet(), None).diagnostics)) == (
        "pass",
        ["info mta-sts/absent"],
    )
    assert seen(Internet(RECORDS), None).verdict == "unknown"
    assert seen(Internet(RECORDS, silent=("*",)), None).verdict == "unknown"
    silent = seen(Internet(RECORDS, silent=("c.example MX",)), Fetched(200, "text/plain", GOOD))
    assert silent.verdict == "unknown"
    assert seen(Internet(RECORDS), Fetched(0, "", "", "refused")).verdict == "fail"
