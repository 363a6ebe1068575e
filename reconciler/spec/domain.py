"""The models of a domain: its DNS host, its mail service, who sends in its name, its records."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Discriminator, Tag

from reconciler.model.route import Manage
from reconciler.spec.mail_policy import AS_IT_IS, Dkim, DmarcSpec, MtaStsSpec, SpfSpec, TlsRptSpec
from reconciler.spec.migration import MigrationSpec
from reconciler.spec.record import MANAGE, OVERWRITE, PROTECT, AbsentRecord, Adopt, DnsTable, Record, Table
from reconciler.spec.scalars import Day, Duration, Email, Flag, Host, Network, Text
from reconciler.spec.written import Written, doc, given

__all__ = ["AbsentRecord", "AskSpec", "DnsTable", "DomainSpec", "MailSpec", "Record", "Sender"]

DAY = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class AskSpec(Written):
    """A DNS host that one can only ask.

    Attributes:
        answers_in: seconds.
    """

    ask: Annotated[Email, doc("Whom to write to.", "soporte@hosting.example")]
    answers_in: Annotated[Duration, doc("How long an answer takes as a rule; default one day.", "4h")] = DAY


def _kind(value: object) -> str:
    return "<ask>" if isinstance(value, dict | AskSpec) else "<name>"


Dns = Annotated[Annotated[Text, Tag("<name>")] | Annotated[AskSpec, Tag("<ask>")], Discriminator(_kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSpec(Written):
    """The service that receives this domain's mail."""

    service: Annotated[
        Literal["microsoft365", "table"],
        doc("`microsoft365`: the tenant names the records. `table`: a table of records does.", "microsoft365"),
    ]
    table: Annotated[
        Table | None, doc("For `table`: the CSV file of a hosting company's letter.", "ready-for-service.csv")
    ] = None
    gateway: Annotated[
        Literal["keep", "replace"] | None,
        doc(
            "Where mail arrives through a filtering gateway: `keep` leaves MX to it, `replace` moves MX to the "
            "service; left out: a gateway that is there is not touched, and the plan says so.",
            "keep",
        ),
    ] = None
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    manage: Annotated[Manage, doc(f"{MANAGE[:-1]}, or the domain's.", "update")] = Manage.FULL


def _service(value: object) -> object:
    return {"service": value} if isinstance(value, str) else value


Mail = Annotated[MailSpec, BeforeValidator(_service, json_schema_input_type=Literal["microsoft365"] | MailSpec)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender(Written):
    """Somebody who sends mail in this domain's name. A name alone is one that the catalogue knows.

    Attributes:
        include: lower case, no final dot.
        ttl: seconds.
    """

    name: Annotated[Text, doc("A name of the catalogue, or any other for one that is described here.", "mailchimp")]
    include: Annotated[Host | None, doc("Host whose SPF record names the senders.", "spf.example.net")] = None
    address: Annotated[Network | None, doc("Address, or range of them, it sends from.", "203.0.113.7")] = None
    method: Annotated[
        Literal["direct", "smtp-auth", "relay"] | None,
        doc("`direct` to the recipients, `smtp-auth` through a mailbox, `relay` by address.", "direct"),
    ] = None
    dns_table: Annotated[Table | None, doc("CSV file of the records that the sender asks for.", "hubspot.csv")] = None
    until: Annotated[Day | None, doc("The day on which it stops; left out: it stays.", "2027-01-15")] = None
    ttl: Annotated[Duration | None, doc("Time to live of its records; default: the domain's `ttl`.", "1h")] = None


def _named(value: object) -> object:
    return {"name": value} if isinstance(value, str) else value


SenderItem = Annotated[Sender, BeforeValidator(_named, json_schema_input_type=Text | Sender)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainSpec(Written):
    """One domain; what is not mentioned is not touched.

    Attributes:
        name: lower case, A-labels, no final dot.
        dns: a provider's name, or whom to ask.
        ttl: seconds.
    """

    name: Annotated[str, given("name", keep=True)] = ""
    dns: Annotated[
        Dns,
        doc(
            "Provider of its DNS by its name in the workspace, or whom to ask; default: the workspace's.",
            "zones",
            {"ask": "soporte@hosting.example", "answers_in": "4h"},
        ),
    ] = ""
    mail: Annotated[
        Mail | None,
        doc(
            "The service that receives its mail; left out: mail is not looked at.",
            "microsoft365",
            {"service": "table", "table": "ready-for-service.csv"},
        ),
    ] = None
    senders: Annotated[
        tuple[SenderItem, ...],
        doc(
            "Who else sends mail in its name; they go into SPF.",
            ["mailchimp", {"name": "copier", "address": "203.0.113.7", "method": "direct"}],
        ),
    ] = ()
    spf: Annotated[SpfSpec, doc("What the SPF record says of everybody else.", {"all": "softfail"})] = AS_IT_IS
    dkim: Annotated[
        Dkim,
        doc(
            "DKIM selectors; others stay as they are. `microsoft365` stands for selector1 and selector2, and so "
            "does the name of a JSON file that `Get-DkimSigningConfig | ConvertTo-Json` printed.",
            "microsoft365",
            "dkim.json",
            [{"selector": "mail2026", "key": "v=DKIM1; k=rsa; p=MIIBIjANBg..."}],
        ),
    ] = ()
    dmarc: Annotated[
        DmarcSpec | None,
        doc("The DMARC record; left out: not looked at.", {"policy": "none", "reports_to": "dmarc@msp.example"}),
    ] = None
    mta_sts: Annotated[
        MtaStsSpec | None,
        doc(
            "MTA-STS: mail to this domain is encrypted, to these hosts only; left out: not looked at.",
            {"mode": "testing", "mx": ["*.mail.protection.outlook.com"]},
        ),
    ] = None
    tls_rpt: Annotated[
        TlsRptSpec | None,
        doc("Reports on encryption; left out: not looked at.", {"reports_to": "tls@msp.example"}),
    ] = None
    records: Annotated[
        tuple[Record, ...],
        doc("Other records.", [{"name": "www", "type": "A", "ttl": "1h", "values": ["198.51.100.10"]}]),
    ] = ()
    absent: Annotated[
        tuple[AbsentRecord, ...], doc("Records that must not exist.", [{"name": "old", "type": "CNAME"}])
    ] = ()
    authoritative: Annotated[
        Flag, doc("Everything in the zone that is not written here goes; default false.", True)
    ] = False
    migration: Annotated[
        MigrationSpec | None,
        doc(
            "Mail moves here from an old service.", {"from": {"service": "hosted-exchange", "as_found": "before.yaml"}}
        ),
    ] = None
    teams: Annotated[Flag, doc("The records of Teams, as the tenant names them; default false.", True)] = False
    devices: Annotated[
        Flag, doc("The records of device management, as the tenant names them; default false.", True)
    ] = False
    accepted: Annotated[
        Literal["authoritative", "internal-relay"] | None,
        doc(
            "Mail to unknown addresses: `authoritative` comes back, `internal-relay` is passed on to another system; "
            "left out: not looked at. It needs a provider of type `exchange`.",
            "internal-relay",
        ),
    ] = None
    default: Annotated[Flag, doc("New users of the tenant get this domain; default false.", True)] = False
    retire_verification: Annotated[
        Flag, doc("Remove the text that proved the domain to the tenant; default false.", True)
    ] = False
    ttl: Annotated[Duration | None, doc("Time to live of our records that say none; left out: one hour.", "1h")] = None
    manage: Annotated[Manage, doc(MANAGE, "observe")] = Manage.FULL
    protect: Annotated[Flag, doc(PROTECT, True)] = False
