"""Whatever the world writes into a name, a value or an error: every view keeps its shape."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import pytest

from reconciler.report.views import render
from tests.conftest import LONG as THOROUGH
from tests.report.samples import ALL, HARMLESS, HOSTILE, LONG, NAMES, Path, document, hidden, places, replaced
from tests.report.shapes import html_shape, markdown_shape, text_shape

SHAPES: dict[str, Callable[[str], object]] = {"text": text_shape, "markdown": markdown_shape, "html": html_shape}


def views() -> list[tuple[str, str]]:
    """Every sample in every form that it has."""
    found = []
    for name in NAMES:
        for form in SHAPES:
            try:
                render(document(name), form)
            except ValueError:
                continue
            found.append((name, form))
    return found


VIEWS = views()
#: Of each field in a list so many are tried, unless LONG=1.
FEW = 3


def sampled(paths: Iterable[Path]) -> Iterator[Path]:
    """The first few of each field, however many entries hold it."""
    seen: Counter[Path] = Counter()
    for path in paths:
        field = tuple("" if isinstance(step, int) else step for step in path)
        seen[field] += 1
        if seen[field] <= FEW:
            yield path


@pytest.mark.parametrize(("name", "form"), VIEWS)
def test_each_place_alone(name: str, form: str) -> None:
    """A hostile text in any one place changes the shape of a view no more than a harmless one."""
    whole = document(name)
    for path in places(whole) if THOROUGH else sampled(places(whole)):
        expected = SHAPES[form](render(replaced(whole, [path], HARMLESS), form))
        for text in [*HOSTILE.values(), ALL] if THOROUGH else [ALL, LONG]:
            if text.count("/") > 2:
                continue
            shown = render(replaced(whole, [path], text), form)
            assert SHAPES[form](shown) == expected, (path, text[:50])
            assert not hidden(shown), path


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(("name", "form"), VIEWS)
def test_all_places_at_once(name: str, form: str, text: str) -> None:
    """A hostile text in all places at once is still one line each, visible, and no flood."""
    whole = document(name)
    everywhere = list(places(whole))
    shown = render(replaced(whole, everywhere, text), form)
    assert SHAPES[form](shown) == SHAPES[form](render(replaced(whole, everywhere, HARMLESS), form))
    assert not hidden(shown)
    shown.encode("utf-8")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("form", SHAPES)
def test_inside_an_address(form: str, text: str) -> None:
    """A hostile owner name, user or term inside a sound address is no different."""
    whole = document("plan-migration")
    sound = text.replace("#", "")  # which begins the part of an address
    for pattern in (
        "dns/a.example/TXT/{}#dmarc",
        "dns/a.example/TXT/@#spf/{}",
        "tenant/t/user/{}",
        "tenant/t/user/u#{}",
    ):
        steps = [("steps", 0, "address"), ("drift", 0, "address")]
        shown, plain = (render(replaced(whole, steps, pattern.format(one)), form) for one in (sound, HARMLESS))
        assert SHAPES[form](shown) == SHAPES[form](plain)
        assert not hidden(shown)


@pytest.mark.parametrize("form", SHAPES)
def test_a_long_value_is_cut_and_says_so(form: str) -> None:
    """Of 70,000 characters a view shows the start and how many there are."""
    whole = document("drift")
    shown = render(replaced(whole, [("changed", 2, "actual")], LONG), form)
    assert "A… (70,000 characters)" in shown
    assert len(shown) < len(render(whole, form)) + 1100


@pytest.mark.parametrize("name", NAMES)
def test_json_is_ascii_and_loses_nothing(name: str) -> None:
    """JSON for machines holds every character, and no terminal acts on any."""
    whole = document(name)
    hostile = replaced(whole, list(places(whole)), ALL)
    shown = render(hostile, "json")
    assert json.loads(shown) == hostile
    assert shown.isascii()
    assert not hidden(shown)


def test_no_mention_or_link_comes_alive_in_a_heading() -> None:
    """What looks like a mention or a link stands in a code span or a fence."""
    whole = document("plan-migration")
    text = HOSTILE["mention"]
    heading = render(replaced(whole, [("customer",)], text), "markdown").split("\n")[1]
    assert heading == f"### `{text}`: these changes would be made, stage by stage."
