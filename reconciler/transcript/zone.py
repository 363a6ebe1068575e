"""A zone as it was read, and which of its records are mail's."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from reconciler.mail.discover import Discovery, Found
from reconciler.mail.quoting import sayable
from reconciler.mail.sightings import DKIM, plain_below
from reconciler.mail.spf.terms import is_spf
from reconciler.mail.tokens import token_of
from reconciler.mail.txt import txt_part
from reconciler.model import names
from reconciler.model.key import Key
from reconciler.model.resource import RecordSet, TenantDomain
from reconciler.spec.normal import value as normal_value
from reconciler.transcript.choice import Left

#: What the zone's host makes by itself: nobody writes it down.
HOSTS_OWN = frozenset({"SOA"})
#: What whoever signs a zone makes anew with every signature. Source: RFC 4034, RFC 5155, RFC 7344.
SIGNERS_OWN = frozenset({"RRSIG", "NSEC", "NSEC3", "NSEC3PARAM", "DNSKEY", "CDS", "CDNSKEY"})
#: Names that only mail, and the services that come with its mailboxes, use.
_NAMES = frozenset(
    (
        "autodiscover", "autoconfig", "_autodiscover._tcp", "exchangedelegation", "default._bimi",
        "_dmarc", "_mta-sts", "mta-sts", "_smtp._tls",
        "_sip._tls", "_sipfederationtls._tcp", "sip", "lyncdiscover",
        "enterpriseregistration", "enterpriseenrollment", "msoid",
        "_imap._tcp", "_imaps._tcp", "_pop3._tcp", "_pop3s._tcp", "_submission._tcp", "_submissions._tcp",
    )
)  # fmt: skip
#: Types by which a name leads to a host.
_LEADS = frozenset({"A", "AAAA", "CNAME"})
#: Classes of TXT values that are mail's wherever they stand.
_CLASSES = frozenset({"spf", "dmarc", "dkim", "mta-sts", "tls-rpt", "ms-verification"})


@dataclass(frozen=True, slots=True)
class Zone:
    """One zone that was read whole.

    Attributes:
        domain: lower case, A-labels, without final dot.
        provider: its name in the workspace. `implied`: it is the workspace's default.
        sets: by key. `locked`: what must be left to its owner, with the reason.
        found: who stands behind its mail.
        tenant: the customer's; empty without one. `claim`: the domain as the tenant knows it.
        only_mail: everything else is left out.
    """

    domain: str
    provider: str
    implied: bool
    sets: Mapping[Key, RecordSet]
    locked: Mapping[Key, str]
    found: Discovery
    tenant: str = ""
    claim: TenantDomain | None = None
    only_mail: bool = False

    def set(self, kind: str, name: str = "@") -> RecordSet | None:
        """A record set; none when there is none."""
        return self.sets.get(Key("dns", self.domain, kind, name))


def mails(zone: Zone) -> dict[Key, tuple[str, ...]]:
    """The values of each record set that are mail's; sets without any are left out."""
    hosts = _hosts(zone)
    named = {(one.type, one.name) for one in zone.claim.records} if zone.claim else frozenset()
    found = {}
    for key, one in zone.sets.items():
        if key.kind == "TXT":
            values = tuple(text for text in one.values if _is_mails(key.name) or _is_mails_text(key, text))
        else:
            leads = key.kind in _LEADS and key.name in hosts
            whole = leads or key.kind == "MX" or _is_mails(key.name) or (key.kind, key.name) in named
            values = one.values if whole else ()
        if values:
            found[key] = values
    return found


def _is_mails(name: str) -> bool:
    labels = name.split(".")
    return name in _NAMES or DKIM in labels or labels[0] == "_dmarc" or "_report._dmarc" in name


def _is_mails_text(key: Key, text: str) -> bool:
    return txt_part(key.name, text) in _CLASSES or (key.name == "@" and bool(token_of(text)))


def _hosts(zone: Zone) -> Collection[str]:
    """Names in the zone to which its MX records lead; a CNAME behind one is followed once."""
    found: dict[str, None] = {}
    for key, one in zone.sets.items():
        if key.kind == "MX":
            found |= dict.fromkeys(_below(value.split(" ")[-1], zone.domain) for value in one.values)
    for name in list(found):
        alias = zone.set("CNAME", name)
        if alias is not None:
            found |= dict.fromkeys(_below(value, zone.domain) for value in alias.values)
    return found.keys() - {""}


def _below(host: str, domain: str) -> str:
    return plain_below(host.removesuffix("."), domain)


def snapshot(zone: Zone) -> list[Found]:
    """Mail's record sets as a snapshot holds them, the apex first; those that no spec can hold are left out."""
    kept = []
    for key, values in mails(zone).items():
        own = key.kind in HOSTS_OWN | SIGNERS_OWN or (key.name == "@" and key.kind in {"NS", "CNAME"})
        flattened = key.kind != "CNAME" and key.name != "@" and zone.set("CNAME", key.name) is not None
        name = spoken(key)
        said = [one for one in values if key.kind == "TXT" or not unspeakable(key.kind, one)]
        if name and said and not own and not flattened:
            kept.append(Found(name, key.kind, zone.sets[key].ttl, tuple(said)))
    return sorted(kept, key=lambda one: (one.name != "@", one.name, one.type))


def unkept(zone: Zone) -> list[Left]:
    """Mail's record sets that are locked, so that their values are not known here; the apex first."""
    hosts = _hosts(zone)
    mail = [
        key
        for key in zone.locked
        if key.kind == "MX"
        or _is_mails(key.name)
        or (key.kind == "TXT" and key.name == "@")
        or (key.kind in _LEADS and key.name in hosts)
    ]
    places = sorted(mail, key=lambda one: (one.name != "@", one.name, one.kind))
    return [Left(f"{key.kind} {key.name}", zone.locked[key]) for key in places]


@lru_cache(maxsize=65_536)
def spoken(key: Key) -> str:
    """A record set's name as a spec writes it, absolute where it would be misread; empty when none can name it."""
    for text in (key.name, names.fqdn(key.name, key.scope)):
        try:
            if names.owner(text, key.scope) == key.name:
                return text
        except ValueError:
            continue
    return ""


def unspeakable(kind: str, value: str) -> str:
    """Why no spec can hold a value; empty when one can."""
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        return "it holds octets that are no UTF-8"
    if not sayable(value):
        return "it holds a control character or a line end"
    try:
        same = normal_value(kind, value) == value
    except ValueError as bad:
        return str(bad)
    return "" if same else "it is not written as specs write it"


def spf_of(values: Iterable[str]) -> list[str]:
    """The SPF records among TXT values."""
    return [text for text in values if is_spf(text)]
