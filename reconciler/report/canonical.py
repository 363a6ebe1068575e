"""A public document as JSON for machines, the same bytes for the same document."""

from __future__ import annotations

import json

from reconciler.report.values import Document


def canonical(document: Document) -> str:
    """Sorted keys, ASCII only (so that no terminal acts on it); ends with a newline.

    One document is indented for people by two spaces; many are for machines alone and stay on one line, which takes a
    fifth of the time.

    Raises:
        ValueError: it holds a number that JSON has not (not a number, infinity).
    """
    indent = None if "documents" in document else 2
    return json.dumps(document, sort_keys=True, indent=indent, ensure_ascii=True, allow_nan=False) + "\n"
