"""What a domain's new mail records meet in its zone."""

from pathlib import Path

import pytest

from tests.mail_place import MICROSOFT, World, plan, refusals, told, zone

MAIL = """
tenant: acme.onmicrosoft.com
domains:
  acme.example:
    mail: {service: microsoft365, adopt: overwrite%s}
"""


def test_addresses_make_way_for_autodiscover(tmp_path: Path) -> None:
    """With adopt: overwrite the old addresses leave in the same stage as the CNAME comes."""
    records = zone("autodiscover A 192.0.2.1", "autodiscover AAAA 2001:db8::1")
    made = plan(tmp_path, MAIL % "", {"acme.example": records}, World(MICROSOFT))
    steps = {step["address"]: step for step in made.document["steps"] if "/autodiscover" in step["address"]}
    assert {address: (one["action"], one["stage"]) for address, one in steps.items()} == {
        "dns/acme.example/A/autodiscover": ("destroy", "deliver"),
        "dns/acme.example/AAAA/autodiscover": ("destroy", "deliver"),
        "dns/acme.example/CNAME/autodiscover": ("create", "deliver"),
    }
    assert not refusals(made)


def test_anything_else_at_the_name_is_not_taken(tmp_path: Path) -> None:
    """A text at autodiscover is nobody's to remove: the CNAME is refused, and so is all that moves with it."""
    made = plan(tmp_path, MAIL % "", {"acme.example": zone('autodiscover TXT "keep"')}, World(MICROSOFT))
    assert "already has TXT" in refusals(made)["dns/acme.example/CNAME/autodiscover"]
    assert "dns/acme.example/MX/@" in refusals(made)


def test_an_old_signer_at_the_selector_moves_first(tmp_path: Path) -> None:
    """A key that signs today is not replaced by a CNAME."""
    target = "selector1-acme-example._domainkey.acme.onmicrosoft.com"
    spec = MAIL % "" + f"    dkim: [{{selector: selector1, target: {target}}}]\n"
    made = plan(tmp_path, spec, {"acme.example": zone('selector1._domainkey TXT "v=DKIM1; p=abc"')}, World(MICROSOFT))
    assert "7 days" in refusals(made)["dns/acme.example/CNAME/selector1._domainkey"]


def test_addresses_stay_where_the_spec_adopts_nothing(tmp_path: Path) -> None:
    """Without adopt: overwrite nobody's record is removed."""
    spec = (MAIL % "").replace(", adopt: overwrite", "")
    made = plan(tmp_path, spec, {"acme.example": zone("autodiscover A 192.0.2.1")}, World(MICROSOFT))
    assert "already has A" in refusals(made)["dns/acme.example/CNAME/autodiscover"]
    assert not any(step["action"] == "destroy" for step in made.document["steps"])


def test_msoid_belongs_to_one_cloud(tmp_path: Path) -> None:
    """At 21Vianet the name is wanted."""
    spec = (MAIL % "").replace("acme.onmicrosoft.com", "acme.partner.onmschina.cn")
    records = {"acme.example": zone("msoid CNAME clientconfig.partner.microsoftonline-p.net.cn.")}
    assert not told(plan(tmp_path, spec, records, World(MICROSOFT)), "mail/msoid")


@pytest.mark.parametrize("listed", [False, True])
def test_msoid_must_not_exist(tmp_path: Path, listed: bool) -> None:
    """It breaks activation: an error until the spec lists it as absent."""
    absent = "    absent: [{name: msoid, type: CNAME}]\n" if listed else ""
    records = zone("msoid CNAME clientconfig.microsoftonline-p.net.")
    made = plan(tmp_path, MAIL % "" + absent, {"acme.example": records}, World(MICROSOFT))
    assert [one["severity"] for one in told(made, "mail/msoid")] == ([] if listed else ["error"])


@pytest.mark.parametrize(
    ("gateway", "error", "step"),
    [("", True, True), (", gateway: keep", False, False), (", gateway: replace", False, True)],
)
def test_a_gateway_is_not_taken_out_by_the_way(tmp_path: Path, gateway: str, error: bool, step: bool) -> None:
    """MX at a filter: the spec must say whether it stays."""
    records = zone("@ MX 10 eu-smtp-inbound-1.mimecast.com.", "@ MX 10 eu-smtp-inbound-2.mimecast.com.")
    made = plan(tmp_path, MAIL % gateway, {"acme.example": records}, World(MICROSOFT))
    assert bool(told(made, "mail/gateway")) is error
    assert any(one["address"] == "dns/acme.example/MX/@" for one in made.document["steps"]) is step


def test_a_wildcard_that_stops_answering_is_told(tmp_path: Path) -> None:
    """A name that gets a record of its own is not covered any more, of no type."""
    made = plan(tmp_path, MAIL % "", {"acme.example": zone("* A 192.0.2.1")}, World(MICROSOFT))
    (one,) = told(made, "dns/wildcard")
    assert (one["severity"], one["address"]) == ("warning", "dns/acme.example/CNAME/autodiscover")
    existing = {"acme.example": zone("* A 192.0.2.1", 'autodiscover TXT "here"')}
    assert not told(plan(tmp_path / "b", MAIL % "", existing, World(MICROSOFT)), "dns/wildcard")


@pytest.mark.parametrize("cut", ["_domainkey", "selector1._domainkey"])
def test_a_name_that_is_delegated_is_refused(tmp_path: Path, cut: str) -> None:
    """Another company's servers answer there: a record of ours would never be seen."""
    target = "selector1-acme-example._domainkey.acme.onmicrosoft.com"
    spec = MAIL % "" + f"    dkim: [{{selector: selector1, target: {target}}}]\n"
    made = plan(tmp_path, spec, {"acme.example": zone(f"{cut} NS ns1.vendor.example.")}, World(MICROSOFT))
    assert "ns1.vendor.example" in refusals(made)["dns/acme.example/CNAME/selector1._domainkey"]


def test_a_null_mx_is_replaced_only_where_the_spec_adopts(tmp_path: Path) -> None:
    """`0 .` says that the domain gets no mail: somebody meant that."""
    records = {"acme.example": zone("@ MX 0 .")}
    taken = plan(tmp_path / "a", MAIL % "", records, World(MICROSOFT))
    assert any(one["address"] == "dns/acme.example/MX/@" for one in taken.document["steps"])
    left = plan(tmp_path / "b", (MAIL % "").replace(", adopt: overwrite", ""), records, World(MICROSOFT))
    assert [one["class"] for one in left.document["drift"] if one["address"] == "dns/acme.example/MX/@"] == ["conflict"]


def test_a_gateway_that_is_kept_is_kept(tmp_path: Path) -> None:
    """MX under `records:` beside `gateway: keep` is a contradiction, not a way round it."""
    spec = (
        MAIL % ", gateway: keep"
        + "    records: [{name: '@', type: MX, values: [0 x.y-v1.mx.microsoft], adopt: overwrite}]\n"
    )
    made = plan(tmp_path, spec, {"acme.example": zone("@ MX 10 eu-smtp-inbound-1.mimecast.com.")}, World(MICROSOFT))
    (one,) = told(made, "mail/gateway")
    assert "gateway: keep" in one["summary"]


def test_a_gateway_is_replaced_without_a_further_word(tmp_path: Path) -> None:
    """`gateway: replace` is the word: MX is taken over, nothing else is."""
    spec = (MAIL % ", gateway: replace").replace(", adopt: overwrite", "")
    records = zone("@ MX 10 eu-smtp-inbound-1.mimecast.com.", "autodiscover CNAME far.example.")
    made = plan(tmp_path, spec, {"acme.example": records}, World(MICROSOFT))
    assert {one["address"] for one in made.document["drift"] if one["class"] == "conflict"} == {
        "dns/acme.example/CNAME/autodiscover"
    }
    assert any(step["address"] == "dns/acme.example/MX/@" for step in made.document["steps"])


def test_a_delegation_itself_is_ours(tmp_path: Path) -> None:
    """Its DS and the addresses of its servers stand here; what else is below it does not."""
    spec = """\
domains:
  acme.example:
    records:
      - {name: child, type: DS, values: ["12345 13 2 %s"]}
      - {name: ns.child, type: A, values: [192.0.2.1]}
      - {name: www.child, type: A, values: [192.0.2.2]}
"""
    made = plan(tmp_path, spec % ("AB" * 32), {"acme.example": zone("child NS ns.child")})
    assert list(refusals(made)) == ["dns/acme.example/A/www.child"]
