"""Specs about the people of one tenant."""

from __future__ import annotations

from tests.endtoend.place import TENANT

RECIPIENT = "age1pu0sry5czqu2hgftpd6yga02ys8p90dkmt3m62rqxp33e7q5vc7qvj7uk6"
SKUS = [
    {"part_number": "BASIC", "sku_id": "s-1", "product": "Business Basic", "enabled": 3},
    {"part_number": "STANDARD", "sku_id": "s-2", "product": "Business Standard", "enabled": 2},
]


def account(name: str) -> str:
    """An address in the tenant's initial domain."""
    return f"{name}@{TENANT}"


def user(name: str, part: str = "") -> str:
    """The address of a user's slot."""
    return f"tenant/{TENANT}/user/{account(name)}" + (f"#{part}" if part else "")


def licence(name: str, sku: str) -> str:
    """The address of a licence's slot."""
    return f"tenant/{TENANT}/licenses/{account(name)}#{sku}"


def company(destroy: int = 0, more: str = "", location: str = "MX", **accounts: str) -> str:
    """A spec with these accounts, each with further keys in YAML flow style."""
    lines = "".join(
        f"  - {{address: {account(name)}, name: {name.title()}{', ' if keys else ''}{keys}}}\n"
        for name, keys in accounts.items()
    )
    place = f"users: {{usage_location: {location}}}\n" if location else ""
    return (
        f"tenant: {TENANT}\n{place}destroy: {destroy}\npasswords: {{recipient: {RECIPIENT}}}\n"
        f"licenses: {{BASIC: {{seats: 3}}, STANDARD: {{seats: 2}}}}\n{more}accounts:\n{lines}"
    )
