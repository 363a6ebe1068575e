"""What a tenant's products are called: by part number, by id, by the name it shows, by the name of its id."""

import pytest

from reconciler.accounts import choices_source, sku_source
from reconciler.model.key import Key
from reconciler.model.resource import Sku
from reconciler.model.value import Value
from reconciler.session.facts import facts_of

TENANT = "acme.onmicrosoft.com"
#: Ids that the list of products knows.
STANDARD, E3 = "f245ecc8-75af-4f8e-b61f-27d8114de5f3", "6fd2c87f-b296-42f0-b197-1e91e994b900"


def sku(part: str, sku_id: str, product: str = "", tenant: str = TENANT) -> Sku:
    return Sku(Key("tenant", tenant, "sku", part), sku_id, product)


def named(name: str, *skus: Sku) -> Value | None:
    """What a name means in the tenant."""
    return facts_of({one.key: one for one in skus}).get(sku_source(TENANT, name))


@pytest.mark.parametrize(
    "name",
    ["O365_BUSINESS_PREMIUM", "o365_business_premium", STANDARD, STANDARD.upper(), "Microsoft 365 Business STANDARD"],
)
def test_one_product_by_all_its_names(name: str) -> None:
    """In any case; the tenant itself shows the part number and the id alone."""
    assert named(name, sku("O365_BUSINESS_PREMIUM", STANDARD), sku("SPE_E3", "x")) == "O365_BUSINESS_PREMIUM"


def test_name_that_the_tenant_shows_comes_first() -> None:
    """A file, say, may call it otherwise; what is known of the id is only for what nobody named."""
    shown = sku("O365_BUSINESS_PREMIUM", STANDARD, "Our plan")
    assert named("our plan", shown) == "O365_BUSINESS_PREMIUM"
    assert named("Microsoft 365 Business Standard", shown) is None


def test_name_of_several_products() -> None:
    """All of them, sorted, for the author to choose; a part number is always itself."""
    several = [sku("B", "id-b", "Same"), sku("A", "id-a", "same"), sku("SAME", "id-c")]
    assert named("Same", *several[:2]) == ("A", "B")
    assert named("Same", *several) == "SAME"
    assert [named(one, *several) for one in ("a", "id-b")] == ["A", "B"]


def test_choices_are_told_with_their_names() -> None:
    """As people call them, with the part number; of each tenant its own."""
    skus = [sku("SPE_X", "no-such-id"), sku("ENTERPRISEPACK", E3), sku("C", "c", "Ours", "other.onmicrosoft.com")]
    facts = facts_of({one.key: one for one in skus})
    assert facts[choices_source(TENANT)] == "Office 365 E3 (ENTERPRISEPACK), SPE_X"
    assert facts[choices_source("other.onmicrosoft.com")] == "Ours (C)"
