"""A public document as JSON for machines, the same bytes for the same document."""

from __future__ import annotations

import json

from reconciler.report.values import Document


def canonical(document: Document) -> str:
    """Sorted keys, two spaces, ASCII only (so that no terminal acts on it); ends with a newline.

    Raises:
        ValueError: it holds a number that JSON has not (not a number, infinity).
    """
    return json.dumps(document, sort_keys=True, indent=2, ensure_ascii=True, allow_nan=False) + "\n"
