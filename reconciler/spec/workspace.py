"""The models of `workspace.yaml`: providers, defaults for all customers, policy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag
from pydantic.json_schema import SkipJsonSchema

from reconciler.spec.people import Contact, Language
from reconciler.spec.scalars import (
    Address,
    Count,
    Country,
    Duration,
    Flag,
    Percent,
    Server,
    Text,
    listed,
    server,
    wrong,
)
from reconciler.spec.written import Written, doc

#: Keys whose value is never written out.
SECRET = re.compile(r"secret|token|password|key", re.IGNORECASE)
REFERENCES = ("env", "file", "command")


def _entry(value: object) -> object:
    """The provider's own keys, apart from its type."""
    if not isinstance(value, dict):
        return value
    given = {"type": value["type"]} if "type" in value else {}
    return given | {"options": {key: one for key, one in value.items() if key != "type"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderEntry(Written):
    """One remote system: a DNS host or tenants. Besides `type` it holds the keys of that type of provider; those that
    hold a secret take a reference: `{env: NAME}`, `{file: PATH}` or `{command: [program, argument]}`."""

    type: Annotated[Text, doc("Type of provider; `reconciler providers` lists them.", "zonefile")]
    options: Annotated[Mapping[str, Any], SkipJsonSchema(), doc("The type's own keys.")] = field(default_factory=dict)


Entry = Annotated[ProviderEntry, BeforeValidator(_entry, json_schema_input_type=ProviderEntry)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults(Written):
    """What holds for every customer that does not say otherwise."""

    language: Annotated[Language, doc("Language of papers for customers; default `en`.", "es")] = "en"
    dns: Annotated[Text | None, doc("Provider of the domains' DNS, by its name above.", "zones")] = None
    tenants: Annotated[Text | None, doc("Provider of the tenants, by its name above.", "microsoft365")] = None
    exchange: Annotated[
        Text | None,
        doc("Provider of what scripts bring back from Exchange Online, by its name above.", "exchange"),
    ] = None
    maintainer: Annotated[
        Contact | None, doc("Who keeps the systems.", {"name": "Support", "email": "support@msp.example"})
    ] = None
    usage_location: Annotated[
        Country | None, doc("Where services are used, for customers without an address; two letters.", "MX")
    ] = None
    hold: Annotated[
        Duration | None, doc("How long an old mail service stays reachable after a move; default 72 hours.", "3d")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Written):
    """What a plan may do without a further word.

    Attributes:
        max_share: from 0 to 1.
    """

    max_destroy: Annotated[Count, doc("Things one plan may destroy without an acknowledgement; default 0.", 0)] = 0
    max_share: Annotated[Percent, doc("Share of a zone that one plan may change or destroy; default 30%.", "30%")] = 0.3
    share_floor: Annotated[Count, doc("Record sets a zone must have for `max_share` to count; default 10.", 10)] = 10
    self_heal: Annotated[Flag, doc("Put back what others changed, without being asked; default false.", True)] = False


def _authoritative(value: object) -> str:
    return "<places>" if isinstance(value, dict) else "<flag>"


def _place(value: object) -> str:
    """Where a name server is asked: an address with a port."""
    text = server(value)
    if text == "system":
        raise wrong("spec/server", "'system' is no name server", "write an address and a port, like 127.0.0.1:5353")
    return text


Place = Annotated[str, BeforeValidator(_place, json_schema_input_type=str)]
Authoritative = Annotated[
    Annotated[Flag, Tag("<flag>")] | Annotated[dict[Address, Place], Tag("<places>")], Discriminator(_authoritative)
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolverSpec(Written):
    """The DNS servers that are asked about names outside the zones that are read; nobody else is ever asked, but the
    servers of zones where `authoritative` lets it.

    Attributes:
        servers: `address:port`, IPv6 in brackets, or `system`.
        timeout: seconds.
        authoritative: none where nothing is said of it.
    """

    servers: Annotated[
        tuple[Server, ...],
        BeforeValidator(listed, json_schema_input_type=str | list[str]),
        Field(min_length=1),
        doc("Addresses of resolvers, in the order they are tried; `system`: the machine's own.", ["192.0.2.53"]),
    ]
    timeout: Annotated[Duration, doc("How long one question may take; default 5 seconds.", "5s")] = 5
    authoritative: Annotated[
        Authoritative | None,
        doc(
            "Whether `check` also asks the servers of a zone themselves: `true` each at its own address, `false` none; "
            "or only those listed, by address, each where the `address:port` beside it says. Default: `true` when "
            "`servers` is `system`, `false` when servers are listed. Zones of a DNS host that one can only ask are "
            "read there unless it is `false`.",
            True,
            {"192.0.2.1": "127.0.0.1:5301"},
        ),
    ] = None

    @property
    def asks_authoritative(self) -> bool:
        """The servers of zones may be asked, all or some."""
        if self.authoritative is None:
            return self.servers == ("system",)
        return bool(self.authoritative)

    @property
    def places(self) -> Mapping[str, str] | None:
        """Where the servers of zones are asked, by their addresses; none = each at its own."""
        return self.authoritative if isinstance(self.authoritative, dict) else None


def _resolver(value: object) -> object:
    return {"servers": value} if isinstance(value, str | list) else value


Resolver = Annotated[ResolverSpec, BeforeValidator(_resolver, json_schema_input_type=str | list[str] | ResolverSpec)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace(Written):
    """`workspace.yaml`: the providers, and what holds for all customers."""

    providers: Annotated[
        dict[Text, Entry],
        doc("Remote systems, by a name of your choice.", {"zones": {"type": "zonefile", "directory": "zones"}}),
    ]
    defaults: Annotated[Defaults, doc("Defaults for customers.", {"dns": "zones", "language": "es"})] = Defaults()
    policy: Annotated[Policy, doc("What a plan may do.", {"max_destroy": 0, "max_share": "30%"})] = Policy()
    resolver: Annotated[
        Resolver | None,
        doc(
            "DNS servers to ask about names outside our zones (who else SPF admits, where DKIM leads); left out: plans "
            "ask nobody and say what they could not see.",
            ["192.0.2.53"],
            "system",
        ),
    ] = None
    state: Annotated[Text, doc("Folder of the journals, relative to this file; default `state`.", "state")] = "state"
