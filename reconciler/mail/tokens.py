"""Which service a record speaks for, by what stands in it: verification tokens, hosts that only one service has.

Source of the tokens: what each service tells its customers to publish, as its own help pages show it; read 2026-11
where not noted otherwise. A token says that somebody once proved the domain there, not that the service is in use.
"""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.mail.signatures import speaks_for
from reconciler.mail.spf.terms import is_spf

#: By the beginning of a TXT value, in lower case.
TOKENS: Mapping[str, str] = {
    "adobe-idp-site-verification=": "Adobe",
    "airtable-verification=": "Airtable",
    "apple-domain-verification=": "Apple Business",
    "atlassian-domain-verification=": "Atlassian",
    "autodesk-domain-verification=": "Autodesk",
    "brave-ledger-verification=": "Brave",
    "canva-site-verification=": "Canva",
    "cisco-ci-domain-verification=": "Cisco Webex",
    "docker-verification=": "Docker",
    "docusign=": "DocuSign",
    "dropbox-domain-verification=": "Dropbox",
    "facebook-domain-verification=": "Facebook",
    "globalsign-domain-verification=": "GlobalSign",
    "_globalsign-domain-verification=": "GlobalSign",
    "google-site-verification=": "Google",
    "hubspot-developer-verification=": "HubSpot",
    "logmein-verification-code=": "LogMeIn",
    "miro-verification=": "Miro",
    "mongodb-site-verification=": "MongoDB",
    "ms=ms": "Microsoft 365",
    "notion-domain-verification=": "Notion",
    "onetrust-domain-verification=": "OneTrust",
    "openai-domain-verification=": "OpenAI",
    "pinterest-site-verification=": "Pinterest",
    "postman-domain-verification=": "Postman",
    "shopify-verification-code=": "Shopify",
    "slack-domain-verification=": "Slack",
    "stripe-verification=": "Stripe",
    "teamviewer-sso-verification=": "TeamViewer",
    "webexdomainverification.": "Cisco Webex",
    "yandex-verification:": "Yandex",
    "zoho-verification=": "Zoho",
    "zoom_verify_": "Zoom",
}
#: Where a type's value names a host: the place among its words.
_HOSTS = {"CNAME": 0, "MX": 1, "SRV": 3}


def service_of(kind: str, name: str, value: str) -> str:
    """The service that a record speaks for, as people call it; empty when none is known by it.

    Args:
        kind: record type.
        name: relative to the zone.
        value: in normal form; of SPF texts none is named here, since they name several.
    """
    if kind == "TXT":
        return "" if is_spf(value) else token_of(value)
    words = value.split(" ")
    place = _HOSTS.get(kind)
    if place is None or len(words) <= place:
        return ""
    host = words[place].removesuffix(".")
    if kind == "MX":
        return speaks_for("mx", host)
    key = "_domainkey" in name.split(".")
    found = speaks_for("dkim" if key else "autodiscover" if name.startswith("autodiscover") else "cname", host)
    return found or speaks_for("cname", host)


def token_of(text: str) -> str:
    """The service that a TXT value proves the domain to; empty when it is no token that is known."""
    low = text[:64].lower()
    return next((name for start, name in TOKENS.items() if low.startswith(start)), "") or speaks_for("txt", text)
