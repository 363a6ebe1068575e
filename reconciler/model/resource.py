"""The kinds of resource, one small typed model each, in normal form.

Normal form of a record set: `values` sorted, without repeats, each in presentation form with absolute lower-case names
(`10 mx1.example.net.`); a TXT value is the decoded text (strings joined, UTF-8 with surrogateescape), never quoted.
"""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.key import Key


@dataclass(frozen=True, slots=True)
class RecordSet:
    """All values of one name and type. `values` is never empty.

    Attributes:
        ttl: in seconds, 0 to 2147483647.
        proxied: the DNS host answers with addresses of its own and passes web requests on; none where a host has no
            such thing, or nobody asks for it.
    """

    key: Key
    ttl: int
    values: tuple[str, ...]
    proxied: bool | None = None


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """A DNS record that the tenant asks for.

    Attributes:
        name: relative to the domain, `@` is the apex.
        type: record type in upper case.
        value: normal form as in `RecordSet.values`.
        service: `Email`, `OfficeCommunicationsOnline`, `Intune`, ... as the tenant says it.
    """

    name: str
    type: str
    value: str
    service: str
    ttl: int = 3600
    optional: bool = False


@dataclass(frozen=True, slots=True)
class TenantDomain:
    """A mail domain as the tenant knows it; `key.kind` is `domain`, `key.name` the domain.

    Attributes:
        verification: the TXT value that proves the domain; empty when the tenant names none.
        default: new users get this domain.
        records: what the tenant wants in DNS; empty until the domain is verified.
        services: those that are on for it and can be put on and off (`tenant_rules.SERVICES`), sorted.
        federated: who signs in on it is asked elsewhere.
        hosted: its zone is kept by Microsoft itself.
    """

    key: Key
    verified: bool = False
    default: bool = False
    verification: str = ""
    records: tuple[ServiceRecord, ...] = ()
    services: tuple[str, ...] = ()
    federated: bool = False
    hosted: bool = False


@dataclass(frozen=True, slots=True)
class User:
    """A person's account; `key.kind` is `user`.

    Attributes:
        remote_id: the object id; empty on one that is to be created.
        usage_location: two letters, ISO 3166; empty when not set.
        aliases: further addresses, lower case, sorted.
        manager: object id of who leads this person; empty for nobody.
        mail: of `aliases` the one under which its mail goes out; empty when that is the UPN, or not known.
        synced: mastered on premises: read only for us.
        guest: invited from elsewhere: never managed.
        deleted: soft-deleted, restorable for 30 days.
    """

    key: Key
    upn: str
    display_name: str
    remote_id: str = ""
    enabled: bool = True
    given_name: str = ""
    surname: str = ""
    usage_location: str = ""
    phone: str = ""
    department: str = ""
    job_title: str = ""
    aliases: tuple[str, ...] = ()
    manager: str = ""
    synced: bool = False
    guest: bool = False
    deleted: bool = False
    mail: str = ""


@dataclass(frozen=True, slots=True)
class Licenses:
    """The SKUs (part numbers) that one user holds; `key.kind` is `licenses`, `key.name` the user's.

    Attributes:
        remote_id: object id of the user.
        direct: assigned to the user, sorted; the only ones we manage.
        inherited: through a group, sorted; read only.
        disabled: service plans that are off in what is direct, as `SKU/PLAN`, sorted.
        errors: what could not be given, sorted, as `SKU: ERROR`; set by the tenant.
    """

    key: Key
    remote_id: str
    direct: tuple[str, ...] = ()
    inherited: tuple[str, ...] = ()
    disabled: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group; `key.kind` is `group`.

    Attributes:
        group_kind: `microsoft365` or `security`; others are read only (`distribution`, `mail-security`, `dynamic`).
        members: object ids, sorted.
    """

    key: Key
    display_name: str
    remote_id: str = ""
    group_kind: str = "microsoft365"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sku:
    """A subscribed product; `key.kind` is `sku`, `key.name` the part number. Seats are counts.

    Attributes:
        product: name for people; empty when not known.
        enabled: bought and paid; `warning`: expired, in grace, still usable; `suspended`: cannot be given any more, and
            comes back when it is paid; `consumed`: in use.
        plans: names of its service plans, sorted; empty when not known.
        renews: the day on which its status changes unless it is renewed, ISO 8601; empty when not known.
    """

    key: Key
    sku_id: str
    product: str = ""
    enabled: int = 0
    warning: int = 0
    consumed: int = 0
    status: str = "Enabled"
    suspended: int = 0
    plans: tuple[str, ...] = ()
    renews: str = ""

    @property
    def free(self) -> int:
        """Seats that can still be given, never negative; none of a product that is suspended or locked."""
        usable = self.status in ("Enabled", "Warning")
        return max(0, self.enabled + self.warning - self.consumed) if usable else 0


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a tenant protects sign-in; `key.kind` is `sign-in`, `key.name` is `@`.

    Attributes:
        defaults: Microsoft's security defaults are on.
        policies: names of the conditional access policies that are enforced, sorted.
    """

    key: Key
    defaults: bool = False
    policies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A shared mailbox in Exchange; `key.kind` is `mailbox`, `key.name` its address.

    Attributes:
        aliases: further addresses, lower case, sorted.
        full_access, send_as: addresses of who may open it, and of who may send as it; lower case, sorted.
    """

    key: Key
    display_name: str
    aliases: tuple[str, ...] = ()
    full_access: tuple[str, ...] = ()
    send_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MailList:
    """A distribution list; `key.kind` is `list`, `key.name` its address.

    Attributes:
        members: addresses, of people outside too; lower case, sorted.
    """

    key: Key
    display_name: str
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signing:
    """How Exchange signs the mail of a domain (DKIM); `key.kind` is `dkim`, `key.name` the domain.

    Attributes:
        targets: by selector, where its CNAME must lead, as (selector, host without final dot); set by Exchange.
    """

    key: Key
    enabled: bool = False
    targets: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class AcceptedDomain:
    """What Exchange does with mail to unknown addresses of a domain; `key.kind` is `accepted-domain`.

    Attributes:
        relay: `authoritative`: it comes back; `internal-relay`: it is passed on.
    """

    key: Key
    relay: str = "authoritative"


ExchangeResource = Mailbox | MailList | Signing | AcceptedDomain
Resource = RecordSet | TenantDomain | User | Licenses | Group | Sku | SignIn | ExchangeResource
