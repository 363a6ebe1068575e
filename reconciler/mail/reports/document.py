"""Sources of mail as the public documents hold them: plain JSON values, days as `2026-11-19`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reconciler.mail.reports.match import Matched, Sender, still_sending
from reconciler.mail.reports.sources import Source, Sources, Tally


def document(sources: Sources, matched: Iterable[Matched]) -> dict[str, Any]:
    """The part of a document that says what the reports saw; `diagnostics` are for the whole document to hold."""
    return {
        "reports": sources.reports,
        "rows_left_out": sources.left_out,
        **_tally(sources.tally),
        "domains": [_domain(one) for one in matched],
    }


def _domain(one: Matched) -> dict[str, Any]:
    return {
        "domain": one.domain,
        **_tally(one.tally),
        "senders": [_sender(sender, one) for sender in one.senders],
        "unknown": [_source(source) for source in one.unknown],
    }


def _sender(one: Sender, matched: Matched) -> dict[str, Any]:
    return {
        "name": one.name,
        **_tally(one.tally),
        "evidence": still_sending(matched, one.name),
        "sources": [_source(source) for source in one.sources],
    }


def _source(one: Source) -> dict[str, Any]:
    return {
        "from": one.domain,
        "name": one.name,
        "kind": one.kind,
        "addresses": list(one.addresses),
        **_tally(one.tally),
    }


def _tally(one: Tally | None) -> dict[str, Any]:
    if one is None:
        return {"messages": 0, "passed": 0, "spf": 0, "dkim": 0, "first": None, "last": None, "reporters": []}
    return {
        "messages": one.messages,
        "passed": one.passed,
        "spf": one.spf,
        "dkim": one.dkim,
        "first": str(one.first),
        "last": str(one.last),
        "reporters": list(one.reporters),
    }
