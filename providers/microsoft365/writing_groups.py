"""Groups written: made once for each unique name, renamed, and their members.

Source: Microsoft Graph v1.0, Upsert group (`uniqueName`, which never changes, and `Prefer: create-if-missing`), Update
group, Add members (20 in one request; one who is a member already is a 400), Remove member (2026-08).
"""

from __future__ import annotations

import re
from urllib.parse import quote

from providers.microsoft365.answers import Taken
from providers.microsoft365.api import Answer, Request
from providers.microsoft365.batches import ITEMS
from providers.microsoft365.errands import GUID, Asking, Errand, Said, failed, late, refused, retried
from providers.microsoft365.memory import Pieces
from providers.microsoft365.shapes import GROUP
from reconciler.model import tenant_rules
from reconciler.model.errors import Invalid, NotFound
from reconciler.model.resource import Group, Resource

_MEMBER = "member "
_ELSEWHERE = "another run made it a moment ago, and it is not known everywhere yet"
_NICKNAME = re.compile(r"[^A-Za-z0-9._-]+")


class GroupErrand(Errand):
    """One group."""

    before: Group | None
    after: Group | None
    shown: Group | None

    def pieces(self, resource: Resource | None) -> Pieces:
        """Existence and kind, the name, each member."""
        if not isinstance(resource, Group):
            return {}
        found: dict[str, object] = {"kind": resource.group_kind, "display_name": resource.display_name}
        return found | {f"{_MEMBER}{self.desk.person(one)}": True for one in resource.members}

    # Reading

    def look(self) -> Asking:
        """Read it by id, else by its unique name, with all its members."""
        self.shown, self.identity = None, self.known_id()
        url = f"/groups/{self.identity}" if self.identity else by_name(self.key.name)
        (answer,) = yield [Request("GET", f"{url}?$select={GROUP}")]
        if answer.status == 404:
            return
        entry = self.good(answer)
        # Of the members another answer tells, which may be older: the group is there all the same.
        self.identity = self.desk.shapes.group_of(entry, ()).remote_id
        (answer,) = yield [Request("GET", f"/groups/{self.identity}/members?$select=id&$top=999")]
        members = self.desk.api.following(self.good(answer))
        self.shown = self.desk.shapes.group_of(entry, members)

    # Judging

    def recognise(self) -> None:
        """What has our unique name is ours, and may have been made just now."""
        if self.before is None and self.shown is not None:
            self.named(self.identity, made=True)

    def judge(self) -> None:
        """Only two kinds of group can be written, and each keeps its kind."""
        after, shown = self.after, self.shown
        if after is None:
            raise refused("a group is not deleted here")
        if shown is None:
            if self.before is not None or after.remote_id:
                raise refused("moved since it was read: existence")
            return
        if shown.group_kind not in tenant_rules.GROUP_KINDS or shown.group_kind != after.group_kind:
            raise refused(f"a group of kind {shown.group_kind} keeps its kind, and Exchange keeps other kinds")

    # Writing

    def write(self) -> Asking:
        """Make it, with its first members, or rename it."""
        assert self.after is not None, "judged before"
        if self.shown is None and "kind" in self.lacking:
            yield from self._make(self.after)
        elif not self.identity:
            raise late(_ELSEWHERE)
        elif "display_name" in self.lacking:
            body = {"displayName": self.after.display_name}
            (answer,) = yield [Request("PATCH", f"/groups/{self.identity}", body)]
            self.good(answer)
            self.took({"display_name": self.after.display_name})

    def _make(self, group: Group) -> Asking:
        unified = group.group_kind == "microsoft365"
        body: dict[str, object] = {
            "displayName": group.display_name,
            "groupTypes": ["Unified"] if unified else [],
            "mailEnabled": unified,
            "mailNickname": nickname(self.key.name),
            "securityEnabled": not unified,
        }
        first = self._joining()[:ITEMS]
        binds = {"members@odata.bind": [self._link(one) for one in first]} if first else {}
        url, prefer = by_name(self.key.name), {"Prefer": "create-if-missing"}
        (answer,) = yield [Request("PATCH", url, body | binds, prefer)]
        if first and answer.status in (400, 404) and not isinstance(answer.problem, Taken):
            # One of them is not known everywhere yet, or is a member already: each alone says so later.
            first = []
            (answer,) = yield [Request("PATCH", url, body, prefer)]
        made = self.good(answer).get("id")
        if isinstance(made, str) and made:
            self.named(made, made=True)
        parts = {"kind": group.group_kind, "display_name": group.display_name}
        self.took({**parts, **{f"{_MEMBER}{one}": True for one in first}})
        if not self.identity:  # somebody made it in the meantime
            (answer,) = yield [Request("GET", f"{by_name(self.key.name)}?$select=id")]
            if answer.status == 404:
                raise late(_ELSEWHERE)
            self.named(str(self.good(answer).get("id")), made=True)

    def refer(self) -> Asking:
        """Add and remove members, some of whom are made in the same call."""
        joining, leaving = self._joining(), self._leaving()
        if not joining and not leaving:
            return
        url = f"/groups/{self.identity}/members"
        adds = [Request("POST", f"{url}/$ref", {"@odata.id": self._link(one)}) for one in joining]
        # Without its end the address would be the user's, who would be deleted.
        removes = [Request("DELETE", f"{url}/{quote(one, safe='')}/$ref") for one in leaving]
        answers = yield [*adds, *removes]
        problems = [self._refusal(one, answer) for one, answer in zip([*joining, *leaving], answers, strict=True)]
        done = [problem is None for problem in problems]
        parts = [(f"{_MEMBER}{one}", True) for one in joining] + [(f"{_MEMBER}{one}", None) for one in leaving]
        self.took(dict(part for part, well in zip(parts, done, strict=True) if well))
        said = [one for one in problems if one is not None]
        if said:
            raise min(said, key=lambda one: isinstance(one, Said))

    def _refusal(self, member: str, answer: Answer) -> Exception | None:
        """Why somebody could not be added or removed; none when they were."""
        unknown = answer.status in (400, 404) and isinstance(answer.problem, Invalid | NotFound | Taken)
        if unknown and (self.fresh or self.desk.memory.is_fresh(self.desk.tenant, member)):
            return retried(f"{member} was made a moment ago and is not known everywhere yet")
        return answer.problem

    def _joining(self) -> list[str]:
        wish = self.wish
        people = sorted(one.removeprefix(_MEMBER) for one in self.lacking if one.startswith(_MEMBER) and one in wish)
        unknown = [one for one in people if not GUID.fullmatch(one)]
        if unknown and unknown[0] in self.desk.names:
            raise retried(f"the member {unknown[0]} is not made yet")
        if unknown:
            raise failed(f"there is no object {unknown[0]} to be a member")
        return people

    def _leaving(self) -> list[str]:
        wish = self.wish
        return sorted(one.removeprefix(_MEMBER) for one in self.lacking if one.startswith(_MEMBER) and one not in wish)

    def _link(self, member: str) -> str:
        return f"{self.desk.api.endpoint}/directoryObjects/{quote(member, safe='')}"


def by_name(name: str) -> str:
    """Where a group is found by its unique name."""
    return f"/groups(uniqueName='{quote(name.replace(chr(39), chr(39) * 2), safe='')}')"


def nickname(name: str) -> str:
    """The part before the @ of a group's address."""
    return _NICKNAME.sub("-", name).strip("-.")[:64] or "group"
