"""By what a spec's senders are known in reports: their own addresses, what their includes admit, and who signs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reconciler.mail.catalogue import Vendor, vendor
from reconciler.mail.notebook import Notebook
from reconciler.mail.reports.match import Marks
from reconciler.mail.senders import slug
from reconciler.mail.spf import tree
from reconciler.mail.spf.syntax import read


def marks(name: str, addresses: Iterable[str], includes: Iterable[str], notebook: Notebook) -> Marks:
    """How one sender's mail is recognised.

    Args:
        name: as the spec has it; one of the catalogue brings its include and the domains that sign for it.
        notebook: what the includes admit is asked for there.
    """
    service = vendor(slug(name))
    hosts = [*includes, *([service.include] if service and service.include else [])]
    admitted = [network for host in hosts for network in _admitted(host, notebook)]
    domains = [*hosts, *(_signers(service) if service else ())]
    return Marks(tuple(dict.fromkeys([*addresses, *admitted])), tuple(dict.fromkeys(domains)))


def _admitted(host: str, notebook: Notebook) -> Iterator[str]:
    """The networks of an include and of all that it includes; what a macro admits is not known."""
    for node in tree.nodes(tree.count(host, notebook).root):
        for one in read(node.record).directives if node.record else ():
            if one.network is not None and one.qualifier == "+":
                yield str(one.network)


def _signers(service: Vendor) -> Iterator[str]:
    """Domains below which a service signs, as the signatures of its selectors name them."""
    hosts = [sign.match for sign in service.signs if sign.field == "dkim"]
    hosts += [value.removesuffix(".") for _, kind, value in service.records if kind == "CNAME"]
    for host in hosts:
        name = host.removeprefix("*.")
        if "." in name and "*" not in name and "{" not in name:
            yield name
