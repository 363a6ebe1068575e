"""A zone that was read name by name: what was not read is asked for, or told, and never taken for absent."""

from reconciler.live import Live, Read
from reconciler.model.answer import Answer, Question, Status
from reconciler.model.diagnostic import Origin, Severity
from reconciler.model.key import Key, Slot
from reconciler.model.resource import RecordSet
from reconciler.model.route import Route, Stage, Want
from reconciler.provider import Observation, Scope
from reconciler.session.findings import outside
from reconciler.zones import Zones

ZONE = "acme.example"
SCOPE = Scope("dns", ZONE, frozenset({"@", "www"}))
WWW = Key("dns", ZONE, "A", "www")


def test_names_that_were_not_read_are_asked_for() -> None:
    """Only of the names that were read the zone itself can answer."""
    elsewhere = Question(f"other.{ZONE}", "TXT")
    known = {elsewhere: Answer(Status.FOUND, ("v=spf1 -all",), 60)}
    zones = Zones(known, (), {WWW: RecordSet(WWW, 60, ("192.0.2.1",))}, partly={ZONE: SCOPE.names or ()})
    www, empty, other = (zones.ask(*one) for one in ((f"www.{ZONE}", "A"), (f"www.{ZONE}", "MX"), elsewhere))
    assert (www and www.values, empty and empty.status) == (("192.0.2.1",), Status.EMPTY)
    assert other == known[elsewhere]
    assert zones.ask(f"third.{ZONE}", "A") is None
    assert list(zones.open) == [Question(f"third.{ZONE}", "A")]
    assert zones.place(f"third.{ZONE}") is None
    assert zones.place(f"www.{ZONE}") == (ZONE, "www")


def test_a_wish_at_a_name_that_was_not_read_is_an_error() -> None:
    """It gets no row, so the plan must not look whole."""
    wants = {Slot(WWW._replace(name=name), ""): Want(("192.0.2.1",), Origin("c.yaml", 7)) for name in ("www", "far")}
    route = Route("r", ZONE, "dns", (Stage("prepare", wants),))
    picture = Live({}, (Read("manual:x", SCOPE, Observation(SCOPE, {})),))
    (found,) = outside([route], picture)
    assert (found.severity, found.rule, found.origin.line) == (Severity.ERROR, "live/outside", 7)
    assert "far" in found.summary
    assert "www" not in found.summary
    whole = Scope("dns", ZONE)
    assert outside([route], Live({}, (Read("zones", whole, Observation(whole, {})),))) == []
