"""Routing a case: one answer per round, stored with its reason."""

from datetime import UTC, date, datetime
from typing import NamedTuple

import pytest

from functions.route.explain import explain
from functions.route.route import route
from shared.adapters.memory import (
    InMemoryAuthorityDirectory,
    InMemoryCases,
    InMemoryFormFields,
    InMemoryRoutings,
    InMemoryRulebooks,
)
from shared.domain.case import Case, Stage
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.tenants import Tenant
from shared.domain.directory import Responsibility, Unit
from shared.domain.errors import Unavailable, UnknownCase
from shared.domain.events import CaseReceived, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, LeikaKey, RegionKey, UnitId
from shared.domain.regions import Municipality
from shared.domain.routing import Rule, Warn
from shared.domain.rulebook import TenantsRule
from shared.domain.submission import FieldKind, FormField
from tests.factories import (
    BUILDING_OFFICE,
    FORMSERVER,
    TENANT,
    TRADE_OFFICE,
    TRADE_REGISTRATION,
    a_case,
    an_entry,
    received,
    stored,
)

TOWN = RegionKey("019990001001")
NOBODY = InMemoryAuthorityDirectory()
OURS = Tenant(id=TENANT, name="Amt Fördetal", senders=(FORMSERVER,))


def directory_with(authority: AuthorityId, **more: date) -> InMemoryAuthorityDirectory:
    """One that knows this authority only, for every service of a case."""
    known = Unit(id=UnitId(authority), name=authority, authority=authority, tenant=TENANT)
    entry = Responsibility(
        leika_key=TRADE_REGISTRATION, region=RegionKey("01999"), unit=known, **more
    )
    return InMemoryAuthorityDirectory(
        [entry],
        named={UnitId("197008"): [known]},
        services={TRADE_REGISTRATION: "a service"},
        municipalities=[Municipality(ars=TOWN, ags=RegionKey("01999001"), name="Fördetal")],
        postcodes={"24999": [TOWN]},
    )


CONSENTING = InMemoryRulebooks([OURS])


class Stores(NamedTuple):
    cases: InMemoryCases
    routings: InMemoryRoutings

    def route(
        self,
        event: CaseReceived,
        directory: InMemoryAuthorityDirectory,
        rulebooks: InMemoryRulebooks = CONSENTING,
        fields: tuple[FormField, ...] = (),
    ) -> CaseRouted | None:
        form_fields = InMemoryFormFields({event.case_id: fields} if fields else {})
        return route(event, directory, rulebooks, form_fields, self.routings, self.cases)

    def with_case(self, **of_the_case: object) -> tuple[Case, CaseReceived]:
        case = stored(self.cases, a_case(**{"region": TOWN, **of_the_case}))
        return case, received(self.cases, case)


@pytest.fixture
def stores() -> Stores:
    return Stores(InMemoryCases(), InMemoryRoutings())


def test_a_case_is_routed_to_the_responsible_authority(stores: Stores) -> None:
    case, event = stores.with_case()

    routed = stores.route(event, directory_with(TRADE_OFFICE))

    assert routed is not None
    assert (routed.authority, routed.tenant) == (TRADE_OFFICE, TENANT)
    now = stores.cases.get(case.id)
    assert (now.stage, now.authority, now.tenant) == (Stage.ROUTED, TRADE_OFFICE, TENANT)
    assert stores.cases.wakes[case.id] is not None


def test_a_case_that_nobody_is_responsible_for_rests_with_the_clearing_office(
    stores: Stores,
) -> None:
    case, event = stores.with_case()

    routed = stores.route(event, NOBODY)

    assert routed is not None
    assert (routed.authority, routed.tenant) == (CLEARING_OFFICE, None)
    assert stores.cases.get(case.id).rests
    assert stores.cases.wakes[case.id] is None


def test_a_redelivery_gets_the_first_answer_even_if_the_directory_changed(stores: Stores) -> None:
    case, event = stores.with_case()

    first = stores.route(event, directory_with(TRADE_OFFICE))
    second = stores.route(event, directory_with(BUILDING_OFFICE))

    assert first == second
    decision = stores.routings.get(case.id, 1)
    assert decision is not None
    assert decision.authority == TRADE_OFFICE


def test_a_redelivery_gets_the_first_answer_when_the_case_is_further_on(stores: Stores) -> None:
    case, event = stores.with_case()
    first = stores.route(event, directory_with(TRADE_OFFICE))
    stores.cases.save(stores.cases.get(case.id).forwarded(), entry=an_entry("case.forwarded"))

    assert stores.route(event, NOBODY) == first


def test_an_event_of_an_older_round_says_nothing(stores: Stores) -> None:
    case, event = stores.with_case()
    next_round = stores.cases.get(case.id).model_copy(update={"round": 2})
    stores.cases.save(next_round, entry=an_entry("case.re-routed"))

    assert stores.route(event, directory_with(TRADE_OFFICE)) is None
    assert stores.cases.get(case.id).stage is Stage.RECEIVED


def test_an_unknown_case_is_rejected(stores: Stores) -> None:
    _, event = a_case().announce(CaseReceived, sender=FORMSERVER)

    with pytest.raises(UnknownCase):
        stores.route(event, directory_with(TRADE_OFFICE))


def test_without_a_directory_the_case_waits_for_one(stores: Stores) -> None:
    case, event = stores.with_case()

    with pytest.raises(Unavailable):
        stores.route(event, InMemoryAuthorityDirectory(version=0))

    assert stores.cases.get(case.id).stage is Stage.RECEIVED


def test_the_day_that_counts_is_that_of_receipt_where_the_authorities_are(stores: Stores) -> None:
    """Half past eleven in the evening in Greenwich is the next day there."""
    _, event = stores.with_case(received_at=datetime(2026, 2, 28, 23, 30, tzinfo=UTC))

    routed = stores.route(event, directory_with(TRADE_OFFICE, valid_from=date(2026, 3, 1)))

    assert routed is not None
    assert routed.authority == TRADE_OFFICE


def test_the_record_and_the_decision_say_why(stores: Stores) -> None:
    case, event = stores.with_case(named_unit=UnitId("999999"))

    stores.route(event, directory_with(TRADE_OFFICE))

    entry = stores.cases.log[case.id][-1]
    assert (entry.actor.id, entry.action) == ("route", "case.routed")
    assert entry.details == {
        "round": 1,
        "authority": TRADE_OFFICE,
        "rule": "service_and_region",
        "directory_version": 1,
        "warnings": [Warn.NAMED_UNIT_UNKNOWN],
    }
    decision = stores.routings.get(case.id, 1)
    assert decision is not None
    assert explain(decision) == [
        "foerdetal-gewerbe: service and region",
        "foerdetal-gewerbe is the only one responsible for 99050012104000 in 019990001001.",
        "Note: the sender names a unit that the directory does not know.",
        "Place: 019990001001 Fördetal (by its key; stated by sender)",
        "Directory: version 1 (latest import: in memory)",
        "  foerdetal-gewerbe for 99050012104000 in 01999: not ruled out",
    ]


def test_the_fields_that_the_form_names_say_where_if_the_sender_does_not(stores: Stores) -> None:
    where = [{"of": "applicant", "postcode": "plz", "name": "ort"}]
    form = Form.model_validate({"id": "f", "form": "Gewerbeanmeldung", "where": where})
    case, event = stores.with_case(region=None)

    routed = stores.route(
        event,
        directory_with(TRADE_OFFICE),
        InMemoryRulebooks([OURS], forms=[form]),
        fields=(a_field("plz", "24999"), a_field("ort", "FÖRDETAL")),
    )

    assert routed is not None
    assert routed.authority == TRADE_OFFICE
    decision = stores.routings.get(case.id, 1)
    assert decision is not None
    assert "(by name and postcode; stated by the applicant's place" in explain(decision)[2]
    assert "24999" not in decision.model_dump_json()


def test_a_tenants_rule_asks_what_was_filled_in(stores: Stores) -> None:
    rule = RoutingRule.model_validate(
        {
            "id": "hotels",
            "authority": BUILDING_OFFICE,
            "field": {"path": "branche", "values": ["Hotel"]},
        }
    )
    rulebooks = InMemoryRulebooks([OURS], rules=[TenantsRule(TENANT, rule)])
    case, event = stores.with_case()

    routed = stores.route(
        event, directory_with(TRADE_OFFICE), rulebooks, (a_field("branche", "Hotel"),)
    )

    assert routed is not None
    assert (routed.authority, routed.tenant) == (BUILDING_OFFICE, TENANT)
    decision = stores.routings.get(case.id, 1)
    assert decision is not None
    assert (decision.rule, decision.routing_rule) == (Rule.ROUTING_RULE, "foerdetal/hotels")


def test_several_keys_in_one_string_are_several_services(stores: Stores) -> None:
    both = LeikaKey(f"{TRADE_REGISTRATION}, 99 115 005 104 000")
    case, event = stores.with_case(leika_keys=(both,))

    stores.route(event, directory_with(TRADE_OFFICE))

    decision = stores.routings.get(case.id, 1)
    assert decision is not None
    assert decision.leika_keys == (TRADE_REGISTRATION, "99115005104000")
    assert decision.warnings == (Warn.SERVICE_UNKNOWN,)


def a_field(name: str, value: str) -> FormField:
    return FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
