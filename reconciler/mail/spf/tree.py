"""What a record costs its readers: every lookup of the whole include tree, counted before anybody sends.

The count is the worst case, a sender whom nothing matches. Source: RFC 7208, sections 4.6.4 (limits), 5.1 (nothing
after `all` runs), 5.2 (include), 5.4 (at most ten MX hosts), 6.1 (`redirect=` counts only without `all`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from reconciler.mail.notebook import Notebook
from reconciler.mail.spf import macros
from reconciler.mail.spf.syntax import Directive, Record, read
from reconciler.mail.spf.terms import is_spf
from reconciler.model import names
from reconciler.model.answer import Answer, Status

#: RFC 7208, 4.6.4: terms that ask DNS, terms whose answer is void, hosts of one `mx`.
LOOKUPS, VOIDS, HOSTS = 10, 2, 10
#: RFC 7208, 3.4: octets of a record that surely fits, and of a whole answer over UDP without extensions.
RECORD, ANSWER = 450, 512
#: Where counting ends, in lookups and in records below each other: strangers publish trees without end.
MOST, DEEPEST = 100, 20
#: Octets beside the strings: of a message's header and question, and of each record in it (RFC 1035, 4.1).
_HEADER, _QUESTION, _EACH = 12, 6, 12
#: Letters of a term or a record that are printed.
_SHOWN = 300

#: Mechanisms that count as a lookup (RFC 7208, 4.6.4).
ASKING = frozenset({"include", "a", "mx", "ptr", "exists"})


class Fault(StrEnum):
    """What is the matter with one node."""

    UNKNOWN = "unknown"  #: the answer is not there yet
    FAILED = "failed"  #: nobody answered
    MISSING = "missing"  #: an include or a redirect leads to no SPF record
    SEVERAL = "several"  #: it leads to more than one
    BROKEN = "broken"  #: the record has a syntax error
    LOOP = "loop"  #: it leads to a record that is being read
    MACRO = "macro"  #: where it leads depends on the message
    NAME = "name"  #: what it names is no domain name
    VOID = "void"  #: what it names has no such records, so that it matches nobody
    HOSTS = "hosts"  #: too many MX hosts
    CAPPED = "capped"  #: counting ended here


class Voids(NamedTuple):
    """Void lookups by the kind of address a sender has."""

    four: int = 0
    six: int = 0


NO_VOIDS = Voids()
BOTH = Voids(1, 1)


class Node(NamedTuple):
    """One term that asks DNS, or the record everything starts from.

    Attributes:
        kind: `include`, `redirect`, `a`, `mx`, `ptr` or `exists`; empty for the root.
        term: as written; empty for the root.
        domain: whose records it asks for, without final dot; as written where that is not known or no name.
        record: the SPF record found there; none for what leads to no single record.
        cost: its own lookup, 0 or 1. total: with everything below.
        voids: its own void lookups.
        fault, problem: what is the matter, the second in words and empty when nothing is.
        found: what `a` (addresses) and `mx` (hosts, without final dot) found, sorted.
        children: the terms of the record that ask DNS and may run, in order.
    """

    kind: str
    term: str
    domain: str
    record: str | None = None
    cost: int = 0
    total: int = 0
    voids: Voids = NO_VOIDS
    fault: Fault | None = None
    problem: str = ""
    found: tuple[str, ...] = ()
    children: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Tree:
    """A record and all that it leads to.

    Attributes:
        lookups: of the whole tree.
        voids: of the whole tree. A term counts once at most; an `a` counts by the sender's kind of address, `mx` when
            there is no MX record, `exists`, `include` and `redirect` for both kinds. Not counted: the first question
            (no term asks it), addresses of MX hosts (they have a limit of their own), `ptr` and names with macros
            (each sender has another answer).
        size: octets of the record; 0 when there is no single one.
        answer_size: octets of the whole TXT answer at the name, without extensions; other values count when known.
        known: every question has an answer, be it that nobody answered.
        exact: no part of the tree is left out of `lookups`, which else is the least number.
    """

    root: Node
    lookups: int
    voids: Voids
    size: int
    answer_size: int
    known: bool
    exact: bool


def count(domain: str, notebook: Notebook, text: str | None = None) -> Tree:
    """Count what a domain's record costs.

    Everything that can be asked is asked in one run. A tree is followed for `MOST` lookups and `DEEPEST` levels.

    Args:
        domain: lower case, A-labels, without final dot.
        text: a record that is not published yet; none = what DNS has.
    """
    walk = _Walk(notebook)
    values = walk.values(domain, "TXT")
    if text is None:
        root = walk.record("", "", domain, ())
    else:
        values = (text, *(value for value in values or () if not is_spf(value)))
        root = walk.below(Node("", "", domain, text), ())
    return Tree(
        root=root,
        lookups=root.total,
        voids=walk.voids,
        size=_octets(root.record or ""),
        answer_size=answer_size(domain, values or ()),
        known=walk.known,
        exact=walk.exact,
    )


def nodes(node: Node) -> Iterator[Node]:
    """A node and all below it, each before its children."""
    yield node
    for child in node.children:
        yield from nodes(child)


class _Walk:
    """One count under way."""

    def __init__(self, notebook: Notebook) -> None:
        self.voids = NO_VOIDS
        self.known = True
        self.exact = True
        self._notebook = notebook
        self._left = MOST

    def values(self, name: str, kind: str) -> tuple[str, ...] | None:
        answer = self._ask(name, kind)
        return answer.values if answer else None

    def record(self, kind: str, term: str, domain: str, path: tuple[str, ...]) -> Node:
        """What an include, a redirect or the root leads to; `path` holds the domains above."""
        node = Node(kind, term, domain, cost=1 if kind else 0, total=1 if kind else 0)
        if domain in path:
            shown = " > ".join((*path[path.index(domain) :], domain))
            return self._open(node, Fault.LOOP, f"a loop: {shown}")
        answer = self._ask(domain, "TXT")
        if answer is None:
            return self._open(node, Fault.UNKNOWN, "not known yet")
        if not (answer.values or answer.void):
            return self._open(node, Fault.FAILED, _silent(answer))
        if kind and answer.void:
            node = self._void(node, BOTH)
        texts = [value for value in answer.values if is_spf(value)]
        if len(texts) == 1:
            return self.below(node._replace(record=texts[0]), path)
        if texts:
            return node._replace(fault=Fault.SEVERAL, problem=f"{len(texts)} SPF records there, one is allowed")
        gone = "there is no such name" if answer.status == "nxdomain" else "no SPF record there"
        return node._replace(fault=Fault.MISSING, problem=gone)

    def below(self, node: Node, path: tuple[str, ...]) -> Node:
        """A node whose record is known, with all that the record leads to."""
        record = read(node.record or "")
        path = (*path, node.domain)
        children: list[Node] = []
        for term, kind, domain in _asking(record):
            if self._left == 0 or len(path) > DEEPEST:
                limit = f"{MOST} lookups" if self._left == 0 else f"{DEEPEST} records below each other"
                children.append(self._open(Node("", term, domain), Fault.CAPPED, f"more than {limit}: not followed"))
                break
            self._left -= 1
            children.append(self._child(term, kind, domain, path))
        first = record.problems[0] if record.problems else None
        return node._replace(
            total=node.cost + sum(child.total for child in children),
            children=tuple(children),
            fault=Fault.BROKEN if first else None,
            problem=f"a syntax error: {plain(first.term)}: {first.text}" if first else "",
        )

    def _child(self, term: str, kind: str, domain: str, path: tuple[str, ...]) -> Node:
        node = Node(kind, term, domain, cost=1, total=1)
        follows = kind in {"include", "redirect"}
        if macros.present(domain):
            self.exact = self.exact and not follows
            return node._replace(fault=Fault.MACRO, problem="depends on the message, so it is not followed")
        name = _name(domain) if domain else path[-1]
        if name is None:
            return node._replace(fault=Fault.NAME, problem="no domain name, so nothing can be found there")
        if follows:
            return self.record(kind, term, name, path)
        node = node._replace(domain=name)
        if kind == "a":
            return self._addresses(node)
        if kind == "mx":
            return self._hosts(node)
        return self._exists(node) if kind == "exists" else node

    def _addresses(self, node: Node) -> Node:
        answers = [self._ask(node.domain, kind) for kind in ("A", "AAAA")]
        four, six = (int(answer is not None and answer.void) for answer in answers)
        node = self._void(node, Voids(four, six))
        found = tuple(value for answer in answers if answer for value in answer.values)
        node = node._replace(found=found)
        if None in answers:
            return node._replace(fault=Fault.UNKNOWN, problem="not known yet")
        failed = next((one for one in answers if one and not (one.values or one.void)), None)
        if failed is not None:
            return node._replace(fault=Fault.FAILED, problem=_silent(failed))
        if four and six:
            return node._replace(fault=Fault.VOID, problem="no address there, so it matches nobody")
        lack = "no A record" if four else ("no AAAA record" if six else "")
        return node._replace(problem=lack)

    def _hosts(self, node: Node) -> Node:
        node, answer = self._asked(node, "MX")
        # The null MX, `0 .`, names no host (RFC 7505).
        hosts = tuple(host for value in answer.values if (host := value.rpartition(" ")[2].removesuffix(".")))
        node = node._replace(found=tuple(sorted({*hosts})))
        if len(hosts) > HOSTS:
            return node._replace(fault=Fault.HOSTS, problem=f"{len(hosts)} MX hosts, more than {HOSTS}")
        if node.fault is None and not hosts:
            return node._replace(fault=Fault.VOID, problem="no MX host there, so it matches nobody")
        return node

    def _exists(self, node: Node) -> Node:
        node, answer = self._asked(node, "A")
        if answer.void:
            return node._replace(fault=Fault.VOID, problem="no A record there, so it matches nobody")
        return node

    def _asked(self, node: Node, kind: str) -> tuple[Node, Answer]:
        """One question that is the same for all senders; a `failed` answer stands for one that is not known."""
        answer = self._ask(node.domain, kind)
        if answer is None:
            return node._replace(fault=Fault.UNKNOWN, problem="not known yet"), _NOBODY
        if answer.void:
            return self._void(node, BOTH), answer
        if not answer.values:
            return node._replace(fault=Fault.FAILED, problem=_silent(answer)), answer
        return node, answer

    def _ask(self, name: str, kind: str) -> Answer | None:
        answer = self._notebook.ask(name, kind)
        self.known = self.known and answer is not None
        return answer

    def _void(self, node: Node, voids: Voids) -> Node:
        self.voids = Voids(self.voids.four + voids.four, self.voids.six + voids.six)
        return node._replace(voids=voids)

    def _open(self, node: Node, fault: Fault, problem: str) -> Node:
        """A node below which there may be more than is counted."""
        self.exact = False
        return node._replace(fault=fault, problem=problem)


def _asking(record: Record) -> Iterator[tuple[str, str, str]]:
    """Text, kind and domain of each term that asks DNS and may run."""
    ended = False
    for one in record.terms:
        if isinstance(one, Directive):
            ended = ended or one.name == "all"
            if not ended and one.name in ASKING:
                yield one.text, one.name, one.domain
    if not ended and record.redirect:
        yield f"redirect={record.redirect}", "redirect", record.redirect


def _name(domain: str) -> str | None:
    """A sound domain without macros as a question has it."""
    text = macros.expand(domain, str).replace("\\", "\\\\")
    try:
        return names.absolute(text if text.endswith(".") else f"{text}.", ".")[:-1]
    except ValueError:
        return None


def _octets(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogateescape"))


def answer_size(domain: str, values: Sequence[str]) -> int:
    """Octets of a whole TXT answer with these values, without extensions.

    Source: RFC 1035, 4.1 (header, question and what each record costs beside its strings).
    """
    # Each string of at most 255 octets has one octet for its length (RFC 1035, 3.3).
    sizes = [max(_octets(value), 1) for value in values]
    return _HEADER + len(domain) + _QUESTION + sum(_EACH + size + -(-size // 255) for size in sizes)


def _silent(answer: Answer) -> str:
    return f"nobody answered{': ' + answer.detail if answer.detail else ''}"


_NOBODY = Answer(Status.FAILED)


def lines(tree: Tree) -> tuple[str, ...]:
    """The tree for people: the record, each term that asks DNS with what it costs in all, at the end the sums."""
    root = tree.root
    told = f"  ({root.problem})" if root.problem else ""
    found = [f"{root.domain}: {plain(root.record) if root.record else 'no record to count'}{told}"]
    found += [line for child in root.children for line in _branch(child, 1)]
    least = "" if tree.exact else "at least "
    found += [
        f"lookups: {least}{tree.lookups} of {LOOKUPS}",
        f"void lookups: {tree.voids.four} of {VOIDS} for a sender with IPv4, {tree.voids.six} of {VOIDS} with IPv6",
    ]
    if root.record:
        sizes = f"record {tree.size} of {RECORD} octets, whole TXT answer about {tree.answer_size} of {ANSWER}"
        found.append(f"size: {sizes}")
    return tuple(found)


def _branch(node: Node, depth: int) -> Iterator[str]:
    told = f"  ({plain(node.problem)})" if node.problem else ""
    yield f"{node.total:4d}{'  ' * depth}{plain(node.term)}{told}"
    for child in node.children:
        yield from _branch(child, depth + 1)


def as_json(tree: Tree) -> dict[str, Any]:
    """The tree for machines; every node has the same keys."""
    return {
        "lookups": tree.lookups,
        "voids": tree.voids._asdict(),
        "size": tree.size,
        "answer_size": tree.answer_size,
        "known": tree.known,
        "exact": tree.exact,
        "root": _node_json(tree.root),
    }


def _node_json(node: Node) -> dict[str, Any]:
    return {
        "term": node.term,
        "domain": node.domain,
        "record": node.record,
        "cost": node.cost,
        "total": node.total,
        "voids": node.voids._asdict(),
        "fault": str(node.fault or ""),
        "problem": node.problem,
        "found": list(node.found),
        "children": [_node_json(child) for child in node.children],
    }


def plain(text: str) -> str:
    """A text that a stranger published, fit for a line: control characters escaped, too long ones cut."""
    short = text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
    return short if short.isprintable() else ascii(short)[1:-1]
