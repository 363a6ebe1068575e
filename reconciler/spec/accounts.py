"""The model of an address that receives mail, inline or as a row of `accounts.csv`."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from reconciler.model.route import Manage
from reconciler.spec.record import MANAGE, OVERWRITE, PROTECT, Adopt
from reconciler.spec.scalars import Country, Email, Flag, Text, email, listed
from reconciler.spec.written import Written, doc

Kind = Literal["person", "shared", "list", "alias", "forward"]
Names = Annotated[tuple[Text, ...], BeforeValidator(listed, json_schema_input_type=str | list[str])]


def _addresses(value: object) -> object:
    """Addresses joined by `; `, whether written so or as a list; errors name the wrong one."""
    parts = value.split(";") if isinstance(value, str) else value
    return "; ".join(email(part) for part in parts) if isinstance(parts, list) else value


def _each(value: object) -> object:
    """Addresses, whether written as a list or with `;` between them; errors name the wrong one."""
    parts = [one for one in value.split(";") if one.strip()] if isinstance(value, str) else value
    return tuple(dict.fromkeys(email(one) for one in parts)) if isinstance(parts, list | tuple) else value


Members = Annotated[tuple[str, ...], BeforeValidator(_each, json_schema_input_type=str | list[str])]
Targets = Annotated[str, BeforeValidator(_addresses, json_schema_input_type=str | list[str])]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account(Written):
    """One address that receives mail.

    Attributes:
        id: stable over renames.
        goes_to: one address; for a list, all of them joined by `; `; empty for a mailbox.
        licenses: as they are named under `licenses`; none = this account's licences are not looked at.
        usage_location: of a person or shared mailbox, from the account, the users' default, the customer's country, the
            workspace, in this order.
    """

    address: Annotated[Email, doc("The address; for a person the sign-in name too.", "ana@ferreterialopez.example")]
    kind: Annotated[
        Kind,
        doc("`person` or `shared` mailbox; `list`, `alias` and `forward` pass mail on to `goes_to`.", "person"),
    ] = "person"
    name: Annotated[str, doc("Name shown to others.", "Ana López")] = ""
    goes_to: Annotated[
        Targets,
        doc(
            "Where a list, alias or forward goes; several for a list, `;` between them.", "ana@ferreterialopez.example"
        ),
    ] = ""
    phone: Annotated[str, doc("Phone number.", "+52 81 5555 0100")] = ""
    technician: Annotated[str, doc("Who sets up this person's devices in a move.", "Luis")] = ""
    id: Annotated[
        str,
        Field(pattern=r"^[^\x00-\x20\x7f/#]*$"),
        doc("Stable name, for an address that will change; default: the address.", "ana"),
    ] = ""
    given_name: Annotated[str, doc("Given name.", "Ana")] = ""
    surname: Annotated[str, doc("Surname.", "López")] = ""
    department: Annotated[str, doc("Department.", "Ventas")] = ""
    job_title: Annotated[str, doc("Job title.", "Gerente")] = ""
    manager: Annotated[
        Email | None, doc("Address of the person who leads this one.", "ana@ferreterialopez.example")
    ] = None
    usage_location: Annotated[
        Country | None, doc("Where services are used, two letters; default: the users'.", "MX")
    ] = None
    licenses: Annotated[
        Names | None,
        doc(
            "Licences by their names under `licenses`, `;` between them; default: the users'.",
            "Microsoft 365 Business Standard",
        ),
    ] = None
    renamed_from: Annotated[
        Email | None, doc("The address this account had before.", "alopez@ferreterialopez.example")
    ] = None
    new: Annotated[Flag, doc("A new person, though another one goes at the same time; default false.", True)] = False
    full_access: Annotated[
        Members,
        doc("Of a shared mailbox: who may open it, `;` between addresses.", "ana@ferreterialopez.example"),
    ] = ()
    send_as: Annotated[
        Members,
        doc("Of a shared mailbox: who may send as it, `;` between addresses.", "ana@ferreterialopez.example"),
    ] = ()
    blocked: Annotated[Flag, doc("Sign-in is off; default false.", True)] = False
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    manage: Annotated[Manage, doc(MANAGE, "observe")] = Manage.FULL
    protect: Annotated[Flag, doc(PROTECT, True)] = False

    @property
    def targets(self) -> tuple[str, ...]:
        """`goes_to` as single addresses, in the author's order."""
        return tuple(self.goes_to.split("; ")) if self.goes_to else ()
