"""What is generated from the models is checked in, and every key is explained."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from reconciler.spec import reference
from reconciler.spec.load import load
from reconciler.spec.schema import Kind, schema, text
from tests.spec.folders import WORKSPACE, write

SPECS = Path(__file__).resolve().parents[2] / "specs"
KINDS: tuple[Kind, ...] = get_args(Kind)
AGAIN = "run: python -m reconciler.spec.reference specs"


def models(kind: Kind) -> dict[str, dict[str, Any]]:
    """All objects of a schema that have named keys."""
    whole = schema(kind)
    return {name: one for name, one in {kind: whole, **whole["$defs"]}.items() if "properties" in one}


@pytest.mark.parametrize("kind", KINDS)
def test_schemas_are_checked_in(kind: Kind) -> None:
    """The schema beside the specs is the one of today's models."""
    assert (SPECS / "schema" / f"{kind}.schema.json").read_text(encoding="utf-8") == text(kind), AGAIN


def test_reference_is_checked_in() -> None:
    """The reference in the README is the one of today's models."""
    readme = (SPECS / "README.md").read_text(encoding="utf-8")
    assert readme == reference.inserted(readme), AGAIN


def test_stale_files_are_written_anew(tmp_path: Path) -> None:
    """One command writes all generated files, and leaves the rest of the README."""
    write(tmp_path, {"README.md": f"before\n{reference.BEGIN}\nstale\n{reference.END}\nafter\n"})
    reference.write(tmp_path)
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert readme.startswith("before\n")
    assert readme.endswith("after\n")
    assert "stale" not in readme
    assert sorted(path.name for path in (tmp_path / "schema").iterdir()) == [
        f"{kind}.schema.json" for kind in sorted(KINDS)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_explained(kind: Kind) -> None:
    """Every key has a meaning that ends like a sentence, and an example; no author sees null or hidden keys."""
    for name, model in models(kind).items():
        assert model["description"], name
        for key, field in model["properties"].items():
            assert field["description"].endswith("."), f"{name}.{key}"
            assert field["examples"], f"{name}.{key}"
    assert '"null"' not in text(kind)
    assert "\\u0000" not in text(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_keys_are_refused_by_editors_too(kind: Kind) -> None:
    """Only a provider's entry takes keys of its own."""
    loose = [name for name, model in models(kind).items() if model.get("additionalProperties") is not False]
    assert loose == (["ProviderEntry"] if kind == "workspace" else [])


def test_every_example_loads(tmp_path: Path) -> None:
    """The example of every key is one that the loader takes."""
    own = {name: field["examples"][-1] for name, field in schema("customer")["properties"].items()}
    own["absent"] = [{"user": "pedro@ferreterialopez.example"}]
    domains = schema("customer")["$defs"]["DomainSpec"]["properties"]
    own["domains"] = {"ferreterialopez.example": {name: field["examples"][0] for name, field in domains.items()}}
    own["domains"]["ferreterialopez.example"]["migration"] = {
        name: field["examples"][0] for name, field in schema("customer")["$defs"]["MigrationSpec"]["properties"].items()
    }
    own["tenants"] = own["exchange"] = "tenants"
    files = {
        "workspace.yaml": WORKSPACE,
        "c/customer.yaml": json.dumps(own),
        "c/accounts.csv": "address\nana@ferreterialopez.example\n",
        "c/before.yaml": "found: 2026-11-20\nrecords: []\n",
    }
    assert load(write(tmp_path, files)).diagnostics == ()


def test_the_readme_shows_sound_specs(tmp_path: Path) -> None:
    """What the README shows as examples loads."""
    readme = (SPECS / "README.md").read_text(encoding="utf-8")
    blocks = [part.partition("```")[0] for part in readme.split("```yaml\n")[1:]]
    first, second = (block for block in blocks if "domains:" in block)
    files = {
        "workspace.yaml": WORKSPACE,
        "a/customer.yaml": first,
        "a/before.yaml": "found: 2026-11-20\nrecords: []\n",
        "a/hubspot.csv": "name,type,value\nhs1._domainkey,CNAME,a.hubspotemail.net\n",
        "a/accounts.csv": "address\nana@ferreterialopez.example\n",
        "b/customer.yaml": second,
    }
    assert load(write(tmp_path, files)).diagnostics == ()
