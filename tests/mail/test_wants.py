"""Several wishes for one slot."""

from hypothesis import given
from hypothesis import strategies as st

from reconciler.mail.wants import join
from reconciler.model.route import Want

owners = st.lists(st.sampled_from(["copier", "mailchimp", "erp"]), unique=True).map(
    lambda names: ", ".join(sorted(names))
)


@given(owners, owners)
def test_owners_of_a_term(first: str, second: str) -> None:
    """A term asked for by several senders has all of them as owners, once each, in whatever order they come."""
    one, two = Want("a", owner=first), Want("a", owner=second)
    joined = join(one, two, "spf/a")
    assert joined == join(two, one, "spf/a")
    assert joined is not None
    assert {*joined.owner.split(", ")} - {""} == {*first.split(", "), *second.split(", ")} - {""}


@given(st.integers(0, 9), st.integers(0, 9))
def test_the_smallest_ttl(first: int, second: int) -> None:
    """Of two TTLs the smaller is taken."""
    joined = join(Want(first), Want(second), "ttl")
    assert joined is not None
    assert joined.value == min(first, second)


def test_a_wish_before_a_seed() -> None:
    """What is asked for stands before what is only seeded; of two seeds the weaker end is taken."""
    plain, strict, careful = Want("-all"), Want("-all", seed=True), Want("~all", seed=True)
    assert join(plain, careful, "spf/all") == join(careful, plain, "spf/all") == plain
    assert join(strict, careful, "spf/all") == join(careful, strict, "spf/all") == careful


def test_contradictions() -> None:
    """Two different wishes are nobody's wish."""
    assert join(Want(("a",)), Want(("b",)), "") is None
    assert join(Want(None), Want("a"), "spf/a") is None
