"""The last look before text leaves: known secrets are taken out by value, wherever they came from."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape

from reconciler.report.escape import visible

#: What stands in the place of a secret.
MASK = "***"
#: A shorter text is not looked for: it would blank innocent words.
SHORTEST = 4


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text without any of the secrets, in whichever form a view writes them.

    Longer ones go first, so that one that holds another leaves no rest. A secret under `SHORTEST` characters stays.
    """
    forms = {form for secret in secrets if len(secret) >= SHORTEST for form in _forms(secret)}
    for form in sorted(forms, key=lambda one: (-len(one), one)):
        text = text.replace(form, MASK)
    return text


def _forms(secret: str) -> set[str]:
    """As it is; made visible; inside quotes, JSON, HTML or a Markdown cell."""
    shown = {secret, visible(secret)}
    quoted = shown | {one.replace('"', '\\"') for one in shown}
    outer = {form for one in quoted for form in (escape(one), one.replace("|", "\\|"))}
    return quoted | outer | {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
