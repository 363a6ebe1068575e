"""The house rules that no linter knows: each takes a path or a text and returns what breaks it, one line each.

They only look; tests/architecture/test_house.py says which of them hold where, and that each one bites.
"""

import ast
import re
import statistics
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

MODULE_LINES = 500
MEDIAN_LINES = 150
FUNCTION_LINES = 50
IMPURE_NAMES = frozenset({"open", "print", "input", "exec", "eval"})
IMPURE_METHODS = frozenset({"now", "utcnow", "today", "read_text", "write_text"})
TOP_LEVEL = frozenset(
    {
        ".ci",
        ".github",
        ".gitignore",
        ".pre-commit-config.yaml",
        "CHANGELOG.md",
        "LICENSE",
        "Makefile",
        "README.md",
        "providers",
        "pyproject.toml",
        "reconciler",
        "requirements.lock",
        "specs",
        "tests",
    }
)

LOCK_LINE = re.compile(
    r"""
    \#[ ](?![^\n]*(?:://|/))[^\n]*                               # a comment without an address or a path
    | [a-z0-9][a-z0-9._-]*==[A-Za-z0-9.!+]+(?:[ ];[ ][^/@\n]+?)?[ ]\\   # name==version ; marker
    | [ ]{4}--hash=sha256:[0-9a-f]{64}(?:[ ]\\)?
    """,
    re.VERBOSE,
)


def modules(folder: Path) -> list[Path]:
    """Every Python file in a folder, in a fixed order."""
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def impurities(path: Path) -> list[str]:
    """What touches the world without an import: built-in functions, clocks, files."""
    found = []
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in IMPURE_NAMES:
            found.append(f"{path}:{node.lineno}: {node.id}")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in IMPURE_METHODS:
            found.append(f"{path}:{node.lineno}: .{node.func.attr}()")
    return found


def world(pyproject: dict[str, Any]) -> set[str]:
    """Names of the parts that may touch the world, as the import contract for the pure core lists them."""
    contracts = pyproject["tool"]["importlinter"]["contracts"]
    (contract,) = (contract for contract in contracts if contract["name"] == "the pure core does no I/O")
    wholly = [line.removesuffix(" -> *") for line in contract["ignore_imports"] if line.endswith(" -> *")]
    return {name.split(".")[1] for name in wholly}


def pure_modules(package: Path, pyproject: dict[str, Any]) -> list[Path]:
    """The modules of the pure core: all but those of parts that may touch the world."""
    touching = world(pyproject)
    return [path for path in modules(package) if path.relative_to(package).parts[0].removesuffix(".py") not in touching]


def too_long(path: Path) -> list[str]:
    """A module or a function beyond its limit of lines."""
    found = []
    lines = len(path.read_text(encoding="utf-8").splitlines())
    if lines > MODULE_LINES:
        found.append(f"{path}: {lines} lines, the limit is {MODULE_LINES}")
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > FUNCTION_LINES:
                found.append(f"{path}:{node.lineno}: {node.name} has {lines} lines, the limit is {FUNCTION_LINES}")
    return found


def median_too_long(paths: Sequence[Path]) -> list[str]:
    """Modules that are within the limit one by one, but too long as a habit."""
    median = statistics.median(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)
    return [f"the median module has {median} lines, the limit is {MEDIAN_LINES}"] if median > MEDIAN_LINES else []


def without_docstring(path: Path) -> list[str]:
    """A module that does not say why it exists."""
    return [] if ast.get_docstring(parse(path)) else [f"{path}: no module docstring"]


def undocumented(path: Path) -> list[str]:
    """Public classes, functions and methods without a docstring."""
    return [f"{path}:{node.lineno}: {name}" for name, node in _public(parse(path).body) if not ast.get_docstring(node)]


def _public(
    body: Iterable[ast.stmt], prefix: str = ""
) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]]:
    for node in body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) or node.name.startswith("_"):
            continue
        yield f"{prefix}{node.name}", node
        if isinstance(node, ast.ClassDef):
            yield from _public(node.body, f"{prefix}{node.name}.")


def more_than_docstring(path: Path) -> list[str]:
    """Anything but a docstring: a package of the same name installed beside ours could overwrite it."""
    body = parse(path).body
    extra = body[1:] if ast.get_docstring(parse(path)) else body
    return [f"{path}:{node.lineno}: only a docstring belongs here" for node in extra]


def misplaced(tracked: Iterable[str]) -> list[str]:
    """Entries of the top-level folder that have no business there."""
    return sorted({path.split("/")[0] for path in tracked} - TOP_LEVEL)


def unregistered(folder: Path, entry_points: dict[str, str]) -> list[str]:
    """Adapters without an entry point, and entry points without a class in an adapter."""
    adapters = {f"providers.{path.stem}" for path in folder.glob("*.py") if path.stem != "__init__"}
    adapters |= {f"providers.{path.parent.name}" for path in folder.glob("*/__init__.py")}
    named = {".".join(target.partition(":")[0].split(".")[:2]) for target in entry_points.values()}
    found = [f"{module} has no entry point in pyproject.toml: add it and install again" for module in adapters - named]
    for name, target in entry_points.items():
        module, _, attribute = target.partition(":")
        path = folder.joinpath(*module.split(".")[1:]).with_suffix(".py")
        if not path.is_file():
            found.append(f"entry point {name}: there is no {module}")
        elif attribute not in _classes(path):
            found.append(f"entry point {name}: there is no class {attribute} in {module}")
    return sorted(found)


def _classes(path: Path) -> set[str]:
    return {node.name for node in parse(path).body if isinstance(node, ast.ClassDef)}


def foreign_lock_lines(text: str) -> list[str]:
    """Lines of a lock file that are anything but names, versions, markers, hashes and plain comments."""
    lines = enumerate(text.splitlines(), start=1)
    return [f"line {number}: {line}" for number, line in lines if not LOCK_LINE.fullmatch(line)]


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file as plain data."""
    return tomllib.loads(path.read_text(encoding="utf-8"))
