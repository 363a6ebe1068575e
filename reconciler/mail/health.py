"""The health of one domain's mail: every subject looked at, and the JSON that a report holds of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from reconciler.mail import autodiscover, dkim_lint, dmarc_look, mta_sts, mta_sts_lint, mx, tls_rpt
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.spf import lint as spf
from reconciler.model.answer import Fetched
from reconciler.model.diagnostic import Origin

#: The worst first.
VERDICTS = ("fail", "unknown", "warn", "pass")


def examine(
    domain: str,
    notebook: Notebook,
    fetched: Fetched | None,
    selectors: Sequence[str],
    origin: Origin = Origin(),
    *,
    expected: Collection[str] = (),
) -> tuple[Look, ...]:
    """All subjects of one domain, always in the same order; no look waits for another.

    Args:
        domain: lower case, A-labels, without final dot.
        fetched: what came from the address that `to_fetch` names; none = nobody fetched it.
        selectors: DKIM selectors to look at, lower case, each once.
        origin: the place in a spec that names the domain.
        expected: those of `selectors` that somebody named, and that should be there.
    """
    return (
        mx.look(domain, notebook, origin),
        spf.look(domain, notebook, origin),
        dkim_lint.look(domain, notebook, selectors, origin, expected),
        dmarc_look.look(domain, notebook, origin),
        mta_sts_lint.look(domain, notebook, fetched, origin),
        tls_rpt.look(domain, notebook, origin),
        autodiscover.look(domain, notebook, origin),
    )


def to_fetch(domain: str, notebook: Notebook) -> str:
    """The address of the domain's MTA-STS policy; empty where no record names one, or none is known yet."""
    answer = notebook.ask(f"{mta_sts.NAME}.{domain}", "TXT")
    stands = answer is not None and any(map(mta_sts.is_mta_sts, answer.values))
    return mta_sts.url(domain) if stands else ""


def body(domain: str, looks: Sequence[Look]) -> dict[str, Any]:
    """One domain as the public document holds it: plain JSON values, subjects in the order of `looks`."""
    sections = [
        {
            "subject": one.subject,
            "verdict": one.verdict,
            "summary": one.summary,
            "lines": list(one.lines),
            "data": dict(one.data),
            "diagnostics": [told.as_json() for told in one.diagnostics],
        }
        for one in looks
    ]
    verdicts = [one.verdict for one in looks]
    counts = {verdict: verdicts.count(verdict) for verdict in VERDICTS}
    return {"domain": domain, "verdict": worst(verdicts), "sections": sections, "counts": counts}


def worst(verdicts: Iterable[str]) -> str:
    """The worst of some verdicts; `unknown` without any, since nobody looked."""
    return min(verdicts, key=VERDICTS.index, default="unknown")
