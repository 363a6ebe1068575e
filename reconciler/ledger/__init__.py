"""The ledger: the journal's fold, what we know of the past of one customer.

It can be rebuilt from the journal at any time and is never stored. Nothing here reads live: what we wrote last may
have been changed since. Values are in recorded form: DNS values in full, tenant attributes as fingerprints.
Source of the rules referred to by number: the route's rules in the design.
"""

from reconciler.ledger.folding import EMPTY, extend, fold
from reconciler.ledger.form import fingerprint, noted, recorded, step
from reconciler.ledger.state import NEVER, Before, Begun, LastChange, Ledger, Move, Owned, TtlChange

__all__ = [
    "EMPTY",
    "NEVER",
    "Before",
    "Begun",
    "LastChange",
    "Ledger",
    "Move",
    "Owned",
    "TtlChange",
    "extend",
    "fingerprint",
    "fold",
    "noted",
    "recorded",
    "step",
]
