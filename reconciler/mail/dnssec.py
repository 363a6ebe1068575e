"""Whether a zone is signed, and whether what the parent says of its keys fits them; nothing is verified here.

Source: RFC 4034, 2 (DNSKEY), 5 (DS), appendix B (key tags); RFC 4035, 3.2.2 and 4.7 (a resolver that checks answers
SERVFAIL for what is bogus, unless CD is set); RFC 6840, 5.7 (AD).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

from reconciler.model.answer import Answer

#: Zone key flag (RFC 4034, 2.1.1).
_ZONE_KEY = 0x0100
#: Keys and DS records that are looked at; real zones have a handful.
_MOST = 50


def keys(values: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Tag and algorithm of each zone key among DNSKEY values, sorted, each once; what cannot be read is left out."""
    found = (_key(value) for value in list(values)[:_MOST])
    return tuple(sorted({one for one in found if one}))


def delegations(values: Iterable[str]) -> tuple[tuple[int, int], ...]:
    """Tag and algorithm that each DS value names, sorted, each once."""
    words = [value.split() for value in list(values)[:_MOST]]
    return tuple(sorted({(int(one[0]), int(one[1])) for one in words if len(one) > 3}))


def state(parent: Sequence[Answer], zone: Sequence[Answer]) -> tuple[str, str]:
    """How it stands, and why where it is broken or unknown.

    Args:
        parent: answers for the DS records, as resolvers gave them; of several the first counts.
        zone: answers for the DNSKEY records.

    Returns:
        `unsigned`: neither DS nor DNSKEY. `signed`: a DS record fits a key. `island`: keys that the parent does not
        know, so that nobody checks. `broken`: who checks gets no answer. `unknown`: nobody told.
    """
    if not parent or (parent[0].values and not zone):
        return "unknown", "nobody answered for the " + ("keys" if parent else "DS records")
    tags = delegations(parent[0].values)
    if not parent[0].values:
        return ("island", "") if any(one.values for one in zone) else ("unsigned", "")
    for one in zone:
        if not one.values:
            return "broken", "the parent has DS records, and a server of the zone shows no key"
        if not set(tags) & set(keys(one.values)):
            named = ", ".join(str(tag) for tag, _ in tags[:8])
            return (
                "broken",
                f"no key of the zone has a tag and an algorithm that the parent's DS records name ({named})",
            )
    return "signed", ""


def _key(value: str) -> tuple[int, int] | None:
    words = value.split(maxsplit=3)
    try:
        flags, protocol, algorithm = (int(word) for word in words[:3])
        octets = base64.b64decode("".join(words[3].split()), validate=True)
    except (ValueError, IndexError, binascii.Error):
        return None
    if not flags & _ZONE_KEY or protocol != 3 or algorithm == 1:  # the tags of RSA/MD5 are made in another way
        return None
    wire = flags.to_bytes(2, "big") + bytes([protocol, algorithm]) + octets
    total = sum(octet << 8 if at % 2 == 0 else octet for at, octet in enumerate(wire))
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF, algorithm
