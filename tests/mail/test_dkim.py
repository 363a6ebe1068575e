"""DKIM key records, and what a domain's selectors look like."""

from base64 import b64decode, b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.dkim import Delegation, KeyRecord, delegated, read, rsa_bits, text
from reconciler.mail.dkim_lint import lint, look
from reconciler.mail.look import Look
from reconciler.mail.txt import txt_part
from tests.mail.findings import rules
from tests.mail.internet import Internet
from tests.mail.keys import ED25519, FRAME, FRAMED_ED25519, KEYS

KEY = f"v=DKIM1; k=rsa; p={KEYS[2048]}"
words = st.lists(st.from_regex(r"\A[a-z][a-z0-9-]{0,6}\Z"), max_size=3).map(tuple)


records = st.builds(
    KeyRecord,
    st.binary(max_size=80).map(lambda octets: b64encode(octets).decode()),
    st.sampled_from(["rsa", "ed25519"]),
    words,
    words,
    words,
    st.text("abc=20", max_size=9),
)


@given(records)
def test_read_what_was_written(record: KeyRecord) -> None:
    """A record reads back as it was, in the class of its name."""
    assert read(text(record)) == record
    assert txt_part("s1._domainkey", text(record)) == "dkim"


@pytest.mark.parametrize("bits", sorted(KEYS))
def test_size(bits: int) -> None:
    """The size of a real key, with the frame that names its algorithm or without; a cut or longer one is none."""
    octets = b64decode(KEYS[bits])
    assert rsa_bits(octets) == bits
    assert rsa_bits(octets[:-1]) is None
    assert rsa_bits(octets + b"\0") is None
    assert read(f"p={KEYS[bits]}").bits == bits
    if bits == 2048:
        assert rsa_bits(octets[FRAME:]) == bits
        assert rsa_bits(octets[FRAME:] + b"\0") is None


@given(st.integers(1, 5000))
def test_any_size(bits: int) -> None:
    """A modulus has as many bits as it has."""
    modulus = (1 << bits) - 1
    octets = modulus.to_bytes(bits // 8 + 1, "big")
    body = der(0x02, octets) + der(0x02, b"\1\0\1")
    assert rsa_bits(der(0x30, body)) == bits


@pytest.mark.parametrize("place", range(0, 294, 7))
def test_another_algorithm_or_damage_is_no_size(place: int) -> None:
    """A damaged frame is no key; within the modulus nobody can tell."""
    octets = bytearray(b64decode(KEYS[2048]))
    octets[place] ^= 0x55
    assert rsa_bits(bytes(octets)) in ({None} if place < 33 else {None, 2048, 2047})


def der(tag: int, content: bytes) -> bytes:
    """One DER value."""
    length = len(content)
    size = (length.bit_length() + 7) // 8
    head = bytes([length]) if length < 0x80 else bytes([0x80 | size]) + length.to_bytes(size, "big")
    return bytes([tag]) + head + content


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (KEY, []),
        (f"p={KEYS[2048]}", []),
        (f"k=rsa;\r\n p={KEYS[2048][:60]}\r\n\t{KEYS[2048][60:]}", []),
        (f"v=DKIM1; k=ed25519; p={ED25519}", []),
        (f"v=DKIM1; h=sha1:sha256; s=email; t=s; n=x; p={KEYS[2048]};", []),
        ("v=DKIM1; p=", ["info dkim/revoked"]),
        (f"v=DKIM1; p={KEYS[512]}", ["error dkim/short-key"]),
        (f"v=DKIM1; p={KEYS[1024]}", ["warning dkim/short-key"]),
        (f"v=DKIM1; k=ed25519; p={FRAMED_ED25519}", ["error dkim/key"]),
        (f"v=DKIM1; p={KEYS[2048][:-4]}", ["error dkim/key"]),
        ("v=DKIM1; p=not base64!", ["error dkim/key"]),
        ("v=DKIM1; k=rsa", ["error dkim/no-key-tag"]),
        (f"v=DKIM1; k=dsa; p={KEYS[2048]}", ["error dkim/kind"]),
        (f"v=DKIM2; p={KEYS[2048]}", ["error dkim/version"]),
        (f"p={KEYS[2048]}; v=DKIM1", ["error dkim/version"]),
        (f"v=DKIM1; p={KEYS[2048]}; p=", ["error dkim/repeated"]),
        (f"v=DKIM1; p={KEYS[2048]}; oops", ["error dkim/syntax"]),
        (f"v=DKIM1; p={KEYS[2048]}; x=1", ["warning dkim/unknown-tag"]),
        (f"v=DKIM1; h=sha1; p={KEYS[2048]}", ["error dkim/hash"]),
        (f"v=DKIM1; s=tlsrpt; p={KEYS[2048]}", ["warning dkim/service"]),
        (f"v=DKIM1; t=y:s; p={KEYS[2048]}", ["warning dkim/testing"]),
    ],
)
def test_findings(value: str, found: list[str]) -> None:
    """Each mistake has a rule of its own, and what to do about it."""
    diagnostics = lint([value], "s1", "c.example")
    assert rules(diagnostics) == found
    assert all(one.remedy and one.address == "dns/c.example/TXT/s1._domainkey" for one in diagnostics)


def test_long_key() -> None:
    """Beyond 4096 bits verifiers need not follow."""
    body = der(0x02, b"\0" + b"\xff" * 1024) + der(0x02, b"\1\0\1")
    value = f"p={b64encode(der(0x30, body)).decode()}"
    assert rules(lint([value], "s1", "c.example")) == ["warning dkim/long-key"]


def test_pasted_quotes() -> None:
    """The quotes of a zone file inside the key have a remedy of their own."""
    (one,) = lint([f'v=DKIM1; p={KEYS[2048][:40]}" "{KEYS[2048][40:]}'], "s1", "c.example")
    assert rules([one]) == ["error dkim/key"]
    assert "quotes" in one.remedy


def test_several() -> None:
    """Two keys at one selector are an error."""
    assert rules(lint([KEY, KEY.replace("k=rsa; ", "")], "s1", "c.example")) == ["error dkim/several"]


def handed(records: dict[str, list[str]]) -> Delegation | None:
    """Who holds `_domainkey`."""
    return Internet(records).run(lambda notebook: delegated("c.example", notebook))


def test_delegated() -> None:
    """By NS or by CNAME; the name servers behind a CNAME are not this name's."""
    assert handed({}) is None
    servers = ["a.v.example.", "b.v.example."]
    assert handed({"_domainkey.c.example NS": servers}) == Delegation("NS", ("a.v.example", "b.v.example"))
    alias = {"_domainkey.c.example CNAME": ["c.v.example."], "c.v.example NS": servers}
    assert handed(alias) == Delegation("CNAME", ("c.v.example",))
    half = Internet(alias, silent=("_domainkey.c.example CNAME",))
    assert half.run(lambda notebook: delegated("c.example", notebook)) is None


def seen(records: dict[str, list[str]], *selectors: str, silent: tuple[str, ...] = ()) -> tuple[Look, Internet]:
    """The look once all is answered."""
    internet = Internet(records, silent)
    return internet.run(lambda notebook: look("c.example", notebook, selectors)), internet


TARGET = "selector1-c-example._domainkey.contoso.n-v1.dkim.mail.microsoft"


def test_look() -> None:
    """Keys in the zone and behind aliases, revoked ones and guesses that are not there, in one round."""
    records = {
        "s1._domainkey.c.example TXT": [KEY],
        "selector1._domainkey.c.example CNAME": [f"{TARGET}."],
        f"{TARGET} TXT": [KEY],
        "old._domainkey.c.example TXT": ["v=DKIM1; p="],
    }
    found, internet = seen(records, "s1", "selector1", "old", "guess")
    assert (found.verdict, found.summary) == ("pass", "keys at s1, selector1")
    assert found.lines == ("s1: rsa 2048 bits", f"selector1: rsa 2048 bits, at {TARGET}", "old: revoked")
    assert [one["state"] for one in found.data["selectors"]] == ["key", "key", "revoked"]
    assert internet.rounds == 1


def test_look_at_an_alias_that_leads_nowhere() -> None:
    """A target without a key is told, a Microsoft one judged."""
    other = TARGET.replace("selector1", "selector2", 1)
    found, _ = seen({"selector1._domainkey.c.example CNAME": [f"{other}."]}, "selector1")
    assert rules(found.diagnostics) == ["error dkim/microsoft-selector", "warning dkim/no-key"]


def test_look_without_a_key() -> None:
    """None at any selector warns, silence is unknown, and a delegated name is said."""
    assert rules(seen({}, "a", "b")[0].diagnostics) == ["warning dkim/none"]
    silent, _ = seen({}, "a", silent=("a._domainkey.c.example TXT",))
    assert (silent.verdict, silent.diagnostics) == ("unknown", ())
    records = {"_domainkey.c.example NS": ["a.v.example."], "s1._domainkey.c.example TXT": [KEY]}
    assert rules(seen(records, "s1")[0].diagnostics) == ["info dkim/delegated"]
