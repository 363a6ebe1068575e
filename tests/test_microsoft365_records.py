"""Every record that Microsoft 365 needs, with where its value comes from: the tenant, the cloud, or the spec."""

from datetime import date
from pathlib import Path

import pytest

from reconciler.desired import desired
from reconciler.mail.clouds import CLOUDS
from reconciler.model.value import Unknown
from reconciler.spec.load import load
from reconciler.zones import Zones
from tests.running import WORKSPACE
from tests.spec.folders import write

SPEC = """
tenant: %s
domains:
  acme.example:
    mail: microsoft365
    teams: true
    devices: true
    dkim: microsoft365
    dmarc: {policy: none, nonexistent_policy: reject, reports_to: d@acme.example}
    mta_sts: {mode: testing, mx: ['*.mail.protection.outlook.com']}
    tls_rpt: {reports_to: t@acme.example}
    records:
      - {name: mta-sts, type: CNAME, values: [policies.msp.example]}
      - {name: default._bimi, type: TXT, values: ['v=BIMI1; l=https://acme.example/logo.svg; a=']}
      - {name: exchangedelegation, type: TXT, values: [generated-by-exchange]}
    absent: [{name: msoid, type: CNAME}]
"""
#: Slot, stage, and the source of the value.
ROWS = [
    ("TXT/@#ms-verification", "prove", "tenant"),
    ("MX/@", "deliver", "tenant"),
    ("TXT/@#spf/include:spf.protection.outlook.com", "prepare", "constant"),
    ("CNAME/autodiscover", "deliver", "tenant"),
    ("CNAME/selector1._domainkey", "prepare", "tenant"),
    ("CNAME/selector2._domainkey", "prepare", "tenant"),
    ("TXT/_dmarc#dmarc", "prepare", "spec"),
    ("SRV/_sipfederationtls._tcp", "prepare", "tenant"),
    ("SRV/_sip._tls", "prepare", "tenant"),
    ("CNAME/sip", "prepare", "tenant"),
    ("CNAME/lyncdiscover", "prepare", "tenant"),
    ("CNAME/enterpriseregistration", "prepare", "tenant"),
    ("CNAME/enterpriseenrollment", "prepare", "tenant"),
    ("TXT/_mta-sts#mta-sts", "prepare", "generated"),
    ("CNAME/mta-sts", "prepare", "spec"),
    ("TXT/_smtp._tls#tls-rpt", "prepare", "spec"),
    ("TXT/default._bimi", "prepare", "spec"),
    ("TXT/exchangedelegation", "prepare", "spec"),
    ("CNAME/msoid", "retire", "absent"),
]
TENANTS = {
    "worldwide": "acme.onmicrosoft.com",
    "us-government": "acme.onmicrosoft.us",
    "china": "acme.partner.onmschina.cn",
}


def asked(tmp_path: Path, tenant: str) -> dict[str, tuple[str, object]]:
    """Stage and wish by slot."""
    write(tmp_path, {"workspace.yaml": WORKSPACE, "acme/customer.yaml": SPEC % tenant})
    loaded = load(tmp_path)
    assert not loaded.failed, loaded.failed
    made = desired(loaded.customers[0], {}, date(2026, 11, 22), Zones({}, (), {}))
    wants = [(stage.name, slot, want) for stage in made.routes[0].stages for slot, want in stage.wants.items()]
    return {slot.address.removeprefix("dns/acme.example/"): (stage, want.value) for stage, slot, want in wants}


@pytest.mark.parametrize(("slot", "stage", "source"), ROWS)
def test_every_row_of_the_table(tmp_path: Path, slot: str, stage: str, source: str) -> None:
    """What the tenant names is unknown until it has; nothing of it is made from the domain's name."""
    found = {address: one for address, one in asked(tmp_path, TENANTS["worldwide"]).items() if address.startswith(slot)}
    ((_, (at, value)),) = [(address, one) for address, one in found.items() if not address.endswith("#ttl")]
    assert at == stage
    assert isinstance(value, Unknown) is (source == "tenant")
    assert (value is None) is (source == "absent")


@pytest.mark.parametrize("cloud", CLOUDS, ids=lambda one: one.name)
def test_every_cloud_has_its_own_hosts(tmp_path: Path, cloud: object) -> None:
    """MX, SPF, autodiscover and Teams differ by cloud, and the tenant's name says which it is."""
    from reconciler.mail.clouds import Cloud

    assert isinstance(cloud, Cloud)
    found = asked(tmp_path, TENANTS[cloud.name])
    assert found[f"TXT/@#spf/include:{cloud.include}"][0] == "prepare"
    for slot, hosts in (("MX/@", cloud.mx), ("CNAME/autodiscover", cloud.autodiscover)):
        value = found[slot][1]
        assert isinstance(value, Unknown)
        assert value.constraint.under == hosts
    assert {(kind, name) for kind, name in cloud.teams} == {
        (address.split("/")[0], address.split("/")[1])
        for address in found
        if address.split("/")[-1] in {"sip", "lyncdiscover", "_sip._tls", "_sipfederationtls._tcp"}
    }
