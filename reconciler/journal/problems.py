"""What a person is told when the journal is not as it should be."""

from __future__ import annotations

from pathlib import Path

from reconciler.journal.entry import WrongError
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning


def damaged(path: Path, number: int, wrong: WrongError) -> Diagnostic:
    """Entry and line have the same number: the first entry is 1, and nothing else is in the file."""
    place = Origin(str(path), number)
    if wrong.rule == "journal/newer":
        summary = f"entry {number} of the journal was written by a newer version"
        return error(wrong.rule, summary, f"{wrong}.".capitalize(), "Use that version or a later one.", origin=place)
    return error(
        wrong.rule,
        f"the journal is damaged at entry {number} (line {number}): {wrong}",
        "What is ours, approved and done cannot be told any more, so nothing is changed.",
        f"Restore {path.parent} from a backup or from version control. Where there is none: --new-ledger moves it aside"
        " and begins anew; nothing is deleted then that the spec does not name.",
        origin=place,
    )


def missing(path: Path) -> Diagnostic:
    """There was a journal and it is gone."""
    return error(
        "journal/missing",
        "the journal is missing, though head.json says that there was one",
        "What is ours, approved and done cannot be told any more.",
        f"Restore {path.name} from a backup or from version control, or begin anew with --new-ledger: nothing is"
        " deleted then that the spec does not name.",
        origin=Origin(str(path)),
    )


def torn(path: Path, whole: int, cut: int) -> Diagnostic:
    """After `whole` entries, `cut` bytes of a line that was never finished."""
    return warning(
        "journal/torn",
        f"the last line of the journal ({cut} bytes after entry {whole}) was cut in the middle of its write",
        "A run was killed there; what the line announced had not begun.",
        "Nothing: the next apply takes it off.",
        origin=Origin(str(path), whole + 1),
    )


def in_order(path: Path) -> Diagnostic:
    """A new journal is asked for, but the old one is whole."""
    summary = "the journal is in order; a new one would only forget what is ours"
    return error("journal/in-order", summary, "", "Leave out --new-ledger.", origin=Origin(str(path)))


def unreadable(path: Path, problem: OSError) -> Diagnostic:
    """The system does not let us read."""
    summary = f"{path.name} cannot be read"
    remedy = "Mend the file's permissions or the disk, and run again."
    return error("journal/unreadable", summary, _why(problem), remedy, origin=Origin(str(path)))


def unwritable(path: Path, problem: OSError) -> Diagnostic:
    """The system does not let us write, or somebody else does."""
    summary = "the journal cannot be written: nothing further was changed"
    remedy = "Make room or mend the permissions, then run again: it goes on where it stopped."
    return error("journal/unwritable", summary, _why(problem), remedy, origin=Origin(str(path)))


def _why(problem: OSError) -> str:
    text = problem.strerror or str(problem)
    return f"{text[:1].upper()}{text[1:]}."
