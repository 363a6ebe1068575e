"""What is wrong or doubtful in DKIM key records, and what a domain's selectors look like in DNS.

Source: as the module `dkim` says; RFC 6376, 6.1.2 (what a verifier does with a record).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Any

from reconciler.mail.dkim import KeyRecord, delegated, read
from reconciler.mail.dkim_microsoft import is_microsoft, microsoft_target
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.mail.tags import NAMED, plain, shown, some, worst_first
from reconciler.model.answer import Answer, Status
from reconciler.model.diagnostic import Diagnostic, Origin, error, info, warning

#: Bits of an RSA key: below the first a verifier must refuse, the second is what to have, above the third it need not
#: know how (RFC 8301, 3.2).
LEAST, GOOD, MOST = 1024, 2048, 4096
TAGS = frozenset("vghknpst")


def lint(values: Sequence[str], selector: str, domain: str, origin: Origin = Origin()) -> tuple[Diagnostic, ...]:
    """Judge all TXT values at one selector, the worst finding first; none is worth no finding.

    Args:
        values: decoded.
        selector: the name before `._domainkey`.
        domain: lower case, A-labels, without final dot.
    """
    where = _where(selector, domain, origin)
    found = []
    if len(values) > 1:
        what = f"{len(values)} TXT records stand at the DKIM selector {plain(selector)}"
        why = "Which one a verifier takes is not defined (RFC 6376, section 3.6.2.2)."
        found.append(error("dkim/several", what, why, "keep the one of the signer in use", **where))
    for value in values[:NAMED]:
        found += _record(read(value), f"the DKIM key {plain(selector)}", where)
    return worst_first(found)


def look(
    domain: str,
    notebook: Notebook,
    selectors: Sequence[str],
    origin: Origin = Origin(),
    expected: Collection[str] = (),
) -> Look:
    """The keys of a domain at the selectors that are known or guessed; others cannot be listed.

    Args:
        domain: lower case, A-labels, without final dot.
        selectors: names before `._domainkey`, lower case, each once.
        expected: those of them that somebody named, so that a missing one is a finding.
    """
    away = delegated(domain, notebook)
    answers = [_asked(domain, selector, notebook) for selector in selectors]
    found: list[Diagnostic] = []
    lines: list[str] = []
    keys: list[dict[str, Any]] = []
    unsure = notebook.ask(f"_domainkey.{domain}", "NS") is None
    if away:
        whom = plain(", ".join(away.to[:NAMED]))
        what = f"the names below _domainkey.{domain} are held by {whom} ({away.type})"
        remedy = "have selectors added there; what stands below it in this zone is not seen"
        found.append(info("dkim/delegated", what, "", remedy, origin=origin, address=f"dns/{domain}/TXT/_domainkey"))
        lines.append(what)
    for selector, (alias, texts) in zip(selectors, answers, strict=True):
        if alias is None or texts is None or texts.status is Status.FAILED:
            unsure = True
            lines.append(f"{plain(selector)}: nobody answered")
            continue
        target = alias.values[0].removesuffix(".") if alias.status is Status.FOUND else texts.alias
        if not target and texts.void:
            found += [_missing(selector, domain, origin)] if selector in expected else []
            continue
        found += _selector(domain, selector, target, texts, origin)
        lines += _lines(selector, target, texts)
        keys.append(_data(selector, target, texts))
    if not keys and not unsure:
        what = f"no DKIM key of {domain} was found at the {len(selectors)} selectors looked at"
        why = "Without a signature a forwarded message fails DMARC; another selector may be in use."
        remedy = "switch signing on where the mail is sent, or name the selectors in use"
        where: dict[str, object] = {"origin": origin, "address": f"dns/{domain}/TXT/_domainkey"}
        found.append(warning("dkim/none", what, why, remedy, **where))
    live = [key["selector"] for key in keys if key["state"] == "key"]
    summary = f"keys at {', '.join(live[:NAMED])}{' and more' if len(live) > NAMED else ''}" if live else "no key found"
    return Look("dkim", summary, tuple(lines), worst_first(found), {"selectors": keys}, unsure)


def _missing(selector: str, domain: str, origin: Origin) -> Diagnostic:
    what = f"the DKIM selector {plain(selector)} is not there"
    remedy = "publish the record that the service names, or take the selector out of the spec"
    address = f"dns/{domain}/TXT/{selector}._domainkey"
    return warning("dkim/missing", what, "Mail signed with it fails DKIM.", remedy, origin=origin, address=address)


def _asked(domain: str, selector: str, notebook: Notebook) -> tuple[Answer | None, Answer | None]:
    name = f"{selector}._domainkey.{domain}"
    return notebook.ask(name, "CNAME"), notebook.ask(name, "TXT")


def _selector(domain: str, selector: str, target: str, texts: Answer, origin: Origin) -> Iterator[Diagnostic]:
    if target and is_microsoft(target):
        yield from microsoft_target(selector, domain, target, origin)
    if target and texts.void:
        where: dict[str, object] = {"origin": origin, "address": f"dns/{domain}/CNAME/{selector}._domainkey"}
        what = f"the DKIM selector {plain(selector)} leads to {plain(target)}, where no key stands"
        why = "Verifiers find no key; a Microsoft target answers only while signing is set up for the domain."
        remedy = "set up signing at that service, or remove the selector if the service is no longer used"
        yield warning("dkim/no-key", what, why, remedy, **where)
    yield from lint(texts.values, selector, domain, origin)


def _record(record: KeyRecord, name: str, where: dict[str, object]) -> Iterator[Diagnostic]:
    tags = record.list
    ignored = "Verifiers refuse the record (RFC 6376, sections 3.6.1 and 6.1.2)."
    yield from _syntax(record, name, ignored, where)
    if tags.get("p") is None:
        yield error("dkim/no-key-tag", f"{name} has no p", ignored, "publish the record of the signer again", **where)
    elif record.revoked:
        what, remedy = f"{name} is revoked: p is empty", "remove the selector when no old mail needs the answer"
        yield info("dkim/revoked", what, "RFC 6376, section 3.6.1.", remedy, **where)
    else:
        yield from _key(record, name, where)
    yield from _limits(record, name, where)


def _syntax(record: KeyRecord, name: str, ignored: str, where: dict[str, object]) -> Iterator[Diagnostic]:
    tags = record.list
    if tags.broken:
        what = f"{name} holds what is no tag=value: {some(tags.broken)}"
        quoted = any('"' in piece for piece in tags.broken)
        remedy = "remove the quotes of a zone file" if quoted else "publish the record of the signer again"
        yield error("dkim/syntax", what, ignored, remedy, **where)
    if tags.repeated:
        what = f"{name} has tags twice: {some(tags.repeated)}"
        why = "Such a tag list is not valid as a whole (RFC 6376, section 3.2)."
        yield error("dkim/repeated", what, why, "keep one of each", **where)
    if "v" in tags.names and (record.version != "DKIM1" or tags.names[0] != "v"):
        what = f"{name} must start with v=DKIM1, or have no v"
        yield error("dkim/version", what, ignored, "write v=DKIM1 first", **where)
    unknown = [tag for tag in tags.names if tag not in TAGS]
    if unknown:
        what = f"{name} has tags that verifiers ignore: {some(unknown)}"
        yield warning("dkim/unknown-tag", what, "RFC 6376, section 3.6.1.", "remove them, or correct them", **where)


def _key(record: KeyRecord, name: str, where: dict[str, object]) -> Iterator[Diagnostic]:
    if record.kind not in {"rsa", "ed25519"}:
        what = f"{name} is of the kind {shown(record.kind)}, which verifiers do not know"
        why = "They ignore it (RFC 6376, section 3.6.1; RFC 8463, section 4)."
        yield error("dkim/kind", what, why, "publish an rsa key", **where)
        return
    bits = record.bits
    if bits is None:
        form = "32 octets in base64" if record.kind == "ed25519" else "an RSA key in DER and base64"
        what = f"p of {name} is not {form}"
        quoted = '"' in record.key or "\\" in record.key
        remedy = "remove the quotes of a zone file" if quoted else "publish the record of the signer again, uncut"
        yield error("dkim/key", what, "Verifiers refuse it (RFC 6376, section 6.1.2).", remedy, **where)
    elif record.kind == "rsa" and bits < LEAST:
        what = f"{name} has {bits} bits"
        why = f"Verifiers must refuse keys below {LEAST} bits (RFC 8301, section 3.2)."
        yield error("dkim/short-key", what, why, f"make a key of {GOOD} bits at another selector", **where)
    elif record.kind == "rsa" and bits < GOOD:
        what = f"{name} has {bits} bits"
        why = f"Signers should use at least {GOOD} bits (RFC 8301, section 3.2)."
        yield warning("dkim/short-key", what, why, f"make a key of {GOOD} bits at another selector", **where)
    elif bits > MOST:
        what = f"{name} has {bits} bits"
        why = f"Verifiers need not take more than {MOST} bits (RFC 8301, section 3.2)."
        yield warning("dkim/long-key", what, why, f"make a key of {GOOD} bits", **where)


def _limits(record: KeyRecord, name: str, where: dict[str, object]) -> Iterator[Diagnostic]:
    if record.hashes and "sha256" not in record.hashes:
        what = f"{name} allows no hash in use: h={shown(':'.join(record.hashes))}"
        yield error("dkim/hash", what, "sha256 is needed (RFC 8301, section 3.1).", "remove h, or add sha256", **where)
    if record.services and not {"*", "email"} & set(record.services):
        what = f"{name} is not for mail: s={shown(':'.join(record.services))}"
        why = "Verifiers of mail ignore it (RFC 6376, section 3.6.1); s=tlsrpt alone is for TLS reports."
        yield warning("dkim/service", what, why, "remove s if mail is signed with it", **where)
    if "y" in record.flags:
        what = f"{name} says that DKIM is only tried out: t=y"
        why = "A verifier may act as if the mail were not signed (RFC 6376, section 3.6.1)."
        yield warning("dkim/testing", what, why, "remove t=y once signing works", **where)


def _where(selector: str, domain: str, origin: Origin) -> dict[str, object]:
    return {"origin": origin, "address": f"dns/{domain}/TXT/{selector}._domainkey"}


def _state(texts: Answer) -> tuple[str, KeyRecord | None]:
    if len(texts.values) != 1:
        return "several" if texts.values else "missing", None
    record = read(texts.values[0])
    return ("revoked" if record.revoked else "key" if record.bits else "broken"), record


def _lines(selector: str, target: str, texts: Answer) -> Iterator[str]:
    state, record = _state(texts)
    size = f"{record.kind} {record.bits} bits" if record and record.bits else state
    yield f"{plain(selector)}: {plain(size)}{f', at {plain(target)}' if target else ''}"


def _data(selector: str, target: str, texts: Answer) -> dict[str, Any]:
    state, record = _state(texts)
    return {
        "selector": plain(selector),
        "target": plain(target),
        "state": state,
        "kind": plain(record.kind) if record else "",
        "bits": record.bits if record else None,
    }
