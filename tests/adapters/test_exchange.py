"""What scripts bring back from Exchange: read strictly, whatever somebody saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.exchange import ExchangeProvider
from reconciler.model.change import Change, Status
from reconciler.model.errors import Invalid, NotFound, ProviderError, SpecError, Unsupported
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, Mailbox, MailList, RecordSet, Signing
from reconciler.provider import Recorder, Scope

TENANT = "acme.onmicrosoft.com"
SCOPE = Scope("exchange", TENANT)
INFO = "info@acme.example"
HOST = "selector1-acme-example._domainkey.acme.n-v1.dkim.mail.microsoft"


def key(kind: str, name: str) -> Key:
    """Of something in this tenant."""
    return Key("exchange", TENANT, kind, name)


def whole(**more: Any) -> dict[str, Any]:
    """What a script writes."""
    return {
        "format": "reconciler-exchange", "version": 1, "tenant": TENANT, "taken": "2026-11-21T20:00:00+00:00",
        "results": [{"id": "1" * 16, "status": "done", "detail": ""}],
        "acceptedDomains": [{"domain": "acme.example", "type": "Authoritative"}],
        "dkim": [{"domain": "acme.example", "enabled": False, "selector1": HOST.upper() + ".", "selector2": ""}],
        "sharedMailboxes": [
            {"address": "Info@acme.example", "displayName": "Info", "aliases": ["b@acme.example", "a@acme.example"],
             "fullAccess": ["ana@acme.example"], "sendAs": []}],
        "lists": [{"address": "team@acme.example", "displayName": "Team", "members": ["out@away.example"]}],
        "complete": True,
    } | more  # fmt: skip


@pytest.fixture
def provider(tmp_path: Path) -> ExchangeProvider:
    """Nothing was brought back yet."""
    return ExchangeProvider("exchange", {"directory": "."}, tmp_path)


def save(provider: ExchangeProvider, content: object, encoding: str = "utf-8") -> None:
    """Somebody saves it."""
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    provider.path(TENANT).write_bytes(text.encode(encoding))


def test_nothing_yet(provider: ExchangeProvider) -> None:
    """Nothing is there, and everything may be planned."""
    found = provider.observe(Scope("exchange", TENANT, frozenset({INFO})))
    assert (found.resources, found.version, found.covers(key("mailbox", INFO))) == ({}, "", True)
    assert provider.results(SCOPE) == {}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_all_of_it(provider: ExchangeProvider, encoding: str) -> None:
    """Addresses in lower case, sorted; the version is the moment; names nobody asked for are left out."""
    save(provider, whole(), encoding)
    found = provider.observe(SCOPE)
    box = Mailbox(key("mailbox", INFO), "Info", ("a@acme.example", "b@acme.example"), ("ana@acme.example",))
    assert found.resources == {
        box.key: box,
        key("list", "team@acme.example"): MailList(key("list", "team@acme.example"), "Team", ("out@away.example",)),
        key("dkim", "acme.example"): Signing(key("dkim", "acme.example"), False, (("selector1", HOST),)),
        key("accepted-domain", "acme.example"): AcceptedDomain(key("accepted-domain", "acme.example")),
    }
    assert (found.version, found.findings) == ("2026-11-21T20:00:00+00:00", ())
    some = provider.observe(Scope("exchange", TENANT, frozenset({INFO})))
    assert set(some.resources) == {box.key}
    assert isinstance(provider, Recorder)


def test_lists_as_powershell_writes_them(provider: ExchangeProvider) -> None:
    """One is written without brackets, none as null; more names than we know are no mistake."""
    given = whole(new={"x": [1, 2.5]}, contacts=None)
    for name in ("results", "acceptedDomains", "dkim", "sharedMailboxes", "lists"):
        given[name] = given[name][0]
    given["sharedMailboxes"] |= {"fullAccess": "ana@acme.example", "sendAs": None}
    save(provider, given)
    assert len(provider.observe(SCOPE).resources) == 4
    save(provider, [given])
    assert len(provider.observe(SCOPE).resources) == 4


def test_a_name_that_nobody_could_review(provider: ExchangeProvider) -> None:
    """It shows what cannot be seen in it as question marks, so that nothing else of the tenant waits for it."""
    given = whole()
    given["sharedMailboxes"][0]["displayName"] = "In\x1bfo\u202e"
    save(provider, given)
    (box,) = provider.observe(Scope("exchange", TENANT, frozenset({INFO}))).resources.values()
    assert isinstance(box, Mailbox)
    assert box.display_name == "In?fo?"
    assert list(provider.refusals([box])) == []


def test_what_became_of_steps(provider: ExchangeProvider) -> None:
    """Exchange's words on one line, cut; a failure without a word is one."""
    said = [
        {"id": "a", "status": "failed", "detail": "no\r\nsuch " + "x" * 999},
        {"id": "b", "status": "failed"},
        {"id": "c", "status": "done", "detail": "ignored"},
    ]
    save(provider, whole(results=said))
    results = provider.results(SCOPE)
    assert results["a"].startswith("no such xx")
    assert (len(results["a"]), results["b"], results["c"]) == (300, "Exchange gave no reason", "")


BROKEN = [
    ("{", "not JSON"),
    ("", "it is empty"),
    ("[]", "not what the script prints"),
    ('{"a": 1, "a": 2}', "twice"),
    ("[" * 100_000, "nested too deep"),
    (whole(tenant="other.onmicrosoft.com"), "of the tenant other.onmicrosoft.com, not of acme"),
    (whole(format="x"), "not what the script prints"),
    (whole(version=2), "not what the script prints"),
    (whole(complete=False), "ends before all was written"),
    (whole(taken="yesterday"), "no moment"),
    (whole(taken="2026-11-21T20:00:00"), "no moment"),
    (whole(lists=["System.Collections.Specialized.OrderedDictionary"]), "too small"),
    (whole(sharedMailboxes=[{"address": INFO, "displayName": "x", "aliases": "System.Object[]"}]), "too small"),
    (whole(sharedMailboxes=[{"address": "no address", "displayName": "x"}]), "`address` is 'no address'"),
    (whole(sharedMailboxes=[{"address": INFO}]), "`displayName` is"),
    (whole(sharedMailboxes=[{"address": INFO, "displayName": "x"}] * 2), "twice"),
    (whole(dkim=[{"domain": "acme.example", "enabled": "True"}]), "`enabled` is"),
    (whole(dkim=[{"domain": "acme.example", "enabled": True, "selector1": "a b\n"}]), "DKIM target"),
    (whole(results=[{"id": "a", "status": "maybe"}]), "neither done nor failed"),
    ({name: value for name, value in whole().items() if name != "lists"}, "`lists` is missing"),
]


@pytest.mark.parametrize(("content", "said"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_none(provider: ExchangeProvider, content: object, said: str) -> None:
    """Never a part of it: an error that names the file, what is wrong, and what to do."""
    save(provider, content)
    with pytest.raises(Invalid, match=r"acme\.onmicrosoft\.com\.json: .*Run the script again") as problem:
        provider.observe(SCOPE)
    assert said in str(problem.value)
    with pytest.raises(Invalid):
        provider.results(SCOPE)
    wished = Mailbox(key("mailbox", INFO), "Info")
    (outcome,) = provider.apply([Change(wished.key, None, wished)])
    assert outcome.status is Status.FAILED


def test_every_half(provider: ExchangeProvider) -> None:
    """Cut anywhere, it is never read."""
    text = json.dumps(whole())
    for end in range(0, len(text), 7):
        save(provider, text[:end])
        with pytest.raises(ProviderError):
            provider.observe(SCOPE)


def test_what_is_not_here(provider: ExchangeProvider) -> None:
    """Zones are elsewhere; a name that is no domain leads to no file."""
    with pytest.raises(Unsupported):
        provider.observe(Scope("dns", "acme.example"))
    with pytest.raises(NotFound):
        provider.observe(Scope("exchange", "../../etc/passwd"))
    provider.path(TENANT).write_bytes(b"\xff\x00\xff")
    with pytest.raises(Invalid, match="it is no text"):
        provider.observe(SCOPE)


@pytest.mark.parametrize(
    ("wished", "said"),
    [
        (Mailbox(key("mailbox", INFO), "a\nb"), "U+000A"),
        (Mailbox(key("mailbox", INFO), "\u202ea"), "U+202E"),
        (Mailbox(key("mailbox", INFO), " "), "empty"),
        (Mailbox(key("mailbox", INFO), "x" * 257), "longer"),
        (Mailbox(key("mailbox", "*@acme.example"), "x"), "no address"),
        (Mailbox(key("mailbox", INFO), "x", (INFO,)), "no alias"),
        (MailList(key("list", INFO), "x", ("a;b@x.example",)), "no address"),
        (Signing(key("dkim", "-")), "no domain"),
        (AcceptedDomain(key("accepted-domain", "acme.example"), "ExternalRelay"), "neither"),
        (RecordSet(Key("dns", "acme.example", "A", "@"), 60, ("192.0.2.1",)), "holds no A"),
    ],
)
def test_what_is_refused_offline(provider: ExchangeProvider, wished: Any, said: str) -> None:
    """Before anything is written, at the resource."""
    (one, *_) = provider.refusals([wished])
    assert (said in one.summary, one.address) == (True, wished.key.address)


def test_nothing_is_ever_deleted(provider: ExchangeProvider) -> None:
    """Not even when asked for; what is not there is gone."""
    save(provider, whole())
    box = provider.observe(SCOPE).resources[key("mailbox", INFO)]
    gone, never = provider.apply([Change(box.key, box, None), Change(key("mailbox", "x@acme.example"), None, None)])
    assert (gone.status, never.status) == (Status.REFUSED, Status.DONE)


def test_options() -> None:
    """A folder, and nothing else."""
    for given in ({}, {"directory": 3}, {"directory": "x", "more": 1}):
        with pytest.raises(SpecError):
            ExchangeProvider("exchange", given, Path())
