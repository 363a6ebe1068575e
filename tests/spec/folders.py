"""Writes folders of specs for tests, and says what loading them finds."""

import re
from collections.abc import Iterable
from pathlib import Path

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import SpecError
from reconciler.spec.load import Loaded, load

WORKSPACE = """\
providers:
  zones: {type: zonefile, folder: zones}
  tenants: {type: tenantfile, folder: tenants, client_secret: {env: SECRET}}
defaults:
  dns: zones
  tenants: tenants
"""

#: Every key of every model at least once.
RICH = {
    "workspace.yaml": """\
providers:
  zones: {type: zonefile, folder: zones}
  other: {type: rfc2136, server: 192.0.2.1, tsig_key: {file: key.txt}, nested: {token: {command: [pass, show]}}}
  tenants: {type: tenantfile, folder: tenants, client_secret: {env: SECRET}}
defaults:
  language: es
  dns: zones
  tenants: tenants
  maintainer: {name: Support, email: support@msp.example, phone: +52 55}
  usage_location: MX
  hold: 3d
policy: {max_destroy: 1, max_share: 25%, self_heal: false, share_floor: 20}
state: state
""",
    "ferreteria/customer.yaml": """\
customer:
  name: Ferretería López S.A. de C.V.
  business_type: retail
  language: es
  address: {street: Av. Juárez 100, city: Monterrey, state: NL, postal_code: "64000", country: MX}
contacts:
  onsite_admin: {name: Ana López, phone: +52 81 5555 0100, email: ana.lopez@personal.example}
  maintainer: {name: Luis Paz, email: luis@msp.example}
  admins: [{name: Eva, email: eva@personal.example}]
  support:
    - {role: other, name: Desk, email: desk@msp.example}
    - {role: maintainer, name: Luis Paz, email: luis@msp.example}
tenant: ferreterialopez.onmicrosoft.com
tenants: tenants
licenses:
  Microsoft 365 Business Standard: {seats: 25, payment_due_day: 26}
  Visio: {seats: 1}
domains:
  ferreterialopez.example: &main
    dns: {ask: soporte@hosting.example, answers_in: 4h}
    mail: {service: microsoft365, adopt: overwrite, manage: update}
    senders:
      - mailchimp
      - {name: copier on the second floor, address: 203.0.113.7, method: direct, ttl: 5m}
      - {name: hubspot, dns_table: hubspot.csv, until: 2027-01-15}
      - {name: crm, include: _spf.crm.example, method: relay}
    spf: {all: softfail, adopt: overwrite}
    dmarc: {policy: none, subdomain_policy: reject, reports_to: dmarc@msp.example,
            failure_reports_to: [a@msp.example, b@msp.example], adopt: overwrite, ttl: 300}
    records:
      - {name: www, type: A, ttl: 1h, values: [198.51.100.10, 198.51.100.11], manage: create, protect: true}
      - {name: "@", type: TXT, values: ["token=abc", otro texto], adopt: overwrite, until: Friday 2027-01-15}
      - {name: _sip._tls, type: SRV, values: [100 1 443 sip.example.net]}
      - {name: tienda, type: CNAME, values: shops.example.net.}
      - {name: "@", type: CAA, values: ['0 issue "ca.example"']}
      - {name: ipv6, type: AAAA, values: ["2001:db8::1"]}
    absent: [{name: old, type: CNAME, value: legacy.example.net}, {name: older, type: TXT}]
    migration:
      from: {service: hosted-exchange, as_found: before.yaml}
      window: {start: Friday 2026-12-04 22:00, length: 3h30m, time_zone: America/Monterrey}
      mode: staged
      hold: 5d
    teams: true
    devices: true
    default: true
    ttl: 1h
    manage: full
    protect: false
  ñandú.example:
    dns: other
    mail: {service: table, table: rfs.csv}
    authoritative: true
    retire_verification: true
accounts: accounts.csv
users: {usage_location: MX, licenses: [Microsoft 365 Business Standard]}
groups:
  ventas:
    kind: security
    display_name: Ventas
    members: [ana@ferreterialopez.example]
    manage: update
    protect: true
absent:
  - {user: pedro@ferreterialopez.example, state: deleted}
  - {user: ana@ferreterialopez.example, license: Visio}
  - {group: viejos}
accepted_drift:
  - {address: dns/ferreterialopez.example/TXT/@#spf/all, owner: Luis, until: 2027-01-15, reason: the agency moves}
passwords: {recipient: age1pu0sry5czqu2hgftpd6yga02ys8p90dkmt3m62rqxp33e7q5vc7qvj7uk6}
destroy: [dns/ferreterialopez.example/CNAME/old]
""",
    "ferreteria/accounts.csv": """\
address,kind,name,goes_to,phone,technician,id,given_name,surname,licenses,renamed_from,new,manage,protect
ana@ferreterialopez.example,person,Ana,,+52 81,Luis,ana,Ana,López,Visio,alopez@ferreterialopez.example,true,full,false
info@ferreterialopez.example,alias,,ana@ferreterialopez.example
todos@ferreterialopez.example,list,Todos,ana@ferreterialopez.example;x@other.example
fuera@ferreterialopez.example,forward,,x@other.example
caja@ferreterialopez.example,shared,"=cmd()"
""",
    "mas/customer.yaml": """\
tenant: mas.onmicrosoft.com
licenses: {Visio: {seats: 1}, Microsoft 365 Business Standard: {seats: 2}}
domains: {mas.example: {}}
accounts: more.csv
""",
    "mas/more.csv": """\
address;department;job_title;usage_location;licenses;blocked
luz@mas.example;Ventas;Gerente;ES;"Visio;Microsoft 365 Business Standard";false
""",
    "ferreteria/hubspot.csv": """\
nombre;tipo;valor;ttl;prioridad
hs1._domainkey.ferreterialopez.example;CNAME;x.hubspotemail.net;1h;
hs2._domainkey;CNAME;y.hubspotemail.net;;
""",
    "ferreteria/rfs.csv": """\
name,type,value,ttl,priority
@,MX,mx1.hosting.example,3600,10
@,MX,mx2.hosting.example,3600,20
@,TXT,v=spf1 include:_spf.hosting.example -all,,
autodiscover,CNAME,autodiscover.hosting.example,,
""",
    "ferreteria/before.yaml": """\
found: 2026-11-20
records:
  - {name: "@", type: MX, ttl: 1h, values: [10 mx.old.example]}
  - {name: autodiscover, type: CNAME, ttl: 1d, values: mail.old.example}
""",
    "otra/customer.yaml": """\
tenant: otra.onmicrosoft.com
domains:
  otra.example: {mail: microsoft365}
accounts:
  - {address: eva@otra.example, name: Eva, new: true}
  - {address: ventas@otra.example, kind: list, goes_to: [eva@otra.example, x@other.example]}
""",
}


def write(folder: Path, files: dict[str, str]) -> Path:
    """A folder with these files; the customers' folders are made."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def loaded(folder: Path, customer: str, **files: str) -> Loaded:
    """A folder with one customer `c`; a double underscore in a file's name stands for its dot."""
    named = {f"c/{name.replace('__', '.')}": text for name, text in files.items()}
    return load(write(folder, {"workspace.yaml": WORKSPACE, "c/customer.yaml": customer, **named}))


def complaints(folder: Path, customer: str, **files: str) -> list[str]:
    """What loading one customer finds: `file:line:column rule summary`, without the folder."""
    return told(loaded(folder, customer, **files).diagnostics, folder)


def told(diagnostics: Iterable[Diagnostic], folder: Path) -> list[str]:
    """Diagnostics as short texts, without the folder."""
    lines = [f"{one.origin} {one.rule} {one.summary}" for one in diagnostics]
    lines = [re.sub(r"( is no [A-Z]+ value): .*", r"\1", line) for line in lines]  # the reason is tested elsewhere
    return [line.replace(f"{folder}/", "").replace("c/customer.yaml:", "") for line in lines]


def refused(folder: Path, workspace: str) -> list[str]:
    """What loading a folder with this workspace alone finds."""
    try:
        load(write(folder, {"workspace.yaml": workspace}))
    except SpecError as bad:
        return [one.replace("workspace.yaml:", "") for one in told(bad.diagnostics, folder)]
    return []
