"""The views of the sample documents, word for word; UPDATE_GOLDEN=1 writes them anew."""

import os
from pathlib import Path

import pytest

from reconciler.report.views import render
from tests.report.samples import HERE, document

ENDINGS = {"text": "txt", "markdown": "md", "html": "html"}
CASES = [
    ("plan-migration", "text", "en"),
    ("plan-migration", "markdown", "en"),
    ("plan-migration", "html", "es"),
    ("plan-clean", "text", "en"),
    ("plan-clean", "markdown", "en"),
    ("drift", "text", "en"),
    ("drift", "markdown", "en"),
    ("drift", "html", "en"),
    ("drift", "html", "es"),
    ("drift-inconclusive", "text", "en"),
    ("apply", "text", "en"),
    ("apply", "markdown", "en"),
    ("status", "text", "en"),
    ("statuses", "text", "en"),
    ("statuses", "markdown", "en"),
    ("check", "text", "en"),
    ("check", "html", "en"),
    ("check-many", "text", "en"),
    ("check-many", "markdown", "en"),
    ("check-many", "html", "es"),
    ("import", "text", "en"),
    ("import", "markdown", "en"),
    ("import", "html", "es"),
    ("import-whole", "text", "en"),
    ("import-whole", "markdown", "en"),
    ("import-whole", "html", "es"),
]


@pytest.mark.parametrize(("name", "form", "language"), CASES)
def test_view_is_as_reviewed(name: str, form: str, language: str) -> None:
    """A view changes only when somebody has looked at it and said so."""
    made = render(document(name), form, language)
    golden = HERE / "golden" / f"{name}{'.es' if language == 'es' else ''}.{ENDINGS[form]}"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        golden.write_text(made, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == made


def test_every_golden_file_is_compared() -> None:
    """No golden file is left behind by a case that went."""
    used = {f"{name}{'.es' if language == 'es' else ''}.{ENDINGS[form]}" for name, form, language in CASES}
    assert {path.name for path in Path(HERE / "golden").iterdir()} == used
