"""Absences and capacities: who may tell what, and what cannot be meant."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.own_statements import back, out_of_office, set_capacity
from shared.domain.actor import Actor
from shared.domain.caseworkers import Absence
from shared.domain.errors import NotAssignable
from shared.domain.identifiers import AccountId
from tests.assigning import InMemoryOwnStatements
from tests.factories import TENANT

ANNA, BERND = (AccountId(name) for name in ("a-1", "b-2"))
NOW = datetime(2026, 11, 25, tzinfo=UTC)
DAY = timedelta(days=1)
OPERATOR, BY_ANNA = Actor.operator("ops"), Actor.caseworker(ANNA)


@pytest.fixture
def statements() -> InMemoryOwnStatements:
    return InMemoryOwnStatements(now=lambda: NOW)


@pytest.mark.parametrize("actor", [OPERATOR, BY_ANNA], ids=["an operator", "oneself"])
def test_an_absence_counts_until_it_is_taken_back(
    statements: InMemoryOwnStatements, actor: Actor
) -> None:
    absence = Absence(starts_at=NOW, deputy=BERND)

    id_ = out_of_office(TENANT, ANNA, absence, actor, statements, NOW)
    assert statements.of(TENANT, [ANNA])[ANNA].absences == (absence,)

    assert back(id_, actor, statements).account == ANNA
    assert statements.of(TENANT, [ANNA]) == {}
    with pytest.raises(NotAssignable, match="it has been taken back"):
        back(id_, actor, statements)


def test_nobody_speaks_for_a_colleague(statements: InMemoryOwnStatements) -> None:
    absence = Absence(starts_at=NOW)
    id_ = out_of_office(TENANT, BERND, absence, OPERATOR, statements, NOW)

    with pytest.raises(NotAssignable, match="own account"):
        out_of_office(TENANT, BERND, absence, BY_ANNA, statements, NOW)
    with pytest.raises(NotAssignable, match="own account"):
        back(id_, BY_ANNA, statements)
    with pytest.raises(NotAssignable, match="own account"):
        set_capacity(TENANT, BERND, 0, BY_ANNA, statements)

    assert statements.of(TENANT, [BERND])[BERND].absences == (absence,)


@pytest.mark.parametrize(
    ("unfit", "complaint"),
    [
        ({"ends_at": NOW}, "ends before it begins"),
        ({"starts_at": NOW - 2 * DAY, "ends_at": NOW - DAY}, "is over already"),
        ({"starts_at": NOW - 367 * DAY}, "more than a year ago"),
        ({"deputy": ANNA}, "their own deputy"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    statements: InMemoryOwnStatements, unfit: dict[str, Any], complaint: str
) -> None:
    absence = Absence(starts_at=NOW).model_copy(update=unfit)

    with pytest.raises(NotAssignable, match=complaint):
        out_of_office(TENANT, ANNA, absence, BY_ANNA, statements, NOW)
    assert statements.of(TENANT, [ANNA]) == {}


@pytest.mark.parametrize("percent", [0, 50, 1_000, None])
def test_a_capacity_is_a_share_or_the_directorys(
    statements: InMemoryOwnStatements, percent: int | None
) -> None:
    set_capacity(TENANT, ANNA, percent, BY_ANNA, statements)

    own = statements.of(TENANT, [ANNA]).get(ANNA)
    assert (own.capacity if own is not None else None) == percent


@pytest.mark.parametrize("percent", [-1, 1_001])
def test_a_capacity_has_bounds(statements: InMemoryOwnStatements, percent: int) -> None:
    with pytest.raises(NotAssignable, match="between 0 and 1000"):
        set_capacity(TENANT, ANNA, percent, BY_ANNA, statements)
