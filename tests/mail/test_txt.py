"""Which purpose a TXT value serves."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.txt import txt_part


@pytest.mark.parametrize(
    ("name", "text", "part"),
    [
        ("@", "v=spf1 -all", "spf"),
        ("news", "V=SPF1", "spf"),
        ("_dmarc", "v=DMARC1; p=none", "dmarc"),
        ("_dmarc.news", "v = DMARC1 ;p=none", "dmarc"),
        ("_dmarc", "v=DMARC1", "dmarc"),
        ("s1._domainkey", "k=rsa; p=MIG", "dkim"),
        ("s1._domainkey.news", "p=", "dkim"),
        ("other", "v=DKIM1; p=MIG", "dkim"),
        ("_mta-sts", "v=STSv1; id=1;", "mta-sts"),
        ("_smtp._tls", "v=TLSRPTv1; rua=mailto:a@b.example", "tls-rpt"),
        ("@", "MS=ms12345678", "ms-verification"),
    ],
)
def test_known_purposes(name: str, text: str, part: str) -> None:
    """Each purpose is known by its tag, some by their name."""
    assert txt_part(name, text) == part


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("@", "v=DMARC1; p=none"),
        ("x_dmarc", "v=DMARC1; p=none"),
        ("_dmarc", "v=DMARC10"),
        ("_dmarc", " v=DMARC1; p=none"),
        ("_dmarc", "v=dmarc1; p=none"),
        ("_domainkey", "o=~"),
        ("x_domainkey", "p=MIG"),
        ("_mta-sts", "v = STSv1; id=1"),
        ("@", "google-site-verification=abc"),
        ("@", ""),
        ("@", "\udcff"),
    ],
)
def test_anything_else(name: str, text: str) -> None:
    """What a verifier would not take for a policy is somebody else's, each value on its own."""
    digest = sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
    assert txt_part(name, text) == f"other:{digest[:12]}"


@given(st.binary(max_size=40), st.sampled_from(["@", "_dmarc", "a._domainkey", "_mta-sts", "_smtp._tls"]))
def test_any_bytes(octets: bytes, name: str) -> None:
    """Whatever stands in a TXT value, it has a part."""
    assert txt_part(name, octets.decode("utf-8", "surrogateescape"))
