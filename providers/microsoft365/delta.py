"""A reading brought up to date by what Graph says has changed since.

The delta says who; the users themselves are read again by id, so that one form of answer is understood and no more.
It is a cheap look, not the only truth: changes of the states of licence assignments alone are not told.
Source: Microsoft Graph documentation, user: delta, Use delta query to track changes in Microsoft Graph data (a token
lives for 7 days; 410 asks for a full reading; `@removed`); 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from providers.microsoft365 import asking, reading, whole
from providers.microsoft365.answers import Gone
from providers.microsoft365.api import Api
from providers.microsoft365.batches import Answer
from providers.microsoft365.people import Names, sorted_out
from providers.microsoft365.reading import EVERYTHING, Reading
from providers.microsoft365.told import Entry, Told
from providers.microsoft365.whole import body
from reconciler.model.errors import Invalid, Moved
from reconciler.model.key import Key
from reconciler.model.resource import Group, Resource, Sku, TenantDomain, User
from reconciler.provider import Observation


@dataclass(slots=True)
class Changes:
    """Whom the delta named.

    Attributes:
        there: ids of those to be read again, with the name that is shown, if one. gone: ids of those deleted.
    """

    there: dict[str, str] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)


def follow(api: Api, before: Observation) -> Observation:
    """The same reading, brought up to date.

    Raises:
        Moved: it cannot be followed any more; observe. ProviderError: it could not be read whole.
    """
    link, everything = before.version.removesuffix(EVERYTHING), before.version.endswith(EVERYTHING)
    try:
        asked = asking.get(api.relative(link))
    except Invalid:
        raise Moved(api.provider, "this reading has no mark from which changes could be told") from None
    first = whole.ask_plainly(api, [asked])
    tenant, (answer,) = first.whole, first.answers
    changes, mark = _changes(api, answer)
    _same_products(api, before, tenant.resources)
    names = _names(before, tenant.domains, everything=everything)
    now = Reading(api, tenant, names)
    kept = _people(before, changes)
    now.add(kept.values())
    again = _concerned(before, changes)
    if len(again) > asking.PAGE:
        raise Moved(api.provider, "so many users have changed that all are read with less effort")
    groups = [asking.all_groups()] if everything else list(asking.groups(names.groups))
    reading.rest(now, list(asking.by_id(again)), groups)
    if before.scope.names is None:
        now.names = None  # everybody who is deleted belongs to it
    return reading.observation(now, before.scope, mark + (EVERYTHING if everything else ""))


def _changes(api: Api, answer: Answer) -> tuple[Changes, str]:
    found = Changes()
    try:
        pages = api.following(body(answer))
        for entry in pages:
            _note(found, Told(api.provider, "a changed user", entry), entry)
    except (Gone, Invalid) as problem:
        text = str(problem).removeprefix(f"{api.provider}: ")
        raise Moved(api.provider, f"what has changed since cannot be told any more: {text}") from None
    if not pages.delta:
        raise Invalid(api.provider, "the last page of what has changed does not say where the next reading begins")
    return found, pages.delta


def _note(found: Changes, told: Told, entry: Entry) -> None:
    """The latest word on one user counts: it may be named more than once."""
    identity = told.word("id")
    if entry.get("@removed") is not None:
        found.there.pop(identity, None)
        found.gone.add(identity)
    else:
        found.gone.discard(identity)
        found.there[identity] = told.text("userPrincipalName").lower()


def _same_products(api: Api, before: Observation, now: Iterable[Resource]) -> None:
    """Licences go by the names of products: with others, every user would have to be read again."""
    then, names = (
        {(one.key.name, one.sku_id, one.plans) for one in some if isinstance(one, Sku)}
        for some in (before.resources.values(), now)
    )
    if then != names:
        raise Moved(api.provider, "the tenant has other products than at that reading")


def _people(before: Observation, changes: Changes) -> dict[Key, Resource]:
    """Users of whom nothing has changed, with what they hold; those who were deleted are told anew."""
    touched = changes.gone | changes.there.keys()
    deleted = {one.remote_id for one in before.resources.values() if isinstance(one, User) and one.deleted}
    return {
        key: one
        for key, one in before.resources.items()
        if key.kind in ("user", "licenses") and key.name not in touched and key.name not in deleted
    }


def _concerned(before: Observation, changes: Changes) -> list[str]:
    """Ids of those who changed and belong to this reading: they were in it, or are named, or are on a named domain."""
    if before.scope.names is None:
        return list(changes.there)
    wanted = {one.lower() for one in before.scope.names}
    known = {key.name for key in before.resources if key.kind == "user"}
    return [
        one
        for one, upn in changes.there.items()
        if one in known or not wanted.isdisjoint((one.lower(), upn, upn.rpartition("@")[2]))
    ]


def _names(before: Observation, domains: Mapping[str, Entry], *, everything: bool) -> Names:
    """What the reading was of, with the domains whose records it held, or that are new or changed."""
    if before.scope.names is not None:
        return sorted_out(before.scope.names)
    groups = tuple(sorted(one.remote_id for one in before.resources.values() if isinstance(one, Group)))
    held = {
        one.key.name
        for one in before.resources.values()
        if isinstance(one, TenantDomain) and (one.records or one.verification)
    }
    return Names((), (), tuple(sorted(domains if everything else held)), groups)
