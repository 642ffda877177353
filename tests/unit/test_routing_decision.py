"""Who is responsible, and why: the rules of the decision, one by one."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest

from functions.route.decision import decide
from functions.route.question import Question, stated_services
from shared.domain.directory import DirectoryExtract, Unit, broader_keys
from shared.domain.identifiers import CLEARING_OFFICE, LeikaKey, RegionKey
from shared.domain.locating import locate
from shared.domain.regions import FEDERATION, Place
from shared.domain.routing import NotResponsible, Precedence, Rule, Warn
from shared.domain.rulebook import Rulebook, TenantPolicy
from tests.factories import TENANT, TRADE_REGISTRATION, a_case
from tests.routing import (
    BUILDING,
    CONSENTING,
    DETAIL,
    OTHER_TENANT,
    RESIDENCE,
    TODAY,
    TOWN,
    TRADE,
    UNIT,
    a_unit,
    decided,
    held,
    lost,
)


def test_the_only_one_responsible_gets_the_case() -> None:
    decision = decided(held(TRADE))

    assert (decision.authority, decision.tenant) == (TRADE.bearer, TENANT)
    assert decision.rule is Rule.SERVICE_AND_REGION
    assert decision.directory_version == 7
    assert decision.warnings == ()


def test_several_equally_responsible_are_for_people_to_decide() -> None:
    decision = decided(held(TRADE), held(BUILDING))

    assert (decision.authority, decision.tenant) == (CLEARING_OFFICE, None)
    assert "building, trade are equally responsible" in decision.reason
    assert lost(decision) == {TRADE.bearer: None, BUILDING.bearer: None}


def test_nobody_responsible_is_for_people_to_decide() -> None:
    decision = decided()

    assert decision.authority == CLEARING_OFFICE
    assert "Nobody is responsible for 99050012104000 in 019990001001" in decision.reason


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        (TOWN, "019990001"),
        ("019990001", "01999"),
        ("01999", "019"),
        ("019", "01"),
        ("01", FEDERATION),
    ],
)
def test_the_narrower_region_wins(narrow: str, wide: str) -> None:
    decision = decided(held(BUILDING, region=wide), held(TRADE, region=narrow))

    assert decision.authority == TRADE.bearer
    assert lost(decision)[BUILDING.bearer] == f"its region {wide} is wider than {narrow} of trade"


@pytest.mark.parametrize(("narrow", "broad"), [*pairwise(broader_keys(DETAIL))])
def test_in_the_same_region_the_narrower_service_wins(narrow: LeikaKey, broad: LeikaKey) -> None:
    decision = decided(held(BUILDING, key=broad), held(TRADE, key=narrow), leika_keys=(DETAIL,))

    assert decision.authority == TRADE.bearer
    assert f"its service {broad}" in str(lost(decision)[BUILDING.bearer])


def test_the_region_counts_before_the_service() -> None:
    decision = decided(
        held(BUILDING, key=DETAIL, region="01999"),
        held(TRADE, key=TRADE_REGISTRATION, region="019990001"),
        leika_keys=(DETAIL,),
    )

    assert decision.authority == TRADE.bearer


def test_a_responsibility_for_a_detail_says_nothing_of_the_service_above_it() -> None:
    assert decided(held(TRADE, key=DETAIL)).authority == CLEARING_OFFICE


@pytest.mark.parametrize(
    ("valid", "counts"),
    [
        ({"valid_from": TODAY}, True),
        ({"valid_to": TODAY}, True),
        ({"valid_from": date(2026, 3, 3)}, False),
        ({"valid_to": date(2026, 3, 1)}, False),
    ],
)
def test_a_responsibility_counts_from_its_first_day_to_its_last(
    valid: dict[str, Any], counts: bool
) -> None:
    decision = decided(held(TRADE, **valid))

    assert (decision.authority == TRADE.bearer) is counts
    assert lost(decision) == {TRADE.bearer: None if counts else "not valid on 2026-03-02"}


def test_validity_and_role_count_before_the_region() -> None:
    decision = decided(
        held(TRADE, region="01999"),
        held(BUILDING, region=TOWN, valid_to=date(2025, 12, 31)),
        held(BUILDING, region="019990001", role="contact"),
    )

    assert decision.authority == TRADE.bearer


@pytest.mark.parametrize(
    ("region", "reason"),
    [
        ("01999", "wider than one municipality"),
        (FEDERATION, "wider than one municipality"),
        ("01999001", "none that the imported regions know"),
        ("0199900010010", "none that the imported regions know"),
        ("01999000100x", "none that the imported regions know"),
        ("", "no place stated"),
    ],
)
def test_a_region_that_is_not_a_municipalitys_key_decides_nothing(region: str, reason: str) -> None:
    decision = decided(held(TRADE, region="01999"), region=RegionKey(region))

    assert decision.authority == CLEARING_OFFICE
    assert reason in decision.reason


def test_without_unit_and_place_people_decide() -> None:
    assert "no place stated" in decided(region=None).reason


def test_without_unit_and_service_people_decide() -> None:
    assert "no service" in decided(leika_keys=()).reason


def test_one_authority_responsible_for_all_services_gets_the_case() -> None:
    decision = decided(
        held(TRADE),
        held(TRADE, key=RESIDENCE),
        held(BUILDING, key=RESIDENCE),
        leika_keys=(TRADE_REGISTRATION, RESIDENCE),
    )

    assert decision.authority == TRADE.bearer
    assert lost(decision)[BUILDING.bearer] == "not responsible for every service asked for"


def test_services_of_different_authorities_are_for_people_to_decide() -> None:
    decision = decided(
        held(TRADE), held(BUILDING, key=RESIDENCE), leika_keys=(TRADE_REGISTRATION, RESIDENCE)
    )

    assert decision.authority == CLEARING_OFFICE
    assert "several services together" in decision.reason


def test_a_service_that_the_directory_does_not_know_is_a_warning() -> None:
    case, place = a_case(region=TOWN), Place(region=TOWN)
    extract = DirectoryExtract(
        version=7, name="test", location=locate(place, []), responsibilities=(held(TRADE),)
    )

    decision = decide(
        Question(case, stated_services(case.leika_keys), place, TODAY), extract, CONSENTING
    )

    assert decision.authority == TRADE.bearer
    assert decision.warnings == (Warn.SERVICE_UNKNOWN,)


@pytest.mark.parametrize("key", ["99050012104000-A", "9905001210400012", "99050", "99050012"])
def test_a_key_that_is_none_stands_for_no_other_service(key: str) -> None:
    holding = (held(key="99050000000000"), held(key="99050012000000"), held())

    decision = decided(*holding, leika_keys=(LeikaKey(key),))

    assert decision.authority == CLEARING_OFFICE
    assert decision.candidates == ()
    assert decision.warnings == (Warn.SERVICE_MALFORMED,)


def test_the_named_unit_gets_the_case_if_the_directory_agrees() -> None:
    decision = decided(held(TRADE), held(BUILDING), named=(TRADE,), named_unit=UNIT)

    assert (decision.authority, decision.rule) == (TRADE.bearer, Rule.NAMED_UNIT)
    assert decision.warnings == ()
    assert lost(decision) == {TRADE.bearer: None, BUILDING.bearer: "the sender names trade"}


def test_without_a_region_the_named_unit_is_checked_by_service() -> None:
    agreed = decided(held(TRADE), named=(TRADE,), named_unit=UNIT, region=None)
    contradicted = decided(named=(TRADE,), named_unit=UNIT, region=None)

    assert "no municipality is known" in agreed.reason
    assert agreed.warnings == ()
    assert contradicted.authority == TRADE.bearer
    assert contradicted.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)


def test_the_named_unit_is_followed_and_flagged_if_the_directory_disagrees() -> None:
    decision = decided(held(BUILDING), held(TRADE, region="01999"), named=(TRADE,), named_unit=UNIT)

    assert decision.authority == TRADE.bearer
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)
    assert "building" in decision.reason


def test_a_named_unit_without_a_service_is_followed_unchecked() -> None:
    decision = decided(named=(TRADE,), named_unit=UNIT, leika_keys=())

    assert decision.authority == TRADE.bearer
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_CHECKED,)


def test_an_unknown_unit_leaves_it_to_service_and_region() -> None:
    decision = decided(held(TRADE), named_unit=UNIT)

    assert (decision.authority, decision.rule) == (TRADE.bearer, Rule.SERVICE_AND_REGION)
    assert decision.warnings == (Warn.NAMED_UNIT_UNKNOWN,)


def test_a_unit_that_stands_for_several_is_the_one_that_is_responsible() -> None:
    one = decided(held(TRADE), named=(TRADE, BUILDING), named_unit=UNIT)
    both = decided(held(TRADE), held(BUILDING), named=(TRADE, BUILDING), named_unit=UNIT)
    none = decided(named=(TRADE, BUILDING), named_unit=UNIT)

    assert one.authority == TRADE.bearer
    assert (both.authority, none.authority) == (CLEARING_OFFICE, CLEARING_OFFICE)
    assert "several of them responsible" in both.reason
    assert "none of them responsible" in none.reason


@pytest.mark.parametrize("named", [(), (TRADE,)])
def test_a_tenant_that_has_not_consented_gets_nothing(named: tuple[Unit, ...]) -> None:
    decision = decided(held(TRADE), named=named, named_unit=UNIT, rulebook=Rulebook())

    assert (decision.authority, decision.tenant) == (CLEARING_OFFICE, None)
    assert "takes no applications from sender formserver" in decision.reason


def test_an_authority_without_a_tenant_gets_nothing() -> None:
    decision = decided(held(a_unit("elsewhere", tenant=None)))

    assert decision.authority == CLEARING_OFFICE
    assert "no tenant" in decision.reason


def test_units_of_one_authority_are_one() -> None:
    counter = a_unit("counter@L100012", authority="trade")

    decision = decided(held(TRADE), held(counter))

    assert (decision.authority, decision.rule) == (TRADE.authority, Rule.SERVICE_AND_REGION)


def test_the_same_id_of_two_agencies_is_two_units() -> None:
    ours, theirs = a_unit("1@L100012", tenant=None), a_unit("1@L100010", tenant=None)

    decision = decided(held(ours), held(theirs))

    assert "1@L100010, 1@L100012 are equally responsible" in decision.reason


@pytest.mark.parametrize(
    ("policy", "authority"),
    [(NotResponsible.FOLLOW, TRADE.bearer), (NotResponsible.CLEARING_OFFICE, CLEARING_OFFICE)],
)
def test_a_tenant_says_what_becomes_of_a_named_unit_that_is_not_responsible(
    policy: NotResponsible, authority: str
) -> None:
    rulebook = Rulebook(tenants={TENANT: TenantPolicy(not_responsible=policy)})

    decision = decided(held(BUILDING), named=(TRADE,), named_unit=UNIT, rulebook=rulebook)

    assert decision.authority == authority
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)
    assert "building responsible instead" in decision.reason


def test_a_tenant_may_put_the_service_before_the_region() -> None:
    entries = (
        held(BUILDING, key=DETAIL, region="01999"),
        held(TRADE, key=TRADE_REGISTRATION, region="019990001"),
    )
    by_service = Rulebook(tenants={TENANT: TenantPolicy(precedence=Precedence.SERVICE)})

    decision = decided(*entries, leika_keys=(DETAIL,), rulebook=by_service)

    assert decision.authority == BUILDING.bearer
    assert "(procedure) is broader than" in str(lost(decision)[TRADE.bearer])


def test_tenants_that_disagree_on_what_counts_first_leave_it_to_people() -> None:
    theirs = a_unit("theirs", tenant=OTHER_TENANT)
    rulebook = Rulebook(
        tenants={
            TENANT: TenantPolicy(precedence=Precedence.REGION),
            OTHER_TENANT: TenantPolicy(precedence=Precedence.SERVICE),
        }
    )
    detail_for_the_district = held(theirs, key=DETAIL, region="01999")

    decision = decided(
        held(TRADE), detail_for_the_district, leika_keys=(DETAIL,), rulebook=rulebook
    )
    agreed = decided(
        held(TRADE, key=DETAIL), detail_for_the_district, leika_keys=(DETAIL,), rulebook=rulebook
    )

    assert decision.authority == CLEARING_OFFICE
    assert "disagree on what counts first" in decision.reason
    assert agreed.authority == TRADE.bearer


def test_what_is_no_key_is_not_repeated_and_leaves_it_to_people() -> None:
    """A form may put anything into the field that its sender takes the key from."""
    keys = (TRADE_REGISTRATION, LeikaKey("Erika Mustermann"))

    decision = decided(held(TRADE), leika_keys=keys)
    named = decided(held(TRADE), leika_keys=keys, named=(TRADE,), named_unit=UNIT)

    assert (decision.authority, named.authority) == (CLEARING_OFFICE, TRADE.bearer)
    assert decision.warnings == named.warnings == (Warn.SERVICE_MALFORMED,)
    assert "Mustermann" not in decision.model_dump_json() + named.model_dump_json()


def test_the_order_of_a_tenant_that_takes_nothing_from_the_sender_counts_too() -> None:
    """By its own, the default, the case is that tenant's."""
    theirs = a_unit("theirs", tenant=OTHER_TENANT)
    rulebook = Rulebook(tenants={TENANT: TenantPolicy(precedence=Precedence.SERVICE)})

    decision = decided(
        held(TRADE, region="01999"),
        held(theirs, key="99050012000000", region=TOWN),
        rulebook=rulebook,
    )

    assert decision.authority == CLEARING_OFFICE


def test_a_region_that_is_no_key_is_not_repeated() -> None:
    decision = decided(held(TRADE), region=RegionKey("bei Erika Mustermann"))

    assert decision.authority == CLEARING_OFFICE
    assert "Mustermann" not in decision.model_dump_json()
