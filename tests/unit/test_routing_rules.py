"""A tenant's own rules: above the directory, over its own cases and nobody else's."""

from typing import Any

import pytest

from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.identifiers import CLEARING_OFFICE, TenantId
from shared.domain.regions import FEDERATION, Located, Location, Municipality
from shared.domain.routing import Precedence, Rule, Warn
from shared.domain.rulebook import Rulebook, TenantPolicy, TenantsRule
from shared.domain.submission import FieldKind, FormField
from tests.factories import TENANT, TRADE_REGISTRATION
from tests.routing import (
    BUILDING,
    OTHER_TENANT,
    RESIDENCE,
    TOWN,
    TRADE,
    UNIT,
    a_unit,
    decided,
    held,
    lost,
)

FORM = "amt-foerdetal/gewerbeanmeldung"
THEIRS = a_unit("theirs", tenant=OTHER_TENANT)


def a_rule(authority: str = "special", tenant: TenantId = TENANT, **conditions: Any) -> TenantsRule:
    given = {"id": f"to-{authority}", "authority": authority, **(conditions or {"form": FORM})}
    return TenantsRule(tenant, RoutingRule.model_validate(given))


def with_rules(*rules: TenantsRule) -> Rulebook:
    tenants = {TENANT: TenantPolicy(), OTHER_TENANT: TenantPolicy()}
    return Rulebook(tenants=tenants, rules=rules)


def a_field(name: str, value: str) -> FormField:
    return FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)


def test_a_rule_stands_above_the_directory_and_says_what_it_would_be_without() -> None:
    decision = decided(held(TRADE), rulebook=with_rules(a_rule()), form_id=FORM)

    assert (decision.rule, decision.authority, decision.tenant) == (
        Rule.ROUTING_RULE,
        "special",
        TENANT,
    )
    assert decision.routing_rule == "foerdetal/to-special"
    assert f"(form {FORM})" in decision.reason
    assert "Without it: trade is the only one responsible" in decision.reason
    assert lost(decision) == {TRADE.bearer: "the routing rule foerdetal/to-special decides"}


@pytest.mark.parametrize(
    ("conditions", "of_the_case"),
    [
        ({"form": FORM}, {"form_id": FORM}),
        ({"leika_prefix": "99050"}, {}),
        ({"leika_prefix": TRADE_REGISTRATION}, {}),
        ({"region": "01999"}, {}),
        ({"region": TOWN}, {}),
        ({"form": FORM, "region": "019990001"}, {"form_id": FORM}),
        (
            {"field": {"path": "branche", "values": ["Gastronomie", "Hotel"]}},
            {"fields": [a_field("branche", "Hotel")]},
        ),
    ],
)
def test_a_rule_counts_if_every_condition_is_met(
    conditions: dict[str, Any], of_the_case: dict[str, Any]
) -> None:
    rulebook = with_rules(a_rule(**conditions))

    assert decided(held(TRADE), rulebook=rulebook, **of_the_case).authority == "special"


@pytest.mark.parametrize(
    "conditions",
    [
        {"form": "another"},
        {"leika_prefix": "99012"},
        {"region": "01998"},
        {"region": "019990001002"},
        {"field": {"path": "branche", "values": ["Gastronomie"]}},
        {"form": FORM, "region": "01998"},
    ],
)
def test_a_rule_with_one_condition_that_is_not_met_counts_for_nothing(
    conditions: dict[str, Any],
) -> None:
    rulebook = with_rules(a_rule(**conditions))

    decision = decided(
        held(TRADE), rulebook=rulebook, form_id=FORM, fields=[a_field("branche", "Hotel")]
    )

    assert decision.authority == TRADE.bearer


def test_of_several_services_all_have_to_meet_the_rule() -> None:
    rulebook = with_rules(a_rule(leika_prefix="99050"))
    entries = (held(TRADE), held(TRADE, key=RESIDENCE))

    decision = decided(*entries, rulebook=rulebook, leika_keys=(TRADE_REGISTRATION, RESIDENCE))

    assert decision.authority == TRADE.bearer


def test_the_stronger_rule_decides() -> None:
    rulebook = with_rules(
        a_rule("by-service", leika_prefix="99050"),
        a_rule("by-form", form=FORM),
        a_rule("by-field", field={"path": "branche", "values": ["Hotel"]}),
    )

    assert decided(rulebook=rulebook).authority == "by-service"
    assert decided(rulebook=rulebook, form_id=FORM).authority == "by-form"
    hotel = decided(rulebook=rulebook, form_id=FORM, fields=[a_field("branche", "Hotel")])
    assert hotel.authority == "by-field"
    assert "Hotel" not in hotel.reason


def test_equally_strong_rules_for_different_authorities_are_for_people_to_decide() -> None:
    rulebook = with_rules(a_rule("one"), a_rule("two"))

    decision = decided(held(TRADE), rulebook=rulebook, form_id=FORM)

    assert decision.authority == CLEARING_OFFICE
    assert "foerdetal/to-one, foerdetal/to-two fit equally well" in decision.reason


def test_a_rule_never_takes_another_tenants_case() -> None:
    rulebook = with_rules(a_rule())

    found = decided(held(THEIRS), rulebook=rulebook, form_id=FORM)
    named = decided(named=(THEIRS,), named_unit=UNIT, rulebook=rulebook, form_id=FORM)

    assert (found.authority, found.tenant) == (THEIRS.authority, OTHER_TENANT)
    assert (named.authority, named.tenant) == (THEIRS.authority, OTHER_TENANT)


def test_between_two_tenants_no_rule_of_one_of_them_decides() -> None:
    rulebook = with_rules(a_rule())

    decision = decided(held(TRADE), held(THEIRS), rulebook=rulebook, form_id=FORM)

    assert decision.authority == CLEARING_OFFICE


def test_a_rule_takes_what_nobody_here_is_responsible_for() -> None:
    rulebook = with_rules(a_rule(leika_prefix="99050", region="01999"))

    nobody = decided(rulebook=rulebook)
    district = decided(held(a_unit("district", tenant=None)), rulebook=rulebook)

    assert (nobody.authority, district.authority) == ("special", "special")


def test_a_rule_settles_what_is_ambiguous_within_its_tenant() -> None:
    rulebook = with_rules(a_rule("trade"))

    decision = decided(held(TRADE), held(BUILDING), rulebook=rulebook, form_id=FORM)

    assert decision.authority == TRADE.bearer
    assert lost(decision)[TRADE.bearer] is None


def test_of_a_tenant_that_takes_nothing_from_the_sender_no_case_is_taken_by_another() -> None:
    rulebook = Rulebook(tenants={TENANT: TenantPolicy()}, rules=(a_rule(),))

    decision = decided(held(THEIRS), rulebook=rulebook, form_id=FORM)

    assert decision.authority == CLEARING_OFFICE
    assert "takes no applications" in decision.reason


@pytest.mark.parametrize(
    "how", [Located.SEVERAL, Located.POSTCODE_ALONE, Located.CONTRADICTORY, Located.KEY_NOT_LISTED]
)
def test_a_region_is_met_only_by_a_place_that_is_certain(how: Located) -> None:
    location = Location(how=how, municipalities=(Municipality(ars=TOWN),))
    rulebook = with_rules(a_rule(form=FORM, region=TOWN))

    decision = decided(rulebook=rulebook, location=location, region=None, form_id=FORM)

    assert decision.authority == CLEARING_OFFICE


def test_a_region_is_met_by_a_wider_one_only_if_that_lies_in_it() -> None:
    rulebook = with_rules(a_rule(form=FORM, region="01999"))

    met = decided(rulebook=rulebook, region="019990001", form_id=FORM)
    wider = decided(rulebook=rulebook, region="01", form_id=FORM)
    no_key = decided(rulebook=rulebook, region="01999 in words", form_id=FORM)

    assert met.authority == "special"
    assert (wider.authority, no_key.authority) == (CLEARING_OFFICE, CLEARING_OFFICE)


@pytest.mark.parametrize(
    "how",
    [
        Located.NOT_STATED,
        Located.UNKNOWN,
        Located.KEY_TOO_SHORT,
        Located.POSTCODE_ALONE,
        Located.CONTRADICTORY,
    ],
)
def test_a_case_that_may_lie_anywhere_goes_only_to_who_has_claimed_its_form(how: Located) -> None:
    location = Location(how=how)
    by_service = with_rules(a_rule(leika_prefix="99"))

    decision = decided(rulebook=by_service, location=location, region=None, form_id=FORM)
    claimed = decided(rulebook=with_rules(a_rule()), location=location, region=None, form_id=FORM)
    alone = decided(
        rulebook=Rulebook({TENANT: TenantPolicy()}, by_service.rules),
        location=location,
        region=None,
    )

    assert decision.authority == CLEARING_OFFICE
    assert (claimed.authority, alone.authority) == ("special", "special")


def test_where_tenants_disagree_on_what_counts_first_no_rule_of_one_of_them_decides() -> None:
    """By region it is ours, by service theirs."""
    entries = (
        held(TRADE, key="99050012000000", region=TOWN),
        held(THEIRS, key=TRADE_REGISTRATION, region="01999"),
    )
    tenants = {TENANT: TenantPolicy(), OTHER_TENANT: TenantPolicy(Precedence.SERVICE)}

    decision = decided(*entries, rulebook=Rulebook(tenants, (a_rule(),)), form_id=FORM)

    assert decision.authority == CLEARING_OFFICE


def test_rules_of_two_tenants_leave_it_to_people_however_strong_they_are() -> None:
    field = {"path": "branche", "values": ["Hotel"]}
    rulebook = with_rules(a_rule("ours"), a_rule("theirs", OTHER_TENANT, form=FORM, field=field))

    decision = decided(rulebook=rulebook, form_id=FORM, fields=[a_field("branche", "Hotel")])

    assert decision.authority == CLEARING_OFFICE
    assert "foerdetal/to-ours, ostersund/to-theirs of different tenants" in decision.reason


def test_a_rule_for_the_federation_is_the_weakest_of_regions() -> None:
    rulebook = with_rules(a_rule("all", region=FEDERATION), a_rule("here", region="019990001"))

    assert decided(held(TRADE), rulebook=rulebook).authority == "here"


def test_what_was_noticed_before_stays_noticed() -> None:
    decision = decided(
        held(BUILDING), named=(TRADE,), named_unit=UNIT, rulebook=with_rules(a_rule()), form_id=FORM
    )

    assert decision.authority == "special"
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)
