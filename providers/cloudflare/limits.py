"""What Cloudflare cannot store, told offline, and what may not stand side by side there.

Source: Cloudflare documentation, DNS records (TTL, TXT, proxying, coexistence), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from providers.cloudflare import values
from reconciler.model import rdata
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, Resource
from reconciler.wire import records

#: The TTL that means "automatic", about 300 s; what is proxied always has it.
AUTO = 1
SHORTEST, LONGEST = 60, 86_400
#: Characters of one TXT as it is sent, and of all of one name.
TEXT, TEXTS = 2048, 8192
#: Octets of one record's data.
WIRE = 4096
RULE = "cloudflare/refused"
_BESIDE_NS = frozenset({"NS", "DS"})


#: Where nobody outside leads: RFC 1918, RFC 3927, RFC 4193, RFC 4291 section 2.5, RFC 6890.
PRIVATE = (
    *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "169.254.0.0/16"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)


def refusals(desired: Sequence[Resource]) -> Iterator[Diagnostic]:
    """Each finding at its record set."""
    yield from records.refusals(RULE, "Cloudflare's DNS", desired, values.KINDS, _own)
    keys = {one.key for one in desired if isinstance(one, RecordSet)}
    for key, reason in beside(keys):
        yield error(RULE, f"{key.name} {key.kind}: {reason}", address=key.address)


def normal(desired: Resource) -> Resource:
    """As every host's, and what is proxied has the automatic TTL."""
    normal = records.normal(desired)
    if isinstance(normal, RecordSet) and normal.proxied and normal.ttl != AUTO:
        return replace(normal, ttl=AUTO)
    return normal


def beside(keys: Iterable[Key], *, whole: bool = False) -> Iterator[tuple[Key, str]]:
    """Keys that may not stand as they do beside the others, with the reason; a CNAME's rule is every host's.

    Args:
        whole: the keys are all that there is at their names, so that what is needed and missing can be told too.
    """
    held: dict[tuple[str, str], set[str]] = {}
    for key in keys:
        held.setdefault((key.scope, key.name), set()).add(key.kind)
    for (zone, name), kinds in held.items():
        if name != "@" and "NS" in kinds and kinds - _BESIDE_NS:
            others = ", ".join(sorted(kinds - _BESIDE_NS))
            yield Key("dns", zone, "NS", name), f"NS of a name stand beside nothing else, and here is {others}"
        if whole and "DS" in kinds and "NS" not in kinds:
            yield Key("dns", zone, "DS", name), "a DS needs NS of the same name"


def _own(wished: RecordSet) -> Iterator[str]:
    kind, name = wished.key.kind, wished.key.name
    if not wished.proxied and wished.ttl != AUTO and not SHORTEST <= wished.ttl <= LONGEST:
        yield f"the TTL {wished.ttl} is neither {AUTO} (automatic) nor {SHORTEST} to {LONGEST}"
    if wished.proxied is not None and kind not in values.PROXIABLE:
        yield "only A, AAAA and CNAME can be proxied: leave `proxied` out"
    if name == "@" and kind == "NS":
        yield "the zone's own NS are Cloudflare's, and not among its records"
    if name == "@" and kind == "DS":
        yield "the zone's own DS belongs to the parent zone: it is set at the registrar"
    if "\\" in name:
        yield "a name with an escape cannot be said to Cloudflare"
    if kind == "TXT":
        yield from _texts(wished.values)
    for value in wished.values:
        yield from _value(kind, value)
        if wished.proxied and kind in ("A", "AAAA") and _is_private(value):
            yield f"{value} is no public address: it cannot be proxied (Cloudflare's code 9003)"


def _is_private(value: str) -> bool:
    from ipaddress import ip_address, ip_network

    try:
        found = ip_address(value)
    except ValueError:
        return False
    return any(found.version == net.version and found in net for net in map(ip_network, PRIVATE))


def _texts(texts: Iterable[str]) -> Iterator[str]:
    lengths = [len(rdata.txt_to_presentation(text)) for text in texts]
    if "" in texts:
        yield "an empty TXT cannot be stored"
    if max(lengths) > TEXT:
        yield f"a TXT is at most {TEXT} characters with its quotes and escapes, and this one is {max(lengths)}"
    if sum(lengths) > TEXTS:
        yield f"the TXT of one name are at most {TEXTS} characters together, and these are {sum(lengths)}"


def _value(kind: str, value: str) -> Iterator[str]:
    canonical = rdata.canonical(kind, value)
    try:
        values.payload(kind, canonical)
    except ValueError as problem:
        yield str(problem)
    if kind != "TXT" and len(canonical) > WIRE and _octets(kind, canonical) > WIRE:
        yield f"a record is at most {WIRE} octets"


def _octets(kind: str, canonical: str) -> int:
    import dns.rdata

    return len(dns.rdata.from_text("IN", kind, canonical, relativize=False).to_wire() or b"")
