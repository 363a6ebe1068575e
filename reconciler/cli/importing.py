"""`reconciler import`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import codes, options, private, resolving
from reconciler.cli.output import Copy, forms, output, rendered
from reconciler.cli.progress import Progress
from reconciler.cli.stopping import Stop
from reconciler.cli.world import World, pass_world
from reconciler.model.errors import SpecError

if TYPE_CHECKING:
    from reconciler.model.diagnostic import Diagnostic
    from reconciler.session.importing import Order
    from reconciler.spec.workspace import ResolverSpec

EPILOG = """\b
Examples:
  reconciler import ferreterialopez.example
  reconciler import ferreterialopez.example --customer ferreteria-lopez --resolver 192.0.2.53
  reconciler import ferreterialopez.example --dry-run --json | jq -r '.files[].text'
  reconciler import ferreterialopez.example --json | jq -r '.found.matches[] | .role + " " + .name'
\b
Exit codes: 0 written, also where some questions got no answer, which is said; 1 error, nobody answered, or there
is no such domain; 3 the customer's folder is there already, or another customer has the domain; 130 interrupted.
"""


@click.command("import", epilog=EPILOG)
@click.argument("domain", metavar="DOMAIN")
@options.specs
@click.option("--customer", metavar="NAME", help="Name of the customer's folder; default: the domain's first label.")
@resolving.servers
@click.option("--dry-run", "dry", is_flag=True, help="Show what was found, and write nothing.")
@options.plain
@forms
@pass_world
def command(
    world: World,
    *,
    domain: str,
    specs: str | None,
    customer: str | None,
    servers: Sequence[str],
    dry: bool,
    form: str | None,
    copies: Sequence[Copy],
) -> int:
    """Begin the specs of a customer with what public DNS shows of a domain's mail.

    Writes NAME/customer.yaml, a draft to be read and completed, and NAME/before.yaml, the mail records of today; a
    workspace.yaml too where there is none, in a new folder `specs` if need be. Needs no credentials and changes nothing
    that exists.
    """
    wanted = output(world, form, copies)
    order, resolver = _order(domain, specs, customer, servers)
    from reconciler.clock import SystemClock
    from reconciler.session import answering, importing

    loaded = importing.opened(order)
    chosen = resolving.chosen(resolver, loaded.workspace.resolver if loaded else None)
    begun = importing.begin(
        order,
        loaded,
        answering.Answers(answering.asker(chosen)),
        SystemClock().now(),
        servers=answering.asked(chosen),
        following=_following(order),
        doing=Progress(world.screen).doing,
    )
    with Stop():  # once the files are there, a signal cannot say that nothing was written
        paper = begun.paper if dry else importing.put(order, begun)
        world.screen.out(rendered(paper, wanted.form))
        for kind, path in wanted.copies:
            private.write(path, world.screen.redacted(rendered(paper, kind)))
    return codes.DONE


def _order(
    domain: str, specs: str | None, customer: str | None, servers: Sequence[str]
) -> tuple[Order, ResolverSpec | None]:
    """The arguments in normal form, and the DNS servers among them.

    Raises:
        SpecError: some of them are wrong; all mistakes at once.
    """
    from reconciler.session.importing import Order
    from reconciler.spec import scalars

    found: list[Diagnostic] = []
    names = resolving.read([domain], scalars.domain, found)
    resolver = resolving.given(servers, found)
    if found:
        raise SpecError(found)
    name = names[0].partition(".")[0] if customer is None else customer
    return Order(names[0], name, _folder(specs), resolver.servers if resolver else ()), resolver


def _folder(specs: str | None) -> Path:
    """The folder of specs: as for every command, but without a workspace nearby a new one."""
    found = options.folder_of(specs)
    return found if specs or (found / options.WORKSPACE).is_file() else Path("specs")


def _following(order: Order) -> str:
    """The commands that make the next step."""
    usual = order.specs == Path("specs") or (order.specs == Path() and options.folder_of(None) == Path())
    where = "" if usual else f" --specs {shlex.quote(str(order.specs))}"
    names = f"{where} --customer {shlex.quote(order.customer)}"
    return f"read {order.folder / options.CUSTOMER}, then: reconciler validate{names} && reconciler plan{names}"
