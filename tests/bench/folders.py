"""Makes folders of specs to measure on: one zone of many record sets, or many customers."""

import json
from pathlib import Path

KINDS = 4


def zone(name: str, sets: int) -> str:
    """A zone file of `sets` record sets: addresses, texts, mail exchangers and aliases in turn."""
    head = f"$ORIGIN {name}.\n$TTL 3600\n@ IN SOA ns1.{name}. host.{name}. (2026010101 7200 3600 1209600 3600)\n"
    head += f"@ IN NS ns1.{name}.\nns1 IN A 192.0.2.1\n"
    return head + "".join(f"h{at} 3600 IN {kind} {_quoted(kind, value)}\n" for at, kind, value in _records(sets))


def records(sets: int, changed: bool = False) -> str:
    """The same as a spec says them; `changed`: every hundredth has another value."""
    lines = []
    for at, kind, value in _records(sets):
        moved = changed and at % 100 == 0
        text, extra = ("203.0.113.9", ", adopt: overwrite") if moved else (value, "")
        lines.append(f'      - {{name: h{at}, type: {kind}, ttl: 1h, values: ["{text}"]{extra}}}\n')
    return "".join(lines)


def one_zone(folder: Path, sets: int, changed: bool = False) -> Path:
    """A folder of specs with one customer and one zone."""
    _workspace(folder)
    (folder / "big").mkdir()
    (folder / "zones" / "big.example.zone").write_text(zone("big.example", sets))
    spec = f"domains:\n  big.example:\n    records:\n{records(sets, changed)}"
    (folder / "big" / "customer.yaml").write_text(spec)
    return folder


def many_customers(folder: Path, customers: int, users: int = 0) -> Path:
    """A folder of customers with one zone of 10 record sets each, and users if asked for."""
    _workspace(folder)
    for number in range(customers):
        name = f"c{number}.example"
        (folder / "zones" / f"{name}.zone").write_text(zone(name, 10))
        own = folder / f"c{number}"
        own.mkdir()
        spec = f"domains:\n  {name}:\n    records:\n{records(10)}"
        if users:
            spec = _people(folder, own, number, users) + spec
        (own / "customer.yaml").write_text(spec)
    return folder


def _records(sets: int) -> list[tuple[int, str, str]]:
    made = []
    for at in range(sets):
        kind, value = (
            ("A", f"198.51.{at // 250 % 250}.{at % 250}"),
            ("TXT", f"text number {at}"),
            ("MX", f"10 mx{at}.example.net."),
            ("CNAME", f"t{at}.example.net."),
        )[at % KINDS]
        made.append((at, kind, value))
    return made


def _quoted(kind: str, value: str) -> str:
    return f'"{value}"' if kind == "TXT" else value


def _workspace(folder: Path) -> None:
    for name in ("zones", "tenants"):
        (folder / name).mkdir(parents=True)
    providers = "zones: {type: zonefile, directory: zones}, tenants: {type: tenantfile, directory: tenants}"
    (folder / "workspace.yaml").write_text(f"providers: {{{providers}}}\ndefaults: {{dns: zones, tenants: tenants}}\n")


def _people(folder: Path, own: Path, number: int, users: int) -> str:
    domain, tenant = f"c{number}.example", f"c{number}.onmicrosoft.com"
    rows = [f"u{at}@{domain},person,User {at}\n" for at in range(users)]
    (own / "accounts.csv").write_text("address,kind,name\n" + "".join(rows))
    content = {
        "organisation": {"id": "1", "display_name": "C", "country": "MX"},
        "sees": "../zones",
        "seed": "bench",
        "domains": [
            {"name": tenant, "initial": True, "default": True, "verified": True},
            {"name": domain, "verified": True},
        ],
        "users": [
            {"id": f"{number}-{at}", "upn": f"u{at}@{domain}", "display_name": f"User {at}", "usage_location": "MX"}
            for at in range(users)
        ],
        "groups": [],
        "skus": [],
    }
    (folder / "tenants" / f"{tenant}.json").write_text(json.dumps(content))
    return f"tenant: {tenant}\nusers: {{usage_location: MX}}\naccounts: accounts.csv\n"
