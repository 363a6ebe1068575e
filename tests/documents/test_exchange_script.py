"""The script for Exchange Online: the same for the same steps, and no value of it is ever more than one string."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.documents import exchange, exchange_powershell
from reconciler.documents.words import LANGUAGES
from reconciler.model import powershell
from reconciler.scripting import GIVEN, MADE, PERSON

EVERY = [*MADE.values(), *GIVEN.values(), *(f"no-{one}" for one in GIVEN.values()), PERSON, "name", "sign", "relay"]
#: What has broken scripts of others, or would break this one.
HOSTILE = (
    "'; Remove-Mailbox 'ceo@acme.example' -Confirm:$false; '",
    "’; Remove-Mailbox ceo; ‘",
    "‚‛'‘’",
    "$(Remove-Mailbox ceo)",
    "`nRemove-Mailbox ceo",
    "#> Remove-Mailbox ceo <#",
    '" ; Remove-Mailbox ceo ; "',
    "@'",
    "'@",
    "Ò‘Ó’",
    "SIG # Begin signature block",
    "}; Remove-Mailbox ceo; {",
    "\\'",
    "''",
)
PLAIN = "Ana"
#: Cmdlets of the module; they do not hear what a script prefers on errors.
CMDLET = re.compile(
    r"\b(?:Get|New|Set|Add|Remove)-(?:Recipient\w*|Mail\w*|DistributionGroup\w*|DkimSigningConfig|AcceptedDomain)\b(.*)"
)


def script(of: str = "info@acme.example", value: str = PLAIN, language: str = "en") -> dict[str, Any]:
    """Every kind of step, with these values."""
    steps = [
        {
            "id": f"{number:016x}",
            "address": "x",
            "do": do,
            "of": of,
            "value": "internal-relay" if do == "relay" else value,
        }
        for number, do in enumerate(EVERY)
    ]
    look = {"addresses": [of], "domains": ["acme.example"]}
    return {"stage": "accounts", "customer": "acme", "tenant": "acme.onmicrosoft.com", "language": language,
            "steps": steps, "look": look}  # fmt: skip


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Comments, strings, line ends and everything else, as PowerShell tells them apart in what a script holds.

    Raises:
        ValueError: a string that never ends, or a sign that such a script does not need.
    """
    at = 0
    while at < len(text):
        sign = text[at]
        if sign in powershell.QUOTES:
            value, at = _string(text, at + 1)
            yield "string", value
        elif sign in '"\u201c\u201d\u201e' or text.startswith(("<#", "@'", "#>"), at):
            raise ValueError(f"{sign!r} at {at}")
        elif sign == "#":
            end = text.index("\n", at)
            yield "comment", ""
            at = end
        else:
            yield "sign", sign
            at += 1


def _string(text: str, at: int) -> tuple[str, int]:
    found = []
    while True:
        if at >= len(text):
            raise ValueError("a string never ends")
        if text[at] not in powershell.QUOTES:
            found.append(text[at])
        elif at + 1 < len(text) and text[at + 1] in powershell.QUOTES:
            at += 1
            found.append(text[at])
        else:
            return "".join(found), at + 1
        at += 1


def structure(text: str) -> list[tuple[str, str]]:
    """The tokens without the values of the strings."""
    return [(kind, "" if kind == "string" else value) for kind, value in tokens(text)]


NAMES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.sampled_from("'\u2018\u2019\u201a\u201b\"`$(){};#<>@| aÒ\u201c\\/-&\u3042"), max_size=12),
    st.text(max_size=20),
).filter(lambda text: not powershell.problem(text))


@settings(deadline=None)
@given(NAMES, NAMES)
def test_no_value_changes_what_a_script_does(of: str, value: str) -> None:
    """Comments, commands and strings stand where they stand with plain values; each value comes back whole."""
    text = exchange.text(script(of, value))
    assert structure(text) == structure(exchange.text(script()))
    strings = [one for kind, one in tokens(text) if kind == "string"]
    assert strings.count(value) >= len(EVERY) - 4
    assert of in strings


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name: str) -> None:
    """The ones known by experience, in every language, one by one."""
    for language in LANGUAGES:
        text = exchange.text(script(value=name, language=language))
        assert structure(text) == structure(exchange.text(script(language=language)))
        comments = [line[1:] for line in text.splitlines() if line.startswith("#") and "#Requires" not in line]
        assert not set("".join(comments)) & set('#<>$`{}"' + powershell.QUOTES)


@pytest.mark.parametrize(
    "name", ["a\0b", "a\nb", "a\rb", "a\u2028b", "a\u2029b", "\u202eb", "\ud800", "\x1b[2J", "\x85"]
)
def test_what_no_script_may_hold(name: str) -> None:
    """It is never written."""
    with pytest.raises(ValueError, match="may not stand"):
        exchange.text(script(value=name))
    assert powershell.problem(name)


def test_the_tokenizer_can_tell() -> None:
    """One quote that is not doubled changes the structure, or leaves a string open."""
    good = exchange.text(script(value="O'Brien"))
    bad = good.replace("O''Brien", "O'Brien")
    try:
        other = structure(bad) != structure(exchange.text(script()))
    except ValueError:
        other = True
    assert other


def _powershell_itself_takes_it(tmp_path: Path) -> None:
    """Its own parser finds no error, and the same commands."""
    said = set()
    for number, name in enumerate((PLAIN, *HOSTILE)):
        path = tmp_path / f"{number}.ps1"
        path.write_text(exchange.text(script(value=name)), encoding="utf-8-sig")
        ask = (
            f"$e=$null;$t=$null;$a=[Management.Automation.Language.Parser]::ParseFile('{path}',[ref]$t,[ref]$e);"
            "$c=$a.FindAll({$args[0] -is [Management.Automation.Language.CommandAst]},$true);"
            "\"$($e.Count) $(($c|ForEach-Object{$_.GetCommandName()}) -join ' ')\""
        )
        done = subprocess.run(["pwsh", "-NoProfile", "-Command", ask], capture_output=True, check=True, text=True)
        said.add(done.stdout)
    assert len(said) == 1
    assert said.pop().startswith("0 ")


if shutil.which("pwsh"):  # elsewhere there is nothing to ask
    test_powershell_itself_takes_it = _powershell_itself_takes_it


def test_it_is_the_same_every_time() -> None:
    """No clock, no path: the same JSON gives the same text, with its steps in the order given."""
    first = exchange.text(script())
    assert first == exchange.text(script())
    calls = re.findall(r"^Step '([0-9a-f]{16})'", first, re.MULTILINE)
    assert calls == [step["id"] for step in script()["steps"]]


def test_what_a_reviewer_reads_first() -> None:
    """For whom, what each step does, in the customer's language; the checks stand before the first step."""
    text = exchange.text(script(language="es"))
    head, _, rest = text.partition("#Requires")
    assert "inquilino acme.onmicrosoft.com" in head
    assert "# 0000000000000000: buzón compartido info@acme.example, visible como Ana" in head
    assert all(line.startswith("#") for line in head.strip().splitlines())
    checks = ("lost its byte order mark", "Get-AcceptedDomain", "$Accepted -notcontains $Tenant", "\nStep '")
    places = [rest.index(one) for one in checks]
    assert places[0] < places[2] < places[3]
    assert "-Version 5.1" in rest
    assert "#Requires -Modules ExchangeOnlineManagement" in text


def test_every_cmdlet_is_told_to_stop() -> None:
    """A cmdlet of the module that fails and goes on would make a step that failed look done."""
    own = set(re.findall(r"^function ([\w-]+)", exchange_powershell.BEGIN, re.MULTILINE))
    for part in (exchange_powershell.BEGIN, exchange_powershell.END):
        for found in CMDLET.finditer(part):
            name = found.group(0).split()[0].split("(")[0]
            if name not in own and not part[: found.start()].endswith("function "):
                assert found.group(1).startswith(" @Stop"), found.group(0)


def test_no_function_hides_a_command_of_powershell() -> None:
    """Run with a dot before it, the script would take it from everybody in that window, Exchange's module too."""
    own = set(re.findall(r"^function ([\w-]+)", exchange_powershell.BEGIN, re.MULTILINE))
    assert not own & {"Add-Member", "Get-Member", "Remove-Alias", "Get-Alias", "Set-Alias", "New-Alias", "Wait-Event"}
    assert len(own) > 20


def _body(name: str) -> str:
    """A function of the script, as it stands there."""
    return exchange_powershell.BEGIN.partition(f"function {name}")[2].partition("\n}\n")[0]


def test_an_address_that_never_comes_costs_the_others_no_time() -> None:
    """No clock that all share: each is looked for by itself; after one in vain the others have one round."""
    wait = _body("Wait-Address")
    assert "Get-Date" not in exchange_powershell.BEGIN, "a deadline of the whole script"
    assert "@{ Rounds = 30 }" in exchange_powershell.BEGIN
    looks, gives_up = wait.index("Find-Address"), wait.index("$Missed.ContainsKey($Address)")
    assert looks < gives_up < wait.index("$round -ge $Patience.Rounds") < wait.index("Start-Sleep")
    in_vain = wait.partition("$round -ge $Patience.Rounds")[2].partition("throw")[0]
    assert "$Missed[$Address] = $true" in in_vain
    assert "$Patience.Rounds = 1" in in_vain


def test_what_could_not_be_made_is_not_waited_for() -> None:
    """Whatever makes an address remembers that it failed, and says so all the same."""
    assert "$Missed[$MadeAddress] = $true; throw" in _body("New-It")
    for cmdlet in ("New-Mailbox", "New-DistributionGroup", "New-MailContact"):
        before = exchange_powershell.BEGIN.partition(f"{cmdlet} @Stop")[0].splitlines()[-2]
        assert before.lstrip().startswith("New-It $"), cmdlet


def test_a_name_that_two_people_have_is_nobody() -> None:
    """A holder is told when Exchange finds exactly one; the first of several would be somebody else."""
    body = _body("Get-Holder")
    assert "if ($found.Count -eq 1) { Get-Primary $found[0] }" in body
    assert "Test-Several $_" in body
    assert body.count("[0]") == 1


@pytest.mark.parametrize(
    ("language", "said"), [("en", "people outside may write"), ("es", "de fuera puede escribirle")]
)
def test_who_may_write_to_a_list(language: str, said: str) -> None:
    """A list that is made takes mail from outside, and its line says so; nothing else does."""
    head = exchange.text(script(language=language)).partition("#Requires")[0]
    assert "-RequireSenderAuthenticationEnabled $false" in exchange_powershell.BEGIN
    assert head.count(said) == 1


def test_nothing_is_deleted_but_what_a_step_names() -> None:
    """No cmdlet that removes a mailbox, a list, a contact or a domain stands in any script."""
    text = exchange_powershell.BEGIN + exchange_powershell.END
    removed = set(re.findall(r"\bRemove-[A-Z]\w+", text)) | set(re.findall(r"\bDisable-[A-Z]\w+", text))
    calls = {"Remove-DistributionGroupMember", "Remove-MailboxPermission", "Remove-RecipientPermission"}
    assert removed == calls | {"Remove-FurtherAddress", "Remove-ListMember", "Remove-FullAccess", "Remove-SendAs"}


def test_a_name_that_is_too_long_for_exchange() -> None:
    """The unique name is cut, and stays unique; the address does not."""
    long = f"{'a' * 70}@acme.example"
    other = f"{'a' * 69}b@acme.example"
    text = exchange.text(script(of=long))
    (call,) = re.findall(r"Add-SharedMailbox '([^']*)' '([^']*)'", text)
    (second,) = re.findall(r"Add-SharedMailbox '([^']*)' '([^']*)'", exchange.text(script(of=other)))
    assert (call[0], len(call[1]) <= exchange.NAME, call[1] != second[1]) == (long, True, True)
