"""How mail programs find the mailboxes of a domain: the autodiscover records, and `msoid`, which must not be there.

Outlook asks `https://autodiscover.DOMAIN` first and reads the SRV record only when that leads nowhere.
Source: Microsoft, "Autodiscover service in Exchange Server" (order of the steps) and "External Domain Name System
records for Office 365" (CNAME; no `msoid` but in the cloud of 21Vianet), texts of 2020 to 2025, read 2026-11; RFC 2782
(an SRV record without a service, and that it names no alias).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from reconciler.mail.clouds import CLOUDS
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import worst_first
from reconciler.model.answer import Answer
from reconciler.model.diagnostic import Diagnostic, Origin, error, warning

#: Where `msoid` leads in the one cloud that needs it.
#: Source: Microsoft, the records for Office 365 operated by 21Vianet, read 2026-11.
MSOID = "partner.microsoftonline-p.net.cn"
_HOSTS = tuple(host for cloud in CLOUDS for host in cloud.autodiscover)
_MX = tuple(host for cloud in CLOUDS for host in cloud.mx)
#: Each question is about one of these; `*` is what a wildcard would answer for any other name.
_ASKED = {
    "cname": ("autodiscover.", "CNAME"),
    "a": ("autodiscover.", "A"),
    "aaaa": ("autodiscover.", "AAAA"),
    "srv": ("_autodiscover._tcp.", "SRV"),
    "msoid": ("msoid.", "CNAME"),
    "mx": ("", "MX"),
    "wild cname": ("*.", "CNAME"),
    "wild a": ("*.", "A"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the names answered; all without final dot.

    Attributes:
        alias: where the CNAME leads. `addresses`: of the name, through the CNAME or without one.
        service: where the SRV records lead; `.` when one says that there is no service.
        mx: the domain's MX hosts; the null MX is an empty name.
        wildcard: the name answers what a wildcard answers. `stray`: the same of `msoid`.
        missing: what nobody answered, as `CNAME autodiscover.example.com`.
    """

    alias: str
    addresses: tuple[str, ...]
    service: tuple[str, ...]
    msoid: str
    mx: tuple[str, ...]
    wildcard: bool
    stray: bool
    missing: tuple[str, ...]

    @property
    def microsoft(self) -> bool:
        """The first step of Outlook ends at a Microsoft 365 cloud."""
        return _under(self.alias, _HOSTS)


def look(domain: str, notebook: Notebook, origin: Origin = Origin()) -> Look:
    """The domain's autodiscover records as a mail program finds them.

    Args:
        domain: lower case, A-labels, without final dot.
    """
    found = _found(domain, {name: notebook.ask(f"{prefix}{domain}", kind) for name, (prefix, kind) in _ASKED.items()})
    told = worst_first(list(_findings(domain, found, origin)))
    data = {
        "alias": found.alias,
        "addresses": list(found.addresses[:8]),
        "service": list(found.service),
        "msoid": found.msoid,
        "wildcard": found.wildcard,
        "microsoft": found.microsoft,
    }
    lines = tuple(_lines(domain, found))
    return Look("autodiscover", _summary(found), lines, told, data, unanswered=bool(found.missing))


def _found(domain: str, answers: dict[str, Answer | None]) -> Found:
    values = {name: answer.values if answer else () for name, answer in answers.items()}
    hosts = {name: tuple(value.removesuffix(".") for value in found) for name, found in values.items()}
    needed = [name for name in ("cname", "a", "aaaa", "srv", "msoid") if not _known(answers[name])]
    alias = next(iter(hosts["cname"]), "")
    # From outside, a record of its own with the same value looks the same.
    wild = values["cname"] == values["wild cname"] if alias else values["a"] == values["wild a"]
    return Found(
        alias=alias,
        addresses=(*values["a"], *values["aaaa"]),
        service=tuple(value.rpartition(" ")[2].removesuffix(".") or "." for value in values["srv"]),
        msoid=next(iter(hosts["msoid"]), ""),
        mx=tuple(value.rpartition(" ")[2] for value in hosts["mx"]),
        wildcard=wild and bool(alias or values["a"]),
        stray=bool(values["msoid"]) and values["msoid"] == values["wild cname"],
        missing=tuple(f"{_ASKED[name][1]} {_ASKED[name][0]}{domain}" for name in needed),
    )


def _known(answer: Answer | None) -> bool:
    return answer is not None and bool(answer.values or answer.void)


def _findings(domain: str, found: Found, origin: Origin) -> Iterator[Diagnostic]:
    yield from _msoid(domain, found, origin)
    place: dict[str, Any] = {"origin": origin, "address": f"dns/{domain}/CNAME/autodiscover"}
    if found.wildcard:
        yield warning(
            "autodiscover/wildcard",
            f"autodiscover answers what the wildcard answers: {_first(found)}",
            "Outlook asks that server for mailboxes before anything else, and may show its certificate to the user "
            "(RFC 4592, section 2.1.1: a wildcard answers for every name that does not exist).",
            "Publish the record of the mail service, or one that leads nowhere.",
            **place,
        )
    elif found.alias and not found.addresses and not found.missing:
        yield warning(
            "autodiscover/nowhere",
            f"autodiscover leads to {found.alias}, which has no address",
            "Mail programs cannot set up accounts by themselves.",
            "Correct the target, or remove the record.",
            **place,
        )
    yield from _beside(found, place)
    if _at_microsoft(found) and not found.microsoft and "CNAME" not in " ".join(found.missing):
        where = "there is no autodiscover record" if not _first(found) else f"autodiscover leads to {_first(found)}"
        yield warning(
            "autodiscover/elsewhere",
            f"mail arrives at Microsoft 365, but {where}",
            "Outlook looks for the mailboxes elsewhere, or asks the user for a server. It is meant so only while "
            "mailboxes are still in the old system (hybrid).",
            f"When all mailboxes have moved: autodiscover CNAME {_target(found)}, as the tenant lists it.",
            **place,
        )


def _beside(found: Found, place: dict[str, Any]) -> Iterator[Diagnostic]:
    """SRV records beside a name that answers first."""
    first = _first(found)
    other = [one for one in found.service if one not in {first, "."}]
    if first and other:
        yield warning(
            "autodiscover/conflict",
            f"autodiscover leads to {first}, the SRV record to {', '.join(other)}",
            "Programs that read the one do not find what the other names; Outlook reads the SRV record only when the "
            "name leads nowhere.",
            "Remove the SRV record." if found.microsoft else "Remove the one that is out of date.",
            **place,
        )


def _msoid(domain: str, found: Found, origin: Origin) -> Iterator[Diagnostic]:
    if not found.msoid or _under(found.msoid, (MSOID,)):
        return
    say = warning if found.stray else error
    yield say(
        "autodiscover/msoid",
        f"a wildcard answers for msoid with {found.msoid}" if found.stray else f"msoid leads to {found.msoid}",
        "Office programs that find this name ask it to sign users in, and cannot be activated; only the cloud of "
        "21Vianet needs it (Microsoft, External DNS records for Office 365).",
        "Replace the wildcard by the names that are used." if found.stray else "Remove the msoid CNAME.",
        origin=origin,
        address=f"dns/{domain}/CNAME/{'*' if found.stray else 'msoid'}",
    )


def _at_microsoft(found: Found) -> bool:
    return any(_under(host, _MX) for host in found.mx)


def _target(found: Found) -> str:
    """The autodiscover host of the cloud where mail arrives."""
    return next(cloud.autodiscover[0] for cloud in CLOUDS if any(_under(host, cloud.mx) for host in found.mx))


def _first(found: Found) -> str:
    """What the name itself answers with."""
    return found.alias or ", ".join(found.addresses[:2])


def _summary(found: Found) -> str:
    if found.wildcard:
        return f"no record of its own, a wildcard leads to {_first(found)}"
    if found.microsoft:
        return f"leads to Microsoft 365 ({found.alias})"
    if _first(found):
        return f"leads to {_first(found)}"
    if found.service and found.service != (".",):
        return f"SRV record to {', '.join(found.service)}"
    return "nobody answered" if found.missing else "no autodiscover records"


def _lines(domain: str, found: Found) -> Iterator[str]:
    if found.alias:
        yield f"autodiscover.{domain} CNAME {found.alias}"
    elif found.addresses:
        yield f"autodiscover.{domain} {', '.join(found.addresses[:8])}"
    if found.service:
        yield f"_autodiscover._tcp.{domain} SRV {', '.join(found.service)}"
    if found.msoid:
        yield f"msoid.{domain} CNAME {found.msoid}"
    yield from (f"{one}: no answer" for one in found.missing)


def _under(name: str, hosts: Iterable[str]) -> bool:
    """Tell whether a name is one of these or lies below one."""
    return any(name == host or name.endswith(f".{host}") for host in hosts)
