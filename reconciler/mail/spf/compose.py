"""Merging SPF: one record out of what is there, what is asked for and what is retired.

Terms nobody names keep their order and their spelling; only a `redirect=` that stands elsewhere moves to the end, where
it takes effect anyway.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from reconciler.mail.spf.terms import VERSION, Parts, Term, divide, parse, term, weakest

#: What a record made by us, or one that two records are merged into, rejects when nothing stricter is known to be safe.
CAREFUL = "~all"

#: The name of a record's end among the terms to drop and in slots; a `redirect=` that is in force is an end too.
END = "all"


def slots(*records: str) -> dict[str, str]:
    """The slots that the SPF records at one name fill: `spf/<term>` for each term in force, and `spf/all`.

    A term after `all`, and a `redirect=` beside an `all`, never runs: it counts as absent. `spf/all` holds the end:
    `-all`, `~all`, `?all`, `+all`, or the `redirect=` in its place.
    """
    parts = divide(_union(records))
    found = {f"spf/{one.identity}": one.identity for one in parts.force}
    if parts.end is not None:
        found[f"spf/{END}"] = "+all" if parts.end.identity == "all" else parts.end.identity
    return found


def compose(records: Sequence[str], put: Sequence[str], drop: Collection[str], all_: str | None) -> str | None:
    """The one record that shall stand where `records` stand now.

    Args:
        records: the SPF texts at the name; none = it is created, several = they are merged.
        put: terms to have, in this order, just before the end; one that is in force already stays where it is, one
            that never runs, after `all`, is moved.
        drop: identities to remove wherever they stand; `all` removes the end. What is put is never dropped.
        all_: the end to have, an `all` or a `redirect=`; none = keep, and `~all` for a record that is created. A
            `redirect=` whose place it takes goes on as an include, so that whom it admits stays admitted.

    Returns:
        The record with single spaces, or none when nothing is left of it. Composing the result again changes nothing.

    Raises:
        ValueError: `put` or `all_` is not what it has to be.
    """
    wanted = {one.identity: one for one in map(_asked, put)}
    gone = set(drop) - {*wanted}
    terms = _union(records)
    old = divide(terms)
    there = {one.identity for one in old.force} - gone
    new = [one for name, one in wanted.items() if name not in there]
    end = _end(old.end, all_, removed=END in drop, created=bool(new and not records))
    leaving = gone | {one.identity for one in new}
    replaced = _followed(old.end, all_ is not None and end is not old.end)
    kept = [one for one in replaced if one.identity not in {*there, *(one.identity for one in new)}]
    before = [one for one in (*old.before, *_freed(old, end), *kept) if one.identity not in gone]
    after = [one for one in old.after if one.identity not in leaving] if _stops(old, end) else []
    result = [*before, *new, *([end] if end else []), *after]
    if not result and (terms or not records):
        return None
    version = records[0].split(" ", 1)[0] if records else VERSION
    return " ".join((version, *(one.text for one in result)))


def _asked(text: str) -> Term:
    one = term(text)
    if not text or " " in text or one.is_all or one.is_redirect:
        raise ValueError(f"not a term that can be put into an SPF record: {text!r}")
    return one


def _end(old: Term | None, asked: str | None, *, removed: bool, created: bool) -> Term | None:
    if asked is None:
        return None if removed else (term(CAREFUL) if created else old)
    one = term(asked)
    if " " in asked or not (one.is_all or one.is_redirect):
        raise ValueError(f"not the end of an SPF record: {asked!r}")
    return old if old and old.identity == one.identity else one


def _stops(old: Parts, end: Term | None) -> bool:
    """Tell whether what never ran still does not: it must not come to life because the end that stopped it has gone."""
    return end is old.end or (end is not None and end.is_all)


def _freed(old: Parts, end: Term | None) -> tuple[Term, ...]:
    """The modifiers that stood after an end that has gone."""
    return () if _stops(old, end) else old.force[len(old.before) :]


def _union(records: Sequence[str]) -> tuple[Term, ...]:
    if len(records) == 1:
        return parse(records[0])
    parts = [divide(parse(record)) for record in records]
    ends = list({one.end.identity: one.end for one in parts if one.end is not None}.values())
    several = len(ends) > 1
    before = [one for part in parts for one in (*part.before, *_followed(part.end, several))]
    after = [one for part in parts for one in part.after if not one.is_redirect]
    if several:
        # What a redirect's target says at its own end is not known here.
        careful = [term(CAREFUL)] if any(end.is_redirect for end in ends) else []
        ends = [weakest([*(end for end in ends if end.is_all), *careful])]
    return tuple(_distinct([*before, *ends, *after]))


def _followed(end: Term | None, displaced: bool) -> tuple[Term, ...]:
    """A redirect that can be no end any more goes on as an include, so that whom it admits stays admitted."""
    if displaced and end is not None and end.is_redirect:
        return (term("include:" + end.text.partition("=")[2]),)
    return ()


def _distinct(terms: Sequence[Term]) -> list[Term]:
    # A second `exp=` would be a permerror (RFC 7208, 6).
    seen: dict[str, Term] = {}
    for one in terms:
        seen.setdefault("exp=" if one.identity.startswith("exp=") else one.identity, one)
    return list(seen.values())
