"""The parts that the HTML views of plan and drift share: what was read, what went wrong, what this document is."""

from __future__ import annotations

from reconciler.report import page, values
from reconciler.report.escape import SHORT, line
from reconciler.report.page import Html, element
from reconciler.report.values import Document
from reconciler.report.words import Words


def diagnostics(document: Document, words: Words) -> Html:
    """Errors and warnings; empty when there are none."""
    found = [values.diagnostic(one, words) for one in document.get("diagnostics", ())]
    return page.section(words("page.diagnostics"), page.items(found)) if found else Html()


def reads(document: Document, words: Words) -> Html:
    """Every source with what it gave; empty when nothing was to be read."""
    heads = [words(f"column.{name}") for name in ("source", "objects", "state", "at")]
    rows = [
        [
            page.code(line(read.get("source"), SHORT)),
            values.number(read.get("count", 0)),
            words("read.complete") if read.get("complete", True) else _failure(str(read.get("error") or ""), words),
            page.when(values.moment(read.get("at") or "")),
        ]
        for read in document.get("reads", ())
    ]
    return page.section(words("drift.read"), page.table(heads, rows)) if rows else Html()


def _failure(error: str, words: Words) -> Html:
    said = words("read.partial")
    return element("span", f"{said}: {line(error)}" if error else said, class_="bad")


def footer(document: Document, words: Words) -> Html:
    """When, by what, from which spec, and the digest that names this document."""
    spec = document.get("spec") or {}
    moment = values.moment(document.get("created") or "")
    files = ", ".join(line(one, SHORT) for one in spec.get("files", ()))
    said = [
        words("page.made", moment=moment, version=line(document.get("tool_version") or "", SHORT)),
        f"{words('page.spec', digest=line(spec.get('digest') or '', SHORT))} {line(files)}",
        words("page.digest", digest=line(document.get("digest") or "", SHORT)),
    ]
    return element("footer", *(element("p", text) for text in said))
