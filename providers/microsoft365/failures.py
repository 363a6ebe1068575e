"""Why no token was given, in one line with the way out; only codes are looked at, never words.

Source: Entra documentation, Microsoft Entra authentication and authorization error codes (AADSTS), 2026-11.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from providers.microsoft365 import answers
from providers.microsoft365.answers import NotSent
from reconciler.model.errors import AuthFailed, ProviderError

if TYPE_CHECKING:
    from providers.microsoft365.ways import Way

_CODE = re.compile(r"AADSTS([0-9]{4,8})")
#: What the code means and what to do; `{app}`, `{tenant}`, `{consent}` and `{login}` are filled in.
WORDS: Mapping[str, str] = {
    "65001": "tenant {tenant} has not consented to app {app}: its administrator does at {consent}",
    "70021": "app {app} trusts no federated credential of this issuer, subject and audience: compare them in its"
    " registration",
    "90002": "there is no tenant {tenant}",
    "900021": "{tenant} is not the name of a tenant",
    "900023": "{tenant} is not the name of a tenant",
    "53003": "conditional access of tenant {tenant} blocks this sign-in",
    "700016": "app {app} is not known in tenant {tenant}: its administrator lets it in at {consent}",
    "700024": "the assertion is not valid at this time: look at this machine's clock",
    "700027": "the certificate is not one of app {app}, or has expired: upload it in its registration",
    "7000112": "app {app} is disabled",
    "7000215": "the client secret of app {app} is wrong: give the secret's value, not its id",
    "7000222": "the client secret of app {app} has expired: make a new one in its registration",
    "7000229": "app {app} has no service principal in tenant {tenant}: its administrator lets it in at {consent}",
}
_SAME = {"700211": "70021", "700212": "70021", "700213": "70021"}
#: The authority itself has trouble that passes.
_PASSING = frozenset({"90006", "90024", "90033"})


def translated(identity: Way, tenant: str, problem: BaseException) -> ProviderError:
    """The error that a failure of azure-identity means; what may pass surely changed nothing (`NotSent`)."""
    from azure.core.exceptions import ServiceRequestError, ServiceResponseError

    name, chain = identity.provider, list(_chain(problem))
    own = next((one for one in chain if isinstance(one, ProviderError)), None)
    if own is not None:
        return own
    code = next((found.group(1) for one in chain if (found := _CODE.search(str(one)))), "")
    if identity.way == "az":
        return _of_az(chain, name, tenant, code)
    if code and code not in _PASSING:
        return AuthFailed(name, _words(identity, tenant, code, problem))
    if identity.way == "managed":
        return AuthFailed(name, "there is no managed identity here, or it gives no token; sign in another way")
    if code:
        return NotSent(name, f"{identity.login} has trouble of its own (AADSTS{code})")
    if any(isinstance(one, ServiceRequestError | ServiceResponseError) for one in chain):
        return NotSent(name, f"{identity.login} cannot be reached, or does not answer")
    missing = next((one for one in chain if isinstance(one, OSError) and one.strerror), None)
    if missing is not None:
        return AuthFailed(name, f"{identity.way}: the federated token file cannot be read: {missing.strerror}")
    return AuthFailed(name, f"no token for tenant {tenant}: {answers.line(problem, _hidden(identity))}")


def _words(identity: Way, tenant: str, code: str, problem: BaseException) -> str:
    text = WORDS.get(_SAME.get(code, code))
    if text is None:
        return f"no token for tenant {tenant}: {answers.line(problem, _hidden(identity))}"
    known = {"app": identity.app, "tenant": tenant, "consent": identity.consent(tenant), "login": identity.login}
    return f"{text.format_map(known)} (AADSTS{code})"


def _of_az(chain: list[BaseException], name: str, tenant: str, code: str) -> ProviderError:
    known = f" (AADSTS{code})" if code else ""
    if code in ("90002", "900021", "900023"):
        return AuthFailed(name, f"there is no tenant {tenant}{known}")
    if any(isinstance(one, subprocess.TimeoutExpired) for one in chain):
        return NotSent(name, "the program az gave no answer")
    ended = next((one.returncode for one in chain if isinstance(one, subprocess.CalledProcessError)), None)
    unavailable = type(chain[0]).__name__ == "CredentialUnavailableError"
    if ended == 127 or (ended is None and unavailable):
        return AuthFailed(name, "the program az cannot be run: install the Azure CLI, or sign in another way")
    return AuthFailed(name, f"the program az has no token for tenant {tenant}{known}: run az login --tenant {tenant}")


def _hidden(identity: Way) -> tuple[str, ...]:
    """The secrets that this identity has looked up."""
    return tuple(one.secret().reveal() for one in (identity.place, identity.password) if one is not None)


def _chain(problem: BaseException) -> Iterator[BaseException]:
    """It and what led to it, each once."""
    seen: set[int] = set()
    one: BaseException | None = problem
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or one.__context__
