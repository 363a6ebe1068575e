"""The models of `customer.yaml`: one customer's contacts, tenant, licences, domains, accounts, groups."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, Strict, WrapValidator

from reconciler.model.key import parse_slot
from reconciler.model.route import Manage
from reconciler.spec.accounts import Account, Names
from reconciler.spec.domain import DomainSpec
from reconciler.spec.people import Contacts, Customer
from reconciler.spec.record import MANAGE, PROTECT
from reconciler.spec.scalars import (
    Count,
    Country,
    Day,
    Domain,
    Email,
    Flag,
    Recipient,
    Tenant,
    Text,
    listed,
    show,
    wrong,
)
from reconciler.spec.written import Written, doc, given


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseSpec(Written):
    """One product that the customer pays for, by name or part number.

    Attributes:
        payment_due_day: of the month, 1 to 31.
    """

    seats: Annotated[Count, doc("Seats that are paid for.", 25)]
    payment_due_day: Annotated[
        int | None, Strict(), Field(ge=1, le=31), doc("Day of the month before which it must be paid.", 26)
    ] = None
    disabled_plans: Annotated[
        Names, doc("Service plans that are off for everybody who has it; others stay as they are.", ["YAMMER_MIDSIZE"])
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSpec(Written):
    """How sign-in to the tenant is protected."""

    security_defaults: Annotated[
        Flag | None,
        doc("Microsoft's security defaults, which ask everybody for a second factor; left out: not looked at.", True),
    ] = None
    conditional_access: Annotated[
        Literal["required"] | None,
        doc("`required`: an enforced conditional access policy must be there; it is only looked at.", "required"),
    ] = None

    @property
    def mentioned(self) -> bool:
        """Anything is asked of it."""
        return self.security_defaults is not None or self.conditional_access is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsersDefaults(Written):
    """What holds for every account that does not say otherwise."""

    usage_location: Annotated[
        Country | None,
        doc("Where services are used, two letters; default: the country of the customer's address.", "MX"),
    ] = None
    licenses: Annotated[
        Names,
        doc(
            "Licences of a person; default: the only one, when `licenses` lists one.",
            ["Microsoft 365 Business Standard"],
        ),
    ] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSpec(Written):
    """One group; its key is its stable name.

    Attributes:
        members: addresses, in the author's order.
    """

    kind: Annotated[Literal["microsoft365", "security"], doc("Kind of group; default `microsoft365`.", "security")] = (
        "microsoft365"
    )
    display_name: Annotated[str, doc("Name shown to others; default: the key.", "Ventas")] = ""
    members: Annotated[tuple[Email, ...], doc("Addresses of its members.", ["ana@ferreterialopez.example"])] = ()
    manage: Annotated[Manage, doc(MANAGE, "observe")] = Manage.FULL
    protect: Annotated[Flag, doc(PROTECT, True)] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence(Written):
    """A user, a user's licence, a group or a domain of the tenant that must not be there; one of them is written.

    A group or a domain is only reported, with what still refers to it.

    Attributes:
        license: with `user`: only this licence of theirs.
    """

    user: Annotated[Email | None, doc("The user's address.", "pedro@ferreterialopez.example")] = None
    state: Annotated[
        Literal["blocked", "deleted"],
        doc(
            "`blocked`: sign-in is off, before anything is retired; `deleted`: can be brought back for 30 days; "
            "default `blocked`.",
            "deleted",
        ),
    ] = "blocked"
    license: Annotated[
        Text | None, doc("Only this licence is taken from the user.", "Microsoft 365 Business Standard")
    ] = None
    group: Annotated[Text | None, doc("The group's key; it is reported, and deleted by hand.", "old-sales")] = None
    domain: Annotated[Domain | None, doc("The domain's name; a person takes it out of the tenant.", "old.example")] = (
        None
    )


def _slot(value: object) -> str:
    try:
        parse_slot(str(value))
    except ValueError:
        remedy = "copy it from the drift report, like dns/example.com/TXT/@#spf/all"
        raise wrong("spec/slot", f"{show(value)} is no address of a plan", remedy) from None
    return str(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedDrift(Written):
    """A difference that somebody answers for until a day."""

    address: Annotated[
        str,
        BeforeValidator(_slot, json_schema_input_type=str),
        doc("What differs, as the drift report prints it.", "dns/example.com/TXT/@#spf/all"),
    ]
    owner: Annotated[Text, doc("Who answers for it.", "Luis Paz")]
    until: Annotated[Day, doc("The last day on which it is accepted.", "2027-01-15")]
    reason: Annotated[Text, doc("Why it is so.", "the marketing agency is still moving")]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordsSpec(Written):
    """Where the passwords of new users go."""

    recipient: Annotated[
        Recipient | None,
        doc(
            "Public key (age) they are encrypted to; left out: a passphrase is asked for once.",
            "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p",
        ),
    ] = None


def _file_or(value: object, inline: Callable[[object], Any]) -> Any:
    """The path of a CSV file stays text until the loader has read it."""
    return value if isinstance(value, str) else inline(value)


def _destroy(value: object) -> object:
    if type(value) is int and value >= 0:
        return value
    words = listed(value)
    if isinstance(words, list) and all(isinstance(word, str) and word for word in words):
        return tuple(words)
    raise wrong("spec/type", "destroy is a count or a list of addresses", "write 2, or the addresses the plan prints")


NOBODY = Contacts()


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerSpec(Written):
    """`customer.yaml`: what should be true for one customer. What is not mentioned is not looked at.

    Attributes:
        id: name of the customer's folder.
        folder: the customer's folder, as the user would type it.
        files: every file this spec was read from, customer.yaml first; as the user would type them.
        accounts: in the author's order; none = not looked at.
    """

    id: Annotated[str, given("id", keep=True)] = ""
    folder: Annotated[Any, given("folder")] = Path()
    files: Annotated[Any, given("files")] = ()
    workspace: Annotated[Any, given("workspace")] = None
    customer: Annotated[
        Customer | None,
        doc(
            "Whose spec this is; one's own company can leave it out.",
            {"name": "Ferretería López S.A. de C.V.", "language": "es"},
        ),
    ] = None
    contacts: Annotated[
        Contacts,
        doc("Who answers for this customer.", {"onsite_admin": {"name": "Ana López", "email": "ana@personal.example"}}),
    ] = NOBODY
    tenant: Annotated[
        Tenant | None,
        doc("The tenant, by its initial domain; left out: no tenant is looked at.", "ferreterialopez.onmicrosoft.com"),
    ] = None
    tenants: Annotated[
        Text | None,
        doc("Provider of the tenant, by its name in the workspace; default: the workspace's.", "microsoft365"),
    ] = None
    exchange: Annotated[
        Text | None,
        doc(
            "Provider of what scripts bring back from Exchange Online, by its name in the workspace; default: the "
            "workspace's. Without one, what Graph cannot make is made by hand.",
            "exchange",
        ),
    ] = None
    licenses: Annotated[
        dict[Text, LicenseSpec],
        doc(
            "What is paid for, by product name or part number.",
            {"Microsoft 365 Business Standard": {"seats": 25, "payment_due_day": 26}},
        ),
    ] = field(default_factory=dict)
    domains: Annotated[
        dict[Text, DomainSpec],
        doc("Domains, by name.", {"ferreterialopez.example": {"dns": "zones", "mail": "microsoft365"}}),
    ] = field(default_factory=dict)
    accounts: Annotated[
        tuple[Account, ...] | None,
        WrapValidator(_file_or, json_schema_input_type=Text | list[Account]),
        doc(
            "Every address that receives mail: a CSV file beside this one, or a list; left out: not looked at.",
            "accounts.csv",
        ),
    ] = None
    users: Annotated[UsersDefaults, doc("What holds for every account.", {"usage_location": "MX"})] = UsersDefaults()
    groups: Annotated[
        dict[Annotated[str, Field(pattern=r"^[^\x00-\x20\x7f/#]+$")], GroupSpec],
        doc("Groups, by a stable name.", {"sales": {"display_name": "Ventas"}}),
    ] = field(default_factory=dict)
    sign_in: Annotated[SignInSpec, doc("What must protect sign-in to the tenant.", {"security_defaults": True})] = (
        SignInSpec()
    )
    absent: Annotated[
        tuple[Absence, ...],
        doc("Users, licences and groups that must not be there.", [{"user": "pedro@ferreterialopez.example"}]),
    ] = ()
    accepted_drift: Annotated[
        tuple[AcceptedDrift, ...],
        doc(
            "Differences that somebody answers for.",
            [
                {
                    "address": "dns/example.com/TXT/@#spf/all",
                    "owner": "Luis Paz",
                    "until": "2027-01-15",
                    "reason": "the agency is still moving",
                }
            ],
        ),
    ] = ()
    passwords: Annotated[
        PasswordsSpec,
        doc(
            "How passwords of new users are kept.",
            {"recipient": "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"},
        ),
    ] = PasswordsSpec()
    destroy: Annotated[
        int | tuple[str, ...],
        BeforeValidator(_destroy, json_schema_input_type=Annotated[int, Field(ge=0)] | str | list[str]),
        doc("Acknowledges what the plan destroys: the exact count, or the addresses it prints; default 0.", 2),
    ] = 0
