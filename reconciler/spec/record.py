"""The models of DNS records as authors write them."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from reconciler.model.route import Manage
from reconciler.spec.scalars import Day, Duration, Flag, Text, listed
from reconciler.spec.written import Written, doc, given

#: One value or a list of them; the loader brings each into normal form.
Values = Annotated[
    tuple[str, ...], BeforeValidator(listed, json_schema_input_type=str | list[str]), Field(min_length=1)
]
Adopt = Literal["overwrite"]
MANAGE = (
    "How much may be changed: `observe` reports only, `create` makes it if it is missing, `update` changes it too, "
    "`full` deletes it too; default `full`."
)
PROTECT = "Never delete it, not even after this line is gone; default false."
OVERWRITE = "`overwrite` replaces what somebody else wrote there; without it that is a conflict."


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Written):
    """All values of one name and type.

    Attributes:
        name: relative to the zone, `@` its apex; lower case, A-labels.
        type: upper case.
        ttl: seconds; none = not said.
        values: in normal form, sorted, without repeats.
    """

    name: Annotated[Text, doc("Name relative to the domain; `@` is the domain itself.", "www")]
    type: Annotated[Text, doc("Record type.", "A")]
    values: Annotated[
        Values,
        doc(
            "One value or a list. Targets are whole names, the final dot is optional; a TXT value is the text itself, "
            "without quotes around it; other types as a zone file shows them.",
            ["198.51.100.10"],
        ),
    ]
    ttl: Annotated[Duration | None, doc("Time to live; default: the domain's `ttl`.", "1h")] = None
    proxied: Annotated[
        Flag | None,
        doc(
            "Cloudflare alone: whether it answers with addresses of its own and passes web requests on. A name that is "
            "proxied answers no other type: never for mail. Left out: as it is, and not proxied where it is new.",
            False,
        ),
    ] = None
    manage: Annotated[Manage, doc(f"{MANAGE[:-1]}, or the domain's.", "create")] = Manage.FULL
    protect: Annotated[Flag, doc(PROTECT, True)] = False
    adopt: Annotated[Adopt | None, doc(OVERWRITE, "overwrite")] = None
    until: Annotated[Day | None, doc("The day on which it goes; left out: it stays.", "2027-01-15")] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsentRecord(Written):
    """A record that must not exist.

    Attributes:
        value: in normal form; none = whatever it holds.
    """

    name: Annotated[Text, doc("Name relative to the domain; `@` is the domain itself.", "old")]
    type: Annotated[Text, doc("Record type.", "CNAME")]
    value: Annotated[
        str | None,
        doc("Only this value; beside others only of TXT. Left out: all.", "legacy.example.net"),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsTable(Written):
    """A table of records, read from a CSV file with the columns name, type, value and, if known, ttl and priority.

    Attributes:
        file: as the author wrote it.
        records: rows of one name and type together; `origin` is the first one's.
    """

    file: Annotated[Text, doc("The CSV file, relative to the customer's folder.", "ready-for-service.csv")]
    records: Annotated[tuple[Record, ...], given("records", keep=True)] = ()


def _file(value: object) -> object:
    return {"file": value} if isinstance(value, str) else value


Table = Annotated[DnsTable, BeforeValidator(_file, json_schema_input_type=Text)]
