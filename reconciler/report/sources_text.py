"""Who still sends, for a terminal or a log: domain by domain what the receivers' reports counted, the worst first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.report import values
from reconciler.report.escape import SHORT, line
from reconciler.report.values import Document

#: So many sources of a domain are listed, and of a sender so many addresses; JSON holds all of them.
_LISTED = 20
_ADDRESSES = 3

Part = Mapping[str, Any]


def sources_text(part: Document) -> str:
    """The whole part; lines are as long as what they say, the last ends with a newline."""
    blocks = [list(_head(part)), *(list(_domain(one)) for one in part.get("domains") or ())]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def _head(part: Document) -> Iterator[str]:
    if not part.get("reports"):
        yield "No DMARC report was read: nothing is known of who sends."
        return
    reporters = part.get("reporters") or ()
    yield (
        f"{_count(part['reports'], 'DMARC report')} of {_count(len(reporters), 'reporter')}, {_days(part)}: "
        f"{_outcome(part)}."
    )
    left_out = part.get("rows_left_out")
    if left_out:
        yield f"{_count(left_out, 'row')} could not be read and {'is' if left_out == 1 else 'are'} not counted."


def _domain(one: Part) -> Iterator[str]:
    yield f"{line(one.get('domain'), SHORT)}: {_outcome(one)}"
    unknown = one.get("unknown") or ()
    if unknown:
        yield "  From nobody that the spec names:" if one.get("senders") else "  Sources:"
        yield from (f"    {_source(source)}" for source in unknown[:_LISTED])
        rest = unknown[_LISTED:]
        if rest:
            messages = sum(source.get("messages", 0) for source in rest)
            yield f"    and {len(rest):,} more with {_count(messages, 'message')}"
    senders = one.get("senders") or ()
    if senders:
        yield "  Senders of the spec:"
        yield from (f"    {_sender(sender)}" for sender in senders)


def _sender(one: Part) -> str:
    said = "; ".join(line(text) for text in one.get("evidence") or ()) or "in no report"
    return f"{line(one.get('name'), SHORT)}: {said}"


def _source(one: Part) -> str:
    addresses = one.get("addresses") or ()
    shown = ", ".join(line(text, SHORT) for text in addresses[:_ADDRESSES])
    more = f" and {len(addresses) - _ADDRESSES:,} more" if len(addresses) > _ADDRESSES else ""
    name = line(one.get("name"), SHORT)
    at = f" ({shown}{more})" if shown != name else ""
    results = f"SPF passes {values.number(one.get('spf', 0))}, DKIM {values.number(one.get('dkim', 0))}"
    return f"{name}{at}: {_outcome(one)}; {results}; {_days(one)}"


def _outcome(one: Part) -> str:
    """`4,812 messages, 412 fail DMARC`."""
    messages = one.get("messages", 0)
    failed = messages - one.get("passed", 0)
    if not messages:
        return "no message in any report"
    said = f"{failed:,} fail" if failed else "all pass"
    return f"{_count(messages, 'message')}, {said} DMARC"


def _days(one: Part) -> str:
    first, last = (line(one.get(name) or "", SHORT) for name in ("first", "last"))
    return first if first == last else f"{first} to {last}"


def _count(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
