"""Requests and answers held against the published metadata, where that is at hand; loaded once a process."""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHARED = Path(__file__).resolve().parents[4] / "shared" / "contracts" / "graphcheck.py"


class Contract:
    """The checker; of many objects of the same shape in answers only the first is looked at."""

    def __init__(self, checker: Any) -> None:
        self._checker = checker
        self._shapes: set[object] = set()

    @functools.cache  # noqa: B019  # one contract lives as long as the process
    def properties(self, kind: str) -> frozenset[str]:
        """What a type has."""
        document, _ = self._checker.spec()
        return frozenset(document["components"]["schemas"][f"microsoft.graph.{kind}"]["properties"])

    def request(self, method: str, path: str, body: object) -> list[str]:
        """What is wrong with a request; path without query."""
        found: list[str] = self._checker.request(method, path, body)
        return [f"{method} {path}: {one}" for one in found]

    def response(self, method: str, path: str, sort: str, status: int, body: Any) -> list[str]:
        """What is wrong with an answer."""
        if isinstance(body, dict) and isinstance(body.get("value"), list):
            fresh = [one for one in body["value"] if self._new(sort, status, one)]
            envelope = {name: one for name, one in body.items() if name != "value"}
            if not fresh and not self._new(sort, status, envelope):
                return []
            body = {**body, "value": fresh}
        elif not self._new(sort, status, body):
            return []
        found: list[str] = self._checker.response(method, path, status, body)
        return [f"answer to {method} {path}: {one}" for one in found]

    def _new(self, sort: str, status: int, shown: object) -> bool:
        if not isinstance(shown, Mapping):
            return True
        kinds = [bool(one) if type(one) is list else type(one) for one in shown.values()]
        shape = (sort, status, tuple(shown), tuple(kinds))
        if shape in self._shapes:
            return False
        self._shapes.add(shape)
        return True


@functools.cache
def at_hand() -> Contract | None:
    """The checker kept beside the checkout; none where it is absent."""
    if not SHARED.is_file():
        return None
    module = types.ModuleType("graphcheck")
    module.__file__ = str(SHARED)
    exec(compile(SHARED.read_text(encoding="utf-8"), str(SHARED), "exec"), module.__dict__)  # leaves no bytecode there
    module.spec()
    return Contract(module)
