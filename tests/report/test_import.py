"""What a reader of an import can rely on, whatever its form."""

from collections.abc import Callable
from typing import Any

import pytest

from reconciler.report.import_html import import_html
from reconciler.report.import_text import import_markdown, import_text
from tests.report.samples import document

View = Callable[[dict[str, Any]], str]
VIEWS: list[View] = [import_text, import_markdown, import_html]


@pytest.mark.parametrize("view", VIEWS)
def test_nobody_keeps_its_mailboxes(view: View) -> None:
    """A gateway alone does not say where the mailboxes are, and that is said."""
    whole = document("import")
    sentence = "no sign of a service we know that keeps its mailboxes"
    assert sentence not in view(whole)
    for matches in ([one for one in whole["domains"][0]["matches"] if one["role"] != "mailbox"], []):
        whole["domains"][0]["matches"] = matches
        assert sentence in view(whole)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("outcome", ["dry-run", "brand new", None])
def test_only_what_says_so_was_written(view: View, outcome: str | None) -> None:
    """Files are called written where the document says it, and never else."""
    assert "Files written" in view(document("import"))
    told = view(document("import") | {"outcome": outcome})
    assert "Files that would be written" in told
    assert "Files written" not in told


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_was_found(view: View) -> None:
    """What is empty is left out; what could not be seen never is."""
    whole = document("import")
    whole["domains"] = [{"domain": "a.example", "unseen": ["internal relays"]}]
    told = view(whole | {"diagnostics": [], "next": ""})
    assert "internal relays" in told
    assert not [word for word in ("Mail records", "The zone", "SPF record", "Errors", "Next:") if word in told]
