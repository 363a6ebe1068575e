"""Domains whose mail is well, as records of a test's DNS, and folders of specs that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from reconciler.cli.options import CUSTOMER, WORKSPACE
from tests.mail.keys import KEYS

KEY = f"v=DKIM1; k=rsa; p={KEYS[2048]}"
#: What every healthy domain leads to.
SHARED: Mapping[tuple[str, str], list[str]] = {
    ("mx.host.test", "A"): ["20.1.1.1"],
    ("_spf.host.test", "TXT"): ["v=spf1 ip4:20.1.0.0/16 -all"],
    ("own.host.test", "TXT"): [KEY],
}


def well(*domains: str) -> dict[tuple[str, str], list[str]]:
    """Records under which each domain passes; its DKIM key stands at `own`, which nobody guesses."""
    found = dict(SHARED)
    for one in domains:
        found |= {
            (one, "MX"): ["10 mx.host.test."],
            (one, "TXT"): ["v=spf1 include:_spf.host.test -all"],
            (f"own._domainkey.{one}", "CNAME"): ["own.host.test."],
            (f"_dmarc.{one}", "TXT"): [f"v=DMARC1; p=reject; rua=mailto:dmarc@{one}"],
            (f"_smtp._tls.{one}", "TXT"): [f"v=TLSRPTv1; rua=mailto:tls@{one}"],
        }
    return found


def specs(root: Path, customers: Mapping[str, Iterable[str]], resolver: str = "") -> Path:
    """A folder of specs: by customer its domains, each with its selector; the provider it names does not exist."""
    asked = f"resolver: {resolver}\n" if resolver else ""
    root.mkdir(parents=True, exist_ok=True)
    (root / WORKSPACE).write_text(f"providers: {{zones: {{type: nowhere}}}}\ndefaults: {{dns: zones}}\n{asked}")
    for name, domains in customers.items():
        (root / name).mkdir()
        lines = [f"  {one}:\n    dkim: [{{selector: own, target: own.host.test}}]\n" for one in domains]
        (root / name / CUSTOMER).write_text("".join(["domains:\n", *lines]) if lines else "{}\n")
    return root
