"""Random octets as texts at every mail name: a plan and a health report answer with findings, or leave them alone."""

import random
from pathlib import Path

import pytest

from reconciler.mail import health
from reconciler.model.answer import Fetched
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.rdata import txt_to_presentation
from reconciler.report.views import render
from reconciler.session.planning import Options, make
from tests.mail.internet import Internet
from tests.mail_place import MICROSOFT, World, plan, session, zone

NAMES = ["@", "_dmarc", "_mta-sts", "_smtp._tls", "selector1._domainkey", "default._bimi", "autodiscover"]
STARTS = [
    b"",
    b"v=spf1 ",
    b"v=DMARC1;",
    b"v=STSv1;",
    b"v=TLSRPTv1;",
    b"v=DKIM1;",
    b"MS=ms",
    b' "v=spf1',
    b"v=spf1 redirect=",
]
WORDS = [
    b"include:",
    b"a:",
    b"mx",
    b"ip4:",
    b"ip6:::",
    b"%{",
    b"}",
    b"=",
    b";",
    b" ",
    b"/",
    b"p=none",
    b"rua=mailto:",
    b"-all",
    b"p=",
]
SPEC = """
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite}
    dkim: microsoft365
    dmarc: {policy: none, reports_to: d@msp.example, adopt: overwrite}
    tls_rpt: {reports_to: t@acme.example, adopt: overwrite}
    mta_sts: {mode: testing, mx: ['*.mail.protection.outlook.com'], adopt: overwrite}
    senders: [{name: copier, address: 8.8.8.8}, mailchimp]
    spf: {all: softfail, adopt: overwrite, probes: [{name: old, address: 198.51.100.1, expect: softfail}]}
"""
EACH = 5


def octets(chance: random.Random) -> bytes:
    """Noise, noise behind a version, or words of these languages stuck together."""
    start = chance.choice(STARTS)
    if chance.random() < 0.5:
        return start + chance.randbytes(chance.randrange(40))
    return start + b"".join(
        chance.choice(WORDS) + chance.randbytes(chance.randrange(3)) for _ in range(chance.randrange(9))
    )


def texts(chance: random.Random) -> list[str]:
    """Several values at one name, decoded as the product decodes them."""
    return [octets(chance).decode("utf-8", "surrogateescape") for _ in range(EACH)]


def examined(name: str, values: dict[str, list[str]]) -> str:
    """The whole health report in text and as a page."""
    records = {f"{name if one == '@' else f'{one}.{name}'} TXT": some for one, some in values.items()}
    internet = Internet({**records, f"{name} MX": [f"10 mail.{name}."], f"mail.{name} A": ["198.51.100.1"]})
    policy = Fetched(200, "text/plain", values["_mta-sts"][0])
    looks = internet.run(lambda notebook: health.examine(name, notebook, policy, ["selector1"]))
    assert all(isinstance(one, Diagnostic) for look in looks for one in look.diagnostics)
    paper = {"kind": "check", "format_version": "1.0", "domains": [health.body(name, looks)], "outcome": "fail"}
    return render(paper, "text") + render(paper, "html")


@pytest.mark.parametrize(
    "seed", [*range(40), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(40, 2000))]
)
def test_whatever_stands_there(tmp_path: Path, seed: int) -> None:
    """No traceback; the plan can be shown."""
    chance = random.Random(seed)
    values = {name: texts(chance) for name in NAMES}
    assert examined("acme.example", values)
    lines = [f"{name} TXT {txt_to_presentation(text)}" for name, some in values.items() for text in dict.fromkeys(some)]
    opened = session(
        tmp_path, SPEC, {"acme.example": zone(*lines, "@ MX 10 mail", "mail A 198.51.100.1")}, World(MICROSOFT)
    )
    made = make(opened, opened.loaded.customers[0], Options())
    assert made.seen.picture.complete, made.document["reads"]
    assert all(render(made.document, form) for form in ("text", "markdown", "html", "json"))


def test_the_texts_reach_the_readers(tmp_path: Path) -> None:
    """The noise is such that records of every kind are among it."""
    chance = random.Random(1)
    seen = b" ".join(octets(chance) for _ in range(2000))
    assert all(start in seen for start in STARTS)
    assert plan(tmp_path, SPEC, {"acme.example": zone()}, World(MICROSOFT)).document["steps"]
