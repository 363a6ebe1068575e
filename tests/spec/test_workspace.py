"""The workspace: its own mistakes stop everything, and no secret is written into it or shown."""

from pathlib import Path

import pytest

from reconciler.model.errors import SpecError
from reconciler.spec.load import load, load_workspace
from tests.spec.folders import RICH, WORKSPACE, refused, write

PROVIDERS = "providers: {zones: {type: zonefile}}\n"


def test_values(tmp_path: Path) -> None:
    """Every key comes out in normal form."""
    workspace = load_workspace(write(tmp_path, RICH))
    assert workspace.policy.max_share == 0.25
    assert (workspace.policy.max_destroy, workspace.policy.share_floor, workspace.policy.self_heal) == (1, 20, False)
    assert workspace.defaults.hold == 259_200
    assert workspace.defaults.maintainer is not None
    assert workspace.defaults.maintainer.email == "support@msp.example"
    assert workspace.providers["zones"].type == "zonefile"
    assert workspace.providers["zones"].options == {"folder": "zones"}
    assert workspace.providers["tenants"].options["client_secret"] == {"env": "SECRET"}
    assert str(workspace.providers["zones"].origin) == f"{tmp_path}/workspace.yaml:2:3"


def test_defaults(tmp_path: Path) -> None:
    """What is left out is as the reference says."""
    workspace = load_workspace(write(tmp_path, {"workspace.yaml": PROVIDERS}))
    assert (workspace.state, workspace.defaults.language, workspace.defaults.dns) == ("state", "en", None)
    policy = workspace.policy
    assert (policy.max_destroy, policy.max_share, policy.share_floor, policy.self_heal) == (0, 0.3, 10, False)


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("{}", ["1:1 spec/missing `providers` is missing"]),
        ("- a", ["1:1 spec/type a mapping is needed, this is a list"]),
        ("providers: [a]", ["1:12 spec/type `providers`: a mapping is needed, this is a list"]),
        ("providers: {a: {}}", ["1:16 spec/missing `type` is missing in providers.a"]),
        ("providers: {a: b}", ["1:16 spec/type `a`: a mapping is needed, this is 'b'"]),
        (f"{PROVIDERS}provider: 1", ["2:1 spec/unknown-key unknown key `provider` in this file"]),
        (f"{PROVIDERS}defaults: {{dns: zone}}", ["2:17 spec/provider `dns`: there is no provider 'zone'"]),
        (f"{PROVIDERS}defaults: {{tenants: m365}}", ["2:21 spec/provider `tenants`: there is no provider 'm365'"]),
        (f"{PROVIDERS}defaults: {{language: fr}}", ["2:22 spec/choice `language`: 'fr' is none of the choices"]),
        (f"{PROVIDERS}policy: {{max_share: 30}}", ["2:21 spec/percent `max_share`: 30 is no percentage"]),
        (
            f"{PROVIDERS}policy: {{self_heal: yes}}",
            ["2:21 spec/type `self_heal`: true or false is needed, this is 'yes'"],
        ),
        (
            f'{PROVIDERS}policy: {{max_destroy: "1"}}',
            ["2:23 spec/type `max_destroy`: a whole number is needed, this is '1'"],
        ),
        (
            f"{PROVIDERS}policy: {{max_destroy: -1}}",
            ["2:23 spec/value `max_destroy`: -1: input should be greater than or equal to 0"],
        ),
        (
            f"{PROVIDERS}policy: {{max_shar: 3%}}\nstate:\ndefaults: {{dns: z, hold: 3x}}",
            [
                "2:10 spec/unknown-key unknown key `max_shar` in policy",
                "3:1 yaml/nothing nothing is written after `state:`",
                "4:17 spec/provider `dns`: there is no provider 'z'",
                "4:26 spec/duration `hold`: '3x' is no duration",
            ],
        ),
    ],
)
def test_mistakes(tmp_path: Path, text: str, mistakes: list[str]) -> None:
    """Each mistake has its place, and all of them come at once."""
    assert refused(tmp_path, text) == mistakes


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ("{type: a, password: hunter2}", "1:37 spec/secret providers.zones.password: a secret is never written here"),
        ("{type: a, api_token: hunter2}", "1:38 spec/secret providers.zones.api_token: a secret is never written here"),
        ("{type: a, tsigKey: hunter2}", "1:36 spec/secret providers.zones.tsigKey: a secret is never written here"),
        ("{type: a, secrets: [hunter2]}", "1:37 spec/secret providers.zones.secrets.0: a secret is never written here"),
        (
            "{type: a, secret: {a: hunter2}}",
            "1:39 spec/secret providers.zones.secret.a: a secret is never written here",
        ),
        (
            "{type: a, key: {name: plan, secret: hunter2}}",
            "1:50 spec/secret providers.zones.key.secret: a secret is never written here",
        ),
        ("{type: a, in: {key: hunter2}}", "1:37 spec/secret providers.zones.in.key: a secret is never written here"),
        ("{type: a, key: 12}", "1:32 spec/secret providers.zones.key: a secret is never written here"),
        ("{type: a, key: {env: [hunter2]}}", "1:32 spec/secret providers.zones.key: env is a text"),
        ("{type: a, key: {command: hunter2}}", "1:32 spec/secret providers.zones.key: command is a list of words"),
        ("{type: a, any: {file: 3}}", "1:32 spec/secret providers.zones.any: file is a text"),
    ],
)
def test_secrets_are_references(tmp_path: Path, options: str, place: str) -> None:
    """A literal secret is refused at its place, and never shown."""
    (line, *more) = refused(
        tmp_path, f"providers: {{zones: {options}}}\n".replace("providers: {zones: ", "providers: {zones: ")
    )
    assert not more
    assert line.split(" ", 1)[1] == place.split(" ", 1)[1]
    assert "hunter2" not in line


def test_missing_workspace(tmp_path: Path) -> None:
    """Without a workspace the answer says what to write."""
    with pytest.raises(SpecError) as bad:
        load(tmp_path)
    (one,) = bad.value.diagnostics
    assert one.summary == "there is no workspace.yaml"
    assert "providers: {zones: {type: zonefile" in one.remedy
    with pytest.raises(SpecError):
        load(tmp_path / "nowhere")


def test_unknown_customer(tmp_path: Path) -> None:
    """Asking for a customer that is not there is an error with a suggestion."""
    write(tmp_path, {"workspace.yaml": WORKSPACE, "ferreteria/customer.yaml": "domains: {a.example: {}}"})
    with pytest.raises(SpecError) as bad:
        load(tmp_path, ["feretería"])
    assert bad.value.diagnostics[0].remedy == "did you mean `ferreteria`?"
