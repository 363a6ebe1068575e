"""A tenant's licences, people and groups as a spec says them; what it cannot hold is named."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler.mail.quoting import quoted, sayable
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, SignIn, Sku, TenantDomain, User
from reconciler.spec.countries import CODES
from reconciler.transcript import groups, licences
from reconciler.transcript.cells import BEGINS, unwritable
from reconciler.transcript.choice import PERSONAL, Choice, Left, Line

COLUMNS = (
    "address", "kind", "name", "goes_to", "phone", "given_name", "surname", "department", "job_title", "manager",
    "usage_location", "licenses", "blocked",
)  # fmt: skip
_ATTRIBUTES = {
    "displayName": "display_name",
    "givenName": "given_name",
    "surname": "surname",
    "phone": "phone",
    "department": "department",
    "jobTitle": "job_title",
}
_LOCAL = re.compile(r"(?=.{1,64}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_ELSEWHERE = "is on no domain of this spec"
_FEDERATED = "it is federated: who signs in there is asked elsewhere"
_HOSTED = "Microsoft keeps it itself: its records are changed in the admin centre"


@dataclass(slots=True)
class People:
    """What became of one tenant.

    Attributes:
        head: lines of the customer's file before its domains.
        rows: lines of `accounts.csv`, its header first; empty when nobody can be written down.
        left: what is there and not in the spec.
        persons, aliases, licences, groups: how many the spec holds.
    """

    head: list[Line] = field(default_factory=list)
    rows: list[Line] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    persons: int = 0
    aliases: int = 0
    licences: int = 0
    groups: int = 0


def people(
    tenant: str, provider: str, resources: Mapping[Key, Resource], domains: Collection[str], choice: Choice
) -> People:
    """Write a tenant down as far as the choice allows.

    Args:
        provider: its name in the workspace; empty for the default.
        domains: those of the spec; addresses elsewhere cannot be held.
    """
    made = People()
    skus = [one for one in resources.values() if isinstance(one, Sku)]
    names = licences.named(skus, choice, made.left)
    writer = _Rows(tenant, {*domains, tenant}, resources, names, choice, made)
    writer.write()
    listed = [one for one in resources.values() if isinstance(one, Group)]
    teams = list(groups.lines(listed, writer.ids, writer.upns, choice, made.left))
    made.left += _domains(tenant, resources, domains)
    made.head = [Line(f"tenant: {quoted(tenant)}"), *([Line(f"tenants: {quoted(provider)}")] if provider else [])]
    for head, below in (
        ("licenses:", list(licences.lines(names, skus, writer.holders, made.left))),
        ("sign_in:", list(_sign_in(resources.get(Key("tenant", tenant, "sign-in", "@")), choice))),
    ):
        made.head += [Line(head), *below] if below else []
    made.head += [Line("accounts: accounts.csv")] if made.rows else []
    made.head += [Line("groups:"), *teams] if teams else []
    made.licences, made.groups = len(names), len(teams)
    return made


def _sign_in(found: Resource | None, choice: Choice) -> Iterator[Line]:
    """What protects sign-in; a policy is only asked for where one is enforced."""
    if not isinstance(found, SignIn):
        return
    if not choice.why("sign-in defaults"):
        yield Line(f"  security_defaults: {'true' if found.defaults else 'false'}", "sign-in defaults")
    if found.policies and not choice.why("sign-in policies"):
        yield Line("  conditional_access: required", "sign-in policies")


def _domains(tenant: str, resources: Mapping[Key, Resource], domains: Collection[str]) -> Iterator[Left]:
    """The tenant's domains that are not in the spec, and what others decide of those that are."""
    found = (one for one in resources.values() if isinstance(one, TenantDomain))
    for one in sorted(found, key=lambda one: one.key):
        name = one.key.name
        if name not in {*domains, tenant}:
            reason = "it is no domain of this spec: import it too to have it"
            if not one.verified:
                reason = "it is not verified, and no domain of this spec"
            elif one.federated:
                reason = f"{_FEDERATED}, and it is no domain of this spec"
            elif one.hosted:
                reason = "Microsoft keeps its zone itself, and it is no domain of this spec"
            yield Left(f"domain {name}", reason)
            continue
        if one.federated:
            yield Left(f"sign-in on {name}", _FEDERATED)
        if one.hosted:
            yield Left(f"zone of {name}", _HOSTED)


@dataclass(slots=True)
class _Rows:
    """The accounts, one by one.

    Attributes:
        names: of products, by part number.
        ids: addresses of the persons of the spec by object id. upns: of everybody.
        holders: by part number, to whom the spec gives the product.
    """

    tenant: str
    homes: Collection[str]
    resources: Mapping[Key, Resource]
    names: Mapping[str, str]
    choice: Choice
    made: People
    ids: Mapping[str, str] = field(default_factory=dict)
    upns: Mapping[str, str] = field(default_factory=dict)
    holders: dict[str, list[tuple[str, Licenses]]] = field(default_factory=dict)

    def write(self) -> None:
        """Write everybody down who can be: first who is there, then whom they name."""
        found = (one for one in self.resources.values() if isinstance(one, User))
        users = sorted(found, key=lambda one: (one.upn, one.key.name))
        self.upns = {one.key.name: one.upn for one in users}
        persons = [one for one in users if self._held(one)]
        self.ids = {one.key.name: one.upn for one in persons}
        rows = [(self._row(one), f"user {one.upn}") for one in persons]
        self.made.persons = len(rows)
        for address, upn in self._aliases(persons):
            rows.append(({"address": address, "kind": "alias", "goes_to": upn}, f"alias {address}"))
            self.made.aliases += 1
        if rows:
            used = [name for name in COLUMNS if any(name in row for row, _ in rows)]
            self.made.rows = [Line(",".join(used)), *(Line(_csv(row, used), subject) for row, subject in rows)]

    def _held(self, user: User) -> bool:
        """Tell whether a spec can hold a person; who cannot be held is named."""
        subject = f"user {user.upn}"
        reason = _unmanaged(user) or self.choice.why(subject)
        if not reason and (why := self._unaddressed(user.upn)):
            reason = f"its address {why}"
        if reason:
            self.made.left.append(Left(subject, reason))
        return not reason

    def _row(self, user: User) -> dict[str, str]:
        row = {"address": user.upn, "kind": "person"}
        for part, name in _ATTRIBUTES.items():
            value = getattr(user, name)
            why = self._refused(user, part) or unwritable(value)
            if value and why:
                self.made.left.append(Left(f"{part} of {user.upn}", why))
            elif value:
                row[PERSONAL[part]] = value
        if user.usage_location in CODES:
            row["usage_location"] = user.usage_location
        if not user.enabled:
            row["blocked"] = "true"
        return row | self._manager(user) | self._licences(user)

    def _refused(self, user: User, part: str) -> str:
        return self.choice.why(f"user {user.upn}#{part}")

    def _unaddressed(self, text: str) -> str:
        """Why an address is none that a spec can hold; empty when one can."""
        local, _, domain = text.rpartition("@")
        if not sayable(text):
            return "cannot be written in a spec"
        if domain not in self.homes:
            return _ELSEWHERE
        if not _LOCAL.fullmatch(local):
            return "has a part before the @ that no spec can write"
        return BEGINS if unwritable(text) else ""

    def _manager(self, user: User) -> dict[str, str]:
        whom = user.manager
        if not whom:
            return {}
        why = self._refused(user, "manager")
        if whom not in self.ids:
            why = f"{self.upns.get(whom, whom)} is no person of the spec"
        elif whom == user.key.name:
            why = "nobody leads oneself in a spec"
        if why:
            self.made.left.append(Left(f"manager of {user.upn}", why))
            return {}
        return {"manager": self.ids[whom]}

    def _licences(self, user: User) -> dict[str, str]:
        """The cell of a person's licences; a semicolon alone says that there are none."""
        found = self.resources.get(user.key._replace(kind="licenses"))
        held = found if isinstance(found, Licenses) else Licenses(user.key, user.remote_id)
        why = self._refused(user, "licenses")
        why = why or ("" if user.usage_location in CODES else "it has no usage location")
        given = []
        for part in held.direct:
            if why or part not in self.names:
                self.made.left.append(Left(f"licence {part} of {user.upn}", why or "the product is not in the spec"))
            else:
                given.append(self.names[part])
                self.holders.setdefault(part, []).append((user.upn, held))
        inherited = [part for part in held.inherited if part not in held.direct]
        self.made.left += [Left(f"licence {part} of {user.upn}", "it comes through a group") for part in inherited]
        return {"licenses": "; ".join(given) or ";"}

    def _aliases(self, persons: Sequence[User]) -> Iterator[tuple[str, str]]:
        """Further addresses, each with whose it is; what a spec cannot hold is named.

        On its initial domain the tenant gives everybody an address by itself: nobody misses that one.
        """
        often = Counter(address for user in persons for address in user.aliases)
        taken = {user.upn for user in persons}
        for user in persons:
            own = f"{user.upn.rpartition('@')[0]}@{self.tenant}"
            for address in (one for one in user.aliases if one != own):
                why = self.choice.why(f"alias {address}") or self._refused(user, f"aliases/{address}")
                if bad := self._unaddressed(address):
                    why = f"it {bad}"
                elif address in taken or often[address] > 1:
                    why = "somebody else has it too"
                if why:
                    self.made.left.append(Left(f"alias {address} of {user.upn}", why))
                else:
                    yield address, user.upn


def _csv(row: Mapping[str, str], columns: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([row.get(name, "") for name in columns])
    return text.getvalue()


def _unmanaged(user: User) -> str:
    if user.deleted:
        return "it is deleted, and can still be restored"
    if user.guest:
        return "it is a guest"
    if user.synced:
        return "it is mastered on premises"
    return "" if user.display_name else "it has no display name"
