"""A plan as one HTML file for people who read it later, in their language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.report import blocks, page, values
from reconciler.report.blocks import Block, RouteView, StageView
from reconciler.report.escape import SHORT, line
from reconciler.report.frame import diagnostics, footer, reads
from reconciler.report.page import Html, element
from reconciler.report.proof import Shown, proofs
from reconciler.report.summary import counts_line, difference, gate_line, headline, missing, policy_line, scripts
from reconciler.report.values import Document
from reconciler.report.words import Words


def plan_html(plan: Document, language: str = "en") -> str:
    """The whole page.

    Raises:
        ValueError: there are no texts in that language.
    """
    words = Words(language)
    customer = line(plan.get("customer"), SHORT)
    title = words("plan.title", customer=customer)
    body = [part for part in _parts(plan, words) if part]
    return page.page(title, language, element("h1", title), *body, footer(plan, words))


def _parts(plan: Document, words: Words) -> Iterator[Html]:
    yield element("p", headline(plan, words, line(plan.get("customer"), SHORT)), class_="lead")
    yield element("p", counts_line(plan, words))
    yield _caution(plan, words)
    yield _blocked(plan, words)
    for route in blocks.routes(plan):
        yield _route(route, words)
    yield _blocks(words("plan.elsewhere"), blocks.elsewhere(plan), words)
    yield _blocks(words("plan.refused"), blocks.refused(plan), words)
    yield from _drift(plan, words)
    yield from (_proof(one) for one in proofs(plan, words))
    if scripts(plan, words):
        yield page.section(words("plan.scripts"), page.items(scripts(plan, words)))
    yield diagnostics(plan, words)
    yield reads(plan, words)
    yield from _bookkeeping(plan, words)
    yield element("p", policy_line(plan, words), class_="soft")


def _caution(plan: Document, words: Words) -> Html:
    count = (plan.get("counts") or {}).get("destroy", 0)
    return element("p", words("plan.caution", count=values.number(count)), class_="bad") if count else Html()


def _blocked(plan: Document, words: Words) -> Html:
    found = missing(plan, words)
    return page.section(words("plan.blocked"), page.items(found)) if found else Html()


def _route(route: RouteView, words: Words) -> Html:
    name = line(route.subject, SHORT)
    heading = words("route", subject=name, target=line(route.target, SHORT)) if route.target else name
    return page.section(heading, *(part for stage in route.stages for part in _stage(stage, words)))


def _stage(stage: StageView, words: Words) -> Iterator[Html]:
    yield element("h3", words("stage", name=line(stage.name, SHORT), state=words.named("state", stage.state)))
    if stage.gates:
        yield page.items(gate_line(gate, words) for gate in stage.gates)
    yield from (_block(block, words) for block in stage.blocks)


def _block(block: Block, words: Words) -> Html:
    kind = block.worst if block.worst in blocks.SYMBOLS else "other"
    changes = [element("p", f"{one.symbol} {one.text}", class_="v line") for one in blocks.lines(block, words)]
    notes = [element("p", note, class_="soft") for note in blocks.notes(block, words)]
    return element("div", element("p", block.sentence(words)), *changes, *notes, class_=f"block {kind}")


def _blocks(heading: str, found: Sequence[Block], words: Words) -> Html:
    return page.section(f"{heading} ({len(found):,})", *(_block(block, words) for block in found)) if found else Html()


def _drift(plan: Document, words: Words) -> Iterator[Html]:
    found = list(plan.get("drift", ()))
    for name, wanted in (("plan.conflicts", True), ("plan.drift", False)):
        said = [difference(one, words) for one in found if (one.get("class") == "conflict") is wanted]
        if said:
            yield page.section(f"{words(name)} ({len(said):,})", page.items(said))


def _proof(one: Shown) -> Html:
    tree = [element("p", text, class_="v") for text in one.tree]
    return page.section(one.heading, page.items([*one.moments, *one.probes, *one.notes]), *tree)


def _bookkeeping(plan: Document, words: Words) -> Iterator[Html]:
    for name in ("adopt", "forget", "unmanaged"):
        group = plan.get(name) or {}
        if group.get("count"):
            shown = [page.code(line(one, SHORT)) for one in group.get("addresses", ())]
            yield page.section(words(f"plan.{name}", count=values.number(group["count"])), page.items(shown))
