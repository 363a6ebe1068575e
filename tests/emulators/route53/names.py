r"""Names as Route 53 keeps them: lower-case labels, written with `\ooo` in octal, sorted by the reversed text."""

from __future__ import annotations

Labels = tuple[bytes, ...]
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789-_")


class Broken(ValueError):
    """No name, or no text, in this notation."""


def octets(text: str) -> list[tuple[int, bool]]:
    r"""The octets of a text with `\ooo` and `\x`, each with whether it was escaped."""
    found: list[tuple[int, bool]] = []
    at = 0
    while at < len(text):
        one = text[at]
        if one != "\\":
            if not " " <= one <= "~":
                raise Broken("unprintable characters must be octal escapes")
            found.append((ord(one), False))
            at += 1
            continue
        digits = text[at + 1 : at + 4]
        if len(digits) == 3 and set(digits) <= set("01234567") and int(digits, 8) < 256:
            found.append((int(digits, 8), True))
            at += 4
        elif digits and not digits[0].isdigit():
            found.append((ord(digits[0]), True))
            at += 2
        else:
            raise Broken(f"unsupported escape \\{digits}")
    return found


def parse(text: str) -> Labels:
    """The labels of a name; the final dot is optional."""
    labels = [bytearray()]
    for octet, escaped in octets(text):
        if octet == ord(".") and not escaped:
            labels.append(bytearray())
        else:
            labels[-1].append(octet)
    if len(labels) > 1 and not labels[-1]:
        labels.pop()
    found = tuple(bytes(label).lower() for label in labels)
    if any(not 0 < len(label) < 64 for label in found) or sum(len(label) + 1 for label in found) > 254:
        raise Broken(f"'{text}' is no domain name")
    return found


def written(labels: Labels) -> str:
    """A name as every answer holds it."""
    return "".join(_label(label) + "." for label in labels)


def order(labels: Labels) -> str:
    """What names are sorted by."""
    return "".join(_label(label) + "." for label in reversed(labels))


def inside(labels: Labels, zone: Labels) -> bool:
    """Tell by labels whether a name is the zone's or below."""
    return len(labels) >= len(zone) and labels[len(labels) - len(zone) :] == zone


def _label(label: bytes) -> str:
    return "".join(chr(octet) if octet in _PLAIN else f"\\{octet:03o}" for octet in label)
