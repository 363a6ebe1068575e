"""Reads YAML strictly, keeps the place of every node in one flat array, and reports every mistake it can reach.

What is stricter than YAML 1.1: only `true` and `false` are booleans and only plain decimal numbers are numbers, so that
`NO`, `on`, `010` and `12:30` stay text; no tags, no merge keys, no second document, no key twice, nothing left empty.
Source: YAML 1.2.2, sections 10.2 (core schema) and 6.1 (no tabs in indentation), 2021-10-01.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import Any, NamedTuple

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]
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
from reconciler.spec.scalars import show
from reconciler.spec.yaml_tree import COLUMN_BITS, Document, Gone, Map, Seq

MAX_BYTES = 10_000_000
MAX_DEPTH = 50
#: Nodes that aliases may add to a file; keeps nine nested anchors from becoming a billion nodes.
MAX_ALIASED = 10_000
#: Mistakes of form in one file after which the rest is not read.
MAX_FOUND = 100
_WORDS: dict[str, bool | None] = {"true": True, "True": True, "TRUE": True, "false": False, "False": False}
_WORDS |= {"FALSE": False, "null": None, "Null": None, "NULL": None, "~": None, "": None}
_DIGITS = frozenset("-0123456789")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})", re.ASCII)
_TAB = re.compile(r"^ *(\t)[ \t]*[^\s#]", re.MULTILINE)
#: Line breaks that editors do not show, and characters that turn the reading order round (what one approves is not
#: what is read then). Source: YAML 1.2.2 section 5.4; CVE-2021-42574.
_INVISIBLE = re.compile("[\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")


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


_BRACKET = re.compile(r"[\[\]{}]")
#: The parser takes quadratic time for brackets inside brackets; texts and comments may hold some too.
MOST_BRACKETS = 500


def _look(text: str, document: Document) -> None:
    """Find what the parser would let through, or would explain badly."""
    if "\t" in text:
        for match in islice(_TAB.finditer(text), MAX_FOUND):
            remedy = "use spaces, two for each level"
            document.found.append(
                error("yaml/tab", "a tab in the indentation", "", remedy, origin=_at(match, document))
            )
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += 1 if match[0] in "[{" else -1
        if depth > MOST_BRACKETS:
            found = error("yaml/deep", f"more than {MOST_BRACKETS} brackets inside each other", "", "write it flat")
            document.found.append(_moved(found, _at(match, document)))
            return
    if not text.isascii():
        for match in islice(_INVISIBLE.finditer(text), MAX_FOUND):
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


class _EnoughError(Exception):
    """So much is wrong that the rest of the file says nothing."""


class _Frame(NamedTuple):
    """An open container's holder, to go on with when it is closed."""

    holder: Any
    keyed: bool
    key: str | None
    key_at: int
    odd: bool
    anchor: str | None
    size: int


class _Anchor(NamedTuple):
    """What a name stands for: its node, and how many nodes and levels an alias adds."""

    value: Any
    node: int
    size: int
    height: int


class _Builder:
    """Turns the parser's events into a document, without recursion."""

    def __init__(self, document: Document) -> None:
        self.document, self.marks, self.found = document, document.marks, document.found
        self.anchors: dict[str, _Anchor] = {}
        self.aliased = 0
        self.stack: list[_Frame] = []
        self.heights: list[int] = [0]
        self.current: Any = None
        self.keyed = False
        self.key: str | None = None
        self.key_at = 0
        self.odd = False

    def build(self, text: str) -> None:
        """Read the whole text."""
        try:
            self._events(CParser(text))
        except _EnoughError:
            last = self.found[-1].origin
            self.found.append(
                error("yaml/more", "the rest of the file was not read", remedy="mend these first", origin=last)
            )
            self.document.value = None
            return
        except yaml.YAMLError as bad:
            self.found.append(_syntax(bad, text, self.document.file))
            self.document.value = None
            return
        if self.document.value is None and not self.found:
            self._error("yaml/empty", "the file is empty", 0)

    def _error(self, rule: str, summary: str, mark: int, detail: str = "", remedy: str = "") -> None:
        self.found.append(error(rule, summary, detail, remedy, origin=self.document.unpack(mark)))
        if len(self.found) >= MAX_FOUND:
            raise _EnoughError

    def _events(self, parser: CParser) -> None:
        documents, get = 0, parser.get_event
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

    def _scalar(self, event: Any) -> None:
        """A key or a value; what is nearly every node of a file comes first."""
        mark, value, marks = event.start_mark, event.value, self.marks
        place = mark.line << COLUMN_BITS | mark.column
        if event.tag is not None:
            self._tag(event, place)
        if self.keyed and self.key is None:
            self.odd = value in self.current or value == "<<" or not value.isprintable() or not value
            if self.odd:
                self._odd_key(value, place)
            self.key, self.key_at = value, len(marks)
            marks.append(place)
            return
        if event.implicit[0]:
            if value in _WORDS:
                value = _WORDS[value]
                if value is None:
                    self._nothing(place)
                    return
            elif value[0] in _DIGITS and _NUMBER.fullmatch(value):
                value = int(value)
        if event.anchor is not None:
            self._anchor(event.anchor, _Anchor(value, len(marks), 1, 0))
        marks.append(place)
        if self.keyed and not self.odd:
            self.current[self.key] = value
            self.key = None
        else:
            self._put(value)

    def _tag(self, event: Any, place: int) -> None:
        self._error(
            "yaml/tag", f"the tag {show(event.tag)}", place, "Tags are not read here.", "remove it; quote a text"
        )

    def _odd_key(self, key: str, place: int) -> None:
        if key == "<<":
            remedy = "write the keys out, or share whole values with an anchor and an alias"
            self._error("yaml/merge", "a merge key (<<)", place, remedy=remedy)
        elif key in self.current:
            first = next((one for one in self.document.children(self.current) if one.key == key), None)
            detail = f"It stands on line {self.document.origin(first.node - 1).line} already." if first else ""
            self._error("yaml/duplicate", f"the key `{key}` again", place, detail, "keep one")
        else:
            self._error("yaml/key", "a key that is empty or not printable", place)

    def _nothing(self, place: int) -> None:
        """Something is left empty; under a key that is wrong already that says nothing more."""
        if self.keyed and self.odd:
            self._hole(place)
            return
        what = f"nothing is written after `{self.key}:`" if self.keyed else "an empty item"
        remedy = 'leave the key out, or write [], {} or "" when it is meant to be empty' if self.keyed else "remove it"
        self._error("yaml/nothing", what, self.marks[self.key_at] if self.keyed else place, remedy=remedy)
        self._hole(place)

    def _hole(self, place: int) -> None:
        """Put `Gone` where a value should be."""
        at = len(self.marks)
        self.marks.append(place)
        self.document.holes = True
        self._put(Gone(at, at + 1))

    def _put(self, value: Any) -> None:
        """Give a finished value to the open container; a value under an odd key is dropped."""
        if self.current is None:
            self.document.value = None if isinstance(value, Gone) else value
        elif not self.keyed:
            self.current.append(value)
        else:
            if self.odd:
                self._forget(self.key_at)
            else:
                self.current[self.key] = value
            self.key = None

    def _anchor(self, name: str, anchor: _Anchor) -> None:
        """Remember an anchor, the newest one last."""
        self.anchors.pop(name, None)
        self.anchors[name] = anchor

    def _forget(self, start: int) -> None:
        """Drop the marks of a value that is not kept, and the anchors inside it."""
        del self.marks[start:]
        while self.anchors and next(reversed(self.anchors.values())).node >= start:
            self.anchors.popitem()

    def _open(self, event: Any, keyed: bool, parser: CParser) -> None:
        place = _place(event)
        if event.tag is not None:
            self._tag(event, place)
        if self.keyed and self.key is None:
            self._error("yaml/key", "a list or a mapping as a key", place, remedy="a key is one word")
            _skip(parser)
            if isinstance(parser.get_event(), MappingStartEvent | SequenceStartEvent):
                _skip(parser)
            return
        if len(self.stack) >= MAX_DEPTH:
            self._too_deep(place)
            _skip(parser)
            self._hole(place)
            return
        size = len(self.marks) + self.aliased
        self.stack.append(_Frame(self.current, self.keyed, self.key, self.key_at, self.odd, event.anchor, size))
        self.heights.append(0)
        self.current = Map() if keyed else Seq()
        self.current.node = len(self.marks)
        self.keyed, self.key = keyed, None
        self.marks.append(place)

    def _too_deep(self, place: int) -> None:
        self._error("yaml/depth", f"nested more than {MAX_DEPTH} levels deep", place)

    def _close(self) -> None:
        done, frame = self.current, self.stack.pop()
        done.end = len(self.marks)
        self.current, self.keyed, self.key, self.key_at, self.odd = frame[:5]
        height = self.heights.pop() + 1
        self.heights[-1] = max(self.heights[-1], height)
        if frame.anchor is not None:
            size = len(self.marks) + self.aliased - frame.size
            self._anchor(frame.anchor, _Anchor(done, done.node, size, height))
        self._put(done)

    def _alias(self, event: Any) -> None:
        place, name = _place(event), event.anchor
        if self.keyed and self.key is None:
            self._error("yaml/key", "an alias as a key", place, remedy="write the key out")
            self.key, self.key_at, self.odd = f"*{name}", len(self.marks), True
            self.marks.append(place)
            return
        anchor = self.anchors.get(name)
        if anchor is None:
            detail = "An alias repeats what was named before it and does not hold it."
            self._error("yaml/alias", f"the alias *{name} names nothing", place, detail)
        elif len(self.stack) + anchor.height > MAX_DEPTH:
            self._too_deep(place)
        elif self.aliased + anchor.size > MAX_ALIASED:
            if not any(one.rule == "yaml/alias-size" for one in self.found):
                summary = f"aliases would make the file more than {MAX_ALIASED:,} values longer"
                self._error("yaml/alias-size", summary, place, remedy="repeat less")
        else:
            self.aliased += anchor.size
            self.heights[-1] = max(self.heights[-1], anchor.height)
            self.marks.append(place)
            self._put(anchor.value)
            return
        self._hole(place)


def _place(event: Any) -> int:
    mark = event.start_mark
    return int(mark.line << COLUMN_BITS | mark.column)


def _skip(parser: CParser) -> None:
    """Read past a container whose start was just read."""
    depth = 1
    while depth:
        event = parser.get_event()
        if isinstance(event, MappingStartEvent | SequenceStartEvent):
            depth += 1
        elif isinstance(event, MappingEndEvent | SequenceEndEvent):
            depth -= 1
