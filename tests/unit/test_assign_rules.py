"""Which rule counts for a case: every condition of it is met, and no narrower one's are."""

from dataclasses import replace
from typing import Any

import pytest

from functions.assign.particulars import Particulars
from functions.assign.rules import TenantRules, plan
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.regions import FEDERATION, Located, Location, Municipality
from shared.domain.submission import FieldKind, FormField
from tests.casework import ANNA, World, a_directory, a_rule, team
from tests.factories import TRADE_OFFICE, a_case, routed

HARBOUR = {"path": "betrieb.ort", "values": ["Hafen", "Kai"]}
TOWN = "010010001001"


def filled(path: str, value: str) -> tuple[FormField, ...]:
    group, name = path.split(".")
    field = FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
    return (FormField(name=group, label=group, kind=FieldKind.GROUP, items=(field,)),)


def located(how: Located, *keys: str) -> Location:
    return Location(how=how, municipalities=tuple(Municipality(ars=key) for key in keys))


def counting(
    *rules: AssignmentRule, particulars: Particulars | None = None, **of_the_case: Any
) -> str | None:
    case = a_case(authority=TRADE_OFFICE, **of_the_case)
    planned = plan(case, particulars or Particulars(), TenantRules(rules=rules))
    return planned.rule.id if planned.rule is not None else None


@pytest.mark.parametrize(
    ("value", "counts"),
    [("Hafen", True), (" Kai ", True), ("hafen", False), ("Markt", False), ("", False)],
)
def test_a_field_is_met_by_one_of_its_values_as_it_was_sent(value: str, counts: bool) -> None:
    said = Particulars(fields=filled("betrieb.ort", value))

    assert (counting(a_rule(field=HARBOUR), particulars=said) is not None) is counts


@pytest.mark.parametrize(
    ("location", "stated", "counts"),
    [
        (located(Located.BY_NAME, TOWN), None, True),
        (located(Located.BY_KEY, TOWN), "020000000000", True),
        (located(Located.BY_KEY, "020000000000"), TOWN, False),
        (located(Located.SEVERAL, TOWN, "010020001001"), None, False),
        (located(Located.POSTCODE_ALONE, TOWN), None, False),
        (located(Located.UNKNOWN), "01001", True),
        (located(Located.NOT_STATED), TOWN, True),
        (located(Located.NOT_STATED), "01", False),
        (located(Located.NOT_STATED), None, False),
    ],
)
def test_a_region_is_met_by_a_certain_place_within_it(
    location: Location, stated: str | None, counts: bool
) -> None:
    found = counting(
        a_rule(region="01001"), particulars=Particulars(location=location), region=stated
    )

    assert (found is not None) is counts


def test_every_condition_has_to_be_met() -> None:
    rule = a_rule(form="Gewerbeanmeldung", leika_prefix="99050", field=HARBOUR)
    said = Particulars(fields=filled("betrieb.ort", "Hafen"))

    assert counting(rule, particulars=said) == "gewerbe"
    assert counting(rule) is None
    assert counting(rule, particulars=said, form_id="Gewerbeabmeldung") is None
    assert counting(rule, particulars=said, leika_keys=()) is None


@pytest.mark.parametrize(
    ("narrower", "broader"),
    [
        ({"form": "Gewerbeanmeldung"}, {"field": HARBOUR, "leika_prefix": "99050012104000"}),
        ({"field": HARBOUR}, {"leika_prefix": "99050012104000", "region": TOWN}),
        ({"leika_prefix": "99050012"}, {"leika_prefix": "99050", "region": TOWN}),
        ({"region": TOWN}, {"region": "01001"}),
        ({"region": "01"}, {}),
        ({"region": TOWN}, {"region": FEDERATION}),
        ({"region": FEDERATION}, {}),
        ({"form": "Gewerbeanmeldung", "region": "01"}, {"form": "Gewerbeanmeldung"}),
    ],
)
def test_a_form_says_more_than_a_field_that_more_than_a_service_that_more_than_a_region(
    narrower: dict[str, Any], broader: dict[str, Any]
) -> None:
    rules = (a_rule(id="z", **narrower), a_rule(id="a", **broader))
    said = Particulars(
        fields=filled("betrieb.ort", "Hafen"), location=located(Located.BY_KEY, TOWN)
    )

    assert counting(*rules, particulars=said) == "z"
    assert counting(*reversed(rules), particulars=said) == "z"


@pytest.mark.parametrize(
    ("rule", "reads"),
    [
        (a_rule(form="Gewerbeanmeldung"), False),
        (a_rule(field=HARBOUR), True),
        (a_rule(region="01"), True),
        (a_rule(strategy="sticky"), True),
        (a_rule(authority="another", field=HARBOUR), False),
    ],
)
def test_an_application_is_read_only_if_a_rule_of_its_authority_asks(
    rule: AssignmentRule, reads: bool
) -> None:
    world = World(team(ANNA), rules=(rule,))
    event = routed(world.cases, a_case())
    asked = Asked()
    world.stores = replace(world.stores, particulars=asked)

    world.assign(event)

    assert asked.for_cases == ([event.case_id] if reads else [])


class Asked:
    def __init__(self) -> None:
        self.for_cases: list[Any] = []

    def of(self, case_id: Any, round_: int) -> Particulars:
        self.for_cases.append(case_id)
        return Particulars()


def test_the_directory_that_serves_the_authority_is_asked() -> None:
    declared = TenantRules(
        directories=(
            a_directory(id="b"),
            a_directory(id="a"),
            a_directory(id="0", authorities=["x"]),
        ),
        rules=(a_rule(),),
    )

    planned = plan(a_case(authority=TRADE_OFFICE), Particulars(), declared)

    assert planned.directory is not None
    assert planned.directory.id == "a"
