"""What the include tree of an SPF record shows: limits, loops, dead ends, and how to get below a limit."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from reconciler.mail.clouds import CLOUDS
from reconciler.mail.spf.lint_record import everybody, vast
from reconciler.mail.spf.rules import ERROR, WARNING, Finding
from reconciler.mail.spf.syntax import read
from reconciler.mail.spf.tree import LOOKUPS, MOST, RECORD, VOIDS, Fault, Node, Tree, nodes, plain

#: Lookups from which on one more sender may be too many.
_NEAR = 9
_NAMED = 5
_FOLLOWS = frozenset({"include", "redirect"})
_ASKS_HOSTS = frozenset({"a", "mx"})


def main(tree: Tree) -> tuple[Node, ...]:
    """The records that decide for the domain itself: the root's, and those that `redirect=` leads on to."""
    found = [tree.root]
    while found[-1].children and found[-1].children[-1].kind == "redirect":
        found.append(found[-1].children[-1])
    return tuple(found)


def own(tree: Tree) -> tuple[Node, ...]:
    """`main`, and the included records at names below the domain; each name once, only where there is a record."""
    below = (one for one in nodes(tree.root) if one.domain.endswith(f".{tree.root.domain}"))
    return tuple({one.domain: one for one in (*main(tree), *below) if one.record is not None}.values())


def findings(tree: Tree, bulk: Collection[str]) -> Iterator[Finding]:
    """All findings of the tree; those of records that are the domain's own (`own`) are told by their text.

    Args:
        bulk: include domains of bulk senders, which could send from a subdomain.
    """
    if tree.size > RECORD:
        yield Finding("S4", WARNING, f"the record has {tree.size} octets, more than {RECORD}")
    yield from _lookups(tree, bulk)
    yield from _repeated(tree)
    yield from _voids(tree)
    told: set[tuple[str, str, Fault | None]] = set()
    mine = {one.domain for one in own(tree)}
    for node in nodes(tree.root):
        key = node.kind, node.domain, node.fault
        if node.term and key not in told:
            told.add(key)
            yield from _fault(node, mine)
    yield from _open_to_all(tree)


def _lookups(tree: Tree, bulk: Collection[str]) -> Iterator[Finding]:
    capped = any(one.fault is Fault.CAPPED for one in nodes(tree.root))
    least = "" if tree.exact else "at least "
    number = f"more than {MOST}" if capped and tree.lookups >= MOST else f"{least}{tree.lookups}"
    told = f"the record takes {number} lookups, {LOOKUPS} are allowed"
    if tree.lookups > LOOKUPS or capped:
        yield Finding("S6", ERROR, told, _remedies(tree, bulk))
    elif tree.lookups >= _NEAR:
        yield Finding("S6", WARNING, told, _remedies(tree, bulk))


def _repeated(tree: Tree) -> Iterator[Finding]:
    for again in _repeats(tree.root).values():
        kind, domain, extra = again[0].kind, again[0].domain, sum(one.total for one in again)
        times = "twice" if len(again) == 1 else f"{len(again) + 1} times"
        told = f"{kind} of {plain(domain)} stands {times} in the tree, which costs {_counted(extra, 'lookup')} more"
        yield Finding("S7", WARNING, told)


def _repeats(root: Node) -> dict[tuple[str, str, str], list[Node]]:
    """What is asked for again, by kind, domain and prefix lengths; what lies below a repetition is not told apart."""
    seen: set[tuple[str, str, str]] = set()
    again: dict[tuple[str, str, str], list[Node]] = {}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        key = node.kind, node.domain, node.term.partition("/")[2]
        if node.cost and node.fault not in {Fault.MACRO, Fault.LOOP}:
            if key in seen:
                again.setdefault(key, []).append(node)
                continue
            seen.add(key)
        waiting.extend(reversed(node.children))
    return again


def _voids(tree: Tree) -> Iterator[Finding]:
    most = max(tree.voids)
    if most == 0:
        return
    void = dict.fromkeys(plain(one.term) for one in nodes(tree.root) if any(one.voids))
    whose = "every sender" if tree.voids.four == tree.voids.six else _family(tree.voids.six > tree.voids.four)
    told = f"{_counted(most, 'void lookup')} for {whose}, {VOIDS} are allowed: {_listed(void)}"
    yield Finding("S9", ERROR if most > VOIDS else WARNING, told, _void_remedies(tree))


def _family(six: bool) -> str:
    return f"senders with IPv{6 if six else 4}"


def _fault(node: Node, mine: Collection[str]) -> Iterator[Finding]:
    """What is the matter with one term of the tree."""
    term, problem = plain(node.term), plain(node.problem)
    rule = {"include": "S10", "redirect": "S11"}.get(node.kind, "S9")
    if node.fault is Fault.LOOP:
        yield Finding("S18", ERROR, f"{term} leads back: {problem}")
    elif node.fault is Fault.HOSTS:
        yield Finding("S8", ERROR, f"{term}: {problem}")
    elif node.fault is Fault.VOID and node.kind == "mx":
        yield Finding("S8", WARNING, f"{term}: {problem}")
    elif node.fault is Fault.FAILED:
        told = f"{term}: {problem}, so it is not known what it leads to"
        yield Finding(rule, WARNING, told, "Look again later; when it stays so, tell whoever runs that name.")
    elif node.fault is Fault.NAME and node.kind not in _FOLLOWS:
        yield Finding("S19", WARNING, f"{term}: {problem}")
    elif node.fault in {Fault.MISSING, Fault.SEVERAL, Fault.NAME} or (
        node.fault is Fault.BROKEN and node.domain not in mine
    ):
        remedy = "Keep the old target, or name one that has a record." if node.kind == "redirect" else ""
        yield Finding(rule, ERROR, f"{term}: {problem}", remedy)


def _open_to_all(tree: Tree) -> Iterator[Finding]:
    """Included records that admit everybody: the record that includes them does so too."""
    waiting = [child for one in main(tree) for child in one.children if child.kind == "include"]
    while waiting:
        node = waiting.pop()
        if node.term[0] in "-~?" or node.record is None:
            continue
        last = next((one for one in read(node.record).directives if one.name == "all"), None)
        if last is not None and last.qualifier == "+":
            yield everybody(f"{node.term}, whose record ends with +all,")
        for version in {vast(one) for one in read(node.record).directives} - {0}:
            yield Finding("S14", ERROR, f"{node.term} admits a great part of all IPv{version} addresses")
        waiting.extend(child for child in node.children if child.kind in _FOLLOWS)


def _remedies(tree: Tree, bulk: Collection[str]) -> str:
    """How to get below ten lookups, what costs least first, with the terms it can be done to."""
    children = [one for record in main(tree) for one in record.children]
    again = {id(one) for same in _repeats(tree.root).values() for one in same}
    dead = [one for one in children if _dead(one) or id(one) in again]
    gone = {id(one) for one in dead}
    left = [one for one in children if id(one) not in gone]
    pinned = [one for one in left if one.kind in _ASKS_HOSTS and one.fault is not Fault.MACRO]
    steps = [
        ("drop what is dead or repeated", [plain(one.term) for one in dead]),
        ("write addresses instead of", [_pinned(one) for one in pinned]),
        ("let a bulk sender use a subdomain", [_priced(one) for one in _bulky(left, bulk)]),
    ]
    told = [f"{what} ({_listed(terms)})" for what, terms in steps if terms]
    told.append("as a last resort copy the addresses of an include, which then grow stale")
    return f"In this order: {'; '.join(told)}."


def _void_remedies(tree: Tree) -> str:
    children = [one for record in own(tree) for one in record.children]
    dead = [plain(one.term) for one in children if _dead(one)]
    half = [_pinned(one) for one in children if one.kind == "a" and any(one.voids) and one.found]
    others = [plain(one.term) for one in children if one.children and any(any(low.voids) for low in nodes(one))]
    steps = [
        ("drop", dead),
        ("write addresses instead of", half),
        ("tell whoever runs the record of", others),
    ]
    told = [f"{what} {_listed(dict.fromkeys(terms))}" for what, terms in steps if terms]
    return f"In this order: {'; '.join(told)}." if told else ""


def _dead(node: Node) -> bool:
    """Without it the same senders are admitted, or more than none."""
    return node.kind == "ptr" or node.fault in {Fault.VOID, Fault.MISSING, Fault.NAME}


def _pinned(node: Node) -> str:
    if not node.found:
        return plain(node.term)
    terms = [f"ip{6 if ':' in one else 4}:{one}" for one in node.found] if node.kind == "a" else node.found
    return f"{plain(node.term)}, that is {' '.join(terms[:_NAMED])}"


def _bulky(nodes_: list[Node], bulk: Collection[str]) -> list[Node]:
    """Includes of known bulk senders, the dearest first; when none is known, the dearest that is no mailbox's."""
    includes = sorted((one for one in nodes_ if one.kind == "include"), key=lambda one: -one.total)
    known = [one for one in includes if one.domain in bulk]
    mailboxes = {cloud.include for cloud in CLOUDS}
    return known or [one for one in includes if one.domain not in mailboxes][:1]


def _priced(node: Node) -> str:
    return f"{plain(node.term)}, {_counted(node.total, 'lookup')}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _listed(texts: Collection[str]) -> str:
    named = list(texts)[:_NAMED]
    return "; ".join(named) + (f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else "")
