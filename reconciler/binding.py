"""Finds out which live account is which account of the spec, so that a rename is never a deletion and a creation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

from reconciler.ledger import Ledger, Owned
from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, User


class Person(Protocol):
    """What binding needs of an account of the spec."""

    @property
    def id(self) -> str:
        """Stable in the spec."""
        ...

    @property
    def address(self) -> str:
        """The user principal name, lower case."""
        ...

    @property
    def renamed_from(self) -> str | None:
        """An earlier id or address."""
        ...

    @property
    def new(self) -> bool:
        """The author says that nobody is to be taken for this one."""
        ...

    @property
    def adopt(self) -> str | None:
        """The author takes over what is there, be it as it is; none = no word of that."""
        ...

    @property
    def origin(self) -> Origin:
        """Where the author wrote it."""
        ...


@dataclass(frozen=True, slots=True)
class Binding:
    """Spec id <-> object id, for users and groups of one tenant.

    Attributes:
        remote: object id by (kind, spec id).
        names: the reverse.
    """

    tenant: str
    remote: Mapping[tuple[str, str], str] = field(default_factory=dict)
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    diagnostics: tuple[Diagnostic, ...] = ()

    def inward(self, resources: Mapping[Key, Resource]) -> dict[Key, Resource]:
        """Live resources by the spec's names; those nobody names keep the object id (a user: its UPN).

        The resources themselves keep the key under which their provider knows them.
        """
        return {self._named(one): self._people(one) for one in resources.values()}

    def _named(self, resource: Resource) -> Key:
        key = resource.key
        if isinstance(resource, User):
            taken = ("user", resource.upn) in self.remote  # by somebody else, whose address it is to be
            unnamed = key.name if resource.deleted or taken else resource.upn
            return key._replace(name=self.names.get(("user", key.name), unnamed))
        if isinstance(resource, Licenses):
            return key._replace(name=self.names.get(("user", key.name), key.name))
        return key._replace(name=self.names.get(("group", key.name), key.name)) if isinstance(resource, Group) else key

    def _people(self, resource: Resource) -> Resource:
        """Whom a resource speaks of, under the spec's names."""
        if isinstance(resource, User) and resource.manager:
            return replace(resource, manager=self.names.get(("user", resource.manager), resource.manager))
        if isinstance(resource, Group):
            members = sorted(self.names.get(("user", one), one) for one in resource.members)
            return replace(resource, members=tuple(members))
        return resource

    def outward(self, resource: Resource | None) -> Resource | None:
        """A resource as the provider knows it: by object id where there is one."""
        if isinstance(resource, User | Licenses):
            remote = resource.remote_id or self.remote.get(("user", resource.key.name), "")
            resource = replace(resource, key=self.key(resource.key), remote_id=remote)
        if isinstance(resource, User):
            return replace(resource, manager=self.remote.get(("user", resource.manager), resource.manager))
        if isinstance(resource, Group):
            members = tuple(sorted(self.remote.get(("user", one), one) for one in resource.members))
            return replace(resource, key=self.key(resource.key), members=members)
        return resource

    def key(self, key: Key) -> Key:
        """A key as the provider knows it."""
        kind = "user" if key.kind == "licenses" else key.kind
        return key._replace(name=self.remote.get((kind, key.name), key.name)) if key.system == "tenant" else key

    def owned(self, known: Ledger) -> Mapping[str, Owned]:
        """What the ledger owns, under the names of today: an account that got another id is the same account."""
        moved: dict[str, str] = {}
        for (kind, name), object_id in self.remote.items():
            new = Key("tenant", self.tenant, kind, name)
            old = known.known.get(object_id, new.address)
            if old != new.address:
                moved[old] = new.address
                if kind == "user":
                    moved[_licenses(old)] = _licenses(new.address)
        if not moved:
            return known.owned
        found: dict[str, Owned] = {}
        taken = set(moved.values())  # what was known under these names is of other accounts
        for address, owned in known.owned.items():
            resource, mark, part = address.partition("#")
            if resource in moved:
                found[f"{moved[resource]}{mark}{part}"] = owned
            elif resource not in taken:
                found[address] = owned
        return found


def _licenses(user: str) -> str:
    return user.replace("/user/", "/licenses/", 1)


def bind(
    tenant: str, people: Iterable[Person], groups: Mapping[str, str], ledger: Ledger, live: Iterable[Resource]
) -> Binding:
    """Bind every account and group of the spec to a live one, if there is one.

    A user is looked for by the object id that the ledger knows for its id; by `renamed_from`, as id and as address; by
    its address; last among the soft-deleted, to be restored. Where a rename lies ahead, `renamed_from` comes first.

    Returns:
        The binding, with an error for each person that two accounts claim.
    """
    accounts = _Accounts.of(one for one in live if isinstance(one, User) and one.key.scope == tenant and not one.guest)
    remote: dict[tuple[str, str], str] = {}
    claimed: dict[str, Person] = {}
    found: list[Diagnostic] = []
    given = sorted(people, key=lambda one: not _lies_ahead(tenant, one, ledger, accounts))
    for person in given:
        likely = list(_candidates(tenant, person, ledger, accounts))
        account = next((one for one in likely if one.remote_id not in claimed), None)
        if account is None:
            if likely and not person.new:
                found.append(_claimed_twice(person, claimed[likely[0].remote_id], likely[0]))
            continue
        claimed[account.remote_id] = person
        remote["user", person.id] = account.remote_id
        if account.deleted and account.remote_id not in ledger.known and person.adopt is None:
            found.append(_somebody_deleted(person, account))
    by_name = {one.display_name.casefold(): one for one in live if isinstance(one, Group) and one.key.scope == tenant}
    for name, shown in groups.items():
        known = ledger.remote.get(Key("tenant", tenant, "group", name).address, "")
        group = (
            next((one for one in by_name.values() if one.remote_id == known), None)
            if known
            else by_name.get(shown.casefold())
        )
        if group:
            remote["group", name] = group.remote_id
    remote = _forgotten(tenant, ledger, accounts.standing, set(remote.values())) | remote
    names = {(kind, object_id): name for (kind, name), object_id in remote.items()}
    return Binding(tenant, remote, names, tuple(found))


class _Accounts(NamedTuple):
    """Live accounts, by object id and by address: those that stand, and the soft-deleted."""

    standing: Mapping[str, User]
    by_upn: Mapping[str, User]
    deleted: Mapping[str, User]
    gone: Mapping[str, User]

    @classmethod
    def of(cls, users: Iterable[User]) -> _Accounts:
        """Sort them."""
        given = list(users)
        standing = {one.remote_id: one for one in given if not one.deleted}
        by_upn = {one.upn.lower(): one for one in standing.values()}
        gone = {one.remote_id: one for one in given if one.deleted}
        return cls(standing, by_upn, {one.upn.lower(): one for one in gone.values()}, gone)


def _lies_ahead(tenant: str, person: Person, ledger: Ledger, accounts: _Accounts) -> bool:
    """Whether an account whose id is its address is still to be renamed.

    The ledger knows the old name then, and not as one that the account of the new name had before.
    """
    former = Key("tenant", tenant, "user", person.renamed_from or "").address
    own = ledger.remote.get(Key("tenant", tenant, "user", person.id).address, "")
    if person.id != person.address or ledger.remote.get(former) not in accounts.standing:
        return False
    return former not in ledger.earlier.get(own, ())


def _candidates(tenant: str, person: Person, ledger: Ledger, accounts: _Accounts) -> Iterator[User]:
    """Who the person may be, the surest first: an id says who somebody is, an address only where mail goes."""
    former = person.renamed_from or ""
    standing, by_upn, deleted, gone = accounts
    names = [former, person.id] if _lies_ahead(tenant, person, ledger, accounts) else [person.id, former]
    for name in names:
        known = ledger.remote.get(Key("tenant", tenant, "user", name).address, "")
        if known in standing:
            yield standing[known]
    for address in (person.address, former.lower()):
        found = by_upn.get(address)
        if found and not (person.new and found.remote_id in ledger.known):  # somebody new is nobody we know
            yield found
    for name in names:
        known = ledger.remote.get(Key("tenant", tenant, "user", name).address, "")
        if known in gone:
            yield gone[known]
    for address in (person.address, former.lower()):
        if address in deleted and not person.new:
            yield deleted[address]


def _forgotten(
    tenant: str, ledger: Ledger, standing: Mapping[str, User], taken: set[str]
) -> dict[tuple[str, str], str]:
    """Users the ledger knows and the spec no longer names keep their old name, so that omission is seen as that."""
    start = f"tenant/{tenant}/user/"
    return {
        ("user", address.removeprefix(start)): object_id
        for address, object_id in ledger.remote.items()
        if address.startswith(start) and object_id in standing and object_id not in taken
    }


def _somebody_deleted(person: Person, account: User) -> Diagnostic:
    """Whoever had the address before may be somebody else, whose mail nobody new is to read."""
    return error(
        "accounts/deleted",
        f"{person.address} is the address of an account that was deleted: {account.display_name}",
        "Restored, it comes back with its mailbox, its groups and its password.",
        "write `adopt: overwrite` at the account to restore it, or `new: true` if this is another person",
        origin=person.origin,
    )


def _claimed_twice(person: Person, other: Person, account: User) -> Diagnostic:
    return error(
        "accounts/same-person",
        f"{person.id} and {other.id} are the same account {account.upn}",
        "The ledger or the tenant knows both under one object id.",
        "keep one of the two; use renamed_from to change its id",
        origin=person.origin,
    )


def strangers(
    tenant: str,
    people: Iterable[Person],
    binding: Binding,
    ledger: Ledger,
    live: Iterable[Resource],
    *,
    absent: Collection[str] = (),
) -> list[Diagnostic]:
    """Refuse a creation that may be a rename: somebody owned is left out, or nobody is known and strangers are there.

    Args:
        absent: addresses of people who the spec says are to be gone: that answers who they are not.

    Source: rule 16 of the route.
    """
    start = f"tenant/{tenant}/user/"
    given = list(people)
    named = {person.id for person in given}
    unbound = [person for person in given if ("user", person.id) not in binding.remote and not person.new]
    known = {
        address.removeprefix(start) for address in ledger.owned if address.startswith(start) and "#" not in address
    }
    standing = [
        one for one in live if isinstance(one, User) and one.key.scope == tenant and not one.deleted and not one.guest
    ]
    standing = [one for one in standing if one.upn.lower() not in absent]
    active = {one.remote_id for one in standing if one.enabled}  # one already blocked was left out in an earlier breath
    left = sorted(name for name in known - named if binding.remote.get(("user", name)) in active)
    found = []
    for person in unbound:
        domain = person.address.partition("@")[2]
        foreign = [one.upn for one in standing if one.upn.lower().endswith("@" + domain)]
        foreign = [one for one in foreign if one.lower() not in {other.address for other in given}]
        if left:
            why = f"{left[0]} is left out of the spec in the same breath: is this the same person?"
            remedy = f"write `renamed_from: {left[0]}`, or `new: true` if it is another person"
        elif not known and foreign:
            why = f"nothing is known of this tenant yet and it holds others at {domain}: is it {foreign[0]}?"
            remedy = "write `renamed_from: ADDRESS`, or `new: true` if it is another person"
        else:
            continue
        found.append(
            error("accounts/new-or-renamed", f"{person.address} would be created", why, remedy, origin=person.origin)
        )
    return found
