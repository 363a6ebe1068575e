"""The models of what a domain says of its own mail: SPF's end and probes, DKIM, DMARC, MTA-STS, TLS-RPT."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, PlainValidator

from reconciler.spec.record import OVERWRITE, Adopt
from reconciler.spec.scalars import Address, Duration, Email, Emails, Flag, Host, Text, listed, show, wrong
from reconciler.spec.written import Written, doc

DmarcPolicy = Literal["none", "quarantine", "reject"]
WEEK = 604_800


def _term(value: object) -> str:
    if not isinstance(value, str) or not SPF_TERM.fullmatch(value) or value.lower().lstrip("+?~-") == "all":
        remedy = "write one as the record shows it: include:old.example, ip4:192.0.2.1, mx"
        raise wrong("spec/spf-term", f"{show(value)} is no term of an SPF record", remedy)
    return value


#: A mechanism with an optional qualifier. Source: RFC 7208, 4.6.1 and 12; what the terms mean is not looked at here.
SPF_TERM = re.compile(r"[+?~-]?[A-Za-z][A-Za-z0-9]*(?:[:/][\x21-\x7e]*)?")
SpfTerm = Annotated[str, PlainValidator(_term, json_schema_input_type=str)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe(Written):
    """An address, and what SPF must say of it once everything is done; plans show what it says before and after."""

    name: Annotated[Text, doc("Whose address it is, for people.", "the old host after decommission")]
    address: Annotated[Address, doc("One address.", "198.51.100.25")]
    expect: Annotated[
        Literal["pass", "fail", "softfail", "neutral"], doc("What receivers must find; default `pass`.", "fail")
    ] = "pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpfSpec(Written):
    """The end of the SPF record, what must leave it, and the proof."""

    all: Annotated[
        Literal["fail", "softfail", "neutral"] | None,
        doc(
            "What of everybody else: `fail` (-all), `softfail` (~all), `neutral` (?all); left out: as it is.",
            "softfail",
        ),
    ] = None
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    absent: Annotated[
        tuple[SpfTerm, ...],
        doc(
            "Terms that must not be in the record; nothing else removes one that we did not write.",
            ["include:old.example"],
        ),
    ] = ()
    probes: Annotated[
        tuple[Probe, ...],
        doc(
            "Addresses beside those of `senders` that every plan tries; another result than expected stops the plan.",
            [{"name": "the old host after decommission", "address": "198.51.100.25", "expect": "fail"}],
        ),
    ] = ()


#: A domain that says nothing of its SPF record's end.
AS_IT_IS = SpfSpec()


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSelector(Written):
    """One DKIM selector: where its key is (`target`), or the key itself (`key`). With neither, for Microsoft 365, the
    plan waits until somebody has given what the tenant names."""

    selector: Annotated[Text, doc("Its name, before `._domainkey`.", "selector1")]
    target: Annotated[
        Host | None,
        doc(
            "Where its CNAME leads, as the service gives it; never derived.",
            "selector1-contoso-com._domainkey.contoso.n-v1.dkim.mail.microsoft",
        ),
    ] = None
    key: Annotated[Text | None, doc("The text of its key record.", "v=DKIM1; k=rsa; p=MIIBIjANBg...")] = None
    config: Annotated[
        Text | None,
        doc("JSON file that `Get-DkimSigningConfig | ConvertTo-Json` printed; it gives the target.", "dkim.json"),
    ] = None
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    ttl: Annotated[Duration | None, doc("Time to live; default: the domain's `ttl`.", "1h")] = None


def _selector(value: object) -> object:
    return {"selector": value} if isinstance(value, str) else value


def _selectors(value: object) -> object:
    if not isinstance(value, str):
        return value
    config = {} if value == "microsoft365" else {"config": value}
    return [{"selector": name, **config} for name in ("selector1", "selector2")]


Selector = Annotated[DkimSelector, BeforeValidator(_selector, json_schema_input_type=Text | DkimSelector)]
Dkim = Annotated[
    tuple[Selector, ...], BeforeValidator(_selectors, json_schema_input_type=Text | list[Text | DkimSelector])
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DmarcSpec(Written):
    """The DMARC record.

    Attributes:
        ttl: seconds.
    """

    policy: Annotated[DmarcPolicy, doc("What receivers do with mail that fails.", "none")]
    subdomain_policy: Annotated[
        DmarcPolicy | None, doc("The same for subdomains; left out: as `policy`.", "reject")
    ] = None
    nonexistent_policy: Annotated[
        DmarcPolicy | None, doc("The same for subdomains that do not exist; left out: as for subdomains.", "reject")
    ] = None
    testing: Annotated[
        Flag, doc("Receivers apply the next milder policy and report all the same; default false.", True)
    ] = False
    reports_to: Annotated[
        Emails, doc("One or more addresses for daily reports; none by default.", "dmarc@msp.example")
    ] = ()
    failure_reports_to: Annotated[
        Emails, doc("Addresses for reports on single messages; none by default.", "dmarc@msp.example")
    ] = ()
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    ttl: Annotated[Duration | None, doc("Time to live; default: the domain's `ttl`.", "1h")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MtaStsSpec(Written):
    """The MTA-STS record, and the policy that a web server of yours must show at
    `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`; the plan prints its text.

    Attributes:
        max_age, ttl: seconds.
    """

    mode: Annotated[
        Literal["testing", "enforce", "none"],
        doc("`testing` reports, `enforce` refuses mail to other hosts, `none` withdraws.", "testing"),
    ]
    mx: Annotated[
        tuple[Text, ...],
        BeforeValidator(listed, json_schema_input_type=str | list[str]),
        doc("Hosts that may receive, or `*.` and a domain.", ["*.mail.protection.outlook.com"]),
    ]
    max_age: Annotated[Duration, doc("How long senders keep the policy; default one week.", "1w")] = WEEK
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    ttl: Annotated[Duration | None, doc("Time to live; default: the domain's `ttl`.", "1h")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsRptSpec(Written):
    """The TLS-RPT record.

    Attributes:
        ttl: seconds.
    """

    reports_to: Annotated[
        tuple[Email, ...],
        BeforeValidator(listed, json_schema_input_type=str | list[str]),
        doc("One or more addresses for daily reports on encryption.", "tls@msp.example"),
    ]
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    ttl: Annotated[Duration | None, doc("Time to live; default: the domain's `ttl`.", "1h")] = None
