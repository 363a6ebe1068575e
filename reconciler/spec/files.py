"""Reads the files that a customer's spec names; none outside the folder of specs."""

from __future__ import annotations

import os
import stat
from difflib import get_close_matches
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic, Origin, error
from reconciler.spec.yaml_text import MAX_BYTES


class Files:
    """One customer's files.

    Attributes:
        used: every file read, as the user would type it, in the order read.
    """

    def __init__(self, specs: Path, folder: Path, found: list[Diagnostic]) -> None:
        """Paths in a spec start at `folder`; mistakes go to `found`."""
        self.specs, self.folder, self.found = specs, folder, found
        self.used: list[str] = []

    def read(self, name: str, origin: Origin) -> tuple[str, bytes] | None:
        """A file's path, as the user would type it, and its content; none, and a report, when it cannot be read."""
        path = os.path.normpath(os.path.join(self.folder, name))  # noqa: PTH118
        summary = self._refusal(name, path)
        if not summary:
            try:
                if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116
                    summary = "is no file"
                else:
                    with open(path, "rb") as file:  # noqa: PTH123
                        self.used.append(path)
                        return path, file.read(MAX_BYTES + 1)
            except (OSError, ValueError) as bad:
                summary = f"cannot be read: {getattr(bad, 'strerror', None) or bad}"
        self.found.append(error("spec/file", f"{name!r} {summary}", "", self._near(name), origin=origin))
        return None

    def _refusal(self, name: str, path: str) -> str:
        root = os.path.realpath(self.specs)
        try:
            real = os.path.realpath(path)
        except (OSError, ValueError):
            return "is no path"
        outside = os.path.commonpath([root, real]) != root
        return "lies outside the folder of specs" if outside or Path(name).is_absolute() else ""

    def _near(self, name: str) -> str:
        try:
            near = get_close_matches(name, os.listdir(self.folder), n=1, cutoff=0.6)  # noqa: PTH208
        except OSError:
            near = []
        return f"did you mean {near[0]}?" if near and near[0] != name else "paths start at the customer's folder"
