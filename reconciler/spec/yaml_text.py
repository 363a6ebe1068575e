"""Reads YAML strictly, keeps the place of every node in one flat array, and reports every mistake it can reach.

What is stricter than YAML 1.1: only `true` and `false` are booleans and only plain decimal numbers are numbers, so that
`NO`, `on`, `010` and `12:30` stay text; no tags, no merge keys, no second document, no key twice, nothing left empty.
Source: YAML 1.2.2, sections 10.2 (core schema) and 6.1 (no tabs in indentation), 2021-10-01.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from reconciler.model.diagnostic import Diagnostic, Origin, error

MAX_BYTES = 10_000_000
MAX_DEPTH = 50
#: Nodes that aliases may add to a file; keeps nine nested anchors from becoming a billion nodes.
MAX_ALIASED = 10_000
_COLUMN_BITS = 24
_WORDS: dict[str, bool | None] = {"true": True, "True": True, "TRUE": True, "false": False, "False": False}
_WORDS |= {"FALSE": False, "null": None, "Null": None, "NULL": None, "~": None, "": None}
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_TAB = re.compile(r"^ *(\t)[ \t]*[^\s#]", re.MULTILINE)
#: Line breaks that editors do not show, and characters that turn the reading order round (what one approves is not
#: what is read then). Source: YAML 1.2.2 section 5.4; CVE-2021-42574.
_INVISIBLE = re.compile("[\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Map(dict[str, Any]):
    """A mapping. `node` is the number of its own mark, `end` that of the mark after its last descendant."""

    __slots__ = ("end", "node")
    node: int
    end: int


class Seq(list[Any]):
    """A sequence; `node` and `end` as in `Map`."""

    __slots__ = ("end", "node")
    node: int
    end: int


@dataclass(slots=True)
class Gone:
    """Stands where a wrong node is, already reported, so that the rest can be checked further."""

    node: int
    end: int


class Child(NamedTuple):
    """One entry of a container.

    Attributes:
        key: or the index as the author counts it, from 0.
        node: number of the value's mark; a key's mark stands right before it.
        end: number of the mark after the value's last descendant.
    """

    key: str | int
    node: int
    end: int
    value: Any


@dataclass(slots=True)
class Document:
    """A file as plain data: `Map`, `Seq`, text, whole numbers, booleans; `Gone` where a mistake was.

    Attributes:
        value: none when there is nothing to go on with.
        holes: some of it is `Gone`.
        marks: the place of every node in document order, packed.
        found: mistakes, at least one when `value` is none.
    """

    file: str
    value: Any = None
    holes: bool = False
    marks: list[int] = field(default_factory=list)
    found: list[Diagnostic] = field(default_factory=list)

    def origin(self, node: int, rule: str = "") -> Origin:
        """The place of a node by its number."""
        return self.unpack(self.marks[node] if node < len(self.marks) else 0, rule)

    def unpack(self, mark: int, rule: str = "") -> Origin:
        """A packed place."""
        return Origin(self.file, (mark >> _COLUMN_BITS) + 1, (mark & (1 << _COLUMN_BITS) - 1) + 1, rule)

    def children(self, container: Any) -> Iterator[Child]:
        """Entries of a `Map` or `Seq` that are not gone, in the author's order; nothing for a scalar."""
        entries: Iterable[tuple[str | int, Any]]
        if isinstance(container, Map):
            entries, keyed = container.items(), 1
        elif isinstance(container, Seq):
            entries, keyed = enumerate(container), 0
        else:
            return
        node = container.node + 1
        for key, value in entries:
            node += keyed
            inside = isinstance(value, Map | Seq | Gone) and value.node == node
            end = value.end if inside else node + 1
            if not isinstance(value, Gone):
                yield Child(key, node, end, value)
            node = end


def read(data: bytes, file: str) -> Document:
    """Read one file; whatever it holds, the answer is a document with its mistakes, never an exception."""
    document = Document(file)
    text = _decode(data, document)
    if text is not None:
        _look(text, document)
        if not document.found:
            _Builder(document).build(text)
    return document


def _decode(data: bytes, document: Document) -> str | None:
    if len(data) > MAX_BYTES:
        summary = f"the file has {len(data):,} bytes, the limit is {MAX_BYTES:,}"
        document.found.append(error("yaml/size", summary, remedy="split it", origin=Origin(document.file)))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        before = data[: bad.start].decode("utf-8-sig")
        place = Origin(document.file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        summary = f"byte 0x{data[bad.start]:02x} is no UTF-8"
        document.found.append(error("yaml/encoding", summary, remedy="save the file as UTF-8", origin=place))
        return None


def _look(text: str, document: Document) -> None:
    """Find what the parser would let through, or would explain badly."""
    if "\t" in text:
        for match in _TAB.finditer(text):
            remedy = "use spaces, two for each level"
            document.found.append(
                error("yaml/tab", "a tab in the indentation", "", remedy, origin=_at(match, document))
            )
    if not text.isascii():
        for match in _INVISIBLE.finditer(text):
            summary = f"an invisible character, U+{ord(match[0]):04X}"
            found = error("yaml/invisible", summary, "It would change how the line reads.", "remove it")
            document.found.append(_moved(found, _at(match, document)))


def _at(match: re.Match[str], document: Document) -> Origin:
    start = match.start(1) if match.re.groups else match.start()
    text = match.string
    return Origin(document.file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))


def _moved(found: Diagnostic, origin: Origin) -> Diagnostic:
    return Diagnostic(found.severity, found.rule, found.summary, found.detail, found.remedy, origin)


def _syntax(bad: yaml.YAMLError, text: str, file: str) -> Diagnostic:
    """What the parser could not read, in its own words."""
    if isinstance(bad, yaml.MarkedYAMLError):
        mark = bad.problem_mark or bad.context_mark
        origin = Origin(file, mark.line + 1, mark.column + 1) if mark else Origin(file)
        detail = f"While {bad.context.removeprefix('while ')}." if bad.context else ""
        return error("yaml/syntax", str(bad.problem or bad.context), detail, origin=origin)
    if isinstance(bad, yaml.reader.ReaderError):
        before = text.encode()[: bad.position].decode(errors="ignore")
        origin = Origin(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return error("yaml/character", f"a character that YAML does not allow: {bad.reason}", origin=origin)
    return error("yaml/syntax", str(bad).partition("\n")[0], origin=Origin(file))


class _Frame(NamedTuple):
    """An open container and where its content will go."""

    value: Map | Seq | None
    key: str | None
    key_at: int
    keyed: bool
    anchor: str | None
    size: int


class _Builder:
    """Turns the parser's events into a document, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document, self.marks, self.found = document, document.marks, document.found
        self.anchors: dict[str, tuple[Any, int]] = {}
        self.aliased = 0
        self.stack: list[_Frame] = []
        self.current: Map | Seq | None = None
        self.key: str | None = None
        self.key_at = 0
        self.keyed = False

    def build(self, text: str) -> None:
        """Read the whole text."""
        try:
            self._events(CParser(text))
        except yaml.YAMLError as bad:
            self.found.append(_syntax(bad, text, self.document.file))
            self.document.value = None
            return
        if self.document.value is None and not self.found:
            self._error("yaml/empty", "the file is empty", 0)

    def _error(self, rule: str, summary: str, mark: int, detail: str = "", remedy: str = "") -> None:
        self.found.append(error(rule, summary, detail, remedy, origin=self.document.unpack(mark)))

    def _events(self, parser: CParser) -> None:
        documents = 0
        get = parser.get_event
        while (event := get()) is not None:
            kind = type(event)
            if kind is ScalarEvent:
                self._scalar(event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, kind is MappingStartEvent, parser)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close()
            elif kind is AliasEvent:
                self._alias(event)
            elif kind is DocumentStartEvent:
                documents += 1
                if documents > 1:
                    remedy = "one file holds one document: remove this line and what follows, or the line itself"
                    self._error("yaml/documents", "a second document", _place(event), remedy=remedy)
                    return

    def _scalar(self, event: ScalarEvent) -> None:
        mark = event.start_mark
        place = mark.line << _COLUMN_BITS | mark.column
        value: Any = event.value
        if event.tag is not None:
            self._tag(event, place)
        if self.keyed and self.key is None:
            self._key(value, place, event.implicit[0])
            return
        if event.implicit[0]:
            if value in _WORDS:
                value = _WORDS[value]
            elif value[0] in "-0123456789" and _NUMBER.fullmatch(value):
                value = int(value)
        if event.anchor is not None:
            self._anchor(event.anchor, value, 1)
        if value is None:
            self._nothing(place)
            self._hole(place)
            return
        self.marks.append(place)
        self._put(value)

    def _hole(self, place: int) -> None:
        """Put `Gone` where a value should be."""
        at = len(self.marks)
        self.marks.append(place)
        self.document.holes = True
        self._put(Gone(at, at + 1))

    def _tag(self, event: Any, place: int) -> None:
        self._error("yaml/tag", f"the tag {event.tag}", place, "Tags are not read here.", "remove it; quote a text")

    def _key(self, key: str, place: int, plain: bool) -> None:
        if plain and key == "<<":
            remedy = "write the keys out, or share whole values with an anchor and an alias"
            self._error("yaml/merge", "a merge key (<<)", place, remedy=remedy)
        elif not key or not key.isprintable():
            self._error("yaml/key", "a key that is empty or not printable", place)
        self.key, self.key_at = key, len(self.marks)
        self.marks.append(place)
        if self.current is not None and key in self.current:
            first = next((one for one in self._entries() if one.key == key), None)
            detail = f"It stands on line {self.document.origin(first.node - 1).line} already." if first else ""
            self._error("yaml/duplicate", f"the key `{key}` again", place, detail, "keep one")

    def _entries(self) -> Iterator[Child]:
        """What the open container holds so far."""
        return self.document.children(self.current)

    def _nothing(self, place: int) -> None:
        what = f"nothing is written after `{self.key}:`" if self.keyed else "an empty item"
        remedy = 'leave the key out, or write [], {} or "" when it is meant to be empty' if self.keyed else "remove it"
        self._error("yaml/nothing", what, self.marks[self.key_at] if self.keyed else place, remedy=remedy)

    def _put(self, value: Any) -> None:
        """Give a finished value to the open container; a value under a key that is there already is dropped."""
        if self.current is None:
            self.document.value = value
        elif not self.keyed:
            self.current.append(value)  # type: ignore[union-attr]
        elif self.key in self.current:
            self._forget(self.key_at)
            self.key = None
        else:
            self.current[self.key] = value  # type: ignore[call-overload]
            self.key = None

    def _forget(self, start: int) -> None:
        """Drop the marks of a value that is not kept, and the anchors inside it."""
        del self.marks[start:]
        inside = [
            name for name, (value, _) in self.anchors.items() if isinstance(value, Map | Seq) and value.node >= start
        ]
        for name in inside:
            del self.anchors[name]

    def _open(self, event: Any, keyed: bool, parser: CParser) -> None:
        place = _place(event)
        if event.tag is not None:
            self._tag(event, place)
        if self.keyed and self.key is None:
            self._error("yaml/key", "a list or a mapping as a key", place, remedy="a key is one word")
            _skip(parser)
            following = parser.get_event()
            if isinstance(following, MappingStartEvent | SequenceStartEvent):
                _skip(parser)
            return
        if len(self.stack) >= MAX_DEPTH:
            self._error("yaml/depth", f"nested more than {MAX_DEPTH} levels deep", place)
            _skip(parser)
            self._hole(place)
            return
        size = len(self.marks) + self.aliased
        self.stack.append(_Frame(self.current, self.key, self.key_at, self.keyed, event.anchor, size))
        self.current = Map() if keyed else Seq()
        self.current.node = len(self.marks)
        self.keyed, self.key = keyed, None
        self.marks.append(place)

    def _close(self) -> None:
        done, frame = self.current, self.stack.pop()
        assert done is not None
        done.end = len(self.marks)
        self.current, self.key, self.key_at, self.keyed = frame.value, frame.key, frame.key_at, frame.keyed
        if frame.anchor is not None:
            size = len(self.marks) + self.aliased - frame.size
            self._anchor(frame.anchor, done, size)
        self._put(done)

    def _anchor(self, name: str, value: Any, size: int) -> None:
        self.anchors[name] = (value, size)

    def _alias(self, event: AliasEvent) -> None:
        place = _place(event)
        if self.keyed and self.key is None:
            self._error("yaml/key", "an alias as a key", place, remedy="write the key out")
            self._key(f"*{event.anchor}", place, plain=False)
            return
        value, size = self.anchors.get(event.anchor, (None, 0))
        if event.anchor not in self.anchors:
            detail = "An alias repeats what was named before it and does not hold it."
            self._error("yaml/alias", f"the alias *{event.anchor} names nothing", place, detail)
        elif self.aliased + size > MAX_ALIASED:
            value = None
            if not any(one.rule == "yaml/alias-size" for one in self.found):
                summary = f"aliases would make the file more than {MAX_ALIASED:,} values longer"
                self._error("yaml/alias-size", summary, place, remedy="repeat less")
        self.aliased += size
        if value is None:
            self._hole(place)
            return
        self.marks.append(place)
        self._put(value)


def _place(event: Any) -> int:
    mark = event.start_mark
    return int(mark.line << _COLUMN_BITS | mark.column)


def _skip(parser: CParser) -> None:
    """Read past a container whose start was just read."""
    depth = 1
    while depth:
        event = parser.get_event()
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
