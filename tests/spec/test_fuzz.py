"""Whatever the files hold, loading answers with specs and diagnostics, and never raises anything else."""

import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.diagnostic import Diagnostic
from reconciler.model.errors import SpecError
from reconciler.spec.digest import digest
from reconciler.spec.load import load
from reconciler.spec.missing import missing
from reconciler.spec.scope import scopes
from tests.spec.folders import RICH, write

SHARDS = 10
MUTATIONS = 20_000 if os.environ.get("LONG") == "1" else 300
NASTY = (
    *(
        "",
        " ",
        "\t",
        "\n",
        "\r",
        "\x00",
        "\x85",
        "\ufeff",
        "\u2028",
        "\u202e",
        "\udcff",
        "é",
        "ñ",
        "💥",
        "%",
        "%s",
        "{}",
    ),
    *(
        "&a",
        "*a",
        "<<",
        "!!str",
        "!x",
        "---",
        "...",
        "? ",
        ": ",
        "- ",
        "#",
        "'",
        '"',
        "|",
        ">",
        "[",
        "]",
        "{",
        "}",
        ",",
    ),
    *(
        "null",
        "~",
        "NO",
        "010",
        "12:30",
        "1e3",
        "-1",
        "0",
        "99999999999999999999",
        "true",
        "2026-02-30",
        "Monday 2027-01-15",
    ),
    *(
        "../../etc/passwd",
        "/dev/zero",
        ".",
        "..",
        "a" * 300,
        "x@",
        "@",
        "x@y@z",
        ".example",
        "a..b",
        "*",
        "\\",
        "\\#",
        '"x"',
    ),
    *(
        "TYPE65535",
        "SOA",
        "ANY",
        "TXT",
        "v=spf1 -all",
        "age1x",
        "America",
        "UTC",
        "1h1h",
        "5000000000000w",
        "300%",
        "XX",
    ),
)
VALUES: tuple[Any, ...] = (
    *NASTY,
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    [],
    {},
    [[]],
    [None],
    {"": ""},
    {"a": {"b": [1]}},
    ["a"] * 50,
)


def spoil_bytes(text: str, dice: random.Random) -> str:
    """Change some characters of a text."""
    for _ in range(dice.choice([1, 1, 1, 2, 5])):
        at, length = dice.randrange(len(text) + 1), dice.choice([0, 1, 1, 3, 20])
        what = dice.choice([dice.choice(NASTY), text[at : at + length] * 2, chr(dice.randrange(1, 0xD800))])
        text = text[:at] + what + text[at + length :]
    return text


def spoil_nodes(text: str, dice: random.Random) -> str:
    """Change some nodes of a YAML text and write it again."""
    tree = yaml.safe_load(text)
    for _ in range(dice.choice([1, 1, 2, 4])):
        holder, key = dice.choice(list(nodes(tree)) or [(tree, None)])
        if key is None:
            continue
        action = dice.randrange(4)
        if action == 0:
            del holder[key]
        elif action == 1:
            holder[key] = dice.choice(VALUES)
        elif action == 2 and isinstance(holder, dict):
            holder[str(dice.choice(NASTY))] = holder[key]
        else:
            other, second = dice.choice(list(nodes(tree)))
            holder[key] = other[second]
    return str(
        yaml.safe_dump(tree, allow_unicode=True, sort_keys=False, default_flow_style=dice.choice([None, True, False]))
    )


def nodes(tree: Any, depth: int = 0) -> Any:
    """Every entry of a tree as its container and its key."""
    if depth < 12 and isinstance(tree, dict | list):
        for key, value in list(tree.items() if isinstance(tree, dict) else enumerate(tree)):
            yield tree, key
            yield from nodes(value, depth + 1)


def spoil(name: str, text: str, dice: random.Random) -> str:
    """One of the ways to spoil a file."""
    ways: list[Callable[[str, random.Random], str]] = [spoil_bytes]
    if name.endswith(".yaml"):
        ways.append(spoil_nodes)
    return dice.choice(ways)(text, dice)


def readable(diagnostics: Iterable[Diagnostic]) -> None:
    """Each says what is wrong and where, and none shows a raw control character."""
    for one in diagnostics:
        assert one.origin.file
        assert one.summary == one.summary.strip() != ""
        assert str(one).isprintable()


def look(folder: Path) -> None:
    """Load, and use everything that came out of it."""
    try:
        found = load(folder)
    except SpecError as bad:
        readable(bad.diagnostics)
        return
    readable(found.diagnostics)
    assert all(wrong for wrong in found.failed.values())
    assert not {one.id for one in found.customers} & found.failed.keys()
    for customer in found.customers:
        assert digest(customer).startswith("sha256:")
        scopes(customer, found.workspace)
        missing(customer, found.workspace)


@pytest.mark.parametrize("shard", range(SHARDS))
def test_spoiled_specs_give_diagnostics(tmp_path: Path, shard: int) -> None:
    """A spoiled folder of specs gives diagnostics or specs, never any other exception."""
    write(tmp_path, RICH)
    for number in range(shard, MUTATIONS, SHARDS):
        dice = random.Random(number)
        name = dice.choice(sorted(RICH))
        spoiled = spoil(name, RICH[name], dice)
        (tmp_path / name).write_bytes(spoiled.encode("utf-8", "surrogateescape"))
        try:
            look(tmp_path)
        except Exception as bad:
            raise AssertionError(f"mutation {number} of {name}: {bad!r}\n{spoiled}") from bad
        (tmp_path / name).write_text(RICH[name], encoding="utf-8")


def test_unspoiled_specs_load(tmp_path: Path) -> None:
    """What the mutations start from is sound."""
    found = load(write(tmp_path, RICH))
    assert [one.id for one in found.customers] == ["ferreteria", "mas", "otra"]
    assert found.diagnostics == ()
