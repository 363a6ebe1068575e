"""The credentials of azure-identity, made and asked; the only file that knows that library.

It repeats nothing and never waits long: whoever may wait does. Its own log would show a failure a second time.
"""

from __future__ import annotations

import functools
import logging
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from providers.microsoft365 import answers, clouds, failures
from providers.microsoft365.answers import NotSent
from reconciler.model.errors import AuthFailed, ProviderError, RateLimited

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from providers.microsoft365.ways import Way

IDENTITIES = ("workload", "managed", "az")
#: Seconds to be connected to the authority, and for its answer; for `az` as a whole.
CONNECT, ANSWER, PROGRAM = 20, 30, 30
#: Seconds until the next try, where the authority says none.
BUSY = 30.0
#: Source: Entra documentation, Workload identity federation (recommended audience), 2026-11.
AUDIENCE = "api://AzureADTokenExchange"
_JOB = "ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"
_PIPELINE = "SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"
_FILE = "AZURE_FEDERATED_TOKEN_FILE"


def credential(identity: Way, tenant: str) -> TokenCredential:
    """What signs in to one tenant.

    Raises:
        AuthFailed: the secret is not there, or is none.
    """
    for name in ("azure", "msal"):
        logging.getLogger(name).addHandler(logging.NullHandler())
    try:
        return _MAKERS[identity.way](identity, tenant)
    except (ValueError, TypeError):  # an unreadable certificate, a password that does not fit, a tenant that is no name
        what = f"{identity.way}: what was found makes no credential for tenant {tenant}"
        if identity.way == "certificate":
            what = "certificate: it is no PEM with a certificate and its RSA key, or its password is wrong"
        raise AuthFailed(identity.provider, what) from None


def asked(identity: Way, tenant: str, credential: TokenCredential) -> tuple[str, datetime]:
    """A token for Graph, and until when it is valid.

    Raises:
        ProviderError: there is none.
    """
    from azure.core.exceptions import AzureError

    try:
        got = credential.get_token(identity.cloud.scope)
        return str(got.token), datetime.fromtimestamp(got.expires_on, UTC)
    except ProviderError:
        raise
    except (AzureError, ValueError, TypeError, KeyError, AttributeError, OSError, OverflowError) as problem:
        # The library lets what it cannot read of a foreign answer escape as Python's own errors.
        raise failures.translated(identity, tenant, problem) from None


def _known(identity: Way, tenant: str) -> dict[str, Any]:
    """What all that sign in at the authority have in common; it is not asked whether the authority is Microsoft's."""
    return {
        "tenant_id": tenant,
        "client_id": identity.app,
        "authority": identity.login,
        "disable_instance_discovery": True,
        "additionally_allowed_tenants": [],
        "retry_total": 0,
        "connection_timeout": CONNECT,
        "read_timeout": ANSWER,
        "raw_response_hook": functools.partial(_heard, identity.provider),
    }


def _heard(provider: str, answer: Any) -> None:
    """Trouble of whoever gives tokens, seen where its status can still be seen; nothing was sent to Graph."""
    status, host = answer.http_response.status_code, urlsplit(answer.http_request.url).hostname
    if status == 429:
        headers = {name.lower(): value for name, value in answer.http_response.headers.items()}
        text = f"{host} lets nobody sign in for now"
        raise RateLimited(provider, text, retry_after=answers.waiting(headers) or BUSY)
    if status >= 500:
        raise NotSent(provider, f"{host} has trouble of its own: it answered {status}")


def _secret(identity: Way, tenant: str) -> TokenCredential:
    from azure.identity import ClientSecretCredential

    assert identity.place is not None
    return ClientSecretCredential(client_secret=identity.place.secret().reveal(), **_known(identity, tenant))


def _certificate(identity: Way, tenant: str) -> TokenCredential:
    from azure.identity import CertificateCredential

    assert identity.place is not None
    password = identity.password.secret().reveal() if identity.password else None
    data = identity.place.secret().reveal().encode()
    return CertificateCredential(certificate_data=data, password=password, **_known(identity, tenant))


def _workload(identity: Way, tenant: str) -> TokenCredential:
    from azure.identity import AzurePipelinesCredential, ClientAssertionCredential, WorkloadIdentityCredential

    common = _known(identity, tenant)
    if os.environ.get(_FILE):
        return WorkloadIdentityCredential(token_file_path=os.environ[_FILE], **common)
    if all(os.environ.get(name) for name in _JOB):
        return ClientAssertionCredential(func=functools.partial(_of_job, identity.provider), **common)
    if all(os.environ.get(name) for name in _PIPELINE):
        _, token, connection = (os.environ[name] for name in _PIPELINE)
        return AzurePipelinesCredential(service_connection_id=connection, system_access_token=token, **common)
    raise AuthFailed(
        identity.provider,
        f"identity: workload finds none of {_FILE}, {_JOB[0]} (a job of GitHub Actions needs the permission"
        f" id-token: write) and {', '.join(_PIPELINE)}",
    )


def _of_job(provider: str) -> str:
    """What GitHub Actions says of the job that runs.

    Source: GitHub documentation, OpenID Connect reference (methods for requesting the OIDC token), 2026-11.
    """
    import httpx

    address = os.environ[_JOB[0]]
    if not clouds.is_safe(address):
        raise AuthFailed(provider, f"{_JOB[0]} is no https address")
    status = 0
    try:
        answer = httpx.get(
            f"{address}{'&' if '?' in address else '?'}audience={quote(AUDIENCE, safe='')}",
            headers={"Authorization": f"Bearer {os.environ[_JOB[1]]}"},
            timeout=ANSWER,
            trust_env=not clouds.is_loopback(address),
        )
        status = answer.status_code
        if status == 429 or status >= 500:
            raise NotSent(provider, f"GitHub's identity service answered {status}")
        told = answer.json()["value"]
    except httpx.HTTPError:
        raise NotSent(provider, "GitHub's identity service cannot be reached") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        told = None
    if not isinstance(told, str):
        raise AuthFailed(provider, f"GitHub's identity service gave no token: it answered {status}")
    return told


def _managed(identity: Way, tenant: str) -> TokenCredential:  # noqa: ARG001
    """Whose tenant it is shows when the tenant is checked."""
    from azure.identity import ManagedIdentityCredential

    return ManagedIdentityCredential(client_id=identity.app or None, retry_total=1, retry_status=1)


def _az(identity: Way, tenant: str) -> TokenCredential:  # noqa: ARG001
    from azure.identity import AzureCliCredential

    return AzureCliCredential(tenant_id=tenant, process_timeout=PROGRAM)


_MAKERS: dict[str, Callable[[Way, str], TokenCredential]] = {
    "client_secret": _secret,
    "certificate": _certificate,
    "workload": _workload,
    "managed": _managed,
    "az": _az,
}
