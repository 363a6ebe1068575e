"""What a DNS host keeps to its owner is named in a plan, once for each zone."""

from reconciler.live import Read, gather
from reconciler.model.key import Key
from reconciler.provider import Observation, Scope
from reconciler.session.findings import KEPT, kept

SCOPE = Scope("dns", "a.example")


def test_named_once() -> None:
    """With the reasons; a zone without any is not told of."""
    locked = {Key("dns", "a.example", "A", name): "3 weighted sets" for name in ("www", "api")}
    picture = gather(
        [Read("aws", SCOPE, Observation(SCOPE, {}, locked=locked)), Read("bind", SCOPE, Observation(SCOPE, {}))]
    )
    (one,) = kept(picture)
    assert one.summary == "2 record sets of a.example are left to their owner"
    assert one.detail == "api A (3 weighted sets), www A (3 weighted sets)"


def test_many_are_counted() -> None:
    """A page of names helps nobody."""
    locked = {Key("dns", "a.example", "A", f"n{number}"): "an alias" for number in range(KEPT + 5)}
    (one,) = kept(gather([Read("aws", SCOPE, Observation(SCOPE, {}, locked=locked))]))
    assert one.detail.endswith(", and 5 more")


def test_one_alone() -> None:
    """It is no several."""
    locked = {Key("dns", "a.example", "MX", "@"): "Email Routing"}
    (one,) = kept(gather([Read("cf", SCOPE, Observation(SCOPE, {}, locked=locked))]))
    assert one.summary == "1 record set of a.example is left to its owner"
