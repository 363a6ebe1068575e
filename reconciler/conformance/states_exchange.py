"""What Exchange keeps, as transitions: shared mailboxes, lists, DKIM signing, accepted domains. Nothing is deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from reconciler.conformance.states import State, Transition
from reconciler.model.key import Key
from reconciler.model.resource import AcceptedDomain, Mailbox, MailList, Resource, Signing


def mailbox(name: str, shown: str = "Plain", **sets: tuple[str, ...]) -> Mailbox:
    """A shared mailbox."""
    return replace(Mailbox(Key("exchange", "", "mailbox", f"{name}@suite.example"), shown), **sets)  # type: ignore[arg-type]


def mail_list(name: str, *members: str, shown: str = "Plain") -> MailList:
    """A distribution list."""
    return MailList(Key("exchange", "", "list", f"{name}@suite.example"), shown, tuple(sorted(members)))


def signing(name: str, *, enabled: bool = False) -> Signing:
    """How a domain's mail is signed."""
    return Signing(Key("exchange", "", "dkim", name), enabled)


def accepted(name: str, relay: str = "authoritative") -> AcceptedDomain:
    """What happens to mail to unknown addresses."""
    return AcceptedDomain(Key("exchange", "", "accepted-domain", name), relay)


ANA, BEA = "ana@suite.example", "bea@suite.example"
#: What must be there first, then one ordinary resource of each kind and a second one as ordinary.
PLAIN: Mapping[str, tuple[State, Resource, Resource]] = {
    "mailbox": ((), mailbox("plain"), mailbox("plain", "Renamed", aliases=("also@suite.example",))),
    "list": ((), mail_list("crew"), mail_list("crew", ANA)),
    "dkim": ((), signing("plain.example"), signing("plain.example", enabled=True)),
    "accepted-domain": ((), accepted("plain.example"), accepted("plain.example", "internal-relay")),
}


def _story(name: str, *states: State) -> Transition:
    return Transition(name, "exchange", states)


TRANSITIONS = (
    _story("mailbox: made, then another name", (mailbox("info"),), (mailbox("info", "Información & Ventas"),)),
    _story(
        "mailbox: addresses come and go",
        *((mailbox("info", aliases=some),) for some in (("a@suite.example", "b@suite.example"), ("b@suite.example",))),
    ),
    _story(
        "mailbox: who may open it, who may send as it",
        (mailbox("info", full_access=(ANA,)),),
        (mailbox("info", full_access=(ANA, BEA), send_as=(ANA,)),),
        (mailbox("info", full_access=(BEA,)),),
    ),
    _story(
        "list: members come and go, one from outside",
        (mail_list("team"),),
        (mail_list("team", ANA, "out@away.example"),),
        (mail_list("team", "out@away.example"),),
    ),
    _story("dkim: keys, then signing", (signing("signs.example"),), (signing("signs.example", enabled=True),)),
    _story("mailbox and list: names that would end a string", (mailbox("q", "O'Brien’s"), mail_list("r", shown="‘‚‛"))),
)
