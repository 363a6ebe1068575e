"""Identity: which resource, and which slot of it.

A `Key` names one resource of one remote system; a `Slot` names the part of it that one line of a spec owns.
Both are tuples, so that hundreds of thousands of them stay cheap to hash and compare.
"""

from __future__ import annotations

from typing import NamedTuple

#: The slot part of the texts that prove a domain to its tenants.
VERIFICATION = "ms-verification"
#: Before a further address, in the slot part of a user.
ALIAS = "aliases/"
#: Parts of a record set that say something of its values, and are none: without values they do not exist.
TRAITS = frozenset({"ttl", "proxied"})


class Key(NamedTuple):
    """Identity of one resource.

    It names no provider: moving a zone to another DNS host does not change what we own in it.

    Attributes:
        system: `dns`, `tenant`, or `exchange`, where a tenant's mailboxes are kept.
        scope: the zone (lower case, A-labels, no final dot) or the tenant (its initial domain).
        kind: a record type in upper case (`MX`), or `domain`, `user`, `licenses`, `group`, `sku`, `sign-in`; in
            `exchange` `mailbox`, `list`, `dkim`, `accepted-domain`.
        name: owner name relative to the zone (`@` is the apex); the domain; the spec id of a user or group once it is
            bound, the remote id before; the address of a mailbox or list.
    """

    system: str
    scope: str
    kind: str
    name: str

    @property
    def address(self) -> str:
        """The printed form, also the `address` field in JSON: `dns/example.com/MX/@`."""
        return "/".join(self)


class Slot(NamedTuple):
    """The part of a resource that one wish owns.

    Attributes:
        part: empty for the whole of it (the values of a record set that is not TXT, the existence of a user); else
            `ttl`, `proxied`, a TXT class (`dmarc`, `other:1f2e3d4c5b6a`), one SPF term (`spf/include:x.example`,
            `spf/all`), an attribute of a user (`displayName`), a licence (`ENTERPRISEPACK`) or a service
            plan of it (`ENTERPRISEPACK/YAMMER_ENTERPRISE`), or a member of a group.
    """

    key: Key
    part: str

    @property
    def address(self) -> str:
        """The printed form, `dns/example.com/TXT/@#spf/include:x.example`; without `#` where `part` is empty."""
        return f"{'/'.join(self.key)}#{self.part}" if self.part else "/".join(self.key)


def parse_slot(address: str) -> Slot:
    """Read a printed address back.

    Raises:
        ValueError: it is no address.
    """
    whole, _, part = address.partition("#")
    pieces = whole.split("/", 3)
    if len(pieces) != 4 or not all(pieces):
        raise ValueError(f"not an address: {address!r}")
    return Slot(Key(*pieces), part)
