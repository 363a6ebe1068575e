"""The SPF lint: everything that is wrong or doubtful about the TXT values at one name, by the rules S1 to S22."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.spf import lint_record, lint_tree
from reconciler.mail.spf.rules import ERROR, INFO, RULES, WARNING, Finding
from reconciler.mail.spf.syntax import read
from reconciler.mail.spf.terms import is_spf
from reconciler.mail.spf.tree import (
    ANSWER,
    LOOKUPS,
    VOIDS,
    Fault,
    Tree,
    answer_size,
    as_json,
    count,
    lines,
    nodes,
    plain,
)
from reconciler.model.diagnostic import Diagnostic, Origin, warning

#: Findings of one rule that are told one by one.
_TOLD = 10
#: Hosts of the domain that are asked for a record of their own.
_HOSTS = 20
_WORST = {ERROR: 0, WARNING: 1, INFO: 2}
_NOBODY: Mapping[str, bool] = {}


def lint(
    domain: str,
    values: Sequence[str],
    tree: Tree | None,
    origin: Origin = Origin(),
    address: str = "",
    *,
    old: Sequence[str] = (),
    hosts: Mapping[str, bool] = _NOBODY,
    bulk: Collection[str] = (),
) -> list[Diagnostic]:
    """What is wrong or doubtful, the worst first, within a level in the order of the rules.

    A string of more than 255 octets cannot be seen here, because a value is decoded text and is cut when it is
    written; S3 tells what wrong cuts leave behind: terms run together, and quotes.

    Args:
        domain: lower case, A-labels, without final dot.
        values: every TXT value at the name, SPF or not.
        tree: of `tree.count`; none = nothing can be asked, and limits are judged by what the record shows by itself.
        address: the slot it is about; empty = the domain's own TXT.
        old: values of type SPF (99) at the name.
        hosts: names that send by themselves, and whether each has an SPF record of its own.
        bulk: include domains of bulk senders, which could send from a subdomain.
    """
    address = address or f"dns/{domain}/TXT/@"
    records = [value for value in values if is_spf(value)]
    if tree is None:
        tree = count(domain, Notebook({}), records[0] if len(records) == 1 else "v=spf1")
    found = [
        *_values(domain, values, records, old),
        *_texts(records, tree),
        *lint_tree.findings(tree, bulk),
        *(Finding("S20", WARNING, f"{plain(host)} sends and has no SPF record") for host in hosts if not hosts[host]),
    ]
    told = [_diagnostic(one, origin, address) for one in _bounded(found)]
    return told if records else [_none(domain, origin, address), *told]


def look(domain: str, notebook: Notebook, origin: Origin = Origin(), bulk: Collection[str] = ()) -> Look:
    """The domain's SPF record with all that it leads to.

    Args:
        domain: lower case, A-labels, without final dot.
        bulk: as for `lint`.
    """
    tree = count(domain, notebook)
    answer, old = notebook.ask(domain, "TXT"), notebook.ask(domain, "SPF")
    if answer is None:
        return Look("spf", "not known yet", unanswered=True)
    if not (answer.values or answer.void):
        return Look("spf", "nobody answered for the TXT records", unanswered=True)
    records = [value for value in answer.values if is_spf(value)]
    hosts = hosts_of(tree, notebook)
    data: dict[str, Any] = {"records": records, "tree": as_json(tree)}
    return Look(
        "spf",
        _summary(records, tree),
        lines(tree) if len(records) == 1 else tuple(map(plain, records)),
        tuple(lint(domain, answer.values, tree, origin, old=old.values if old else (), hosts=hosts, bulk=bulk)),
        data,
        unanswered=not tree.known or any(one.fault is Fault.FAILED for one in nodes(tree.root)),
    )


def hosts_of(tree: Tree, notebook: Notebook) -> dict[str, bool]:
    """Hosts below the domain that its own record names as senders, and whether each has a record."""
    children = [child for one in lint_tree.main(tree) for child in one.children]
    named = [one.domain for one in children if one.kind == "a" and one.found]
    named += [host for one in children if one.kind == "mx" for host in one.found]
    below = [name for name in dict.fromkeys(named) if name.endswith(f".{tree.root.domain}")]
    asked = {name: notebook.ask(name, "TXT") for name in below[:_HOSTS]}
    known = {name: answer for name, answer in asked.items() if answer and (answer.values or answer.void)}
    return {name: any(map(is_spf, answer.values)) for name, answer in known.items()}


def _values(domain: str, values: Sequence[str], records: Sequence[str], old: Sequence[str]) -> Iterator[Finding]:
    if len(records) > 1:
        yield Finding("S1", ERROR, f"{len(records)} SPF records at {domain}: all of them are void")
    for value in values:
        why = "" if is_spf(value) else lint_record.alike(value)
        if why:
            remedy = "Receivers ignore it: delete it if nobody needs it, and list under `senders` what it was to admit."
            yield Finding("S1", WARNING, f"{plain(value)} looks like SPF and is none: {why}", remedy)
    if old:
        yield Finding("S2", WARNING, f"{domain} has a record of type SPF (99)")
    size = answer_size(domain, values)
    if records and size > ANSWER:
        told = f"the TXT answer with its {len(values)} values has about {size} octets, more than {ANSWER}"
        yield Finding("S4", WARNING, told)


def _texts(records: Sequence[str], tree: Tree) -> Iterator[Finding]:
    """What the texts show: of every record at the name, and of the domain's other records that it leads to."""
    texts = [("", text, True) for text in records]
    if len(records) == 1:
        ends = {id(one) for one in lint_tree.main(tree)}
        others = (one for one in lint_tree.own(tree) if one is not tree.root)
        texts += [(f" (record at {one.domain})", one.record or "", id(one) in ends) for one in others]
    for where, text, decides in texts:
        record = read(text)
        found = [*lint_record.mistakes(record), *lint_record.doubts(record)]
        found += lint_record.end(record) if decides else ()
        yield from (one._replace(summary=one.summary + where) for one in found)


def _bounded(found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings in order, those beyond `_TOLD` of a rule as a number only: strangers write records too."""
    kinds: dict[tuple[int, int], list[Finding]] = {}
    for one in found:
        kinds.setdefault((_WORST[one.severity], int(one.rule[1:])), []).append(one)
    for _, same in sorted(kinds.items()):
        yield from same[:_TOLD]
        if len(same) > _TOLD:
            yield same[0]._replace(summary=f"and {len(same) - _TOLD} more of the same rule", remedy="")


def _diagnostic(found: Finding, origin: Origin, address: str) -> Diagnostic:
    rule = RULES[found.rule]
    source = f" (RFC 7208, {rule.section})" if rule.section else ""
    detail = f"{rule.what}{source}."
    remedy = found.remedy or rule.remedy
    return Diagnostic(found.severity, f"spf/{found.rule}", found.summary, detail, remedy, origin, address)


def _none(domain: str, origin: Origin, address: str) -> Diagnostic:
    return warning(
        "spf/none",
        f"{domain} has no SPF record",
        "Anybody can send as the domain without failing SPF (RFC 7208, 2.6.1).",
        "Publish a record that lists the senders and ends with ~all; v=spf1 -all when nobody sends.",
        origin=origin,
        address=address,
    )


def _summary(records: Sequence[str], tree: Tree) -> str:
    if len(records) != 1:
        return f"{len(records)} SPF records, one is allowed" if records else "no SPF record"
    least = "" if tree.exact else "at least "
    return f"{least}{tree.lookups} of {LOOKUPS} lookups, {max(tree.voids)} of {VOIDS} void, {tree.size} octets"
