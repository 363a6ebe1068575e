r"""Domain names: labels, the form kept in keys, and what authors of a spec write.

Names are compared by labels, never by string suffix: `fooexample.com` is not in `example.com`, and neither is
`a\.example.com` written with an escaped dot. Written form: lower case, A-labels, octets outside printable ASCII as
`\DDD`. A zone is written without a final dot, an absolute name with one, a relative one as `www` or `@`.
Source: RFC 1035 sections 2.3.4, 3.1 and 5.1; RFC 4592 section 2.1.1 (wildcards); UTS 46 and RFC 5891 (U-labels).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_ORDINARY = r"[!#%&'*+,/0-9:<=>?A-Z\[\]^_`a-z{|}~-]{1,63}"
#: A name that needs no escape: one regular expression decides, then lower case is all there is to do. With or without
#: final dot; `.` is the root. The length of the whole is not checked.
PLAIN = rf"(?:\.|(?:{_ORDINARY}\.)*{_ORDINARY}\.?)"
_PLAIN = re.compile(PLAIN)
_PIECE = re.compile(r"\\([0-9]{3})|\\([^0-9])|(\.)|([^.\\]+)", re.DOTALL)
_ESCAPED = frozenset(b'"().;\\@$')
_DOTS = str.maketrans("。．｡", "...")
#: Longest written form of a plain name with its final dot: 255 octets on the wire.
LONGEST = 254


def labels(name: str) -> tuple[bytes, ...]:
    """The labels of a name in presentation form, lower case; empty for the root. A final dot makes no difference.

    Raises:
        ValueError: a label is empty or too long, an escape is broken, or the whole is too long.
    """
    if name == ".":
        return ()
    found = [bytearray()]
    at = 0
    while at < len(name):
        piece = _PIECE.match(name, at)
        if piece is None:
            raise ValueError(f"the name {_shown(name)} holds a broken escape")
        number, character, dot, run = piece.groups()
        if dot:
            found.append(bytearray())
        else:
            found[-1] += _octets(number, character or run)
        at = piece.end()
    if len(found) > 1 and not found[-1]:
        found.pop()
    return _checked(name, tuple(bytes(label).lower() for label in found))


def written(parts: Iterable[bytes]) -> str:
    """Labels as text, without a final dot; empty for the root."""
    return ".".join("".join(map(_character, label)) for label in parts)


def absolute(name: str, origin: str) -> str:
    """A name as a zone file writes it, made absolute; `origin` is absolute, `@` stands for it.

    Raises:
        ValueError: the name cannot be read, or is too long with the origin.
    """
    if name == "@":
        return origin
    if _PLAIN.fullmatch(name):
        full = name.lower()
        if full[-1] != ".":
            full = f"{full}.{origin}" if origin != "." else f"{full}."
        if len(full) <= LONGEST:
            return full
    whole = labels(name) if ends_with_dot(name) else (*labels(name), *labels(origin))
    return written(_checked(name, whole)) + "."


def ends_with_dot(name: str) -> bool:
    r"""Tell whether a name is absolute: its last dot is no escaped one (`a\.`)."""
    return name.endswith(".") and (len(name) - len(name[:-1].rstrip("\\"))) % 2 == 1


def relative(name: str, zone: str) -> str:
    """An absolute name as the zone's keys hold it: `www`, `@`. Its final dot makes no difference.

    Raises:
        ValueError: it cannot be read or lies outside the zone.
    """
    if _PLAIN.fullmatch(name) and len(name) < LONGEST and "\\" not in zone:
        full = name.lower().removesuffix(".")
        if full == zone:
            return "@"
        if full.endswith(f".{zone}"):
            return full[: -len(zone) - 1]
    else:
        parts, apex = labels(name), labels(zone)
        depth = len(parts) - len(apex)
        if depth >= 0 and parts[depth:] == apex:
            return written(parts[:depth]) or "@"
    raise ValueError(f"{_shown(name)} is outside the zone {zone}")


def fqdn(name: str, zone: str) -> str:
    """A key's name as an absolute one, with final dot."""
    return f"{zone}." if name == "@" else f"{name}.{zone}."


def owner(name: str, zone: str) -> str:
    """An owner name as the author of a spec writes it, in the form kept in keys.

    It is relative, `@`, or absolute with a final dot inside the zone; U-labels are allowed.

    Raises:
        ValueError: with the reason in words.
    """
    if name == "@":
        return name
    if not name:
        raise ValueError("the owner name is missing; the zone itself is written @")
    text = to_ascii(name)
    parts = labels(text)
    apex = labels(zone)
    if any(b"*" in label for label in parts[1:]) or (parts and b"*" in parts[0] and parts[0] != b"*"):
        raise ValueError(f"{_shown(name)}: * stands for names only as the whole first label (*.example)")
    if ends_with_dot(text):
        return relative(text, zone)
    if parts[-len(apex) :] == apex:
        hint = written(parts[: -len(apex)]) or "@"
        raise ValueError(f"{_shown(name)} repeats the zone's name: write {hint}, or put a final dot")
    return written(_checked(name, (*parts, *apex))[: len(parts)])


def target(name: str) -> str:
    """A target as the author of a spec writes it, absolute with final dot; without one, several labels are absolute.

    Raises:
        ValueError: with the reason in words: one label alone, an address, or no name at all.
    """
    text = to_ascii(name)
    if text == ".":
        return text
    parts = labels(text)
    if not ends_with_dot(text) and len(parts) == 1:
        raise ValueError(f"the target {_shown(name)} has one label: write the whole name, or a final dot")
    if not ends_with_dot(text) and parts[-1].isdigit():
        raise ValueError(f"the target {_shown(name)} is no host name, it looks like an address")
    return written(parts) + "."


def to_ascii(name: str) -> str:
    """A spec's name with its U-labels turned into A-labels (UTS 46, non-transitional); ASCII comes back as it is.

    Raises:
        ValueError: a label has no A-label, or the name holds blanks or control characters.
    """
    if any(character <= " " or character == "\x7f" for character in name):
        raise ValueError(f"the name {name!r} holds a blank or a control character")
    if name.isascii():
        return name
    import idna

    try:
        mapped = idna.uts46_remap(name.translate(_DOTS), std3_rules=False, transitional=False)
        return ".".join(part if part.isascii() else idna.alabel(part).decode("ascii") for part in mapped.split("."))
    except UnicodeError as problem:
        raise ValueError(f"the name {_shown(name)} cannot be written in DNS: {problem}") from None


def _octets(number: str | None, characters: str | None) -> bytes:
    if number is None:
        return (characters or "").encode("utf-8", "surrogateescape")
    if int(number) > 255:
        raise ValueError(f"\\{number} is no octet: the largest is \\255")
    return bytes([int(number)])


def _character(octet: int) -> str:
    if octet in _ESCAPED:
        return "\\" + chr(octet)
    return chr(octet) if 0x20 < octet < 0x7F else f"\\{octet:03d}"


def _checked(name: str, parts: tuple[bytes, ...]) -> tuple[bytes, ...]:
    if not all(parts):
        raise ValueError(f"the name {_shown(name)} has an empty label")
    if any(len(label) > 63 for label in parts):
        raise ValueError(f"the name {_shown(name)} has a label of more than 63 octets")
    if sum(len(label) + 1 for label in parts) + 1 > 255:
        raise ValueError(f"the name {_shown(name)} has more than 255 octets")
    return parts


def _shown(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:77]}...")
