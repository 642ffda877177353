"""Who is responsible, and why: the rules of the decision, one by one."""

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.route.decision import decide
from shared.domain.case import Case
from shared.domain.directory import (
    FEDERATION,
    Authority,
    DirectoryExtract,
    Responsibility,
    broader_keys,
    region_prefixes,
)
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AuthorityId,
    LeikaKey,
    RegionKey,
    TenantId,
    UnitId,
)
from shared.domain.routing import RoutingDecision, Rule, Warn
from tests.factories import TENANT, TRADE_REGISTRATION, a_case

TODAY = date(2026, 3, 2)
TOWN = RegionKey("019990001001")
DETAIL = LeikaKey("99050012104001")
RESIDENCE = LeikaKey("99115005104000")
UNIT = UnitId("197008")


def an_authority(id_: str, tenant: str | None = TENANT) -> Authority:
    return Authority(id=AuthorityId(id_), tenant=TenantId(tenant) if tenant else None, name=id_)


TRADE = an_authority("trade")
BUILDING = an_authority("building")


def held(
    by: Authority = TRADE, key: str = TRADE_REGISTRATION, region: str = "019990001", **more: Any
) -> Responsibility:
    return Responsibility(leika_key=LeikaKey(key), region=RegionKey(region), authority=by, **more)


def decided(
    *entries: Responsibility,
    named: tuple[Authority, ...] = (),
    consenting: frozenset[TenantId] = frozenset({TENANT}),
    **of_the_case: Any,
) -> RoutingDecision:
    case: Case = a_case(**{"region": TOWN, **of_the_case})
    services = dict.fromkeys(case.leika_keys, "a service")
    extract = DirectoryExtract(
        version=7, name="test", named=named, responsibilities=entries, services=services
    )
    return decide(case, extract, consenting, TODAY)


def lost(decision: RoutingDecision) -> dict[str, str | None]:
    return {candidate.authority: candidate.lost for candidate in decision.candidates}


def test_the_only_one_responsible_gets_the_case() -> None:
    decision = decided(held(TRADE))

    assert (decision.authority, decision.tenant) == (TRADE.id, TENANT)
    assert decision.rule is Rule.SERVICE_AND_REGION
    assert decision.directory_version == 7
    assert decision.warnings == ()


def test_several_equally_responsible_are_for_people_to_decide() -> None:
    decision = decided(held(TRADE), held(BUILDING))

    assert (decision.authority, decision.tenant) == (CLEARING_OFFICE, None)
    assert "building, trade are equally responsible" in decision.reason
    assert lost(decision) == {TRADE.id: None, BUILDING.id: None}


def test_nobody_responsible_is_for_people_to_decide() -> None:
    decision = decided()

    assert decision.authority == CLEARING_OFFICE
    assert "No one authority is responsible" in decision.reason


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

    assert decision.authority == TRADE.id
    assert lost(decision)[BUILDING.id] == f"its region {wide} is wider than {narrow} of trade"


@pytest.mark.parametrize(("narrow", "broad"), [*pairwise(broader_keys(DETAIL))])
def test_in_the_same_region_the_narrower_service_wins(narrow: LeikaKey, broad: LeikaKey) -> None:
    decision = decided(held(BUILDING, key=broad), held(TRADE, key=narrow), leika_keys=(DETAIL,))

    assert decision.authority == TRADE.id
    assert f"its service {broad}" in str(lost(decision)[BUILDING.id])


def test_the_region_counts_before_the_service() -> None:
    decision = decided(
        held(BUILDING, key=DETAIL, region="01999"),
        held(TRADE, key=TRADE_REGISTRATION, region="019990001"),
        leika_keys=(DETAIL,),
    )

    assert decision.authority == TRADE.id


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

    assert (decision.authority == TRADE.id) is counts
    assert lost(decision) == {TRADE.id: None if counts else "not valid on 2026-03-02"}


def test_validity_and_role_count_before_the_region() -> None:
    decision = decided(
        held(TRADE, region="01999"),
        held(BUILDING, region=TOWN, valid_to=date(2025, 12, 31)),
        held(BUILDING, region="019990001", role="contact"),
    )

    assert decision.authority == TRADE.id


@pytest.mark.parametrize("region", ["01999", "01051001", "", "01999000100x"])
def test_a_region_that_is_not_a_full_key_decides_nothing(region: str) -> None:
    decision = decided(held(TRADE, region="01999"), region=RegionKey(region))

    assert decision.authority == CLEARING_OFFICE
    assert "not a full regional key" in decision.reason


def test_without_unit_and_region_people_decide() -> None:
    assert "no region" in decided(region=None).reason


def test_without_unit_and_service_people_decide() -> None:
    assert "no service" in decided(leika_keys=()).reason


def test_one_authority_responsible_for_all_services_gets_the_case() -> None:
    decision = decided(
        held(TRADE),
        held(TRADE, key=RESIDENCE),
        held(BUILDING, key=RESIDENCE),
        leika_keys=(TRADE_REGISTRATION, RESIDENCE),
    )

    assert decision.authority == TRADE.id
    assert lost(decision)[BUILDING.id] == "not responsible for every service asked for"


def test_services_of_different_authorities_are_for_people_to_decide() -> None:
    decision = decided(
        held(TRADE), held(BUILDING, key=RESIDENCE), leika_keys=(TRADE_REGISTRATION, RESIDENCE)
    )

    assert decision.authority == CLEARING_OFFICE
    assert "several services together" in decision.reason


def test_a_service_that_the_directory_does_not_know_is_a_warning() -> None:
    extract = DirectoryExtract(version=7, name="test", responsibilities=(held(TRADE),))

    decision = decide(a_case(region=TOWN), extract, frozenset({TENANT}), TODAY)

    assert decision.authority == TRADE.id
    assert decision.warnings == (Warn.SERVICE_UNKNOWN,)


@pytest.mark.parametrize("key", ["99050012104000-A", "9905001210400012", "99050", "99050012"])
def test_a_key_that_is_none_stands_for_no_other_service(key: str) -> None:
    holding = (held(key="99050000000000"), held(key="99050012000000"), held())

    decision = decided(*holding, leika_keys=(LeikaKey(key),))

    assert decision.authority == CLEARING_OFFICE
    assert decision.candidates == ()


def test_the_named_unit_gets_the_case_if_the_directory_agrees() -> None:
    decision = decided(held(TRADE), held(BUILDING), named=(TRADE,), named_unit=UNIT)

    assert (decision.authority, decision.rule) == (TRADE.id, Rule.NAMED_UNIT)
    assert decision.warnings == ()
    assert lost(decision) == {TRADE.id: None, BUILDING.id: "the sender names trade"}


def test_without_a_region_the_named_unit_is_checked_by_service() -> None:
    agreed = decided(held(TRADE), named=(TRADE,), named_unit=UNIT, region=None)
    contradicted = decided(named=(TRADE,), named_unit=UNIT, region=None)

    assert "no region is known" in agreed.reason
    assert agreed.warnings == ()
    assert contradicted.authority == TRADE.id
    assert contradicted.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)


def test_the_named_unit_is_followed_and_flagged_if_the_directory_disagrees() -> None:
    decision = decided(held(BUILDING), held(TRADE, region="01999"), named=(TRADE,), named_unit=UNIT)

    assert decision.authority == TRADE.id
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_RESPONSIBLE,)
    assert "building" in decision.reason


def test_a_named_unit_without_a_service_is_followed_unchecked() -> None:
    decision = decided(named=(TRADE,), named_unit=UNIT, leika_keys=())

    assert decision.authority == TRADE.id
    assert decision.warnings == (Warn.NAMED_UNIT_NOT_CHECKED,)


def test_an_unknown_unit_leaves_it_to_service_and_region() -> None:
    decision = decided(held(TRADE), named_unit=UNIT)

    assert (decision.authority, decision.rule) == (TRADE.id, Rule.SERVICE_AND_REGION)
    assert decision.warnings == (Warn.NAMED_UNIT_UNKNOWN,)


def test_a_unit_that_stands_for_several_is_the_one_that_is_responsible() -> None:
    one = decided(held(TRADE), named=(TRADE, BUILDING), named_unit=UNIT)
    both = decided(held(TRADE), held(BUILDING), named=(TRADE, BUILDING), named_unit=UNIT)
    none = decided(named=(TRADE, BUILDING), named_unit=UNIT)

    assert one.authority == TRADE.id
    assert (both.authority, none.authority) == (CLEARING_OFFICE, CLEARING_OFFICE)
    assert "several of them responsible" in both.reason
    assert "none of them responsible" in none.reason


@pytest.mark.parametrize("named", [(), (TRADE,)])
def test_a_tenant_that_has_not_consented_gets_nothing(named: tuple[Authority, ...]) -> None:
    decision = decided(held(TRADE), named=named, named_unit=UNIT, consenting=frozenset())

    assert (decision.authority, decision.tenant) == (CLEARING_OFFICE, None)
    assert "takes no applications from sender formserver" in decision.reason


def test_an_authority_without_a_tenant_gets_nothing() -> None:
    decision = decided(held(an_authority("elsewhere", tenant=None)))

    assert decision.authority == CLEARING_OFFICE
    assert "no tenant" in decision.reason


keys = st.sampled_from([*broader_keys(DETAIL), RESIDENCE, LeikaKey("99999999999999")])
areas = st.sampled_from([*region_prefixes(TOWN), RegionKey("019990001002"), RegionKey("01051")])
days = st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 5))
authorities = st.sampled_from([TRADE, BUILDING, an_authority("third", tenant=None)])
entries = st.builds(
    Responsibility,
    leika_key=keys,
    region=areas,
    authority=authorities,
    role=st.sampled_from(["responsible", "contact"]),
    valid_from=days,
    valid_to=days,
)
cases = st.fixed_dictionaries(
    {
        "leika_keys": st.lists(st.sampled_from([DETAIL, RESIDENCE]), unique=True).map(tuple),
        "region": st.sampled_from([TOWN, None]),
        "transaction_id": st.just("T-1"),
    }
)
names = st.lists(authorities, unique_by=lambda authority: authority.id, max_size=2).map(tuple)


@given(st.lists(entries), st.randoms(), names, cases)
def test_the_order_of_the_input_never_matters(
    given_entries: list[Responsibility], random: Any, named: tuple[Authority, ...], case: Any
) -> None:
    shuffled = random.sample(given_entries, len(given_entries))
    reordered = case | {"leika_keys": case["leika_keys"][::-1]}

    first = decided(*given_entries, named=named, **case)
    second = decided(*shuffled, *given_entries, named=named[::-1], **reordered)

    assert second == first.model_copy(update={"leika_keys": second.leika_keys})


@given(st.lists(entries), entries, names, cases)
def test_a_responsibility_that_does_not_match_changes_nothing(
    given_entries: list[Responsibility],
    another: Responsibility,
    named: tuple[Authority, ...],
    case: Any,
) -> None:
    elsewhere = another.model_copy(update={"region": "019990044044"})
    for_another_service = another.model_copy(update={"leika_key": "99012008001000"})
    unrelated = [for_another_service, *([elsewhere] if case["region"] else [])]

    assert decided(*given_entries, *unrelated, named=named, **case) == decided(
        *given_entries, named=named, **case
    )


@given(st.lists(entries), entries, names, cases)
def test_one_that_is_not_valid_or_in_another_role_never_decides(
    given_entries: list[Responsibility],
    another: Responsibility,
    named: tuple[Authority, ...],
    case: Any,
) -> None:
    past = another.model_copy(update={"valid_to": date(2026, 3, 1)})
    contact = another.model_copy(update={"role": "contact"})

    with_them = decided(*given_entries, past, contact, named=named, **case)
    without = decided(*given_entries, named=named, **case)

    assert (with_them.authority, with_them.reason) == (without.authority, without.reason)


@given(st.lists(entries), cases)
def test_a_decision_by_service_and_region_explains_itself(
    given_entries: list[Responsibility], case: Any
) -> None:
    decision = decided(*given_entries, **case)

    if decision.rule is Rule.SERVICE_AND_REGION:
        left = {candidate.authority for candidate in decision.candidates if not candidate.lost}
        assert left == {decision.authority}
