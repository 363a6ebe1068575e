"""The journal: what was approved, begun and done for one customer, one line each, never rewritten.

Each line holds the hash of the one before, so that a line changed, lost or moved is found and named. `head.json` beside
it says how far the journal surely reaches, so that a cut tail is found too. A missing or damaged journal is an error,
never "nothing was done yet".
"""

from reconciler.journal.entry import TYPES, Entry
from reconciler.journal.reading import Reading, read
from reconciler.journal.writing import Journal, start_anew

__all__ = ["TYPES", "Entry", "Journal", "Reading", "read", "start_anew"]
