"""What of a view may not depend on the world's words: lines of text, tokens of Markdown, elements of HTML."""

import json
import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt

_PARSER = MarkdownIt("commonmark").enable("table")


def text_shape(text: str) -> object:
    """How many lines, and how far each is indented."""
    return [len(one) - len(one.lstrip(" ")) for one in text.split("\n")]


def markdown_shape(text: str) -> object:
    """Every token with its tag; the HTML in it whole, but for the hidden marker and numbers of what was left out."""
    first, _, rest = text.partition("\n")
    found = re.fullmatch(r"<!-- mail-domain-reconciler (\{[^<>]*\}) -->", first)
    assert found, first[:200]
    fields = sorted(json.loads(found[1]))
    shape: list[object] = [fields]
    for token in _PARSER.parse(rest):
        html = re.sub(r"; showing [^<]*", "", token.content) if token.type == "html_block" else ""
        shape.append((token.type, token.tag, token.info, html, [child.type for child in token.children or ()]))
    return shape


def html_shape(text: str) -> object:
    """Every tag with the names of its attributes."""
    parser = _Tags()
    parser.feed(text)
    parser.close()
    return parser.seen


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.seen.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        self.seen.append("comment")
