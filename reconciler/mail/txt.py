"""Which of the purposes that we know a TXT value serves."""

from __future__ import annotations

import re

from reconciler.mail.spf.terms import is_spf

# RFC 9989 (DMARC) and RFC 6376, 3.2 (DKIM) allow blanks around `=`; RFC 8461, 3.1 and RFC 8460, 3 do not. What a
# verifier would not take for a policy is not ours to replace.
_TAGGED = re.compile(r"v(?:[ \t]*=[ \t]*(DMARC1|DKIM1)|=(STSv1|TLSRPTv1))[ \t]*(?:;|\Z)")
_CLASSES = {"DKIM1": "dkim", "STSv1": "mta-sts", "TLSRPTv1": "tls-rpt"}


def txt_part(name: str, text: str) -> str:
    """The slot part of a TXT value: a class, or `other:` with the first 12 hex digits of the value's SHA-256.

    Args:
        name: relative to the zone, lower case.
        text: decoded, UTF-8 with surrogateescape.
    """
    if is_spf(text):
        return "spf"
    if text.startswith("MS=ms"):
        return "ms-verification"
    if "_domainkey" in name and "_domainkey" in name.split(".")[1:]:
        return "dkim"
    match = _TAGGED.match(text)
    if match is None:
        return _other(text)
    tag = match.group(1) or match.group(2)
    if tag == "DMARC1":
        return "dmarc" if name == "_dmarc" or name.startswith("_dmarc.") else _other(text)
    return _CLASSES[tag]


def _other(text: str) -> str:
    from hashlib import sha256

    return "other:" + sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:12]
