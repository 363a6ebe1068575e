"""What is the case in the whole tenant: its domains, products, policies, and who is deleted.

What an app may not see without a further permission, or a tenant does not have without a further licence, is left out
with a finding that says so; users, domains and products are a must.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from providers.microsoft365 import asking
from providers.microsoft365.answers import NotSent
from providers.microsoft365.api import Api
from providers.microsoft365.batches import Answer, Request
from providers.microsoft365.products import Products
from providers.microsoft365.shapes import Shapes
from providers.microsoft365.told import Entry, Told
from reconciler.model.diagnostic import Diagnostic, warning
from reconciler.model.errors import AuthFailed, Invalid, Permanent
from reconciler.model.resource import Resource, TenantDomain

#: What is left out where it cannot be read, in words, and what that means.
_MISSING = {
    "subscriptions": ("the subscriptions", "The days on which products renew are not known."),
    "defaults": ("the security defaults", "How sign-in is protected is not known, and cannot be planned."),
    "policies": ("the conditional access policies", "The tenant is taken to have none; some editions have none."),
    "deleted": ("the deleted users", "Somebody who was deleted is made anew instead of being restored."),
}


@dataclass(slots=True)
class Whole:
    """What a tenant is, apart from its people and groups.

    Attributes:
        domains: as Graph shows them, by name. initial: names of those that came with the tenant.
        resources: products and sign-in. deleted: users, as Graph shows them.
    """

    shapes: Shapes
    domains: Mapping[str, Entry]
    initial: frozenset[str]
    resources: list[Resource]
    deleted: Sequence[Entry]
    findings: list[Diagnostic] = field(default_factory=list)

    def domain(self, name: str) -> TenantDomain:
        """One of the domains, without its records."""
        return self.shapes.domain_of(self.domains[name])


@dataclass(frozen=True, slots=True)
class First:
    """What the first call gave.

    Attributes:
        mark: from where later changes are told; empty when nobody asked, or this tenant cannot tell.
        answers: to the further reads, whatever they are.
    """

    whole: Whole
    mark: str
    answers: Sequence[Answer]


def ask(api: Api, more: Sequence[Request] = ()) -> First:
    """Read it, and more with the same call, once it is marked from where later changes are told.

    Raises:
        ProviderError: a part that must be there could not be read.
    """
    reads = [*asking.TENANT.values(), *more]
    mark, *found = api.batch([asking.TOKEN, *(replace(one, after=0) for one in reads)])
    refused = mark.status and isinstance(mark.problem, Invalid)
    if refused or isinstance(mark.problem, NotSent):  # a tenant that cannot tell changes can be read all the same
        return ask_plainly(api, more)
    told = Told(api.provider, "the mark of later changes", body(mark)).word("@odata.deltaLink")
    return First(_read(api, found), told, found[len(asking.TENANT) :])


def ask_plainly(api: Api, more: Sequence[Request] = ()) -> First:
    """The same without a mark.

    Raises:
        ProviderError: a part that must be there could not be read.
    """
    found = api.batch([*asking.TENANT.values(), *more])
    return First(_read(api, found), "", found[len(asking.TENANT) :])


def body(answer: Answer) -> Mapping[str, Any]:
    """What an answer says.

    Raises:
        ProviderError: it is none.
    """
    if answer.problem is not None:
        raise answer.problem
    return answer.body


def listed(api: Api, answer: Answer) -> list[dict[str, Any]]:
    """All items of a list whose first page is there, with those of the pages that follow.

    Raises:
        ProviderError: a page could not be read.
    """
    return list(api.following(body(answer)))


def _read(api: Api, found: Sequence[Answer]) -> Whole:
    name, answers = api.provider, dict(zip(asking.TENANT, found, strict=False))
    body(answers["organization"])  # whose tenant it is was judged by it
    products = Products(name, listed(api, answers["skus"]))
    shapes = Shapes(name, api.tenant, products)
    domains = {shapes.domain_of(one).key.name: one for one in listed(api, answers["domains"])}
    marked = {key: Told(name, f"domain {key}", one).flag("isInitial", default=False) for key, one in domains.items()}
    initial = frozenset(key for key, came in marked.items() if came)
    findings = [
        warning("tenant/double-product", f"two products are called {part}", "Each goes by its id.", address=one)
        for part in sorted(products.doubles)
        for one in [shapes.key("sku", part).address]
    ]
    told = _optional(api, answers, findings)
    resources: list[Resource] = list(shapes.skus_of(told.get("subscriptions", ())))
    if "defaults" in told:
        resources.append(shapes.sign_in_of(told["defaults"][0], told.get("policies", ())))
    return Whole(shapes, domains, initial, resources, told.get("deleted", []), findings)


def _optional(
    api: Api, answers: Mapping[str, Answer], findings: list[Diagnostic]
) -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """What could be read of what may be missing; a thing that is no list stands alone."""
    told: dict[str, Sequence[Mapping[str, Any]]] = {}
    for part, (what, meaning) in _MISSING.items():
        try:
            told[part] = [body(answers[part])] if part == "defaults" else listed(api, answers[part])
        except AuthFailed:
            raise
        except Permanent as problem:
            if answers[part].problem is not problem:  # a later page is missing: what is there is not the whole
                raise
            reason = str(problem).removeprefix(f"{api.provider}: ")
            summary = f"{what} could not be read"
            findings.append(warning("tenant/unread", summary, f"{meaning} Graph said: {reason}"))
    return told
