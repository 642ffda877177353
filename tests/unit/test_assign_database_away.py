"""Postgres fails while a case is assigned: that is no answer about people, and not the directory's
fault."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from functions.assign.answers import Answer, Answers
from shared.adapters.memory import InMemoryCaseworkerDirectory, InMemoryOwnSettings
from shared.domain.case import Stage
from shared.domain.caseworkers import OwnSetting, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId, TenantId
from tests.assigning import InMemoryKeptAnswers
from tests.casework import ANNA, BERND, World, a_rule, away, team
from tests.factories import a_case, routed

DEPUTY_DN = "CN=b-2,DC=amt,DC=example"


class FailsOnceFor(InMemoryOwnSettings):
    def __init__(self, account: AccountId) -> None:
        super().__init__()
        self._account: AccountId | None = account

    def of(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, OwnSetting]:
        if self._account in accounts:
            self._account = None
            raise Unavailable("postgres PoolTimeout None")
        return super().of(tenant, accounts)


class FailsToRead(InMemoryKeptAnswers):
    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        raise Unavailable("postgres PoolTimeout None")


def test_who_stands_in_is_asked_again_if_what_was_told_to_us_cannot_be_read() -> None:
    deputy = team(BERND).accounts[0]
    world = World(
        team(away(ANNA, deputy=DEPUTY_DN)),
        rules=(a_rule(substitutes=["deputy"]),),
        people={DEPUTY_DN: deputy},
    )
    world.stores = replace(world.stores, own_settings=FailsOnceFor(BERND))
    event = routed(world.cases, a_case())

    with pytest.raises(Unavailable, match="postgres"):
        world.assign(event)

    assert world.cases.get(event.case_id).stage is Stage.ROUTED
    world.assign(event)
    assert world.decision(event.case_id).assignee == BERND


def test_a_last_good_answer_that_cannot_be_read_gives_no_case_up() -> None:
    world = World()
    world.asking = lambda: Answers(InMemoryCaseworkerDirectory(None), FailsToRead()).of
    event = routed(world.cases, a_case())
    world.later = timedelta(hours=1)

    with pytest.raises(Unavailable, match="postgres"):
        world.assign(event)

    assert world.cases.get(event.case_id).stage is Stage.ROUTED
