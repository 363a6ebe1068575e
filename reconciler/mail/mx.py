"""Where a domain's mail arrives: its MX records, the hosts they name, and the addresses of those hosts.

Source: RFC 5321, 5.1 (which host a sender takes, and what it does without MX records), read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reconciler.mail.look import Look
from reconciler.mail.mx_lint import MOST, SHOWN, Host, findings
from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import worst_first
from reconciler.model.answer import Answer
from reconciler.model.diagnostic import Origin, error, warning


def look(domain: str, notebook: Notebook, origin: Origin = Origin()) -> Look:
    """The domain's MX records as senders find them.

    Args:
        domain: lower case, A-labels, without final dot.
    """
    answer = notebook.ask(domain, "MX")
    if answer is None:
        return Look("mx", "not known yet", unanswered=True)
    if answer.void:
        return _without(domain, answer, notebook, origin)
    if not answer.values:
        return Look("mx", "nobody answered for the MX records", _why(answer), unanswered=True)
    listed = _listed(answer.values)
    hosts = [_asked(one, notebook) if place < MOST else one for place, one in enumerate(listed)]
    return Look(
        "mx",
        _summary(hosts),
        tuple(_line(one) for one in hosts),
        worst_first(list(findings(domain, hosts, origin))),
        _data(hosts),
        unanswered=any(one.missing for one in hosts),
    )


def _listed(values: Iterable[str]) -> list[Host]:
    """The hosts, those first that a sender tries first."""
    pairs = (value.partition(" ") for value in values)
    return sorted(
        (Host(int(preference), host.removesuffix(".")) for preference, _, host in pairs),
        key=lambda one: (one.preference, one.name),
    )


def _asked(host: Host, notebook: Notebook) -> Host:
    if not host.name or host.literal or host.proof:
        return host
    answers = [notebook.ask(host.name, kind) for kind in ("A", "AAAA")]
    known = [one for one in answers if one is not None]
    addresses = tuple(value for one in known for value in one.values)
    silent = len(known) < 2 or not all(one.values or one.void for one in known)
    alias = next((one.alias for one in known if one.alias), "")
    return Host(host.preference, host.name, alias, addresses, missing=silent and not addresses, asked=True)


def _without(domain: str, answer: Answer, notebook: Notebook, origin: Origin) -> Look:
    """No MX: mail goes to the address of the domain itself, if it has one (RFC 5321, section 5.1)."""
    place: dict[str, Any] = {"origin": origin, "address": f"dns/{domain}/MX/@"}
    if answer.status == "nxdomain":
        gone = error(
            "mx/no-domain",
            "there is no such domain in DNS",
            "Nobody can send mail to it, and what it sends is refused as coming from nowhere.",
            "Register the domain, or look for a typing mistake in its name.",
            **place,
        )
        return Look("mx", "the domain does not exist", (), (gone,), _data([]))
    host = _asked(Host(0, domain), notebook)
    if host.missing:
        return Look("mx", "no MX records, and nobody answered for the domain's address", unanswered=True)
    if host.addresses:
        told = warning(
            "mx/implicit",
            "no MX record: mail goes to the address of the domain itself",
            "The domain is its own mail host (RFC 5321, section 5.1). Rarely meant: mostly a web server is there.",
            "Publish an MX record; where the domain takes no mail, the null MX `0 .` (RFC 7505).",
            **place,
        )
        return Look(
            "mx", f"none; mail goes to {domain} itself", (_line(host),), (told,), {**_data([]), "implicit": True}
        )
    none = error(
        "mx/none",
        "no MX record and no address: nobody can send mail to this domain",
        "Senders give up (RFC 5321, section 5.1); some refuse its mail too, since nothing could be returned.",
        "Publish an MX record; where the domain takes no mail, the null MX `0 .` (RFC 7505).",
        **place,
    )
    return Look("mx", "none", (), (none,), _data([]))


def _summary(hosts: Sequence[Host]) -> str:
    if not any(one.name for one in hosts):
        return "null MX: the domain takes no mail"
    real = [one.name for one in hosts if one.name and not one.proof]
    if len(real) == 1:
        return f"mail arrives at {real[0]}"
    return f"{len(real)} hosts, the first is {real[0]}" if real else "no host that takes mail"


def _line(host: Host) -> str:
    more = len(host.addresses) - SHOWN
    addresses = ", ".join(host.addresses[:SHOWN]) + (f" and {more} more" if more > 0 else "")
    said = [f"{host.preference} {host.name or '.'}", f"alias of {host.alias}" if host.alias else "", addresses]
    return "; ".join(one for one in [*said, "no answer" if host.missing else ""] if one)


def _why(answer: Answer) -> tuple[str, ...]:
    return (answer.detail,) if answer.detail else ()


def _data(hosts: Sequence[Host]) -> dict[str, Any]:
    return {
        "hosts": [
            {
                "preference": one.preference,
                "host": one.name,
                "alias": one.alias,
                "addresses": list(one.addresses[:SHOWN]),
            }
            for one in hosts
        ],
        "null": bool(hosts) and not any(one.name for one in hosts),
        "implicit": False,
    }
