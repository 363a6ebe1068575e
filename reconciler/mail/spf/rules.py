"""The rules of the SPF lint: what each one demands, where that is written, and what to do when it is broken.

Source: RFC 7208 (April 2014); S14 is not in any RFC, it is what this product calls careful.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reconciler.model.diagnostic import Severity

ERROR, WARNING, INFO = Severity.ERROR, Severity.WARNING, Severity.INFO


class Rule(NamedTuple):
    """One rule.

    Attributes:
        id: `S1` to `S22`; a diagnostic's rule is `spf/S1`.
        section: of RFC 7208; empty for a rule of our own.
        levels: of its findings, the worst first.
        what: what it demands and why, in one line, without final full stop.
        remedy: what to do, in one line; a finding may say it with more detail.
    """

    id: str
    section: str
    levels: tuple[Severity, ...]
    what: str
    remedy: str


class Finding(NamedTuple):
    """A broken rule: `rule` is its id; `remedy` replaces the rule's own when it is not empty."""

    rule: str
    severity: Severity
    summary: str
    remedy: str = ""


_TABLE = (
    Rule(
        "S1",
        "3.2, 4.5",
        (ERROR, WARNING),
        "A name has one SPF record at most, and only what starts with v=spf1 and a space is one",
        "Merge the records into one value that starts with v=spf1 and a space.",
    ),
    Rule(
        "S2",
        "3.1",
        (WARNING,),
        "SPF is published as TXT alone; records of type SPF (99) are read by nobody and grow stale unseen",
        "Remove the records of type SPF.",
    ),
    Rule(
        "S3",
        "3.3",
        (ERROR,),
        "The strings of a TXT record are joined with nothing between, so a cut belongs where a space is kept",
        "Write the record as one text without quotes, with a space between terms; it is cut when it is written to DNS.",
    ),
    Rule(
        "S4",
        "3.4",
        (WARNING,),
        "A record of at most 450 octets, in a whole TXT answer of at most 512, reaches everybody",
        "Drop terms nobody needs, and vendor tokens of services that are gone.",
    ),
    Rule(
        "S5",
        "4.6",
        (ERROR,),
        "One mistake anywhere in a record, even after all, makes it invalid for every message",
        "Write the term correctly or remove it.",
    ),
    Rule(
        "S6",
        "4.6.4",
        (ERROR, WARNING),
        "include, a, mx, ptr, exists and redirect may ask DNS ten times in the whole tree; beyond, SPF fails for all",
        "Replace or move terms until ten lookups are enough.",
    ),
    Rule(
        "S7",
        "4.6.4",
        (WARNING,),
        "What is asked for twice counts twice and admits nobody new",
        "Remove the repetition.",
    ),
    Rule(
        "S8",
        "4.6.4, 5.4",
        (ERROR, WARNING),
        "mx stands for the hosts of MX records, ten at most; without MX records it matches nobody",
        "Name the addresses of the senders with ip4 and ip6 instead of mx.",
    ),
    Rule(
        "S9",
        "4.6.4",
        (ERROR, WARNING),
        "More than two terms that ask for what does not exist (void lookups) make SPF fail",
        "Remove the terms that ask for what does not exist.",
    ),
    Rule(
        "S10",
        "5.2",
        (ERROR, WARNING),
        "An included name must have one valid SPF record, else the record that includes it is invalid",
        "Correct the name, or remove the include.",
    ),
    Rule(
        "S11",
        "6, 6.1",
        (ERROR, WARNING),
        "redirect= leads to one valid SPF record, stands once and works only in a record without all; exp= stands once",
        "Keep one redirect= and no all, or the all alone.",
    ),
    Rule(
        "S12",
        "5.1, 6",
        (ERROR, WARNING),
        "There are eight mechanisms; those after all never run",
        "Remove the term, or move it before all if its sender shall be admitted.",
    ),
    Rule(
        "S13",
        "4.7",
        (WARNING,),
        "A record that ends without all and redirect= says nothing on senders it does not list",
        "End the record with ~all, later with -all.",
    ),
    Rule(
        "S14",
        "",
        (ERROR, WARNING),
        "A record that admits everybody, or addresses that are nobody's, protects from nothing",
        "List the addresses that really send, and end with ~all or -all.",
    ),
    Rule(
        "S15",
        "5.5",
        (WARNING,),
        "ptr is slow, unreliable and should not be published",
        "Replace ptr by the addresses of the sender.",
    ),
    Rule(
        "S16",
        "5.3, 5.6, 5.7",
        (ERROR,),
        "Addresses and prefix lengths have one form: /0 to /32 for IPv4, //0 to //128 for IPv6 after a and mx",
        "Write the address or the prefix length correctly, without leading zeros.",
    ),
    Rule(
        "S17",
        "7.1",
        (ERROR,),
        "Macros are %{letter} with the letters s l o d i p h v, and %%, %_ and %-; a % alone is a mistake",
        "Correct the macro as its vendor writes it.",
    ),
    Rule(
        "S18",
        "4.6.4",
        (ERROR,),
        "A record that leads back to itself runs into the limit of ten lookups",
        "Remove the include or redirect= that closes the loop.",
    ),
    Rule(
        "S19",
        "7.1",
        (ERROR, WARNING),
        "A domain in a term has several labels and ends in a top-level one: no address, no port, no single label",
        "Write the whole domain name, or ip4: before an address.",
    ),
    Rule(
        "S20",
        "2.3, 3.5",
        (WARNING,),
        "SPF is not inherited, and the name a server calls itself in HELO is checked too: each needs its own record",
        'Publish "v=spf1 a -all" at the host\'s own name.',
    ),
    Rule(
        "S21",
        "4.6.2",
        (WARNING, INFO),
        "The first term that matches decides, from left to right",
        "Move addresses before terms that ask DNS; never move a term over one with another qualifier.",
    ),
    Rule(
        "S22",
        "4.3",
        (ERROR,),
        "Names beyond ASCII are written with A-labels (xn--...)",
        "Write the name with A-labels, and remove invisible characters.",
    ),
)

#: By id, in order.
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _TABLE}
