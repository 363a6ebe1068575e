"""Strict YAML: what is text, what is refused, and where."""

from typing import Any

import pytest

from reconciler.spec import yaml_text
from reconciler.spec.yaml_text import read
from reconciler.spec.yaml_tree import Map, Seq


def found(text: str | bytes) -> list[str]:
    """Mistakes as `line:column rule summary`."""
    data = text if isinstance(text, bytes) else text.encode()
    return [f"{one.origin.line}:{one.origin.column} {one.rule} {one.summary}" for one in read(data, "f.yaml").found]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("no", "no"),
        ("on", "on"),
        ("y", "y"),
        ("Yes", "Yes"),
        ("010", "010"),
        ("0o17", "0o17"),
        ("0x1f", "0x1f"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("1.5", "1.5"),
        (".inf", ".inf"),
        ("2027-01-15", "2027-01-15"),
        ("'true'", "true"),
        ('"12"', "12"),
        ("+5", "+5"),
        ("1٢", "1٢"),
        ("true", True),
        ("FALSE", False),
        ("0", 0),
        ("300", 300),
        ("-7", -7),
        ('""', ""),
        ("[]", []),
        ("{}", {}),
        ("|-\n  a\n  b", "a\nb"),
    ],
)
def test_scalars(written: str, value: Any) -> None:
    """Only true, false and plain decimal numbers are anything but text."""
    document = read(f"key: {written}\n".encode(), "f.yaml")
    assert document.found == []
    assert document.value == {"key": value}
    assert type(document.value["key"]) in {type(value), Map, Seq}


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("a: 1\nb: 2\na: 3\n", ["3:1 yaml/duplicate the key `a` again"]),
        ("a:\n  b: {c: 1, c: 2}\n", ["2:13 yaml/duplicate the key `c` again"]),
        ("a: 1\n\tb: 2\n", ["2:1 yaml/tab a tab in the indentation"]),
        ("a:\n  - b\n \t- c\n", ["3:2 yaml/tab a tab in the indentation"]),
        (
            "a: !!str 1\nb: !x {}\nc: ! d\n",
            ["1:4 yaml/tag the tag 'tag:yaml.org,2002:str'", "2:4 yaml/tag the tag '!x'", "3:4 yaml/tag the tag '!'"],
        ),
        ("a: &x {b: 1}\nc:\n  <<: *x\n", ["3:3 yaml/merge a merge key (<<)"]),
        ("a: 1\n---\nb: 2\n", ["2:1 yaml/documents a second document"]),
        ("a: 1\n- x", ["2:1 yaml/syntax did not find expected key"]),
        (
            "a:\nb: ~\nc: [null, d]\n",
            [
                "1:1 yaml/nothing nothing is written after `a:`",
                "2:1 yaml/nothing nothing is written after `b:`",
                "3:5 yaml/nothing an empty item",
            ],
        ),
        ("a: *x\n", ["1:4 yaml/alias the alias *x names nothing"]),
        ("a: &x [1, *x]\n", ["1:11 yaml/alias the alias *x names nothing"]),
        ("? [a, b]\n: {c: 1}\nd: 2\n", ["1:3 yaml/key a list or a mapping as a key"]),
        ("a: &x b\n*x : c\n", ["2:1 yaml/key an alias as a key"]),
        (
            '"": 1\n"a\\tb": 2\n',
            ["1:1 yaml/key a key that is empty or not printable", "2:1 yaml/key a key that is empty or not printable"],
        ),
        ("a: 'x\u2028y'\n", ["1:6 yaml/invisible an invisible character, U+2028"]),
        ("a: x\u202ey\n", ["1:5 yaml/invisible an invisible character, U+202E"]),
        ("a: b: c\n", ["1:5 yaml/syntax mapping values are not allowed in this context"]),
        ("a: [1, 2\n", ["2:1 yaml/syntax did not find expected ',' or ']'"]),
        ("é: \x07\n", ["1:4 yaml/character a character that YAML does not allow: control characters are not allowed"]),
        (b"a: b\nc: \xe9\n", ["2:4 yaml/encoding byte 0xe9 is no UTF-8"]),
        (b"\xff\xfea\x00", ["1:1 yaml/encoding byte 0xff is no UTF-8"]),
        ("", ["1:1 yaml/empty the file is empty"]),
        ("# only a comment\n", ["1:1 yaml/empty the file is empty"]),
        ("[" * 60 + "]" * 60, ["1:51 yaml/depth nested more than 50 levels deep"]),
    ],
)
def test_refused(text: str | bytes, mistakes: list[str]) -> None:
    """What is not read is named with its line and column, counted in characters from 1."""
    assert found(text) == mistakes


def test_all_at_once() -> None:
    """One wrong thing does not hide the next."""
    text = "a: 1\na: 2\nb: !!int 3\nc:\nd: *nobody\n<<: {}\n"
    assert [line.split()[1] for line in found(text)] == [
        "yaml/duplicate",
        "yaml/tag",
        "yaml/nothing",
        "yaml/alias",
        "yaml/merge",
    ]


def test_large_files() -> None:
    """Over 10 MB nothing is read."""
    assert found(b"a: 1\n" * 2_000_001) == ["0:0 yaml/size the file has 10,000,005 bytes, the limit is 10,000,000"]


def test_aliases_up_to_a_limit() -> None:
    """Aliases repeat values, until all of them together would add more than 10,000."""
    ten = "a: &a [0, 1, 2, 3, 4, 5, 6, 7, 8]\n"
    hundred = f"{ten}b: &b [{', '.join(['*a'] * 9)}]\n"
    assert found(hundred) == []
    assert read(hundred.encode(), "f").value["b"] == [list(range(9))] * 9
    boom = hundred + f"c: &c [{', '.join(['*b'] * 9)}]\nd: &d [{', '.join(['*c'] * 9)}]\ne: [{', '.join(['*d'] * 9)}]\n"
    assert found(boom) == ["5:5 yaml/alias-size aliases would make the file more than 10,000 values longer"]


def test_aliases_do_not_nest_deeper() -> None:
    """What an alias stands for counts with its depth, so that no walk over the data goes too deep."""
    deep = f"a: &a {'[' * 30}{']' * 30}\nb: {'[' * 30}*a{']' * 30}\n"
    assert found(deep) == ["2:34 yaml/depth nested more than 50 levels deep"]


def test_floods_are_cut() -> None:
    """After a hundred mistakes of form the rest of a file is not read."""
    lines = found("".join(f"a{number}: 1\n" for number in range(5000)) * 2)
    assert len(lines) == yaml_text.MAX_FOUND + 1
    assert "yaml/more" in lines[-1]


def test_byte_order_mark_and_line_ends() -> None:
    """Files saved on Windows read the same."""
    assert read(b"\xef\xbb\xbfa: 1\r\nb: c\r\n", "f").value == {"a": 1, "b": "c"}


def test_places() -> None:
    """Every entry knows its place, after wrong, dropped and repeated values too."""
    text = "a: &x {b: [1, 2]}\nc: 1\nc: {d: [e]}\nf: [*x, {g: 1}]\nh: z\n"
    document = read(text.encode(), "f")
    tops = list(document.children(document.value))
    assert [(one.key, document.origin(one.node)[1:3]) for one in tops] == [
        ("a", (1, 4)),
        ("c", (2, 4)),
        ("f", (4, 4)),
        ("h", (5, 4)),
    ]
    inner = list(document.children(tops[2].value))
    assert [document.origin(one.node)[1:3] for one in inner] == [(4, 5), (4, 9)]
    (repeated,) = document.children(inner[0].value)
    assert document.origin(repeated.node - 1)[1:3] == (1, 8)
