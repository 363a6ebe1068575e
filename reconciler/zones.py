"""The zones that were read, as their servers would answer from them; every other question goes into the notebook.

A plan is judged by what will be true after it, not by what public DNS still says: `changes` are laid over what was
read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

from reconciler.mail.notebook import Notebook, Unanswered
from reconciler.mail.spf.terms import is_spf
from reconciler.model.answer import Answer, Question, Status
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource

#: Names a chain of CNAMEs may pass; resolvers give up somewhere near it.
CHAIN = 8
#: Types that wildcards hold in practice.
WILD = ("A", "AAAA", "CNAME", "MX", "SRV", "TXT")
NONE: Mapping[Key, RecordSet | None] = MappingProxyType({})


class Zones(Notebook):
    """Answers from zones that were read whole, else from the notebook."""

    def __init__(
        self,
        answers: Mapping[Question, Answer],
        read: Collection[str],
        resources: Mapping[Key, Resource],
        changes: Mapping[Key, RecordSet | None] = NONE,
        unnamed: Collection[Key] = (),
        *,
        locked: Mapping[Key, str] = MappingProxyType({}),
        partly: Mapping[str, Collection[str]] = MappingProxyType({}),
    ) -> None:
        """Nothing is copied before it is asked for.

        Args:
            read: the zones that were read whole.
            locked: what is there and cannot be read as records, with the reason.
            partly: by zone that was read in part, the names that were; for its others the notebook is asked.
            changes: record sets as they will be; none = it will be gone.
            unnamed: record sets whose values their owner has not named yet: nobody can answer for them.
        """
        super().__init__(answers)
        self._read, self._resources, self._changes, self._unnamed = read, resources, changes, unnamed
        self._locked, self._partly = locked, partly
        self._names: dict[str, set[str]] = {}

    def after(self, changes: Mapping[Key, RecordSet | None], unnamed: Collection[Key]) -> Zones:
        """The same zones as they will be; what stays open is open in both."""
        later = Zones(
            self._answers, self._read, self._resources, changes, unnamed, locked=self._locked, partly=self._partly
        )
        later.open = self.open
        return later

    def ask(self, name: str, kind: str) -> Answer | None:
        try:
            return self._ask(name.removesuffix("."), kind, CHAIN)
        except Unanswered:
            return None

    def set(self, key: Key) -> RecordSet | None:
        """One record set of a zone that was read; none = absent."""
        if key in self._changes:
            return self._changes[key]
        found = self._resources.get(key)
        return found if isinstance(found, RecordSet) else None

    def texts(self, zones: Collection[str]) -> list[Key]:
        """The TXT record sets of some zones that hold an SPF record."""
        return [
            key
            for key, one in self._resources.items()
            if key.kind == "TXT" and key.scope in zones and isinstance(one, RecordSet) and any(map(is_spf, one.values))
        ]

    def covering(self, zone: str, name: str) -> tuple[str, ...]:
        """The types for which a wildcard answers at a name that does not exist; empty when none does."""
        if name in self._existing(zone):
            return ()
        *_, wildcard = self._owners(zone, name)
        return tuple(kind for kind in WILD if self.set(Key("dns", zone, kind, wildcard)) is not None)

    def place(self, name: str) -> tuple[str, str] | None:
        """The zone that was read and holds a name, and the name in it; none when it lies elsewhere or is delegated."""
        labels = name.removesuffix(".").split(".")
        for cut in range(len(labels)):
            zone = ".".join(labels[cut:])
            if zone in self._partly and (".".join(labels[:cut]) or "@") not in self._partly[zone]:
                return None
            if zone in self._read or zone in self._partly:
                return None if self._delegated(zone, labels[:cut]) else (zone, ".".join(labels[:cut]) or "@")
        return None

    def _delegated(self, zone: str, labels: list[str]) -> bool:
        below = (".".join(labels[cut:]) for cut in range(len(labels)))
        return any(self.set(Key("dns", zone, "NS", name)) is not None for name in below)

    def _ask(self, name: str, kind: str, left: int) -> Answer:
        place = self.place(name)
        if place is None:
            known = super().ask(name, kind)
            if known is None:
                raise Unanswered(f"{name} {kind}")
            return known
        zone, relative = place
        for owner in self._owners(zone, relative):
            answer = self._at(zone, owner, kind, left)
            if answer is not None:
                return answer
            if owner in self._existing(zone):
                return Answer(Status.EMPTY)
        return Answer(Status.NXDOMAIN)

    def _owners(self, zone: str, relative: str) -> Iterator[str]:
        """The name itself, then the wildcard that answers for it (RFC 4592, section 3.3.1)."""
        yield relative
        labels = relative.split(".")
        for cut in range(1, len(labels) + 1):
            above = ".".join(labels[cut:]) or "@"
            if above == "@" or above in self._existing(zone):
                yield "*" if above == "@" else f"*.{above}"
                return

    def _at(self, zone: str, owner: str, kind: str, left: int) -> Answer | None:
        key = Key("dns", zone, kind, owner)
        if key in self._unnamed:
            return Answer(Status.FAILED, detail="its owner has not named it yet")
        for kept in (key, key._replace(kind="CNAME")) if self._locked else ():
            if kept in self._locked:
                return Answer(Status.FAILED, detail=f"nobody but its DNS host can say: {self._locked[kept]}")
        found = self.set(key)
        if found is not None:
            return Answer(Status.FOUND, found.values, found.ttl)
        alias = self.set(key._replace(kind="CNAME")) if kind != "CNAME" else None
        if alias is None:
            return None
        if not left:
            return Answer(Status.FAILED, detail=f"more than {CHAIN} CNAMEs one after the other")
        target = alias.values[0].removesuffix(".")
        answer = self._ask(target, kind, left - 1)
        if answer.status is not Status.FOUND:
            return answer
        return Answer(Status.FOUND, answer.values, min(answer.ttl, alias.ttl), answer.alias or target)

    def _existing(self, zone: str) -> Collection[str]:
        """Every name of a zone, those between a name and the apex too (RFC 8020); made when first needed."""
        if zone not in self._names:
            names = {key.name for key in self._resources if key.scope == zone and key not in self._changes}
            names |= {key.name for key, one in self._changes.items() if key.scope == zone and one is not None}
            names |= {key.name for key in (*self._unnamed, *self._locked) if key.scope == zone}
            for name in list(names):
                labels = name.split(".")
                names.update(".".join(labels[cut:]) for cut in range(1, len(labels)))
            self._names[zone] = names | {"@"}
        return self._names[zone]
