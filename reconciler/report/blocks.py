"""A plan's steps gathered the way a person thinks of them: one block for a record set's SPF, for a user, for an MX."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.model.key import TRAITS
from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document
from reconciler.report.words import Words

Step = Mapping[str, Any]

SYMBOLS = {"create": "+", "update": "~", "destroy": "-"}
#: From the most dangerous; what we do not know comes first.
DANGER = ("destroy", "update", "create")
#: Of one stage's kinds of steps these are shown as gates, from the route, with their times.
_GATES = frozenset({"wait", "assert", "task"})


@dataclass(frozen=True, slots=True)
class Block:
    """Steps of one stage that belong to one thing; at least one, in plan order.

    Attributes:
        action: `create`, `update`, `destroy`, or what the plan says if that is none of them.
        allowed: all of its steps are, or none.
    """

    address: str
    action: str
    allowed: bool
    steps: tuple[Step, ...]

    @property
    def worst(self) -> str:
        """The most dangerous action among the thing's and its steps'."""
        return min((self.action, *(str(step.get("action")) for step in self.steps)), key=_danger)

    def sentence(self, words: Words) -> str:
        """What happens, or would happen, to which thing; always the same words for the same action."""
        mood = "will" if self.allowed else "would"
        known = self.action if self.action in SYMBOLS else "other"
        said = words(f"{mood}.{known}", title=values.title(self.address, words), action=line(self.action, SHORT))
        return f"{said}; {words('destroys')}" if known == "update" and self.worst == "destroy" else said


@dataclass(frozen=True, slots=True)
class Line:
    """One symbol and what it stands before."""

    symbol: str
    text: str


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a route with the blocks in it; `blocks` and `gates` may be empty."""

    name: str
    state: str
    gates: tuple[Mapping[str, Any], ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class RouteView:
    """One route; the empty stages are left out."""

    subject: str
    target: str
    stages: tuple[StageView, ...]


def routes(plan: Document) -> list[RouteView]:
    """Every route with its allowed steps, in plan order; steps of no known stage are in `elsewhere`."""
    by_place: dict[tuple[str, str], list[Step]] = {}
    for step in _acts(plan, allowed=True):
        by_place.setdefault(_place(step), []).append(step)
    return [_route(route, by_place) for route in plan.get("routes", ())]


def _route(route: Mapping[str, Any], by_place: Mapping[tuple[str, str], list[Step]]) -> RouteView:
    stages = []
    for stage in route.get("stages", ()):
        blocks = gather(by_place.get((str(route.get("id")), str(stage.get("name"))), ()))
        gates = tuple(stage.get("gates", ()))
        if blocks or gates or stage.get("state") != "empty":
            stages.append(StageView(str(stage.get("name")), str(stage.get("state")), gates, tuple(blocks)))
    return RouteView(str(route.get("subject")), str(route.get("target") or ""), tuple(stages))


def elsewhere(plan: Document) -> list[Block]:
    """Allowed steps whose route or stage the plan does not list: nothing that will happen is ever left out."""
    known = {
        (str(route.get("id")), str(stage.get("name")))
        for route in plan.get("routes", ())
        for stage in route.get("stages", ())
    }
    return gather(step for step in _acts(plan, allowed=True) if _place(step) not in known)


def refused(plan: Document) -> list[Block]:
    """What the plan would do but may not."""
    return gather(_acts(plan, allowed=False))


def every(plan: Document) -> list[Block]:
    """All blocks, refused ones too."""
    return gather([*_acts(plan, allowed=True), *_acts(plan, allowed=False)])


def by_danger(plan: Document) -> dict[str, list[Block]]:
    """All allowed blocks, the most dangerous action first; actions that do not occur are left out."""
    found: dict[str, list[Block]] = {}
    for block in gather(_acts(plan, allowed=True)):
        found.setdefault(block.worst, []).append(block)
    return {action: found[action] for action in sorted(found, key=_danger)}


def gather(steps: Iterable[Step]) -> list[Block]:
    """Group steps by stage and thing, in the order in which each thing comes first."""
    groups: dict[tuple[object, ...], list[Step]] = {}
    for step in steps:
        identity = (*_place(step), _thing(step), bool(step.get("allowed", True)))
        groups.setdefault(identity, []).append(step)
    return [_block(group) for group in groups.values()]


def lines(block: Block, words: Words) -> list[Line]:
    """The block's changes, a symbol before each; never empty."""
    # Each new SPF term brings the TTL of their one record set along; it is said once.
    return list(dict.fromkeys(found for step in block.steps for found in _step_lines(step, words)))


def _with_lines(step: Step, words: Words) -> list[Line]:
    """What comes with a thing that is made: a user's attributes, a record set's TTL."""
    symbol = SYMBOLS.get(str(step.get("action")), "!")
    head = str(step.get("address")).partition("#")[0]
    said = []
    for part, given in (step.get("with") or {}).items():
        address = f"{head}#{part}"
        free = values.is_free_text(address)
        text = words("value.later") if given is None else values.value(given, words, quoted=free)
        said.append(Line(symbol, _labelled({"address": address}, text, words)))
    return said


def notes(block: Block, words: Words) -> list[str]:
    """Why, who asked, and what else one should know; each different sentence once, in order."""
    said: dict[str, None] = {}
    for step in block.steps:
        said[reason(step, words)] = None
        if step.get("drift"):
            said[words("repairs")] = None
        if step.get("shares"):
            said[words("shares", values=values.value(list(step["shares"]), words))] = None
        if not step.get("allowed", True):
            said[f"{words('refused')}: {line(step.get('refusal') or '')}"] = None
    return list(said)


def reason(step: Step, words: Words) -> str:
    """Why a step is there and where it was asked for: `why: it is no longer in the spec; a.yaml:3 (rule)`."""
    why = f"{words('why')}: {words.named('reason', step.get('reason', ''))}"
    where = values.place(step.get("origin"))
    return f"{why}; {where}" if where else why


def _acts(plan: Document, *, allowed: bool) -> Iterable[Step]:
    return (
        step
        for step in plan.get("steps", ())
        if step.get("kind") not in _GATES and bool(step.get("allowed", True)) is allowed
    )


def _place(step: Step) -> tuple[str, str]:
    return str(step.get("route")), str(step.get("stage"))


def _thing(step: Step) -> str:
    address = str(step.get("address"))
    found = values.slot(address)
    if found is None:
        return address
    heading = values.heading_part(found)
    whole = found.key.kind != "TXT" and heading in TRAITS  # a TTL beside its values is one thing; in TXT it has many
    return found.key.address if whole or not heading else f"{found.key.address}#{heading}"


def _block(group: list[Step]) -> Block:
    return Block(_thing(group[0]), _action(group), bool(group[0].get("allowed", True)), tuple(group))


def _action(group: list[Step]) -> str:
    """What happens to the thing as a whole: a part that comes or goes is an update of it."""
    actions = {str(step.get("action")) for step in group}
    deciding = [str(step.get("action")) for step in group if _decides(step)]
    if deciding:
        return deciding[0] if len(actions) == 1 or _is_existence(group[0]) else "update"
    return "update" if actions <= set(SYMBOLS) else min(actions, key=_danger)


def _decides(step: Step) -> bool:
    """Tell whether the thing exists by virtue of this slot: not so for an attribute, or one SPF term of several."""
    found = values.slot(step.get("address"))
    if found is None:
        return True
    if found.key.system != "dns":
        return not found.part
    return found.part == "spf/all" or (found.part not in TRAITS and not found.part.startswith("spf/"))


def _is_existence(step: Step) -> bool:
    found = values.slot(step.get("address"))
    return found is not None and found.key.system != "dns" and not found.part


def _danger(action: str) -> int:
    return DANGER.index(action) if action in DANGER else -1


def _step_lines(step: Step, words: Words) -> list[Line]:
    along = _with_lines(step, words)
    # That a user exists is said by the sentence; its attributes say more.
    return along if along and _is_existence(step) else [*_value_lines(step, words), *along]


def _value_lines(step: Step, words: Words) -> list[Line]:
    before, after = step.get("before"), step.get("after")
    action = str(step.get("action"))
    if action == "update" and isinstance(before, list) and isinstance(after, list) and len(before) + len(after) > 2:
        changes = _list_lines(step, before, after, words)
        if changes:
            return changes
    quoted = values.is_free_text(step.get("address"))
    missing = step.get("unknown")
    new = values.unknown(missing, words) if missing else values.value(after, words, quoted=quoted)
    old = values.value(before, words, quoted=quoted)
    text = old if action == "destroy" and after is None else new if action == "create" else f"{old} -> {new}"
    return [Line(SYMBOLS.get(action, "!"), _labelled(step, text, words))]


def _list_lines(step: Step, before: list[Any], after: list[Any], words: Words) -> list[Line]:
    changes = [("-", one) for one in before if one not in after] + [("+", one) for one in after if one not in before]
    return [Line(symbol, _labelled(step, values.value(one, words), words)) for symbol, one in changes]


def _labelled(step: Step, text: str, words: Words) -> str:
    found = values.slot(step.get("address"))
    label = ""
    if found is not None and found.part == "ttl":
        label = "TTL: "
    elif found is not None and found.part == "proxied":
        label = "proxied: "
    elif found is not None and found.key.kind == "licenses":
        product = f" ({line(step['product'], SHORT)})" if step.get("product") else ""
        return f"{line(found.part, SHORT)}{product}" if found.part else text
    elif found is not None and (found.part == "spf/all" or not found.part.startswith("spf/")):
        name = values.part_label(found.part)
        label = f"{name}: " if name else ""
    owner = f" ({words('owner', owner=line(step['owner'], SHORT))})" if step.get("owner") else ""
    return f"{label}{text}{owner}"
