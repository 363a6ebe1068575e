"""In whose name the Microsoft 365 adapter asks: its options, its ways to sign in, and what it says when it cannot."""

from __future__ import annotations

import base64
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from providers.microsoft365.answers import NotSent
from providers.microsoft365.credentials import Given, Identity, given
from reconciler.model.errors import AuthFailed, ProviderError, RateLimited, SpecError
from reconciler.wire.options import Options
from tests.adapters.microsoft365_authority import Authority, authority_with, pair
from tests.adapters.microsoft365_wire import APP, TENANT, Said, Wire, wire

SECRET = "Zebra~Secret.8Q"
CONSENT = f"/{TENANT}/adminconsent?client_id={APP}"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    pair(folder, "server")
    pair(folder, "app")
    pair(folder, "locked", "pass word")
    return folder


@pytest.fixture
def authority(keys: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Authority]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(keys / "server.pem"))
    with authority_with(keys / "server.pem") as told:
        yield told


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own environment signs in."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for name in (
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_CLIENT_ID",
        "AZURE_TENANT_ID",
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
        "SYSTEM_OIDCREQUESTURI",
        "SYSTEM_ACCESSTOKEN",
        "IDENTITY_ENDPOINT",
        "MSI_ENDPOINT",
        "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    ):
        monkeypatch.delenv(name, raising=False)


def read(folder: Path, **entry: Any) -> Given:
    """What an entry of the workspace means."""
    options = Options("m365", entry, folder)
    told = given("m365", options)
    options.end()
    return told


def signing_in(authority: Authority, folder: Path, **entry: Any) -> Identity:
    (folder / "secret").write_text(f"{SECRET}\n")
    return read(folder, login=authority.address, **entry).reads


def by_secret(authority: Authority, folder: Path) -> Identity:
    return signing_in(authority, folder, client_id=APP, client_secret={"file": "secret"})


# options

REFERENCE = {"env": "NOWHERE"}


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({}, ["a credential is missing"]),
        ({"client_id": APP}, ["a credential is missing"]),
        ({"client_secret": REFERENCE, "identity": "az", "client_id": APP}, ["client_secret and identity exclude"]),
        ({"client_secret": REFERENCE}, ["client_id is missing: client_secret needs it"]),
        ({"identity": "workload"}, ["client_id is missing: identity needs it"]),
        ({"identity": "somebody"}, ["identity is 'somebody'"]),
        ({"identity": "az", "client_id": APP}, ["client_id has no meaning with az"]),
        ({"access_token": REFERENCE, "client_id": APP}, ["client_id has no meaning with access_token"]),
        ({"client_id": "my-app", "client_secret": REFERENCE}, ["client_id must be the application id"]),
        ({"client_id": APP, "client_secret": SECRET}, ["client_secret must be a reference to a secret"]),
        (
            {"client_id": APP, "client_secret": REFERENCE, "certificate_password": REFERENCE},
            ["certificate_password has no meaning beside client_secret"],
        ),
        (
            {"identity": "az", "endpoint": "http://graph.example/", "login": "http://127.0.0.1/", "timeout": 0},
            ["endpoint must be an https address", "login must be an https address", "timeout must be a number"],
        ),
        ({"identity": "az", "endpoint": "https://user@graph.example/"}, ["endpoint must be an https address"]),
        ({"identity": "az", "cloud": "moon"}, ["cloud is 'moon'"]),
        ({"identity": "az", "write": {"identity": "managed", "cloud": "china"}}, ["unknown option cloud"]),
        ({"identity": "az", "write": {"client_id": APP}}, ["a credential is missing"]),
        ({"identity": "az", "write": "az"}, ["write must be a mapping"]),
        ({"identity": "az", "tenant": "x"}, ["unknown option tenant"]),
    ],
)
def test_every_mistake_in_the_options_is_told_at_once(tmp_path: Path, entry: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(SpecError) as told:
        read(tmp_path, **entry)
    summaries = [one.summary for one in told.value.diagnostics]
    assert len(summaries) == len(words), summaries
    for word in words:
        assert any(word in one for one in summaries), summaries
    assert all(one.remedy for one in told.value.diagnostics)
    assert SECRET not in str(told.value)


@pytest.mark.parametrize(
    ("cloud", "endpoint", "scope", "login"),
    [
        ("global", "https://graph.microsoft.com/v1.0", "https://graph.microsoft.com/.default", "microsoftonline.com"),
        ("usgov", "https://graph.microsoft.us/v1.0", "https://graph.microsoft.us/.default", "microsoftonline.us"),
        ("dod", "https://dod-graph.microsoft.us/v1.0", "https://dod-graph.microsoft.us/.default", "microsoftonline.us"),
        (
            "china",
            "https://microsoftgraph.chinacloudapi.cn/v1.0",
            "https://microsoftgraph.chinacloudapi.cn/.default",
            "chinacloudapi.cn",
        ),
    ],
)
def test_each_cloud_has_its_own_places(tmp_path: Path, cloud: str, endpoint: str, scope: str, login: str) -> None:
    told = read(tmp_path, cloud=cloud, client_id=APP, client_secret=REFERENCE)
    assert told.line.endpoint == endpoint
    assert told.reads.cloud.scope == scope
    assert told.reads.login == f"https://login.{login}"
    assert told.reads.consent(TENANT) == f"https://login.{login}{CONSENT}"


def test_another_identity_may_write(tmp_path: Path) -> None:
    told = read(tmp_path, identity="az", write={"client_id": APP, "client_secret": REFERENCE})
    assert (told.reads.way, told.reads.consent(TENANT)) == ("az", "")
    assert told.writes is not None
    assert (told.writes.way, told.writes.app) == ("client_secret", APP)
    assert read(tmp_path, identity="az").writes is None


# ways


def test_a_secret_signs_in_once_for_each_tenant(authority: Authority, tmp_path: Path) -> None:
    identity = by_secret(authority, tmp_path)
    assert identity.token(TENANT) == f"token-{TENANT}-1"
    assert identity.token(TENANT.upper()) == f"token-{TENANT}-1"
    assert identity.token("fabrikam.onmicrosoft.com") == "token-fabrikam.onmicrosoft.com-2"
    (path, form), (other, _) = authority.forms
    assert path == f"/{TENANT}/oauth2/v2.0/token"
    assert other == "/fabrikam.onmicrosoft.com/oauth2/v2.0/token"
    assert (form["client_id"], form["client_secret"]) == (APP, SECRET)
    assert form["scope"] == "https://graph.microsoft.com/.default"
    assert identity.credential(TENANT) is identity.credential(TENANT)
    assert identity.credential(TENANT) is not identity.credential("fabrikam.onmicrosoft.com")


def test_a_token_that_ends_is_got_anew(authority: Authority, tmp_path: Path) -> None:
    authority.lifetime = 200
    identity = by_secret(authority, tmp_path)
    first = identity.token(TENANT)
    assert identity.token(TENANT) != first


def test_a_credential_serves_no_other_tenant(authority: Authority, tmp_path: Path) -> None:
    credential = by_secret(authority, tmp_path).credential(TENANT)
    from azure.core.exceptions import ClientAuthenticationError

    with pytest.raises(ClientAuthenticationError):
        credential.get_token("https://graph.microsoft.com/.default", tenant_id="fabrikam.onmicrosoft.com")
    assert not authority.forms


@pytest.mark.parametrize(("name", "password"), [("app", ""), ("locked", "pass word")])
def test_a_certificate_signs_in(authority: Authority, keys: Path, tmp_path: Path, name: str, password: str) -> None:
    (tmp_path / "password").write_text(password)
    more = {"certificate_password": {"file": "password"}} if password else {}
    identity = signing_in(authority, tmp_path, client_id=APP, certificate={"file": str(keys / f"{name}.pem")}, **more)
    assert identity.token(TENANT) == f"token-{TENANT}-1"
    head = authority.forms[0][1]["client_assertion"].split(".")[0]
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] in ("RS256", "PS256")
    assert "client_secret" not in authority.forms[0][1]


def test_a_certificate_that_is_none_is_told(authority: Authority, keys: Path, tmp_path: Path) -> None:
    whole = (keys / "app.pem").read_text()
    at = whole.index("-----BEGIN CERT")
    for text in (whole[:at], whole[at:], f"-----BEGIN {SECRET}", "\x01", (keys / "locked.pem").read_text()):
        (tmp_path / "pem").write_text(text)
        identity = signing_in(authority, tmp_path, client_id=APP, certificate={"file": "pem"})
        with pytest.raises(AuthFailed, match="no PEM with a certificate") as told:
            identity.token(TENANT)
        assert SECRET not in str(told.value)
        assert told.value.__cause__ is None
    assert not authority.forms


def test_a_workload_signs_in_with_the_token_in_its_file(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "federated").write_text("a.b.c")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "federated"))
    assert signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT) == f"token-{TENANT}-1"
    assert authority.forms[0][1]["client_assertion"] == "a.b.c"
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "nothing"))
    with pytest.raises(AuthFailed, match="federated token file cannot be read: No such file"):
        signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT)


@pytest.fixture
def service() -> Iterator[Wire]:
    with wire() as made:
        yield made


@pytest.fixture
def job(service: Wire, monkeypatch: pytest.MonkeyPatch) -> Wire:
    """What GitHub Actions gives a job that may ask for a token of its own."""
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", f"{service.host}/token?api-version=2")
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "runner")
    return service


def test_a_job_of_github_signs_in(authority: Authority, job: Wire, tmp_path: Path) -> None:
    job.say(Said(body={"value": "g.h.i"}))
    assert signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT) == f"token-{TENANT}-1"
    assert authority.forms[0][1]["client_assertion"] == "g.h.i"
    asked = job.heard[0]
    assert parse_qs(urlsplit(asked.path).query) == {"api-version": ["2"], "audience": ["api://AzureADTokenExchange"]}
    assert asked.headers["authorization"] == "Bearer runner"


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(500), NotSent),
        (Said(lost="after"), NotSent),
        (Said(401, {"message": "runner"}), AuthFailed),
        (Said(body=b"<html>"), AuthFailed),
        (Said(body={"value": 7}), AuthFailed),
        (Said(body=b"[" * 100_000), AuthFailed),
    ],
)
def test_a_job_without_a_token_of_its_own_is_told(
    authority: Authority, job: Wire, tmp_path: Path, said: Said, kind: type[ProviderError]
) -> None:
    job.say(said)
    with pytest.raises(kind, match="GitHub's identity service") as told:
        signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT)
    assert type(told.value) is kind
    assert "runner" not in str(told.value)


def test_a_job_sends_its_token_nowhere_unsafe(
    authority: Authority, job: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTIONS_ID_TOKEN_REQUEST_URL", "http://actions.example/token")
    with pytest.raises(AuthFailed, match="no https address"):
        signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT)


def test_a_pipeline_of_azure_devops_signs_in(
    authority: Authority, service: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYSTEM_OIDCREQUESTURI", f"{service.host}/oidc")
    monkeypatch.setenv("SYSTEM_ACCESSTOKEN", "pipeline")
    monkeypatch.setenv("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "connection")
    service.say(Said(body={"oidcToken": "j.k.l"}))
    assert signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT) == f"token-{TENANT}-1"
    assert authority.forms[0][1]["client_assertion"] == "j.k.l"
    assert "serviceConnectionId=connection" in service.heard[0].path


def test_a_workload_nowhere_is_told(authority: Authority, tmp_path: Path) -> None:
    with pytest.raises(AuthFailed, match=r"AZURE_FEDERATED_TOKEN_FILE.*id-token: write"):
        signing_in(authority, tmp_path, client_id=APP, identity="workload").token(TENANT)


def test_a_managed_identity_signs_in(service: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", service.host)
    body = {"access_token": "managed", "expires_in": "3600", "resource": "https://graph.microsoft.com"}
    service.say(Said(body=body))
    assert read(tmp_path, identity="managed", client_id=APP).reads.token(TENANT) == "managed"
    asked = parse_qs(urlsplit(service.heard[0].path).query)
    assert asked["client_id"] == [APP]
    assert asked["resource"] == ["https://graph.microsoft.com"]


@pytest.mark.parametrize("said", [Said(400, {"error": "invalid_request"}), Said(404, b"<html>"), Said(body=b"[]")])
def test_a_machine_without_a_managed_identity_says_so(
    service: Wire, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: Said
) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", service.host)
    service.say(*[said] * 9)
    begun = time.monotonic()
    with pytest.raises(AuthFailed, match="no managed identity here"):
        read(tmp_path, identity="managed").reads.token(TENANT)
    service.close()
    with pytest.raises(AuthFailed, match="no managed identity here"):
        read(tmp_path, identity="managed").reads.token(TENANT)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo \"ERROR: Please run 'az login' to setup account.\" >&2; exit 1", f"run az login --tenant {TENANT}"),
        ("echo 'ERROR: AADSTS50173: expired.' >&2; exit 1", f"(AADSTS50173): run az login --tenant {TENANT}"),
        ("echo 'AADSTS90002: Tenant not found' >&2; exit 1", f"there is no tenant {TENANT}"),
        ("echo nonsense", f"run az login --tenant {TENANT}"),
        ("exit 127", "cannot be run"),
        (None, "cannot be run"),
    ],
)
def test_az_that_cannot_help_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, words: str
) -> None:
    _program(tmp_path, monkeypatch, script)
    with pytest.raises(AuthFailed) as told:
        read(tmp_path, identity="az").reads.token(TENANT)
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_az_signs_in_to_the_tenant_that_is_meant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = {"accessToken": "by-az", "expires_on": 4_000_000_000}
    _program(tmp_path, monkeypatch, f"echo \"$@\" >>{tmp_path}/asked; echo '{json.dumps(answer)}'")
    identity = read(tmp_path, identity="az").reads
    assert [identity.token(TENANT) for _ in range(3)] == ["by-az"] * 3
    (asked,) = (tmp_path / "asked").read_text().splitlines()
    assert f"--tenant {TENANT}" in asked


def _program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str | None) -> None:
    place = folder / "bin"
    place.mkdir()
    if script is not None:
        (place / "az").write_text(f"#!/bin/sh\n{script}\n")
        (place / "az").chmod(0o755)
    monkeypatch.setenv("PATH", str(place))


@pytest.mark.parametrize("text", ["two words", "línea", "a\x07b"])
def test_what_is_no_token_is_not_used(tmp_path: Path, text: str) -> None:
    (tmp_path / "token").write_text(text)
    with pytest.raises(AuthFailed, match="no access token") as told:
        read(tmp_path, access_token={"file": "token"}).reads.token(TENANT)
    assert text not in str(told.value)


# what the authority says


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("7000215", f"the client secret of app {APP} is wrong"),
        ("7000222", f"the client secret of app {APP} has expired"),
        ("700016", f"app {APP} is not known in tenant {TENANT}: its administrator lets it in at LOGIN{CONSENT}"),
        ("7000229", f"lets it in at LOGIN{CONSENT}"),
        ("65001", f"has not consented to app {APP}: its administrator does at LOGIN{CONSENT}"),
        ("90002", f"there is no tenant {TENANT}"),
        ("700027", "the certificate is not one of app"),
        ("70021", "trusts no federated credential"),
        ("700213", "trusts no federated credential"),
        ("53003", "conditional access of tenant"),
        ("123456", "Authentication failed: AADSTS123456"),
    ],
)
def test_each_code_of_the_authority_has_its_way_out(
    authority: Authority, tmp_path: Path, code: str, words: str
) -> None:
    """Whatever the words beside it; they may even repeat the secret."""
    text = f"AADSTS{code}: {SECRET} is wrong.\r\nTrace ID: 1\r\nCorrelation ID: 2"
    authority.refusal = (401, {"error": "invalid_client", "error_description": text, "error_codes": [int(code)]})
    with pytest.raises(AuthFailed) as told:
        by_secret(authority, tmp_path).token(TENANT)
    assert words.replace("LOGIN", authority.address) in str(told.value)
    assert f"AADSTS{code}" in str(told.value)
    assert "\n" not in str(told.value)
    assert SECRET not in str(told.value)
    assert len(authority.forms) == 1


def test_a_tenant_that_is_not_there_is_told(authority: Authority, tmp_path: Path) -> None:
    authority.unknown = True
    with pytest.raises(AuthFailed, match=rf"there is no tenant {TENANT} \(AADSTS90002\)"):
        by_secret(authority, tmp_path).token(TENANT)
    with pytest.raises(AuthFailed, match="no credential for tenant a b"):
        by_secret(authority, tmp_path).token("a b")


@pytest.mark.parametrize(
    ("refusal", "kind"),
    [
        ((503, b"<html>"), NotSent),
        ((500, {"error": "server_error"}), NotSent),
        ((400, {"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error"}), NotSent),
        ((429, b"slow"), RateLimited),
        ((400, b"<html>"), AuthFailed),
        ((400, {"error": "invalid", "error_description": f"{SECRET} is wrong"}), AuthFailed),
        ((400, b""), AuthFailed),
        ((200, {"token_type": "Bearer"}), AuthFailed),
        ((200, []), AuthFailed),
        ((200, {"access_token": "a", "expires_in": "soon"}), AuthFailed),
        ((200, {"access_token": {"a": 1}, "expires_in": 3600}), AuthFailed),
        ((200, {"access_token": "a", "expires_in": 10**30}), AuthFailed),
    ],
)
def test_trouble_of_the_authority_is_an_error_of_ours(
    authority: Authority, tmp_path: Path, refusal: tuple[int, Any], kind: type[ProviderError]
) -> None:
    """It is asked once, and nothing was sent to Graph."""
    authority.refusal = refusal
    with pytest.raises(kind) as told:
        by_secret(authority, tmp_path).token(TENANT)
    assert type(told.value) is kind
    assert SECRET not in str(told.value)
    assert len(authority.forms) == 1


def test_an_authority_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    """It is tried once: whoever may wait does."""
    tries = []
    with socket.create_server(("127.0.0.1", 0)) as deaf:

        def hang_up() -> None:
            with suppress(OSError):
                while True:
                    tries.append(1)
                    deaf.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        nowhere = Authority(address=f"https://127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(NotSent, match="cannot be reached"):
            by_secret(nowhere, tmp_path).token(TENANT)
        deaf.shutdown(socket.SHUT_RDWR)
    assert len(tries) == 2  # one that came, one that is waited for


def test_no_secret_is_shown_or_logged(
    authority: Authority, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        identity = by_secret(authority, tmp_path)
        token = identity.token(TENANT)
        authority.refusal = (401, {"error": "invalid_client", "error_description": "AADSTS7000215: no"})
        with pytest.raises(AuthFailed):
            identity.token("fabrikam.onmicrosoft.com")
    told: Mapping[str, str] = {"repr": repr(identity), "log": caplog.text, "screen": "".join(capfd.readouterr())}
    assert caplog.text
    for text in told.values():
        assert SECRET not in text
        assert token not in text


def test_a_failure_is_told_once(tmp_path: Path) -> None:
    """The vendor's library would write its own account of it to the screen."""
    code = """
from pathlib import Path
from providers.microsoft365.credentials import given
from reconciler.model.errors import AuthFailed
from reconciler.wire.options import Options
try:
    given("m", Options("m", {"identity": "az"}, Path("."))).reads.token("contoso.onmicrosoft.com")
except AuthFailed as problem:
    print(problem)
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert "install the Azure CLI" in done.stdout
    assert not done.stderr
