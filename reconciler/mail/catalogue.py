"""Senders known by name: what each wants in SPF and for DKIM. Dated data, no logic.

Where a service gives every account names or values of its own, they come from its own list (`dns_table`).
"""

from __future__ import annotations

from typing import NamedTuple


class Vendor(NamedTuple):
    """One bulk sender or mail service.

    Attributes:
        include: the domain for SPF; empty when it asks for none.
        records: name, type and value in normal form, the same for every customer.
        table: what only the account's own list says, and the service does not work without; empty when nothing.
        advice: the same for what it works without.
        source, date: where the values were read, and when (year and month).
    """

    include: str = ""
    records: tuple[tuple[str, str, str], ...] = ()
    table: str = ""
    advice: str = ""
    source: str = ""
    date: str = "2026-11"


_TEMPLATES = "Domain Connect templates, 2026-08"
_GUIDES = "guides of several DMARC services"

VENDORS = {
    "amazonses": Vendor(
        include="amazonses.com",
        advice="the three DKIM CNAMEs and the mail-from subdomain",
        source=_TEMPLATES,
    ),
    "google-workspace": Vendor(
        include="_spf.google.com",
        advice="the DKIM key at google._domainkey",
        source=_TEMPLATES,
    ),
    "hubspot": Vendor(
        table="the include of the account and its two DKIM CNAMEs",
        source=_TEMPLATES,
    ),
    "mailchimp": Vendor(
        records=(
            ("k2._domainkey", "CNAME", "dkim2.mcsv.net."),
            ("k3._domainkey", "CNAME", "dkim3.mcsv.net."),
        ),
        advice="the selectors of the account, when it shows others than k2 and k3",
        source=_GUIDES,
    ),
    "mailgun": Vendor(
        include="mailgun.org",
        advice="the DKIM records of the account",
        source=_TEMPLATES,
    ),
    "mandrill": Vendor(
        include="spf.mandrillapp.com",
        records=(
            ("mte1._domainkey", "CNAME", "dkim1.mandrillapp.com."),
            ("mte2._domainkey", "CNAME", "dkim2.mandrillapp.com."),
        ),
        source=_GUIDES,
    ),
    "salesforce": Vendor(
        include="_spf.salesforce.com",
        advice="the two DKIM CNAMEs of the organisation",
        source=_GUIDES,
    ),
    "sendgrid": Vendor(
        include="sendgrid.net",
        advice="the CNAMEs of its domain authentication, which stand in for the include",
        source=_TEMPLATES,
    ),
    "zendesk": Vendor(
        include="mail.zendesk.com",
        records=(
            ("zendesk1._domainkey", "CNAME", "zendesk1._domainkey.zendesk.com."),
            ("zendesk2._domainkey", "CNAME", "zendesk2._domainkey.zendesk.com."),
        ),
        source=_TEMPLATES,
    ),
}
