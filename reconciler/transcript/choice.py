"""What of a spec goes with which of its lines, and what a trial showed that it cannot say.

A line has a subject: what stands or falls with it. Pieces of a domain are `DOMAIN mail`, `DOMAIN dkim s1` and the like;
a record set is its address, a part of one its slot's; of a tenant they are `user ADDRESS`, `alias ADDRESS`,
`license PART`, `group KEY`, `sign-in defaults` and `sign-in policies`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from reconciler.model.key import ALIAS, TRAITS, Slot


class Line(NamedTuple):
    """One line of a file; `subject` is empty where nothing hangs on it."""

    text: str
    subject: str = ""


class Left(NamedTuple):
    """Something that the spec does not hold: what it is, by name, and why, for people."""

    name: str
    reason: str


class Trouble(NamedTuple):
    """What a trial of the spec found wrong.

    Attributes:
        line: of the file; 0 when it has no place there.
        slot: what the plan would touch; none for what could not even be loaded.
    """

    file: str
    line: int
    slot: Slot | None
    reason: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What is not to be said.

    Attributes:
        refused: by subject, why.
        plainly: nothing but plain records is written.
    """

    refused: Mapping[str, str] = field(default_factory=dict)
    plainly: bool = False

    def takes(self, piece: str) -> bool:
        """Tell whether a piece beyond plain records may be written."""
        return not self.plainly and piece not in self.refused

    def why(self, subject: str) -> str:
        """Why something is left out; empty when it is not."""
        return self.refused.get(subject, "")

    def without(
        self,
        troubles: Iterable[Trouble],
        files: Mapping[str, list[Line]],
        *,
        plainly: bool = False,
        wholly: bool = False,
    ) -> Choice | None:
        """The choice that the troubles leave; none when nothing more can be given up.

        A part that is blamed again though it was given up takes its whole subject with it.

        Args:
            plainly: only plain records are left in any case.
            wholly: no subject is kept for the sake of its other parts.
        """
        found = dict(self.refused)
        for one in troubles:
            subject, part = _blamed(one, files)
            if subject:
                whole = wholly or not part or f"{subject}#{part}" in self.refused
                found.setdefault(subject if whole else f"{subject}#{part}", one.reason)
        if len(found) > len(self.refused):
            return replace(self, refused=found, plainly=self.plainly or plainly)
        return None if self.plainly else replace(self, plainly=True)


def _blamed(one: Trouble, files: Mapping[str, list[Line]]) -> tuple[str, str]:
    """The subject of a trouble's line, and the part of it that the plan would touch; empty where there is none."""
    lines = files.get(one.file, [])
    subject = lines[one.line - 1].subject if 0 < one.line <= len(lines) else ""
    return subject, _part(one.slot, subject) if one.slot else ""


def _part(slot: Slot, subject: str) -> str:
    if subject.startswith("dns/"):
        if slot.key.kind != "TXT" or slot.key.address != subject or slot.part in {"", *TRAITS}:
            return ""
        return "spf" if slot.part.startswith("spf") else slot.part
    if subject.startswith("user "):
        if slot.key.kind == "licenses":
            return "licenses"
        return slot.part if slot.part in PERSONAL or slot.part.startswith(ALIAS) else ""
    return ""


#: Attributes of a person that a spec may leave out, by slot part: their columns.
PERSONAL = {
    "displayName": "name",
    "givenName": "given_name",
    "surname": "surname",
    "phone": "phone",
    "department": "department",
    "jobTitle": "job_title",
    "manager": "manager",
}
