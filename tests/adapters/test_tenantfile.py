"""The tenant file is read strictly, and a write keeps everything that it is not about."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from providers.tenantfile import TenantFileProvider
from reconciler.model.change import Change, Status
from reconciler.model.errors import Invalid, NotFound, SpecError, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, RecordSet, Resource, Sku, TenantDomain, User
from reconciler.model.value import Secret
from reconciler.provider import Reader, Scope, Writer
from tests.adapters.tenants import DOMAIN, E3, F1, SCOPE, TENANT, Tenant, document, new_user, user_entry

SHORT = '{"name": "@", "type": "MX", "value": "mx", "service": "Email"}'


@pytest.fixture
def tenant(tmp_path: Path) -> Tenant:
    """A fresh tenant."""
    return Tenant(tmp_path)


def test_it_meets_the_contract(tenant: Tenant) -> None:
    """It is a reader and a writer, and says what it can do."""
    assert isinstance(tenant.provider, Reader)
    assert isinstance(tenant.provider, Writer)
    assert set(tenant.provider.kinds) == {"domain", "user", "licenses", "group", "sku", "sign-in"}
    assert not tenant.provider.kinds["sku"].verbs


def test_observe_shows_everything(tenant: Tenant) -> None:
    """Domains, users (deleted ones too), their licences, groups and products, in normal form."""
    assert tenant.get("user", "ana") == User(
        Key("tenant", TENANT, "user", "ana"),
        "ana@old.example",
        "Ana",
        "ana",
        usage_location="MX",
        aliases=("sales@old.example",),
    )
    assert tenant.get("user", "gone").deleted
    assert tenant.get("user", "eve").synced
    assert tenant.get("user", "guest").guest
    assert tenant.get("licenses", "ana").direct == (E3,)
    assert tenant.get("licenses", "ben").inherited == (E3,)
    assert tenant.get("group", "g1").members == ("ana", "ben")
    assert tenant.get("domain", TENANT).default
    seen = tenant.provider.observe(SCOPE)
    assert {key.kind for key in seen.resources} == {"domain", "user", "licenses", "group", "sku", "sign-in"}
    assert all(key == one.key for key, one in seen.resources.items())


def test_what_is_observed_is_normal(tenant: Tenant) -> None:
    """Normalising what was observed changes nothing."""
    for one in tenant.provider.observe(SCOPE).resources.values():
        assert tenant.provider.normalise(one) == one


def test_seats_are_counted_from_users(tenant: Tenant) -> None:
    """A seat is in use by each user who is not deleted, inherited ones too; a deleted user's seat is free."""
    sku = tenant.get("sku", E3)
    assert isinstance(sku, Sku)
    assert (sku.consumed, sku.free) == (2, 1)
    assert tenant.get("sku", F1).consumed == 0


def test_names_do_not_narrow(tenant: Tenant) -> None:
    """The file is read whole in any case, and the reading says so."""
    seen = tenant.provider.observe(replace(SCOPE, names=frozenset({"ana@old.example"})))
    assert seen == tenant.provider.observe(SCOPE)
    assert seen.scope == SCOPE


def test_observe_refuses_other_systems(tenant: Tenant) -> None:
    """Zones are not tenants, and a tenant without a file does not exist."""
    with pytest.raises(Unsupported):
        tenant.provider.observe(Scope("dns", "shop.example"))
    for name in ("other.onmicrosoft.com", "../tenants/shop", "", "SHOP.onmicrosoft.com"):
        with pytest.raises(NotFound):
            tenant.provider.observe(Scope("tenant", name))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ('{"seed": "a", "seed": "b"}', "stands twice"),
        ('{"seed": "a",}', "1:14: not JSON"),
        ('{"seed": NaN}', "NaN is no number"),
        ("[]", "an object is needed"),
        ("{}", "seed is missing"),
        ('{"seed": "x", "sees": "a\\u0000b"}', "sees: the path"),
        ('{"seed": "x", "users": [{"id": "a"}]}', r"users\[0\]\.upn is missing"),
        ('{"seed": "x", "users": [7]}', r"users\[0\]: an object is needed"),
        ('{"seed": "x", "users": {}}', "users: a list is needed"),
        ('{"seed": "x", "users": [{"id": "a", "upn": "a@b.c", "display_name": null}]}', "display_name: a text"),
        ('{"seed": "x", "users": [{"id": "a", "upn": "a@b.c", "display_name": "\\ud800"}]}', "display_name: a text"),
        ('{"seed": "x", "skus": [{"part_number": "A", "sku_id": "1", "enabled": -1}]}', "enabled: a whole number"),
        ('{"seed": "x", "domains": [{"name": "b.example", "initial": true}]}', "is this another tenant's"),
        ('{"seed": "x", "domains": [{"name": "B.example"}]}', "a domain name"),
        ('{"seed": "x", "domains": [{"name": "b.example"}, {"name": "b.example"}]}', r"domains\[0\] has the same"),
        ("[" * 100_000, "nested too deep"),
        ('{"seed": "x", "domains": [{"name": "b.example", "records": [{"type": "MX"}]}]}', "records.*value is missing"),
        (f'{{"seed": "x", "domains": [{{"name": "b.example", "records": [{SHORT}]}}]}}', r"records\[0\]\.value: "),
    ],
)
def test_a_broken_file_is_invalid(tenant: Tenant, change: str, reason: str) -> None:
    """What cannot be understood is refused with the file and the reason, never read in part."""
    tenant.file.write_text(change, encoding="utf-8")
    with pytest.raises(Invalid, match=reason) as caught:
        tenant.provider.observe(SCOPE)
    assert str(tenant.file) in str(caught.value)


def test_all_mistakes_at_once(tenant: Tenant) -> None:
    """One reading names every mistake."""
    tenant.write({"seed": 1, "users": [{"id": "a b", "upn": "x"}], "skus": [{}]})
    with pytest.raises(Invalid, match=r"seed.*users\[0\]\.id.*users\[0\]\.upn.*display_name.*skus\[0\]"):
        tenant.provider.observe(SCOPE)


def test_two_users_cannot_share_a_name(tenant: Tenant) -> None:
    """Two live users with one UPN are a mistake in the file; a deleted one beside a live one is not."""
    tenant.write(document(users=[user_entry("a", "a@old.example"), user_entry("b", "A@old.example", deleted=True)]))
    assert tenant.get("user", "b").deleted
    tenant.write(document(users=[user_entry("a", "a@old.example"), user_entry("b", "A@old.example")]))
    with pytest.raises(Invalid, match=r"users\[1\]\.upn: users\[0\] has the same"):
        tenant.provider.observe(SCOPE)


@pytest.mark.parametrize("options", [{}, {"directory": 7}, {"directory": "x", "colour": "red"}])
def test_options_are_checked(tmp_path: Path, options: dict[str, object]) -> None:
    """A missing, wrong or unknown option is the author's mistake, said so."""
    with pytest.raises(SpecError):
        TenantFileProvider("cloud", options, tmp_path)


def test_what_moved_is_not_overwritten(tenant: Tenant) -> None:
    """A hand edit between reading and writing refuses that change, names what moved, and stays."""
    read = tenant.get("user", "ben")
    tenant.change("user", "ben", job_title="Boss")
    outcome = tenant.do(read, replace(read, department="Sales"))
    assert outcome.status is Status.REFUSED
    assert "job_title" in outcome.detail
    assert tenant.get("user", "ben").department == ""
    licences = tenant.get("licenses", "ben")
    tenant.change("licenses", "ben", direct=(F1,))
    assert tenant.do(licences, replace(licences, direct=(E3,))).status is Status.REFUSED


def test_what_is_so_already_is_not_written(tenant: Tenant) -> None:
    """A change that already holds is done without touching the file, whatever was read before."""
    read = tenant.get("user", "ben")
    tenant.change("user", "ben", job_title="Boss")
    before = tenant.file.stat()
    assert tenant.do(read, replace(read, job_title="Boss")).status is Status.DONE
    assert tenant.file.stat().st_mtime_ns == before.st_mtime_ns
    assert tenant.file.stat().st_ino == before.st_ino


def test_a_write_keeps_everything_else(tenant: Tenant) -> None:
    """Unknown names, their order and their numbers, other entries and the file's mode survive a write."""
    tenant.file.chmod(0o640)
    text = tenant.file.read_text(encoding="utf-8").replace("1.1}", '1.10, "big": 12345678901234567890.5e-400}')
    tenant.file.write_text(text.replace('"blue"', '"\\ud83d"'), encoding="utf-8")
    tenant.change("user", "ben", job_title="Boss")
    after = tenant.file.read_text(encoding="utf-8")
    assert "1.10," in after
    assert "12345678901234567890.5e-400" in after
    assert '"\\ud83d"' in after
    assert stat.S_IMODE(tenant.file.stat().st_mode) == 0o640
    assert list(tenant.file.parent.iterdir()) == [tenant.file]
    expected = json.loads(text.replace('"blue"', '"\\ud83d"'))
    expected["users"][1]["job_title"] = "Boss"
    assert json.dumps(json.loads(after)) == json.dumps(expected)


def test_writing_is_stable(tenant: Tenant) -> None:
    """A second write changes the lines of its own change alone."""
    tenant.change("user", "ben", job_title="Boss")
    first = tenant.file.read_text(encoding="utf-8").splitlines()
    tenant.change("user", "ben", job_title="Chief")
    second = tenant.file.read_text(encoding="utf-8").splitlines()
    assert [line for line in second if line not in first] == ['   "job_title": "Chief"']
    assert len(first) == len(second)


def test_a_link_stays_a_link(tenant: Tenant) -> None:
    """A tenant file that is a symbolic link is written where it points."""
    real = tenant.root / "real.json"
    tenant.file.rename(real)
    tenant.file.symlink_to(real)
    assert tenant.change("user", "ben", job_title="Boss").status is Status.DONE
    assert tenant.file.is_symlink()
    assert "Boss" in real.read_text(encoding="utf-8")


def test_apply_never_raises(tenant: Tenant) -> None:
    """A file that is gone or broken makes every change of the batch an outcome that failed."""
    change = Change(new_user("z").key, None, new_user("z"), password=Secret("p"))
    tenant.file.write_text("{", encoding="utf-8")
    assert [one.status for one in tenant.provider.apply([change, change])] == [Status.FAILED] * 2
    tenant.file.unlink()
    assert tenant.provider.apply([change])[0].status is Status.FAILED
    tenant.file.symlink_to(tenant.file)
    assert tenant.provider.apply([change])[0].status is Status.FAILED


def test_other_kinds_are_refused(tenant: Tenant) -> None:
    """Record sets and products cannot be written, offline and in apply alike."""
    records = RecordSet(Key("tenant", TENANT, "MX", "@"), 300, ("0 a.",))
    sku = tenant.get("sku", E3)
    for before, after in ((None, records), (sku, replace(sku, enabled=99))):
        assert list(tenant.provider.refusals([after]))
        assert tenant.do(before, after).status is Status.REFUSED


REFUSED = [
    (new_user("z", usage_location="MEX"), "tenant/usage-location"),
    (new_user("z", usage_location="M1"), "tenant/usage-location"),
    (replace(new_user("z"), upn="a b@old.example"), "tenant/upn"),
    (replace(new_user("z"), upn="a.@old.example"), "tenant/upn"),
    (replace(new_user("z"), upn="ñ@old.example"), "tenant/upn"),
    (replace(new_user("z"), upn="a" * 65 + "@old.example"), "tenant/upn"),
    (replace(new_user("z"), upn="a@" + "b" * 45 + ".com"), "tenant/upn"),
    (replace(new_user("z"), upn="a@b"), "tenant/upn"),
    (replace(new_user("z"), display_name=" "), "tenant/display-name"),
    (replace(new_user("z"), display_name="x" * 257), "tenant/display-name"),
    (new_user("z", department="x" * 65), "tenant/department"),
    (new_user("z", aliases=("nonsense",)), "tenant/alias"),
    (new_user("z", deleted=True), "tenant/deleted"),
    (TenantDomain(DOMAIN._replace(name="no_domain")), "tenant/domain"),
    (Group(DOMAIN._replace(kind="group"), ""), "tenant/display-name"),
    (Group(DOMAIN._replace(kind="group"), "x" * 257), "tenant/display-name"),
    (Group(DOMAIN._replace(kind="group"), "x", group_kind="distribution"), "tenant/group-kind"),
    (Licenses(DOMAIN._replace(kind="licenses"), "", ("a/b",)), "tenant/license"),
]


@pytest.mark.parametrize(("wish", "rule"), REFUSED)
def test_what_no_tenant_holds_is_said_offline(tmp_path: Path, wish: Resource, rule: str) -> None:
    """A wish that cannot come true is found before anything is asked, with its address."""
    offline = TenantFileProvider("cloud", {"directory": "nowhere"}, tmp_path)
    (found,) = offline.refusals([wish])
    assert (found.rule, found.address) == (rule, wish.key.address)


def test_a_good_wish_is_not_refused(tmp_path: Path) -> None:
    """The longest and strangest allowed names pass, and normalising twice is normalising once."""
    offline = TenantFileProvider("cloud", {"directory": "nowhere"}, tmp_path)
    wish = new_user("z", usage_location="mx", aliases=("B@x.example", "a+b@x.example", "b@x.example"))
    wish = replace(wish, upn="O'Neil_!#^~-." + "A" * 51 + "@" + "b" * 44 + ".com", display_name="ñ" * 256)
    assert list(offline.refusals([wish, TenantDomain(DOMAIN), Group(wish.key, "x", group_kind="security")])) == []
    normal = offline.normalise(wish)
    assert isinstance(normal, User)
    assert (normal.usage_location, normal.aliases) == ("MX", ("a+b@x.example", "b@x.example"))
    assert offline.normalise(normal) == normal
    for mail, first in (("B@X.example", "b@x.example"), ("c@x.example", ""), (wish.upn, "")):
        told = offline.normalise(replace(wish, mail=mail))
        assert isinstance(told, User)
        assert (told.mail, offline.normalise(told)) == (first, told)
