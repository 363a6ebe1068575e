"""An adapter's options: every mistake told at once, and secrets that are only ever referred to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from reconciler.model.errors import AuthFailed, SpecError
from reconciler.wire.options import Options, Reference


def mistakes(given: Options) -> list[str]:
    """What `end` complains of, without the provider's name."""
    with pytest.raises(SpecError) as caught:
        given.end()
    found = [one.summary for one in caught.value.diagnostics]
    assert all(one.startswith("provider host: ") for one in found)
    return [one.removeprefix("provider host: ") for one in found]


def test_good_options(tmp_path: Path) -> None:
    """Each in its form; one text stands for a list of one; what is left out has its default."""
    given = Options("host", {"zone": "a", "server": "b", "many": ["c", "d"], "wait": 2, "in": {"mode": "x"}}, tmp_path)
    assert given.text("zone", "example") == "a"
    assert given.texts("server", "example") == ("b",)
    assert given.texts("many", "example") == ("c", "d")
    assert given.number("wait", 5) == 2
    inner = given.inside("in")
    assert inner is not None
    assert inner.choice("mode", ("x", "y"), "y") == "x"
    assert (given.text("region", "r", "r"), given.number("more", 7), given.texts("others", "o", ())) == ("r", 7, ())
    assert given.inside("not", needed=False) is None
    given.end()


def test_every_mistake_at_once(tmp_path: Path) -> None:
    """Missing, of another form, unknown: with the option's name, those inside a mapping too."""
    given = Options("host", {"zone": 7, "server": [], "wait": True, "mode": "z", "in": {"odd": 1}, "far": []}, tmp_path)
    given.text("zone", "a zone")
    given.text("name", "a name")
    given.texts("server", "an address")
    given.number("wait", 5)
    given.choice("mode", ("x", "y"), "x")
    given.inside("far")
    inner = given.inside("in")
    assert inner is not None
    inner.text("key", "a key")
    inner.unknown()
    assert mistakes(given) == [
        "zone must be a text",
        "name is missing",
        "server must be a text or a list of texts",
        "wait must be a number above 0, at most 31,536,000",
        "mode is 'z'",
        "far must be a mapping",
        "key is missing",
        "unknown option odd",
    ]


def test_known_options_are_named_once(tmp_path: Path) -> None:
    """However often one was asked for."""
    given = Options("host", {"zome": "a"}, tmp_path)
    assert not given.has("zone")
    given.text("zone", "a zone", "a")
    with pytest.raises(SpecError) as problem:
        given.end()
    assert [one.remedy for one in problem.value.diagnostics] == ["Known: zone."]


@pytest.mark.parametrize(
    "value",
    ["hunter2", 7, ["hunter2"], {}, {"env": ""}, {"env": "A", "file": "b"}, {"command": "a b"}, {"other": "x"}],
)
def test_secret_is_never_written(tmp_path: Path, value: object) -> None:
    """What is no reference is refused, and not shown."""
    given = Options("host", {"token": value}, tmp_path)
    assert given.secret("token") is None
    found = mistakes(given)
    assert found == ["token must be a reference to a secret, never the secret itself"]


def reference(folder: Path, value: Mapping[str, object]) -> Reference:
    """The reference that an option holds."""
    found = Options("host", {"token": value}, folder).secret("token")
    assert found is not None
    return found


def test_secrets_are_looked_up_when_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the environment, a file beside the specs, a command's output; without the line end, and only once."""
    kept = [
        reference(tmp_path, {"env": "RECONCILER_TEST_TOKEN"}),
        reference(tmp_path, {"file": "token.txt"}),
        reference(tmp_path, {"command": ["cat", "token.txt"]}),
    ]
    monkeypatch.setenv("RECONCILER_TEST_TOKEN", "hunter2")
    (tmp_path / "token.txt").write_text("hunter2\n", encoding="utf-8")
    assert [one.secret().reveal() for one in kept] == ["hunter2"] * 3
    monkeypatch.delenv("RECONCILER_TEST_TOKEN")
    (tmp_path / "token.txt").unlink()
    assert [one.secret().reveal() for one in kept] == ["hunter2"] * 3
    assert "hunter2" not in repr(kept)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"env": "RECONCILER_NOT_SET"}, "the environment variable RECONCILER_NOT_SET is not set"),
        ({"env": "RECONCILER_EMPTY"}, "the environment variable RECONCILER_EMPTY is empty"),
        ({"file": "nothing.txt"}, "the file nothing.txt cannot be read: No such file or directory"),
        ({"file": "."}, "the file . cannot be read: Is a directory"),
        ({"file": "binary"}, "the file binary cannot be read: it is no text"),
        ({"command": ["sh", "-c", "echo hunter2; exit 3"]}, "the command sh ended with exit code 3"),
        ({"command": ["no-such-program-here"]}, "the command no-such-program-here cannot be read: No such file"),
        ({"command": ["true"]}, "the command true is empty"),
    ],
)
def test_secret_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Mapping[str, object], why: str
) -> None:
    """The error names the option and the place, and never what was found there."""
    monkeypatch.setenv("RECONCILER_EMPTY", " ")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(AuthFailed) as caught:
        reference(tmp_path, value).secret()
    assert str(caught.value).startswith(f"host: token: {why}")
    assert "hunter2" not in str(caught.value)
