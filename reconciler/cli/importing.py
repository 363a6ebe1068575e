"""`reconciler import`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import codes, options, private, resolving
from reconciler.cli.output import Copy, forms, output, rendered
from reconciler.cli.progress import Progress
from reconciler.cli.stopping import Stop
from reconciler.cli.world import World, pass_world
from reconciler.model.diagnostic import Diagnostic, error
from reconciler.model.errors import SpecError

if TYPE_CHECKING:
    from reconciler.session.importing import Sources
    from reconciler.session.ordering import Order
    from reconciler.spec.load import Loaded
    from reconciler.spec.workspace import ResolverSpec

EPILOG = """\b
Examples:
  reconciler import ferreterialopez.example                                       # a draft from public DNS
  reconciler import ferreterialopez.example --provider zones                      # the whole zone
  reconciler import shop.example shop.test --provider zones --only mail --customer shop
  reconciler import shop.example --provider zones --tenant shop.onmicrosoft.com   # DNS and people
  reconciler import ferreterialopez.example --dry-run --json | jq -r '.files[].text'
  reconciler import shop.example --provider zones --json | jq -r '.domains[].unmanaged[] | .name + ": " + .reason'
\b
Exit codes: 0 written, also where some questions got no answer, which is said; 1 error, nobody answered, there is no
such domain, or a zone could not be read whole; 3 the customer's folder or the tenant's file is there already, or
another customer has a domain or the tenant; 130 interrupted.
"""


@click.command("import", epilog=EPILOG)
@click.argument("domains", metavar="DOMAIN...", nargs=-1, required=True)
@options.specs
@click.option("--customer", metavar="NAME", help="Name of the customer's folder; default: the first domain's label.")
@click.option(
    "--provider",
    metavar="NAME",
    default="",
    help="Provider of workspace.yaml that reads the zones, whole; default: public DNS is asked, and what it shows is "
    "incomplete.",
)
@click.option("--tenant", metavar="DOMAIN", help="Read this tenant too, by its initial domain.")
@click.option("--tenants", metavar="NAME", default="", help="Provider of the tenant; default: the workspace's.")
@click.option("--only", type=click.Choice(["mail"]), help="Leave out whatever is no record of mail, and list it.")
@resolving.servers
@click.option("--dry-run", "dry", is_flag=True, help="Show what was found, and write nothing.")
@options.plain
@forms
@pass_world
def command(world: World, /, *, dry: bool, form: str | None, copies: Sequence[Copy], **asked: Any) -> int:
    """Begin the specs of a customer with what stands in DNS, and in a tenant, today.

    From a provider: NAME/customer.yaml asks for every record as it is, so that the first plan changes nothing; what no
    spec can hold is listed in it by name. From public DNS: a draft of the mail records to be read and completed.
    NAME/before.yaml keeps the mail records of today, tenants/DOMAIN.json the tenant, so that plans can be made without
    asking it. A workspace.yaml is begun where there is none, in a new folder `specs` if need be; nothing that exists is
    changed.
    """
    wanted = output(world, form, copies)
    order, resolver = _order(**asked)
    from reconciler.session import importing, ordering

    loaded = ordering.opened(order)
    progress = Progress(world.screen)
    sources = _sources(order, resolver, loaded, progress)
    begun = importing.begin(order, loaded, sources, following=_following(order), doing=progress.doing)
    with Stop():  # once the files are there, a signal cannot say that nothing was written
        paper = begun.paper if dry else importing.put(order, begun)
        world.screen.out(rendered(paper, wanted.form))
        for kind, path in wanted.copies:
            private.write(path, world.screen.redacted(rendered(paper, kind)))
    return codes.DONE


def _order(
    *,
    domains: Sequence[str],
    specs: str | None,
    customer: str | None,
    servers: Sequence[str],
    provider: str,
    tenant: str | None,
    tenants: str,
    only: str | None,
) -> tuple[Order, ResolverSpec | None]:
    """The arguments in normal form, and the DNS servers among them.

    Raises:
        SpecError: some of them are wrong; all mistakes at once.
    """
    from reconciler.session.ordering import Order
    from reconciler.spec import scalars

    found: list[Diagnostic] = []
    names = resolving.read(domains, scalars.domain, found)
    owner = resolving.read([tenant] if tenant else [], scalars.tenant, found)
    resolver = resolving.given(servers, found)
    if tenants and not tenant:
        found.append(error("import/tenants", "--tenants names a provider, and no tenant", remedy="add --tenant DOMAIN"))
    if provider and servers and not found:
        what = "--resolver is for public DNS, which is not asked beside --provider"
        found.append(error("import/resolver", what, remedy="leave one of them out"))
    if found:
        raise SpecError(found)
    name = names[0].partition(".")[0] if customer is None else customer
    order = Order(
        names,
        name,
        _folder(specs),
        resolver.servers if resolver else (),
        provider,
        "".join(owner),
        tenants,
        only == "mail",
    )
    return order, resolver


def _sources(order: Order, resolver: ResolverSpec | None, loaded: Loaded | None, progress: Progress) -> Sources:
    """What is asked: public DNS, or the providers of the workspace."""
    from reconciler.clock import SystemClock
    from reconciler.session import answering
    from reconciler.session.importing import Sources
    from reconciler.session.opened import Session

    session = Session(order.specs, []) if order.provider or order.tenant else None
    if session:
        session.patience = replace(session.patience, say=progress.say)
    if order.provider:
        return Sources(SystemClock().now(), session=session)
    chosen = resolving.chosen(resolver, loaded.workspace.resolver if loaded else None)
    asker = answering.asker(chosen)
    return Sources(SystemClock().now(), asker, tuple(answering.asked(chosen)), session)


def _folder(specs: str | None) -> Path:
    """The folder of specs: as for every command, but without a workspace nearby a new one."""
    found = options.folder_of(specs)
    return found if specs or (found / options.WORKSPACE).is_file() else Path("specs")


def _following(order: Order) -> str:
    """The commands that make the next step."""
    usual = order.specs == Path("specs") or (order.specs == Path() and options.folder_of(None) == Path())
    where = "" if usual else f" --specs {shlex.quote(str(order.specs))}"
    names = f"{where} --customer {shlex.quote(order.customer)}"
    first = f"read {order.folder / options.CUSTOMER}, then: reconciler validate{names} && reconciler plan{names}"
    return f"{first}; apply adopts what is there"
