"""One HTML file: no script, nothing loaded from elsewhere, everything escaped; for paper and for a phone too."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from reconciler.report.escape import visible

#: Wide tables become cards below 40em; nothing is folded, so that paper shows all.
STYLE = """
:root { color-scheme: light dark; --soft: #6a737d; --rule: #d0d7de; --bad: #b42318; --good: #1a7f37; --warn: #9a6700; }
@media (prefers-color-scheme: dark) {
  :root { --soft: #9aa4ae; --rule: #3d444d; --bad: #ff7b72; --good: #56d364; --warn: #e3b341; }
}
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem;
  overflow-wrap: break-word; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .5rem 0; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--rule); }
h3 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { margin: .25rem 0; }
ul { margin: .25rem 0; padding-left: 1.25rem; }
code, .v { font: .875em/1.5 ui-monospace, monospace; overflow-wrap: anywhere; unicode-bidi: isolate;
  white-space: pre-wrap; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
th, td { text-align: left; vertical-align: top; padding: .375rem .5rem; border-bottom: 1px solid var(--rule);
  overflow-wrap: break-word; unicode-bidi: isolate; }
td > div { display: inline; overflow-wrap: anywhere; }
.when { white-space: nowrap; }
th { color: var(--soft); font-weight: 600; }
.lead { font-size: 1.125rem; font-weight: 600; }
.block { margin: .5rem 0 .75rem; padding-left: .75rem; border-left: .25rem solid var(--rule); break-inside: avoid; }
.block p { overflow-wrap: anywhere; }
.create { border-color: var(--good); } .update { border-color: var(--warn); } .destroy { border-color: var(--bad); }
.line { padding-left: 1.25rem; text-indent: -1.25rem; }
.soft, footer { color: var(--soft); font-size: .875rem; overflow-wrap: anywhere; }
.bad { color: var(--bad); font-weight: 600; } .good { color: var(--good); } .warn { color: var(--warn); }
footer { margin-top: 2rem; border-top: 1px solid var(--rule); }
@media (max-width: 40em) {
  thead { position: absolute; clip-path: inset(50%); height: 1px; overflow: hidden; }
  table, tbody, tr, td { display: block; width: auto; }
  tr { padding: .5rem 0; border-bottom: 2px solid var(--rule); }
  td { border: 0; padding: .125rem 0; }
  td::before { content: attr(data-label) ": "; color: var(--soft); font-weight: 600; }
}
@media print {
  :root { color-scheme: light; --soft: #444; --rule: #999; --bad: #900; --good: #060; --warn: #650; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  h2, h3 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; }
}
"""


class Html(str):
    """Text that is HTML already; every other text is escaped when it enters an element."""

    __slots__ = ()


def element(name: str, *content: str, **attributes: str) -> Html:
    """An element; texts in it are escaped; `class_` and `data_label` stand for `class` and `data-label`."""
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(visible(value))}"' for key, value in attributes.items() if value
    )
    return Html(f"<{name}{shown}>{''.join(map(_inside, content))}</{name}>")


def _inside(content: str) -> str:
    return content if isinstance(content, Html) else escape(visible(content))


def code(text: str) -> Html:
    """Text from the world."""
    return element("code", text)


def when(moment: str) -> Html:
    """An instant, on one line as long as it is one."""
    return element("span", moment, class_="when" if len(moment) <= len("2026-01-01 00:00 +00:00") else "v")


def items(found: Iterable[str]) -> Html:
    """A list."""
    return element("ul", *(element("li", one) for one in found))


def section(heading: str, *content: str) -> Html:
    """A part with its heading."""
    return element("section", element("h2", heading), *content)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Html:
    """A table; each cell carries its column's name for the narrow form."""
    head = element("thead", element("tr", *(element("th", one, scope="col") for one in heads)))
    body = [
        element("tr", *(element("td", one, data_label=name) for name, one in zip(heads, row, strict=True)))
        for row in rows
    ]
    return element("table", head, element("tbody", *body))


def page(title: str, language: str, *content: str) -> str:
    """The whole file. Its policy lets a browser load and run nothing but the style above, by its hash."""
    style = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    allowed = f"default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'"
    head = [
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{allowed}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="robots" content="noindex">',
        element("title", title),
        f"<style>{STYLE}</style>",
    ]
    body = element("body", Html("\n"), element("main", *(Html(f"{_inside(one)}\n") for one in content)))
    return (
        f'<!doctype html>\n<html lang="{escape(language)}">\n<head>\n{chr(10).join(head)}\n</head>\n{body}\n</html>\n'
    )
