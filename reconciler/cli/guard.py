"""The outermost frame: whatever happens, a person reads a sentence and a script gets an exit code."""

from __future__ import annotations

from collections.abc import Callable

import click

from reconciler.cli import codes
from reconciler.cli.world import World


def guarded(world: World, run: Callable[[], object]) -> int:
    """Run a command; its exit code."""
    try:
        code = run()
    except click.ClickException as usage:
        _explain(world, usage)
        return codes.ERROR
    except (click.Abort, KeyboardInterrupt):
        world.screen.err("interrupted; nothing was written\n")
        return codes.INTERRUPTED
    except OSError as problem:
        world.screen.flush()  # it may be the stream on which something was to be shown
        return _checked(world, codes.DONE) if world.screen.failed else _told(world, problem)
    except Exception as problem:  # noqa: BLE001  # whatever it is, it never reaches the terminal as a traceback
        return _told(world, problem)
    return _checked(world, code if isinstance(code, int) else codes.DONE)


def _explain(world: World, usage: click.ClickException) -> None:
    if isinstance(usage, click.UsageError) and usage.ctx is not None:
        world.screen.err(f"{usage.ctx.get_usage()}\nTry '{usage.ctx.command_path} --help' for help.\n\n")
    world.screen.err(f"error: {usage.format_message()}\n")


def _told(world: World, problem: Exception) -> int:
    from reconciler.cli import trouble

    found = trouble.of(problem, world.screen.secrets)
    if world.json:
        from reconciler.report.canonical import canonical

        world.screen.out(canonical(trouble.paper(found.diagnostics, found.code)))
    else:
        world.screen.tell(found.diagnostics)
    return _checked(world, found.code)


def _checked(world: World, code: int) -> int:
    """What could not be shown was not told: that is an error, unless something worse is."""
    if not world.screen.failed:
        return code
    world.screen.err(f"error: standard output cannot be written: {world.screen.failed}\n")
    return codes.fold([code, codes.ERROR])
