"""What holds for every directory and every case, whatever they are."""

from datetime import date
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.directory import (
    RESPONSIBLE,
    Responsibility,
    Unit,
    broader_keys,
    service_digits,
)
from shared.domain.identifiers import LeikaKey, RegionKey
from shared.domain.regions import Municipality
from shared.domain.routing import Candidate, Precedence, Rule
from shared.domain.rulebook import Rulebook, TenantPolicy
from tests.factories import TENANT
from tests.routing import BUILDING, DETAIL, RESIDENCE, TODAY, TOWN, TRADE, a_unit, decided

AREAS = Municipality(ars=TOWN).areas()

keys = st.sampled_from([*broader_keys(DETAIL), RESIDENCE, LeikaKey("99999999999999")])
areas = st.sampled_from(
    [*Municipality(ars=TOWN).areas(), RegionKey("019990001002"), RegionKey("01051")]
)
days = st.none() | st.dates(date(2026, 2, 27), date(2026, 3, 5))
units = st.sampled_from(
    [TRADE, BUILDING, a_unit("third", tenant=None), a_unit("fourth", authority="trade")]
)
entries = st.builds(
    Responsibility,
    leika_key=keys,
    region=areas,
    unit=units,
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
precedences = st.sampled_from(Precedence)
names = st.lists(units, unique_by=lambda unit: unit.id, max_size=2).map(tuple)


@given(st.lists(entries), st.randoms(), names, cases)
def test_the_order_of_the_input_never_matters(
    given_entries: list[Responsibility], random: Any, named: tuple[Unit, ...], case: Any
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
    named: tuple[Unit, ...],
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
    named: tuple[Unit, ...],
    case: Any,
) -> None:
    past = another.model_copy(update={"valid_to": date(2026, 3, 1)})
    contact = another.model_copy(update={"role": "contact"})

    with_them = decided(*given_entries, past, contact, named=named, **case)
    without = decided(*given_entries, named=named, **case)

    assert (with_them.authority, with_them.reason) == (without.authority, without.reason)


@given(st.lists(entries), cases, precedences)
def test_a_decision_by_service_and_region_explains_itself(
    given_entries: list[Responsibility], case: Any, precedence: Precedence
) -> None:
    """The winner meets the rule that is printed; every loser does not, for the reason printed."""
    rulebook = Rulebook(tenants={TENANT: TenantPolicy(precedence=precedence)})
    decision = decided(*given_entries, rulebook=rulebook, **case)

    if decision.rule is Rule.SERVICE_AND_REGION:
        left = [candidate for candidate in decision.candidates if candidate.lost is None]
        assert {candidate.authority for candidate in left} == {decision.authority}
        assert {candidate.asked for candidate in left} == set(decision.leika_keys)
    for key in decision.leika_keys if case["region"] else ():
        asked = [candidate for candidate in decision.candidates if candidate.asked == key]
        _explained(asked, precedence)


def _explained(asked: list[Candidate], precedence: Precedence) -> None:
    able = [each for each in asked if each.role == RESPONSIBLE and _valid(each)]
    best = max((_narrowness(each, precedence) for each in able), default=None)
    for candidate in asked:
        reason = candidate.lost or ""
        if candidate.role != RESPONSIBLE:
            assert reason.startswith("its role is")
        elif not _valid(candidate):
            assert reason.startswith("not valid on")
        elif _narrowness(candidate, precedence) == best:
            assert not reason or reason == "not responsible for every service asked for"
        else:
            assert " is wider than " in reason or " is broader than " in reason


def _valid(candidate: Candidate) -> bool:
    return (candidate.valid_from or TODAY) <= TODAY <= (candidate.valid_to or TODAY)


def _narrowness(candidate: Candidate, precedence: Precedence) -> tuple[int, int]:
    region, service = AREAS[candidate.region], service_digits(candidate.leika_key)
    return (region, service) if precedence is Precedence.REGION else (service, region)
