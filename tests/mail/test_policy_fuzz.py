"""Whatever bytes stand at the mail names or come from a policy's address: no traceback, and lines that can be shown."""

import json
import random
from collections.abc import Callable

import pytest

from reconciler.mail import dkim, dkim_lint, dmarc, dmarc_lint, dmarc_look, mta_sts, mta_sts_lint, tls_rpt
from reconciler.mail.dkim_microsoft import microsoft_target, signing_config
from reconciler.mail.dmarc import Policy
from reconciler.mail.look import Look
from reconciler.mail.notebook import Notebook
from reconciler.model.answer import Answer, Fetched, Question, Status
from reconciler.model.diagnostic import Diagnostic
from tests.mail.keys import ED25519, KEYS

SOUND = [
    b"v=DMARC1; p=reject; sp=none; np=quarantine; t=y; psd=n; fo=1:d; rua=mailto:a@b.example!10m,https://c.example/",
    b"v=DMARC1; psd=y; pct=50; rua=mailto:%00%ff@b.example",
    f"v=DKIM1; k=rsa; h=sha256; s=*; t=s:y; n=note; p={KEYS[1024]}".encode(),
    f"k=ed25519; p={ED25519}".encode(),
    b"v=STSv1; id=20260101;",
    b"version: STSv1\r\nmode: enforce\r\nmx: *.c.example\r\nmx: c.example\r\nmax_age: 86400\r\n",
    b"v=TLSRPTv1; rua=mailto:a@b.example,https://c.example/",
    b'[{"Domain": "c.example", "Selector1CNAME": "selector1-c-example._domainkey.t.onmicrosoft.com", "Enabled": true}]',
]
SPICE = [b";", b"=", b",", b":", b"!", b"%", b"@", b"\r\n", b"\x00", b"\x1b[0m", b"\xff", b'"', b"*.", b"mailto:", b" "]


def texts(seed: int) -> str:
    """Plain noise, or a sound text with a few places spoiled."""
    dice = random.Random(seed)
    if seed % 4 == 0:
        octets = dice.randbytes(dice.randrange(200))
    else:
        octets = dice.choice(SOUND)
        for _ in range(dice.randrange(1, 5)):
            place = dice.randrange(len(octets) + 1)
            octets = octets[:place] + dice.choice(SPICE) + octets[place + dice.randrange(4) :]
    return octets.decode("utf-8", "surrogateescape")


def looks(value: str) -> list[Look]:
    """Each subject with the text at every name that it asks for."""

    class Same(dict[Question, Answer]):
        def get(self, key: object, default: object = None) -> Answer:
            kind = key.type if isinstance(key, Question) else ""
            if kind == "TXT":
                return Answer(Status.FOUND, (value, "v=spf1 -all"))
            return Answer(Status.FOUND, ("10 mail.c.example.",)) if kind == "MX" else Answer(Status.NXDOMAIN)

    made: list[Callable[[Notebook], Look]] = [
        lambda notebook: dmarc_look.look("c.example", notebook),
        lambda notebook: dkim_lint.look("c.example", notebook, ["s1", "selector1"]),
        lambda notebook: mta_sts_lint.look("c.example", notebook, Fetched(200, "text/plain", value, "")),
        lambda notebook: mta_sts_lint.look("c.example", notebook, Fetched(200, value, value, value)),
        lambda notebook: tls_rpt.look("c.example", notebook),
    ]
    return [look(Notebook(Same())) for look in made]


def diagnostics(value: str) -> list[Diagnostic]:
    """What the readers that no look reaches say."""
    found = [
        *dmarc_lint.losses([value], Policy("none"), "c.example"),
        *microsoft_target("selector1", "c.example", value),
    ]
    found += signing_config(value, "c.example")[1]
    found += mta_sts_lint.lint_mx(mta_sts.read_policy(value), [value, "c.example"], "c.example")
    dmarc.text(dmarc.read(value).asked())
    mta_sts.policy_id(value)
    dkim.rsa_bits(value.encode("utf-8", "surrogateescape"))
    return found


def check(seed: int) -> None:
    """One text through everything."""
    value = texts(seed)
    found = diagnostics(value)
    for look in looks(value):
        found += look.diagnostics
        shown = [look.summary, *look.lines]
        assert all(line.isprintable() for line in shown), shown
        json.dumps(look.data, ensure_ascii=False).encode("utf-8")
    for one in found:
        assert one.summary.isprintable(), one
        assert len(one.summary) < 600
        assert one.remedy.isprintable()
        assert one.detail.isprintable()


@pytest.mark.parametrize("slice_", range(4))
def test_a_sample(slice_: int) -> None:
    """Some hundred of the ten thousand."""
    for seed in range(slice_, 10_000, 100):
        check(seed)


@pytest.mark.long
@pytest.mark.parametrize("slice_", range(10))
def test_all(slice_: int) -> None:
    """All ten thousand."""
    for seed in range(slice_ * 1_000, (slice_ + 1) * 1_000):
        check(seed)


@pytest.mark.parametrize(
    "piece",
    [";", "=", "a=b;", "!", "!1", "a.", "a@", "a@a.", ",", "mailto:a@b.example,", ":", "x:\n", "%", "[", "\\", "{"],
)
def test_hostile_lengths(piece: str) -> None:
    """The longest TXT value there is takes no noticeable time, whatever it repeats."""
    value = piece * (65_000 // len(piece))
    for text in (
        value,
        f"v=DMARC1; rua={value}@",
        f"v=TLSRPTv1; rua=mailto:{value}@",
        f"v=DKIM1; p={value}",
        f"v=STSv1;{value}",
    ):
        looks(text)
        diagnostics(text)
