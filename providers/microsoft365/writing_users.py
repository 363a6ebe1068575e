"""Users written: made with all that can be set at once, changed, blocked, deleted softly and brought back.

Source: Microsoft Graph v1.0, Create user, Update user, Delete user, user: revokeSignInSessions, Restore deleted item,
Assign manager (2026-08): a change of `mail` adds that value as the primary address, and `proxyAddresses` is read-only;
what was deleted keeps licences, mailbox and memberships for 30 days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from providers.microsoft365.answers import Taken
from providers.microsoft365.api import Answer, Request
from providers.microsoft365.batches import ITEMS
from providers.microsoft365.errands import GUID, Asking, Errand, failed, late, refused, retried
from providers.microsoft365.memory import Pieces
from providers.microsoft365.shapes import EXPAND, USER, primary
from reconciler.model import tenant_rules
from reconciler.model.change import Status
from reconciler.model.errors import Invalid, NotFound, ProviderError
from reconciler.model.resource import Resource, User

#: Attributes of `User` that one request sets, and what Graph calls them.
FIELDS = {
    "upn": "userPrincipalName",
    "display_name": "displayName",
    "enabled": "accountEnabled",
    "given_name": "givenName",
    "surname": "surname",
    "usage_location": "usageLocation",
    "phone": "businessPhones",
    "department": "department",
    "job_title": "jobTitle",
}
NOBODY = "00000000-0000-0000-0000-000000000000"
_ALIAS = "alias "
_SESSIONS, _FIRST = "sessions", "primary address"
_SELECT = f"?$select={USER}&$expand={EXPAND}"


class UserErrand(Errand):
    """One user."""

    before: User | None
    after: User | None
    shown: User | None
    _first = ""  # its primary mail address, in lower case
    _buried = False  # it is among the deleted items

    def pieces(self, resource: Resource | None) -> Pieces:
        """Existence, attributes, each alias, which one of them is the first address, and the manager."""
        if not isinstance(resource, User):
            return {}
        found: dict[str, object] = {"existence": "deleted" if resource.deleted else "there"}
        found |= {name: value for name in FIELDS if (value := getattr(resource, name)) != ""}
        found |= {f"{_ALIAS}{one}": True for one in resource.aliases}
        found |= {"mail": resource.mail} if resource.mail else {}
        manager = self.desk.person(resource.manager)
        return found | ({"manager": manager} if manager else {})

    @property
    def wish(self) -> Pieces:
        """As it shall be; what Graph keeps of a former address cannot be helped."""
        wish = dict(self.pieces(self.after))
        old = self.before.upn if self.before else ""
        if self.after and self.shown and old and old != self.after.upn and old in self.shown.aliases:
            wish[f"{_ALIAS}{old}"] = True
        if self.after and self.shown and not self._turns:
            first = self.shown.mail if self._steady else self.progress.primary
            wish |= {"mail": first} if first in self.shown.aliases else {}
        return wish

    @property
    def _turns(self) -> bool:
        """Whether another first address is asked for; else the one that is there stays, whoever chose it."""
        return self.after is not None and self.after.mail != (self.before.mail if self.before else "")

    @property
    def _steady(self) -> bool:
        """Whether the first address is none that is one only for the moment."""
        return self._first not in self._passing

    # Reading

    def look(self) -> Asking:
        """Read it by id, else by user principal name; what is not found by id may be deleted."""
        self.shown, self.identity = None, self.known_id()
        asked = self.after or self.before
        if asked is None and not self.identity:
            return
        url = f"/users/{self.identity}" if self.identity or asked is None else by_name(asked.upn)
        (answer,) = yield [Request("GET", url + _SELECT)]
        if answer.status != 404:
            self._read(_body(answer))
        elif self.identity and (self.after is not None or self.fresh):
            yield from self._look_among_deleted()

    def _read(self, entry: Mapping[str, Any]) -> None:
        self.shown = self.desk.shapes.user_of(entry)
        self.identity = self.shown.remote_id
        self._first = primary(entry.get("proxyAddresses") or ())

    def _look_among_deleted(self) -> Asking:
        (answer,) = yield [Request("GET", f"/directory/deletedItems/{self.identity}")]
        if answer.status == 404:
            return
        _body(answer)
        self._buried = True
        user = self.before or self.after
        if user is not None:
            # Of a deleted user Graph shows little; it is as it was when it was deleted.
            self.shown = replace(user, deleted=True, remote_id=self.identity)

    # Judging

    def recognise(self) -> None:
        """Whom an earlier run made, or another one just now, others may name."""
        if self.before is None and self.after is not None and self.shown is not None and self._ours():
            self.named(self.identity, made=True)

    def decide(self) -> None:
        """Somebody who is deleted, or never was, need not be deleted."""
        if self.after is None and (self.shown is None or self.shown.deleted):
            if self.fresh and not (self._buried or self.progress.taken):
                raise late("it was made a moment ago and is not known everywhere yet")
            self.end(Status.DONE)
            return
        super().decide()

    def settle(self) -> None:
        """The same after a write."""
        if self.after is None and (self.shown is None or self.shown.deleted):
            self.end(Status.DONE)
            return
        super().settle()

    def moved(self, shown: Pieces, start: Pieces, wish: Pieces) -> frozenset[str]:
        """What is no part of what was planned on is not compared.

        Somebody brought back by id was planned on as nobody; of somebody who is deleted no manager was shown; and who
        is called by a name yet has no id. A first address that nobody asks for is nobody's matter here.
        """
        if self._returns:
            return frozenset()
        unknown = self.before is not None and self.before.deleted
        unknown = unknown or not GUID.fullmatch(str(wish.get("manager", start.get("manager", NOBODY))))
        loose = {"manager"} if unknown else set()
        loose |= set() if self._turns and self._steady else {"mail"}
        return super().moved(shown, start, wish) - loose

    @property
    def _returns(self) -> bool:
        """Whether somebody who is deleted is asked for by id alone."""
        named = self.before is None and self.after is not None and bool(self.after.remote_id)
        return named and (self._buried or "existence" in self.progress.taken)

    def judge(self) -> None:
        """Who is mastered elsewhere is left alone, and what Graph cannot do is not begun."""
        after, shown = self.after, self.shown
        if shown is None:
            if self.before is not None or after is None:
                raise refused("moved since it was read: existence")
            if after.remote_id and not self.fresh:
                raise refused(f"there is no user {after.remote_id} any more")
            if self.change.password is None:
                raise refused("a new user needs a password")
            return
        if shown.synced:
            raise refused("mastered on premises: change it in Active Directory")
        if shown.guest:
            raise refused("a guest is mastered where they come from")
        if after is None:
            return
        if self.before is None and not (self._returns or self.progress.taken or self._ours()):
            raise failed(f"ObjectConflict: userPrincipalName {shown.upn} is taken")
        wish = self.wish
        gone = sorted(one for one in self.pieces(self.before) if one.startswith(_ALIAS) and one not in wish)
        if gone:
            names = ", ".join(one.removeprefix(_ALIAS) for one in gone)
            raise refused(f"Graph cannot take an alias away, Exchange can: {names}")
        if shown.usage_location and not after.usage_location:
            raise failed("a usage location, once set, can be changed but not cleared")

    def _ours(self) -> bool:
        """Whether whom we find in the place of a new user is that user: all that is set at once is as wished."""
        shown, wish = self.pieces(self.shown), self.wish
        extra = shown.keys() - wish.keys() - {"mail"}
        return not extra and not any(shown.get(one) != wish.get(one) for one in ("existence", *FIELDS))

    # Writing

    def write(self) -> Asking:
        """Make, delete or change it; aliases and manager come later."""
        if self.after is None:
            (answer,) = yield [Request("DELETE", f"/users/{self.identity}")]
            if answer.status != 404 or self.fresh:
                self.good(answer)
            self.took(dict.fromkeys(self.pieces(self.shown)))
            self.desk.memory.made(self.desk.tenant, self.identity)
        elif self.shown is None and "existence" in self.lacking:
            yield from self._make(self.after)
        else:
            if "existence" in self.lacking:
                yield from self._restore()
            yield from self._change()

    def _make(self, user: User) -> Asking:
        assert self.change.password is not None, "judged before"
        values = {name: value for name in FIELDS if (value := getattr(user, name)) != ""}
        body = _body_of(values) | {
            "mailNickname": user.upn.rpartition("@")[0][:64],
            "passwordProfile": {
                "password": self.change.password.reveal(),
                "forceChangePasswordNextSignIn": True,
            },
        }
        (answer,) = yield [Request("POST", "/users", body)]
        if isinstance(answer.problem, Taken):
            yield from self._found(user, answer.problem)
            return
        made = self._proven(answer, user)
        identity = made.get("id")
        if not isinstance(identity, str) or not identity:
            raise Invalid(self.desk.api.provider, "a user was made, and the answer names no id")
        self.named(identity, made=True)
        self.took({"existence": "there", **values})

    def _found(self, user: User, problem: ProviderError) -> Asking:
        """Its name is taken: by another run that makes the same user, or by a call whose answer was lost?"""
        (answer,) = yield [Request("GET", by_name(user.upn) + _SELECT)]
        if answer.status == 404:
            raise late(f"{problem}; by whom is not shown yet")
        self._read(_body(answer))
        if not self._ours():
            raise problem
        self.named(self.identity, made=True)
        self.took({})

    def _proven(self, answer: Answer, user: User) -> Mapping[str, Any]:
        """As `good`; a domain that was verified a moment ago is not known everywhere yet."""
        domain = tenant_rules.address_domain(user.upn)
        doubted = answer.status == 400 and isinstance(answer.problem, Invalid) and not isinstance(answer.problem, Taken)
        if doubted and self.desk.memory.is_new_domain(self.desk.tenant, domain):
            detail = f"{domain} was verified a moment ago and is not known everywhere yet: {answer.problem}"
            raise retried(detail)
        return self.good(answer)

    def _restore(self) -> Asking:
        (answer,) = yield [Request("POST", f"/directory/deletedItems/{self.identity}/restore", {})]
        self.good(answer)
        self.named(self.identity, made=True)
        self.took({"existence": "there"})
        (answer,) = yield [Request("GET", f"/users/{self.identity}{_SELECT}")]
        self._read(self.good(answer))

    def _change(self) -> Asking:
        assert self.after is not None, "asked for"
        values = {name: getattr(self.after, name) for name in FIELDS if name in self.lacking}
        url = f"/users/{self.identity}"
        requests = [Request("PATCH", url, _body_of(values))] if values else []
        if values.get("enabled") is False:
            # Who is blocked and still signed in is not blocked.
            self.progress.owed.add(_SESSIONS)
        if _SESSIONS in self.progress.owed:
            after = 0 if requests else None
            requests.append(Request("POST", f"{url}/revokeSignInSessions", after=after))
        if not requests:
            return
        answers = yield requests
        if values:
            self._proven(answers[0], self.after)
            self.took({name: value if value != "" else None for name, value in values.items()})
        if _SESSIONS in self.progress.owed:
            self.good(answers[-1])
            self.progress.owed.discard(_SESSIONS)

    # Aliases

    @property
    def _passing(self) -> frozenset[str]:
        """Addresses that are not to be the primary one: those that are added as aliases, and one that is given up."""
        if self.after is None:
            return frozenset()
        before = self.before or User(self.key, self.after.upn, "")
        return frozenset({*self.after.aliases, before.upn} - {*before.aliases, self.after.upn, self.after.mail})

    def chains(self) -> Iterable[list[Request]]:
        """Each new alias is made the primary address for a moment, and the primary one again after it."""
        new = sorted(one.removeprefix(_ALIAS) for one in self.lacking if one.startswith(_ALIAS))
        if self.after is None:
            return
        if not (new or "mail" in self.lacking or not self._steady or _FIRST in self.progress.owed):
            return
        if not self.progress.primary:
            stays = self._first and self._steady and not self._turns
            self.progress.primary = self._first if stays else self.after.mail or self.after.upn
        url = f"/users/{self.identity}"
        last = Request("PATCH", url, {"mail": self.progress.primary})
        for start in range(0, max(len(new), 1), ITEMS - 1):
            yield [*(Request("PATCH", url, {"mail": one}) for one in new[start : start + ITEMS - 1]), last]

    def chained(self, requests: Sequence[Request]) -> None:
        """These were taken."""
        for one in requests:
            mail = str((one.body or {})["mail"])
            if mail == self.progress.primary:
                self._first = mail
                self.took({"mail": mail if self.after and mail != self.after.upn else None})
                self.progress.owed.discard(_FIRST)
            else:
                self.took({f"{_ALIAS}{mail}": True, "mail": mail})
                self.progress.owed.add(_FIRST)

    # The manager

    def refer(self) -> Asking:
        """Name who leads this person, made in the same call or known before."""
        if self.after is None or "manager" not in self.lacking:
            return
        url = f"/users/{self.identity}/manager/$ref"
        wanted = self.desk.person(self.after.manager)
        if not wanted:
            (answer,) = yield [Request("DELETE", url)]
            if answer.status != 404 or self.fresh:
                self.good(answer)
            self.took({"manager": None})
            return
        if not GUID.fullmatch(wanted):
            if wanted in self.desk.names:
                raise retried(f"the manager {wanted} is not made yet")
            raise failed(f"there is no user {wanted} to be a manager")
        link = f"{self.desk.api.endpoint}/users/{quote(wanted, safe='')}"
        (answer,) = yield [Request("PUT", url, {"@odata.id": link})]
        unknown = answer.status in (400, 404) and isinstance(answer.problem, Invalid | NotFound)
        if unknown and (self.fresh or self.desk.memory.is_fresh(self.desk.tenant, wanted)):
            raise retried("the manager was made a moment ago and is not known everywhere yet")
        _body(answer)
        self.took({"manager": wanted})


def by_name(upn: str) -> str:
    """Where a user is found by user principal name."""
    return f"/users/{quote(upn, safe='@')}"


def _body(answer: Answer) -> Mapping[str, Any]:
    if answer.problem is not None:
        raise answer.problem
    return answer.body


def _body_of(values: Mapping[str, object]) -> dict[str, Any]:
    """What Graph is sent; nothing is null, but no phone is an empty list."""
    sent = {FIELDS[name]: value if value != "" else None for name, value in values.items()}
    if "phone" in values:
        sent["businessPhones"] = [values["phone"]] if values["phone"] else []
    return sent
