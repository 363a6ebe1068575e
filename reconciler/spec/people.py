"""The models of people and addresses: customer, contacts."""

from dataclasses import dataclass
from typing import Annotated, Literal

from reconciler.spec.scalars import Country, Email, Text
from reconciler.spec.written import Written, doc

Language = Literal["en", "es"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address(Written):
    """A postal address."""

    street: Annotated[Text, doc("Street and number.", "Av. Juárez 100")]
    city: Annotated[Text, doc("City.", "Monterrey")]
    country: Annotated[Country, doc("Country, two letters of ISO 3166. It is the users' usage location too.", "MX")]
    state: Annotated[Text | None, doc("State or province; left out where there is none.", "NL")] = None
    postal_code: Annotated[Text | None, doc("Postal code, quoted when it begins with 0.", "64000")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer(Written):
    """Whose spec this is; a reseller's customer has it, one's own company need not."""

    name: Annotated[Text, doc("The company's name, as it stands on documents.", "Ferretería López S.A. de C.V.")]
    business_type: Annotated[
        Text | None, doc("Line of business; for statistics only, nothing depends on it.", "retail")
    ] = None
    language: Annotated[
        Language | None, doc("Language of papers for this customer; default: the workspace's.", "es")
    ] = None
    address: Annotated[
        Address | None, doc("Full postal address.", {"street": "Av. Juárez 100", "city": "Monterrey", "country": "MX"})
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact(Written):
    """A person to turn to."""

    name: Annotated[Text, doc("The person's name.", "Ana López")]
    email: Annotated[Email, doc("Address; best one that does not lie on a domain that moves.", "ana@personal.example")]
    phone: Annotated[Text | None, doc("Phone number, with country code.", "+52 81 5555 0100")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportContact(Contact):
    """A person to whom problems are reported."""

    role: Annotated[
        Literal["maintainer", "onsite_admin", "other"],
        doc(
            "`maintainer` keeps the system for the customer, `onsite_admin` works at the customer's site.", "maintainer"
        ),
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contacts(Written):
    """Who answers for this customer. A maintainer and an onsite_admin are needed before a migration, or a reseller's
    customer, is applied."""

    onsite_admin: Annotated[
        Contact | None,
        doc("Who administers at the customer's site.", {"name": "Ana López", "email": "ana@personal.example"}),
    ] = None
    maintainer: Annotated[
        Contact | None,
        doc("Who keeps the system; default: the workspace's.", {"name": "Support", "email": "support@msp.example"}),
    ] = None
    admins: Annotated[
        tuple[Contact, ...],
        doc("Any number of further administrators.", [{"name": "Luis Paz", "email": "luis@personal.example"}]),
    ] = ()
    support: Annotated[
        tuple[SupportContact, ...],
        doc("To whom problems are reported.", [{"role": "other", "name": "Help desk", "email": "help@msp.example"}]),
    ] = ()
