"""What holds for every team, whoever is away, and whatever they have to do."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from functions.assign.choosing import Standing
from functions.assign.decision import decide
from functions.assign.explain import explain
from functions.assign.findings import Finding, Findings, Stand
from functions.assign.rules import Plan
from functions.assign.strategies import least_loaded
from shared.domain.assignment import AssignmentDecision
from shared.domain.caseworkers import Absence, Account, Members
from shared.domain.configuration.assignment_rules import Strategy, Substitute
from shared.domain.identifiers import AccountId
from tests.casework import EVER, OTHER, OTHER_GROUP, TARGET, UNIT, a_directory, a_rule
from tests.factories import TRADE_OFFICE

NOW = datetime(2026, 3, 2, tzinfo=UTC)

ids = st.sampled_from([AccountId(f"a-{number}") for number in range(6)])
accounts = st.builds(
    Account,
    id=ids,
    enabled=st.booleans(),
    locked=st.booleans(),
    is_service=st.booleans(),
    expires_at=st.sampled_from([None, EVER, datetime(2030, 1, 1, tzinfo=UTC)]),
    capacity=st.sampled_from([0, 25, 100, 150]),
    absences=st.sampled_from([(), (Absence(starts_at=EVER),)]),
)
teams = st.none() | st.builds(
    Members,
    unit=st.just(UNIT),
    accounts=st.lists(accounts, unique_by=lambda account: account.id).map(tuple),
)
stands = st.builds(
    Stand,
    account=accounts,
    stands_for=ids,
    kind=st.sampled_from(Substitute),
    distance=st.integers(1, 3),
)
findings = st.builds(
    lambda first, second, found: Findings(
        (
            Finding(TARGET, first, stands=found if first else None),
            Finding(OTHER, second, stands=()),
        ),
        is_all=True,
    ),
    teams,
    teams,
    st.lists(stands, unique_by=lambda stand: stand.account.id).map(tuple),
)
standings = st.builds(
    Standing,
    now=st.just(NOW),
    open_cases=st.fixed_dictionaries(
        {AccountId(f"a-{number}"): st.integers(0, 5) for number in range(6)}
    ),
    last_in_turn=st.none() | ids,
    holders=st.lists(ids, unique=True).map(tuple),
)
strategies = st.sampled_from(Strategy)


def decided(found: Findings, standing: Standing, strategy: Strategy) -> AssignmentDecision:
    rule = a_rule(
        strategy=strategy, substitutes=["deputy", "manager"], fallback={"group": OTHER_GROUP}
    )
    decision = decide(Plan(TRADE_OFFICE, rule, a_directory()), found, standing)
    assert decision is not None
    return decision


@given(findings, standings, strategies)
def test_nobody_who_is_left_out_gets_a_case(
    found: Findings, standing: Standing, strategy: Strategy
) -> None:
    assignee = decided(found, standing, strategy).assignee

    accounts = [account for finding in found.of_aims for account in finding.accounts()]
    able = {each.id for each in accounts if each.left_out(NOW) is None}
    assert assignee is None or assignee in able


@given(findings, standings, strategies)
def test_a_case_stays_with_nobody_only_if_nobody_of_the_team_can_have_it(
    found: Findings, standing: Standing, strategy: Strategy
) -> None:
    decision = decided(found, standing, strategy)

    if decision.assignee is None and strategy is not Strategy.TEAM_TRAY:
        assert not any(finding.available(NOW) for finding in found.of_aims)


@given(findings, standings, strategies, st.randoms())
def test_the_order_in_which_a_directory_answers_never_matters(
    found: Findings, standing: Standing, strategy: Strategy, random: Any
) -> None:
    def shuffled(finding: Finding) -> Finding:
        members, standing_in = finding.members, list(finding.stands or ())
        if members is not None:
            mixed = random.sample(members.accounts, len(members.accounts))
            members = members.model_copy(update={"accounts": tuple(mixed)})
        random.shuffle(standing_in)
        return Finding(finding.target, members, stands=tuple(standing_in))

    mixed = Findings(tuple(map(shuffled, found.of_aims)), is_all=True)
    first, second = decided(found, standing, strategy), decided(mixed, standing, strategy)

    assert (first.assignee, first.reason) == (second.assignee, second.reason)


@given(findings, standings, strategies)
def test_the_explanation_names_whoever_gets_it(
    found: Findings, standing: Standing, strategy: Strategy
) -> None:
    decision = decided(found, standing, strategy)

    lines = explain(decision)
    assert len(lines) >= 3
    if decision.assignee is not None:
        assert lines[0].startswith(f"{decision.assignee}: ")
        assert decision.assignee in lines[1]
        assert any(line.startswith(f"  {decision.assignee}: ") for line in lines[2:])


@given(
    st.lists(st.sampled_from([20, 25, 50, 75, 100, 150]), min_size=1, max_size=6),
    st.integers(1, 120),
)
def test_shares_are_those_of_the_capacities_within_one(capacities: list[int], cases: int) -> None:
    team = [Account(id=AccountId(f"a-{n}"), capacity=each) for n, each in enumerate(capacities)]
    given_to: Counter[AccountId] = Counter()
    last = None
    for _ in range(cases):
        last = least_loaded(team, {each.id: given_to[each.id] for each in team}, last).id
        given_to[last] += 1

    for one in team:
        for other in team:
            # Nobody would be better off, by one case, with another's share.
            assert (given_to[one.id] + 1) / one.capacity >= given_to[other.id] / other.capacity
