"""The data files: sound, sourced, complete, quick to read, and in the wheel."""

import re
import subprocess
import sys
from importlib.resources import files

import pytest

from reconciler.mail.catalogue import ROLES, Vendor, known, selectors, vendor, vendors
from reconciler.mail.clouds import CLOUDS
from reconciler.mail.spf.terms import identity
from reconciler.model import names, rdata

FIELDS = {"mx", "spf", "dkim", "txt", "autodiscover", "ns", "cname", "rua", "name"}
HOSTS = FIELDS - {"txt", "name"}


def test_there_are_enough() -> None:
    """Every role is there, and the bulk senders that people use."""
    assert {one.role for one in vendors()} == set(ROLES)
    senders = [one for one in vendors() if one.role == "sender"]
    assert len(senders) >= 24
    named = "mailchimp mandrill sendgrid hubspot salesforce mailgun brevo mailjet postmark zendesk klaviyo shopify"
    assert {*named.split(), "amazonses", "constant-contact", "google-workspace"} <= {*known()}


def test_names_are_unique() -> None:
    """A slug or an alias means one service."""
    every = [name for one in vendors() for name in (one.slug, *one.aliases)]
    assert len(every) == len(set(every))
    assert all(re.fullmatch(r"[a-z0-9+-]+", name) for name in every)


def test_aliases_lead_to_the_service() -> None:
    """What people call it finds it; what nobody is called finds nothing."""
    assert vendor("sendinblue") is vendor("brevo") is not None
    assert vendor("valimail") is None, "no sender"
    assert vendor("") is None
    assert "sendinblue" not in known()
    assert len(known()) == len({one.slug for one in vendors() if one.sends})


@pytest.mark.parametrize("one", vendors(), ids=lambda one: one.slug)
def test_each_is_sound(one: Vendor) -> None:
    """Every entry has a source and a date, values in normal form, and is good for something."""
    assert one.name
    assert one.source
    assert re.fullmatch(r"20[0-9]{2}-(0[1-9]|1[0-2])", one.date)
    assert all(re.search(r", 20[0-9]{2}-[0-9]{2}$", text) for text in one.sources.values())
    assert {*one.sources} <= FIELDS
    assert one.signs or one.wants
    assert one.wants in {"", "spf", "dkim", "both"}
    assert identity(f"include:{one.include}") == f"include:{one.include}"
    assert not (one.records and one.wants == "spf")
    assert one.term or one.records or one.table or not one.sends, "a sender that asks for nothing is of no use"
    for _, kind, value in one.records:
        assert rdata.canonical(kind, value) == value


@pytest.mark.parametrize("one", vendors(), ids=lambda one: one.slug)
def test_signs_are_sound(one: Vendor) -> None:
    """Patterns are lower-case host names of at least two labels where a host is meant, weights are shares of 100."""
    for sign in one.signs:
        assert sign.field in FIELDS
        assert 0 < sign.weight < 100
        selector = sign.field == "dkim" and "." not in sign.match
        if sign.field in HOSTS and not selector and "{" not in sign.match:
            plain = sign.match.removeprefix("*.").replace("*", "x")
            assert names.written(names.labels(plain)) == plain
            assert plain.count(".") >= 1
    assert not one.beside or one.beside in {other.slug for other in vendors()}


def test_no_sign_of_two_services_at_one_mx() -> None:
    """An MX pattern belongs to one service alone."""
    seen: dict[str, str] = {}
    for one in vendors():
        for sign in one.signs:
            if sign.field == "mx" and "{" not in sign.match:
                assert seen.setdefault(sign.match, one.slug) == one.slug


def test_the_clouds_agree() -> None:
    """What the signs say of the three clouds is what the clouds say of themselves."""
    for cloud in CLOUDS:
        (one,) = [one for one in vendors() if one.include == cloud.include]
        mx = {sign.match for sign in one.signs if sign.field == "mx"}
        assert {f"*.{host}" for host in cloud.mx} <= mx
        assert {sign.match for sign in one.signs if sign.field == "autodiscover"} == {*cloud.autodiscover}


def test_selectors() -> None:
    """The probed selectors are those of the signs and of the fixed records, each once."""
    assert {"k2", "mte1", "zendesk2", "google", "litesrv"} <= {*selectors()}
    assert len(set(selectors())) == len(selectors())


def test_nothing_is_read_until_asked_for() -> None:
    """A plan without senders does not pay; one with a sender pays little.

    The limit on CPU is far above what is measured (20 ms with all imports): it only finds a change of kind.
    """
    program = (
        "import sys, time, reconciler.mail.senders as s\n"
        "assert 'tomllib' not in sys.modules\n"
        "start = time.process_time()\n"
        "from reconciler.mail.catalogue import vendor\n"
        "assert vendor('mailchimp')\n"
        "print(time.process_time() - start)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 0.2


def test_the_files_lie_in_the_package() -> None:
    """One file for each role, where the wheel takes them from."""
    found = {one.name for one in (files("reconciler.mail") / "vendors").iterdir()}
    assert found == {"senders.toml", "mailboxes.toml", "gateways.toml", "dmarc.toml"}
