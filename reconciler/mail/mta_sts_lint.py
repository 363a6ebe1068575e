"""What is wrong or doubtful in a domain's MTA-STS: the record, the policy as it was fetched, and the MX hosts.

Source: RFC 8461, as the module `mta_sts` says where it was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from reconciler.mail.look import Look
from reconciler.mail.mta_sts import (
    LARGEST,
    LONGEST_AGE,
    MODES,
    NAME,
    Policy,
    is_mta_sts,
    is_pattern,
    matching,
    read,
    read_policy,
    uncovered,
    url,
)
from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import NAMED, plain, shown, some, worst_first
from reconciler.model.answer import Answer, Fetched, Status
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning

_WEEK = 604_800


def lint(values: Sequence[str], domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge all TXT values at `_mta-sts` of a domain, the worst finding first; no record is worth a remark only."""
    where = _where(domain, origin)
    records = [value for value in values if is_mta_sts(value)]
    odd = [value for value in values if not is_mta_sts(value) and value.lstrip(' "\t')[:5].lower() == "v=sts"]
    found = []
    if odd:
        what = f"{some(odd)} looks like an MTA-STS record, but is none"
        why = "A record starts exactly with v=STSv1; (RFC 8461, section 3.1)."
        found.append(error("mta-sts/look-alike", what, why, "write it again", **where))
    elif not records:
        what = f"{domain} has no MTA-STS policy"
        why = "Nothing stops somebody on the way from having its mail sent without encryption (RFC 8461, section 1)."
        remedy = f"put a policy at {url(domain)}, mode testing first, and its record at {NAME}.{domain}"
        found.append(info("mta-sts/absent", what, why, remedy, **where))
    if len(records) > 1:
        what = f"{len(records)} MTA-STS records stand at {NAME}.{domain}, and none of them counts"
        found.append(error("mta-sts/several", what, "RFC 8461, section 3.1.", "keep one of them", **where))
    for value in records[:NAMED]:
        record = read(value)
        if record.list.broken:
            what = f"{some(record.list.broken)} in the MTA-STS record is no name=value"
            remedy = "write v=STSv1; id=...; without blanks at ="
            found.append(error("mta-sts/syntax", what, "RFC 8461, section 3.1.", remedy, **where))
        elif not record.sound:
            what = f"the id of the MTA-STS record, {shown(record.identity)}, is not 1 to 32 letters and digits"
            why = "Senders act as if there were no MTA-STS (RFC 8461, section 3.1)."
            found.append(error("mta-sts/id", what, why, "write one, another for each new policy", **where))
    return worst_first(found)


def lint_fetched(fetched: Fetched, domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge what came back from the policy's address, and the policy in it; the worst finding first."""
    where = _where(domain, origin)
    problem = _transport(fetched, domain)
    if problem:
        what, remedy = problem
        why = "Senders find no policy and act as if there were no MTA-STS (RFC 8461, section 3.3)."
        return (error("mta-sts/fetch", what, why, remedy, **where),)
    return lint_policy(read_policy(fetched.body), domain, origin)


def lint_policy(policy: Policy, domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge a policy by itself, the worst finding first."""
    return worst_first(list(_policy(policy, _where(domain, origin))))


def lint_mx(policy: Policy, hosts: Sequence[str], domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge a policy against MX hosts, those that stand or those that shall stand: an error when it is enforced.

    Args:
        hosts: any case, with or without final dot; not the null MX.
    """
    where = _where(domain, origin)
    found = []
    missing = uncovered(policy, hosts) if policy.mode in {"enforce", "testing"} else []
    if missing:
        enforced = policy.mode == "enforce"
        what = f"the MTA-STS policy of {domain} does not list {some(missing)}"
        effect = "do not deliver to it" if enforced else "report it, and will not deliver once it is enforced"
        why = f"Senders that honour the policy {effect} (RFC 8461, sections 4.1 and 5)."
        remedy = (
            f"add {', '.join(f'mx: {plain(host)}' for host in missing[:NAMED])} at {url(domain)}, then change the id"
        )
        found.append((error if enforced else warning)("mta-sts/mx", what, why, remedy, **where))
    used = {pattern for host in hosts for pattern in matching(host)}
    idle = [pattern for pattern in policy.mx if pattern.lower() not in used]
    if idle and hosts and policy.mode in MODES:
        what = f"the MTA-STS policy of {domain} lists hosts that are no MX: {some(idle)}"
        remedy = "remove them when the move is over"
        found.append(info("mta-sts/idle-mx", what, "", remedy, **where))
    return worst_first(found)


def look(domain: str, notebook: Notebook, fetched: Fetched | None, origin: Origin = Origin()) -> Look:
    """A domain's MTA-STS: its record, its policy, and its MX hosts against the policy.

    Args:
        domain: lower case, A-labels, without final dot.
        fetched: what somebody got from `url`; none = nobody fetched it, which matters only where a record stands.
    """
    answer, mx = notebook.ask(f"{NAME}.{domain}", "TXT"), notebook.ask(domain, "MX")
    if answer is None or mx is None:
        return Look("mta-sts", "not known yet", unanswered=True)
    if answer.status is Status.FAILED:
        why = (f"{NAME}.{domain}: {plain(answer.detail)}",) if answer.detail else ()
        return Look("mta-sts", "nobody answered for the MTA-STS record", why, unanswered=True)
    records = [value for value in answer.values if is_mta_sts(value)]
    found = list(lint(answer.values, domain, origin))
    lines = [f"{NAME}.{domain}: {plain(value)}" for value in records[:NAMED]]
    if not records:
        return Look("mta-sts", "no MTA-STS record", (), tuple(found), _data("", Policy(), []))
    policy = Policy()
    if fetched is None:
        lines.append(f"{url(domain)} was not fetched")
    else:
        found += lint_fetched(fetched, domain, origin)
        policy = read_policy(fetched.body) if not _transport(fetched, domain) else policy
        lines += _lines(policy)
    hosts = _hosts(mx)
    found += lint_mx(policy, hosts, domain, origin)
    summary = f"mode {plain(policy.mode)}" if policy.mode else "a record without a policy that can be read"
    data = _data(read(records[0]).identity, policy, hosts)
    unsure = fetched is None or mx.status is Status.FAILED
    return Look("mta-sts", summary[:120], tuple(lines), worst_first(found), data, unsure)


def _where(domain: str, origin: Origin) -> dict[str, object]:
    return {"origin": origin, "address": f"dns/{domain}/TXT/{NAME}"}


def _transport(fetched: Fetched, domain: str) -> tuple[str, str] | None:
    """What is wrong with the answer itself, and what to do."""
    place = url(domain)
    media = fetched.content_type.partition(";")[0].strip().lower()
    if fetched.error:
        return (
            f"{place} cannot be fetched: {plain(fetched.error)[:200]}",
            "make the host answer, with its own certificate",
        )
    if 300 <= fetched.status < 400:
        return f"{place} redirects, which senders do not follow", "serve the file itself there"
    if fetched.status != 200:
        return f"{place} answers with status {fetched.status}, not 200", "put the policy file there"
    if media != "text/plain":
        kind = shown(media) if media else "no type"
        return f"{place} comes as {kind}, not as text/plain", "set its Content-Type to text/plain"
    if len(fetched.body.encode("utf-8", "replace")) > LARGEST:
        return f"{place} is larger than {LARGEST} octets", "list fewer hosts, or use *. and a domain"
    return None


def _policy(policy: Policy, where: dict[str, object]) -> Iterator[Diagnostic]:
    detail = "Senders cannot use such a policy (RFC 8461, section 3.2)."
    if policy.version != "STSv1":
        what = f"the MTA-STS policy has the version {shown(policy.version)}, not STSv1"
        yield error("mta-sts/version", what, detail, "write version: STSv1 as its first line", **where)
    if policy.mode not in MODES:
        what = f"the MTA-STS policy has the mode {shown(policy.mode)}"
        yield error("mta-sts/mode", what, detail, "write mode: testing, or enforce", **where)
    if policy.max_age is None:
        what, remedy = "the MTA-STS policy has no max_age of 1 to 10 digits", f"write max_age: {_WEEK}"
        yield error("mta-sts/max-age", what, detail, remedy, **where)
    elif policy.max_age > LONGEST_AGE:
        what = f"max_age {policy.max_age} in the MTA-STS policy is above the largest, {LONGEST_AGE}"
        yield warning("mta-sts/max-age", what, "RFC 8461, section 3.2.", f"write max_age: {LONGEST_AGE}", **where)
    elif policy.max_age < _WEEK and policy.mode == "enforce":
        what = f"senders forget the enforced MTA-STS policy after {policy.max_age} seconds"
        why = "Weeks are expected, or somebody on the way only has to wait (RFC 8461, section 3.2)."
        yield warning("mta-sts/max-age", what, why, "write weeks, in seconds", **where)
    if not policy.mx and policy.mode in {"enforce", "testing"}:
        yield error("mta-sts/no-mx", "the MTA-STS policy lists no mx", detail, "write mx: for each MX host", **where)
    odd = [pattern for pattern in policy.mx if not is_pattern(pattern)]
    if odd:
        what = f"the MTA-STS policy has mx lines that match no host: {some(odd)}"
        remedy = "write a host name in A-labels without final dot, or *. and a domain"
        yield error("mta-sts/mx-pattern", what, detail, remedy, **where)
    if policy.broken:
        what = f"the MTA-STS policy has lines that are no key: value: {some(policy.broken)}"
        yield error("mta-sts/policy-syntax", what, detail, "write key: value on lines of their own", **where)
    if policy.repeated:
        what = f"the MTA-STS policy says twice: {some(policy.repeated)}"
        yield warning("mta-sts/repeated", what, "The first counts (RFC 8461, section 3.2).", "keep one", **where)
    if policy.mode == "none":
        what = "the MTA-STS policy is switched off: mode none"
        why = "It is how to take a policy back before it is removed (RFC 8461, section 8.3)."
        remedy = "write mode: testing to begin again, or remove the record when max_age is over"
        yield warning("mta-sts/off", what, why, remedy, **where)
    if policy.mode == "testing":
        what = "the MTA-STS policy only reports: mode testing"
        remedy = "write mode: enforce when the TLS reports are clean, and change the id"
        yield info("mta-sts/testing", what, "", remedy, **where)


def _lines(policy: Policy) -> list[str]:
    more = len(policy.mx) - 16
    patterns = [f"  mx: {plain(pattern)}" for pattern in policy.mx[:16]]
    rest = [f"  and {more} more"] if more > 0 else []
    if not policy.mode and policy.max_age is None and not patterns:
        return []
    age = "no max_age" if policy.max_age is None else f"max_age {policy.max_age}"
    return [f"policy: mode {shown(policy.mode)}, {age}", *patterns, *rest]


def _hosts(answer: Answer) -> list[str]:
    found = [value.rpartition(" ")[2].removesuffix(".") for value in answer.values]
    return [host for host in found if host]


def _data(identity: str, policy: Policy, hosts: Sequence[str]) -> dict[str, object]:
    return {
        "id": plain(identity),
        "mode": plain(policy.mode),
        "max_age": policy.max_age,
        "mx": [plain(pattern) for pattern in policy.mx[:64]],
        "hosts": list(hosts),
    }
