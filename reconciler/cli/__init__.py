"""The command line. Nothing heavy is imported before a command runs, so that `--help` is there at once."""

from __future__ import annotations

from typing import NoReturn


def main() -> NoReturn:
    """Run the command that `sys.argv` names, and exit with its code."""
    from reconciler.cli.front import front

    front().main(prog_name="reconciler")
    raise AssertionError("the front exits")
