"""A tenant's licences, people and groups as a spec says them; what it cannot hold is named."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.mail.quoting import quoted, sayable
from reconciler.model.key import Key
from reconciler.model.resource import Group, Licenses, Resource, Sku, TenantDomain, User
from reconciler.spec.countries import CODES
from reconciler.transcript.choice import PERSONAL, Choice, Left, Line

COLUMNS = (
    "address", "kind", "name", "goes_to", "phone", "given_name", "surname", "department", "job_title",
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
#: What a spreadsheet takes for a formula when a cell begins so, in a table that it splits at semicolons too.
_FORMULA = re.compile(r"(?:\A|;)\s*[=+@\-\uff1d\uff0b\uff20\uff0d]")
#: A telephone number: whoever reckons it out has a number at most.
_PHONE = re.compile(r"\+[0-9 ()./-]*[0-9]")
_ELSEWHERE = "is on no domain of this spec"
_BEGINS = "begins like a formula: spreadsheets would run it"
_NOT_IN_A_KEY = re.compile(r"[^a-z0-9]+")
KINDS = ("microsoft365", "security")
#: Seats beyond what a spec can count.
_MOST_SEATS = 1_000_000


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
    named = _licences([one for one in resources.values() if isinstance(one, Sku)], choice, made)
    writer = _Rows({*domains, tenant}, resources, named, choice, made)
    users = sorted(
        (one for one in resources.values() if isinstance(one, User)), key=lambda one: (one.upn, one.key.name)
    )
    for user in users:
        writer.add(user)
    writer.finish()
    groups = [one for one in resources.values() if isinstance(one, Group)]
    lines = list(_groups(groups, writer.ids, {one.key.name: one.upn for one in users}, choice, made))
    for one in sorted((one for one in resources.values() if isinstance(one, TenantDomain)), key=lambda one: one.key):
        if one.key.name not in {*domains, tenant}:
            made.left.append(Left(f"domain {one.key.name}", "it is no domain of this spec: import it too to have it"))
    made.head = [Line(f"tenant: {quoted(tenant)}"), *([Line(f"tenants: {quoted(provider)}")] if provider else [])]
    if named:
        made.head.append(Line("licenses:"))
        seats = {one.key.name: one.enabled + one.warning for one in resources.values() if isinstance(one, Sku)}
        made.head += [
            Line(f"  {quoted(name)}: {{seats: {seats[part]}}}", f"license {part}") for part, name in named.items()
        ]
    made.head += [Line("accounts: accounts.csv")] if made.rows else []
    made.head += [Line("groups:"), *lines] if lines else []
    made.licences, made.groups = len(named), len(lines)
    return made


def _licences(skus: Iterable[Sku], choice: Choice, made: People) -> dict[str, str]:
    """By part number the name of a product: as people call it where that is clear."""
    listed = sorted(skus, key=lambda one: one.key.name)
    called = Counter(one.product.casefold() for one in listed)
    parts = {one.key.name.casefold() for one in listed}
    found: dict[str, str] = {}
    for one in listed:
        part = one.key.name
        clear = called[one.product.casefold()] == 1 and one.product.casefold() not in parts - {part.casefold()}
        name = one.product if clear and not _unwritable(one.product) and ";" not in one.product else part
        reason = choice.why(f"license {part}")
        if one.enabled + one.warning > _MOST_SEATS or _unwritable(name) or ";" in name:
            reason = "no spec can write its name or count its seats"
        if reason:
            made.left.append(Left(f"licence {part}", reason))
        else:
            found[part] = name
    return found


def _unwritable(text: str) -> str:
    """Why no cell of a table holds it as it is, safe to open in a spreadsheet; empty when one does."""
    if not text or text != text.strip() or not sayable(text):
        return "no table can write it"
    if any(unicodedata.category(letter) == "Cf" for letter in text):
        return "it holds a character that nobody sees"
    return f"it {_BEGINS}" if _FORMULA.search(text) and not _PHONE.fullmatch(text) else ""


class _Rows:
    """The accounts, one by one."""

    def __init__(
        self,
        homes: Collection[str],
        resources: Mapping[Key, Resource],
        named: Mapping[str, str],
        choice: Choice,
        made: People,
    ) -> None:
        self.homes, self.resources, self.named = homes, resources, named
        self.choice, self.made = choice, made
        self.rows: list[tuple[dict[str, str], str]] = []
        self.aliases: list[tuple[User, str]] = []
        self.ids: dict[str, str] = {}  # address by object id

    def add(self, user: User) -> None:
        """Write a person down, or say why not."""
        subject = f"user {user.upn}"
        reason = _unmanaged(user) or self.choice.why(subject)
        if not reason and (why := self._unaddressed(user.upn)):
            reason = f"its address {why}"
        if reason:
            self.made.left.append(Left(subject, reason))
            return
        row = {"address": user.upn, "kind": "person"}
        for part, name in _ATTRIBUTES.items():
            value = getattr(user, name)
            why = self.choice.why(f"{subject}#{part}") or _unwritable(value)
            if value and why:
                self.made.left.append(Left(f"{part} of {user.upn}", why))
            elif value:
                row[PERSONAL[part]] = value
        if user.usage_location in CODES:
            row["usage_location"] = user.usage_location
        if not user.enabled:
            row["blocked"] = "true"
        row |= self._licences(user, subject)
        self.ids[user.key.name] = user.upn
        self.rows.append((row, subject))
        if user.aliases:
            self._aliases(user, subject)

    def _unaddressed(self, text: str) -> str:
        """Why an address is none that a spec can hold; empty when one can."""
        local, _, domain = text.rpartition("@")
        if not sayable(text):
            return "cannot be written in a spec"
        if domain not in self.homes:
            return _ELSEWHERE
        if not _LOCAL.fullmatch(local):
            return "has a part before the @ that no spec can write"
        return _BEGINS if _unwritable(text) else ""

    def _licences(self, user: User, subject: str) -> dict[str, str]:
        """The cell of a person's licences; a semicolon alone says that there are none."""
        held = self.resources.get(user.key._replace(kind="licenses"))
        direct = held.direct if isinstance(held, Licenses) else ()
        why = self.choice.why(f"{subject}#licenses")
        why = why or ("" if user.usage_location in CODES else "it has no usage location")
        for part in direct:
            if why or part not in self.named:
                self.made.left.append(Left(f"licence {part} of {user.upn}", why or "the product is not in the spec"))
        if isinstance(held, Licenses):
            inherited = [part for part in held.inherited if part not in direct]
            self.made.left += [Left(f"licence {part} of {user.upn}", "it comes through a group") for part in inherited]
        given = [self.named[part] for part in direct if part in self.named and not why]
        return {"licenses": "; ".join(given) or ";"}

    def _aliases(self, user: User, subject: str) -> None:
        reason = self.choice.why(f"{subject}#aliases")
        whys = {address: why for address in user.aliases if (why := self._unaddressed(address))}
        if not reason and _ELSEWHERE in whys.values():
            reason = "some are on no domain of this spec"
        elif not reason and whys:
            reason = "; ".join(f"{address} {why}" for address, why in sorted(whys.items()))
        if reason:
            self.made.left.append(Left(f"aliases of {user.upn}: {', '.join(user.aliases)}", reason))
        else:
            self.aliases += [(user, address) for address in user.aliases]

    def finish(self) -> None:
        """The table itself; an alias that another account has too is none that a spec can hold."""
        self.made.persons = len(self.rows)
        if not self.rows:
            return
        taken = {row["address"] for row, _ in self.rows}
        often = Counter(address for _, address in self.aliases)
        unclear = {user.upn for user, address in self.aliases if address in taken or often[address] > 1}
        for upn in sorted(unclear):
            self.made.left.append(Left(f"aliases of {upn}", "somebody else has one of them too"))
        for user, address in self.aliases:
            if user.upn not in unclear:
                self.rows.append(({"address": address, "kind": "alias", "goes_to": user.upn}, f"user {user.upn}"))
                self.made.aliases += 1
        used = [name for name in COLUMNS if any(name in row for row, _ in self.rows)]
        self.made.rows = [Line(",".join(used)), *(Line(_csv(row, used), subject) for row, subject in self.rows)]


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


def _groups(
    groups: Iterable[Group], ids: Mapping[str, str], users: Mapping[str, str], choice: Choice, made: People
) -> Iterator[Line]:
    """A line for each group that is known by its name alone."""
    listed = sorted(groups, key=lambda one: (one.display_name, one.key.name))
    called = Counter(one.display_name.casefold() for one in listed)
    often: Counter[str] = Counter()
    for one in listed:
        shown = one.display_name
        key = _NOT_IN_A_KEY.sub("-", shown.casefold()).strip("-") or "group"
        often[key] += 1
        key += f".{often[key]}" if often[key] > 1 else ""
        reason = choice.why(f"group {key}")
        if not shown or not sayable(shown):
            reason = "no spec can write its name"
        elif called[shown.casefold()] > 1:
            reason = "another group has the same name"
        elif one.group_kind not in KINDS:
            reason = "it is of another kind"
        if reason:
            made.left.append(Left(f"group {shown or one.key.name}", reason))
            continue
        members = [ids[member] for member in one.members if member in ids]
        strange = [users.get(member, member) for member in one.members if member not in ids]
        made.left += [Left(f"member {name} of group {shown}", "it is no person of the spec") for name in strange]
        said = f"display_name: {quoted(shown)}, kind: {one.group_kind}, members: [{', '.join(map(quoted, members))}]"
        yield Line(f"  {quoted(key)}: {{{said}}}", f"group {key}")
