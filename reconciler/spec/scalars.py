"""The single values that authors write, each with the one normal form that the rest of the product sees.

Each function takes what YAML or a CSV cell held and returns the normal form, or raises `PydanticCustomError` with a
rule, a sentence and a remedy. Texts are one line, without control characters.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date
from difflib import get_close_matches
from functools import lru_cache
from ipaddress import ip_network
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, Strict
from pydantic_core import PydanticCustomError

from reconciler.model import names
from reconciler.spec.countries import CODES

MAX_SECONDS = 2**31 - 1
LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
DURATION = r"^(?:[0-9]+|(?=[0-9])(?:[0-9]+w)?(?:[0-9]+d)?(?:[0-9]+h)?(?:[0-9]+m)?(?:[0-9]+s)?)$"
DATE = "^(?:[^ ]+ +)?[0-9]{4}-[0-9]{2}-[0-9]{2}$"
COUNTRY = "^[A-Za-z]{2}$"
PERCENT = r"^(?:100|[0-9]{1,2}(?:\.[0-9]{1,2})?)%$"
_UNITS = {"w": 604_800, "d": 86_400, "h": 3_600, "m": 60, "s": 1}
_PIECE = re.compile(r"([0-9]+)([wdhms])")
_LABEL = r"(?!-)[a-z0-9-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?![0-9]+\Z){_LABEL}")
_HOST = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,62})\.)+[a-z0-9][a-z0-9-]{0,62}")
_LOCAL = re.compile(r"(?=.{1,64}\Z)[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_INITIAL = re.compile(r"[a-z0-9-]{1,63}\.(?:onmicrosoft\.(?:com|us)|partner\.onmschina\.cn)")
_SERVER = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+))(?::([0-9]{1,5}))?")
_DATE = re.compile(r"(?:([^\W\d]+),? +)?([0-9]{4}-[0-9]{2}-[0-9]{2})")
#: A day's name, whole or its first three letters, in the languages that customers write.
_DAYS = (
    ("monday", "lunes"),
    ("tuesday", "martes"),
    ("wednesday", "miércoles", "miercoles"),
    ("thursday", "jueves"),
    ("friday", "viernes"),
    ("saturday", "sábado", "sabado"),
    ("sunday", "domingo"),
)


def wrong(rule: str, summary: str, remedy: str = "") -> PydanticCustomError:
    """A mistake in one value; the loader adds its place."""
    return PydanticCustomError(rule, "{summary}", {"summary": summary, "remedy": remedy})


def show(value: object) -> str:
    """A value as quoted in a message: short, on one line; of a list or mapping, which may hold anything, no content."""
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def nearest(word: object, choices: Iterable[str], cutoff: float = 0.6) -> str:
    """`did you mean x?`, or the choices when none is near; for remedies."""
    known = {choice.lower(): choice for choice in choices}
    near = get_close_matches(str(word)[:60].lower(), known, n=1, cutoff=cutoff)
    if near:
        return f"did you mean `{known[near[0]]}`?"
    return f"use one of: {', '.join(known.values())}" if known else ""


def _text(value: object, what: str) -> str:
    if isinstance(value, str):
        return value.strip()
    raise wrong("spec/type", f"{what} is a text, this is {show(value)}")


@lru_cache(maxsize=1024)
def _seconds(text: str) -> int | None:
    if not re.fullmatch(DURATION, text, re.ASCII):
        return None
    if text.isdecimal():
        return int(text) if len(text) < 12 else MAX_SECONDS + 1
    return sum(int(count[:12]) * _UNITS[unit] for count, unit in _PIECE.findall(text))


def seconds(value: object) -> int:
    """A duration in seconds: `300`, `5m`, `1h`, `1d`, `3h30m`; 0 to 2147483647."""
    found = value if type(value) is int else _seconds(value) if isinstance(value, str) else None
    if found is None:
        raise wrong("spec/duration", f"{show(value)} is no duration", "write 300, 5m, 1h, 1d or 3h30m")
    if not 0 <= found <= MAX_SECONDS:
        raise wrong("spec/duration", f"{show(value)} is out of range", f"0 to {MAX_SECONDS} seconds")
    return found


def fraction(value: object) -> float:
    """A share from 0 to 1, written as a percentage."""
    if not isinstance(value, str) or not re.fullmatch(PERCENT, value, re.ASCII):
        raise wrong("spec/percent", f"{show(value)} is no percentage", "write 30% (0% to 100%)")
    return float(value[:-1]) / 100


def domain(value: object) -> str:
    """A domain: lower case, A-labels, no final dot, at least two labels."""
    text = a_labels(_text(value, "a domain"))
    if not _DOMAIN.fullmatch(text):
        raise wrong("spec/domain", f"{show(value)} is no domain", "write it like example.com")
    return text


def host(value: object) -> str:
    """A host name of at least two labels, underscores allowed: lower case, no final dot."""
    text = a_labels(_text(value, "a host name"))
    if not _HOST.fullmatch(text):
        raise wrong("spec/host", f"{show(value)} is no host name", "write it whole, like spf.example.net")
    return text


def a_labels(text: str) -> str:
    """Lower case, A-labels, without the final dot; what is no name comes back as it was."""
    text = text.removesuffix(".")
    try:
        return text.lower() if text.isascii() else names.to_ascii(text)
    except ValueError:
        return text


def email(value: object) -> str:
    """An address: lower case, its domain in A-labels."""
    local, at, name = _text(value, "an address").rpartition("@")
    name, local = a_labels(name), local.lower()
    if not at or not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(name):
        raise wrong("spec/email", f"{show(value)} is no e-mail address", "write it like ana@example.com")
    return f"{local}@{name}"


def tenant(value: object) -> str:
    """A tenant's initial domain, lower case."""
    text = _text(value, "a tenant").lower()
    if not _INITIAL.fullmatch(text):
        remedy = "write its initial domain, like contoso.onmicrosoft.com"
        raise wrong("spec/tenant", f"{show(value)} is no tenant", remedy)
    return text


def country(value: object) -> str:
    """An ISO 3166-1 code of two capital letters."""
    text = _text(value, "a country").upper()
    if text not in CODES:
        raise wrong("spec/country", f"{show(value)} is no country code", "write the two letters of ISO 3166, like MX")
    return text


def day(value: object) -> date:
    """A date, `2027-01-15`; a weekday before it is checked."""
    match = _DATE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise wrong("spec/date", f"{show(value)} is no date", "write it like 2027-01-15 or Friday 2027-01-15")
    return dated(match[1], match[2])


def dated(weekday: str | None, text: str) -> date:
    """A date whose weekday, when written, must be right."""
    try:
        found = date.fromisoformat(text)
    except ValueError as bad:
        raise wrong("spec/date", f"there is no day {text}", "write it like 2027-01-15") from bad
    if weekday is None:
        return found
    said = [number for number, days in enumerate(_DAYS) if weekday.lower() in {*days, *(name[:3] for name in days)}]
    if not said:
        raise wrong("spec/weekday", f"{show(weekday)} is no weekday", nearest(weekday, [days[0] for days in _DAYS]))
    if found.weekday() not in said:
        is_a = _DAYS[found.weekday()][0].capitalize()
        raise wrong(
            "spec/weekday", f"{text} is a {is_a}, not a {_DAYS[said[0]][0].capitalize()}", "correct one of them"
        )
    return found


def network(value: object) -> str:
    """An IPv4 or IPv6 address, or a range of them as `203.0.113.0/28`."""
    text = _text(value, "an address")
    try:
        found = ip_network(text, strict=True)
    except ValueError as bad:
        remedy = "write 203.0.113.7, 203.0.113.0/28 or 2001:db8::7"
        raise wrong("spec/address", f"{show(value)} is no address: {bad}", remedy) from bad
    return str(found) if "/" in text else str(found.network_address)


def address(value: object) -> str:
    """One IPv4 or IPv6 address."""
    text = network(value)
    if "/" in text:
        raise wrong("spec/address", f"{show(value)} is a range", "write one address of it, like 203.0.113.7")
    return text


def server(value: object) -> str:
    """The address of a DNS server, `192.0.2.53` or `[2001:db8::53]`, with or without `:port`; `system` stands for the
    machine's own.
    """
    text = _text(value, "a server")
    if text == "system":
        return text
    match = _SERVER.fullmatch(text)
    if match is None or not 0 < int(match[3] or "53") < 65_536:
        remedy = "write 192.0.2.53, 127.0.0.1:5353, [2001:db8::53] or system"
        raise wrong("spec/server", f"{show(value)} is no DNS server", remedy)
    try:
        host = address(match[1] or match[2])
    except PydanticCustomError:
        raise wrong(
            "spec/server", f"{show(value)} is no DNS server", "write a whole address, like 192.0.2.53"
        ) from None
    return f"[{host}]:{match[3] or 53}" if match[1] else f"{host}:{match[3] or 53}"


def recipient(value: object) -> str:
    """An age recipient, `age1...`; its checksum is checked."""
    text = _text(value, "a recipient")
    if text.upper().startswith("AGE-SECRET-KEY"):
        raise wrong("spec/secret", "this is the private key", "write the public one, age1...; make a new pair")
    from pyrage import RecipientError, x25519  # type: ignore[import-untyped]

    try:
        x25519.Recipient.from_str(text)
    except RecipientError as bad:
        remedy = "copy it whole; age-keygen prints it"
        raise wrong("spec/recipient", f"{show(value)} is no age recipient", remedy) from bad
    return text


def listed(value: object) -> object:
    """One value stands for a list of one."""
    return [value] if isinstance(value, str) else value


def _made(function: Callable[[object], Any], written: Any = str) -> BeforeValidator:
    return BeforeValidator(function, json_schema_input_type=written)


Text = Annotated[str, Field(pattern=LINE)]
Flag = Annotated[bool, Strict()]
Count = Annotated[int, Strict(), Field(ge=0, le=1_000_000)]
Duration = Annotated[int, _made(seconds, int | Annotated[str, Field(pattern=DURATION)])]
Percent = Annotated[float, _made(fraction, Annotated[str, Field(pattern=PERCENT)])]
Domain = Annotated[str, _made(domain)]
Host = Annotated[str, _made(host)]
Email = Annotated[str, _made(email)]
Emails = Annotated[tuple[Email, ...], BeforeValidator(listed, json_schema_input_type=str | list[str])]
Tenant = Annotated[str, _made(tenant)]
Country = Annotated[str, _made(country, Annotated[str, Field(pattern=COUNTRY)])]
Day = Annotated[date, _made(day, Annotated[str, Field(pattern=DATE)])]
Network = Annotated[str, _made(network)]
Address = Annotated[str, _made(address)]
Server = Annotated[str, _made(server)]
Recipient = Annotated[str, _made(recipient)]
