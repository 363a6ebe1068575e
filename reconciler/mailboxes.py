"""Turns accounts that Graph cannot make into wishes over what Exchange keeps: shared mailboxes, lists, forwards."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reconciler.exchange import PRESENT, SYSTEM
from reconciler.model.key import Key, Slot
from reconciler.model.route import Want
from reconciler.spec.accounts import Account
from reconciler.spec.customer import CustomerSpec

#: Kinds that Microsoft Graph cannot make. Source: Graph v1.0 metadata, 2026-08-20.
KINDS = ("shared", "list", "forward")
STAGE = "accounts"


def wishes(
    customer: CustomerSpec, account: Account, aliases: Sequence[str], home: Mapping[str, str]
) -> Iterator[tuple[str, Slot, Want]]:
    """What one account asks of Exchange; a forward is a list of one.

    Args:
        aliases: its further addresses.
        home: by further address of a mailbox, the mailbox's own, under which Exchange tells it.
    """
    shared = account.kind == "shared"
    key = Key(SYSTEM, str(customer.tenant), "mailbox" if shared else "list", account.address)
    yield STAGE, Slot(key, ""), Want(PRESENT, account.origin, manage=account.manage, protect=account.protect)
    # A name that nobody wrote is only for what is to be made.
    name = Want(account.name or account.address, account.origin, not account.name, account.adopt is not None)
    yield STAGE, Slot(key, "displayName"), name
    sets = (
        {"aliases": aliases, "fullAccess": account.full_access, "sendAs": account.send_as}
        if shared
        else {"members": account.targets}
    )
    for part, some in sets.items():
        for one in sorted({home.get(address, address) if part != "aliases" else address for address in some}):
            want = Want(PRESENT, account.origin, manage=account.manage, protect=account.protect)
            yield STAGE, Slot(key, f"{part}/{one}"), want
