"""Which place an application is about: the sender's word, or the fields that its form names."""

from typing import Any

import pytest

from functions.route.whereabouts import stated_place
from shared.domain.configuration.forms import Form
from shared.domain.filled_in import values_at
from shared.domain.identifiers import RegionKey
from shared.domain.regions import Place
from shared.domain.submission import FieldKind, FormField
from tests.factories import a_case
from tests.routing import TOWN

ADDRESS = {"of": "applicant", "postcode": "person.plz", "name": "person.ort"}


def tree(**values: Any) -> tuple[FormField, ...]:
    return tuple(
        FormField(name=name, label=name, kind=FieldKind.GROUP, items=tree(**value))
        if isinstance(value, dict)
        else FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
        for name, value in values.items()
    )


def a_form(*where: dict[str, str]) -> Form:
    return Form.model_validate({"id": "gewerbe", "form": "gewerbe", "where": where})


def stated(*where: dict[str, str], region: str | None = None, **filled_in: Any) -> Place:
    case = a_case(region=RegionKey(region) if region is not None else None)
    return stated_place(case, a_form(*where) if where else None, tree(**filled_in))


PERSON: dict[str, Any] = {"person": {"plz": "24999", "ort": "Fördetal"}}


@pytest.mark.parametrize("region", [TOWN, "01999001", "01 999 0001 001", "01.9.99.001"])
def test_a_municipalitys_key_from_the_sender_counts_before_the_form(region: str) -> None:
    place = stated(ADDRESS, region=region, **PERSON)

    assert place == Place(region=RegionKey(region.replace(" ", "").replace(".", "")))
    assert place.stated_by == "sender"


def test_without_one_the_forms_field_says_where() -> None:
    place = stated(ADDRESS, **PERSON)

    assert (place.postcode, place.name) == ("24999", "Fördetal")
    assert place.stated_by == "the applicant's place of form gewerbe (where, entry 1)"


def test_a_wider_key_from_the_sender_narrows_what_the_form_says() -> None:
    place = stated(ADDRESS, region="01999", **PERSON)

    assert (place.region, place.name) == ("01999", "Fördetal")


def test_a_key_that_is_none_does_not_hide_what_the_form_says() -> None:
    place = stated(ADDRESS, region="Kreis Fördetal", **PERSON)

    assert (place.region, place.name) == (None, "Fördetal")


def test_the_first_place_that_is_filled_in_counts() -> None:
    matter = {"of": "matter", "region": "vorhaben.schluessel"}

    both = stated(matter, ADDRESS, vorhaben={"schluessel": TOWN}, **PERSON)
    empty = stated(matter, ADDRESS, vorhaben={"schluessel": "Keine Angabe"}, **PERSON)

    assert (both.region, both.name) == (TOWN, None)
    assert (empty.region, empty.name) == (None, "Fördetal")


@pytest.mark.parametrize(
    ("address", "postcode", "name"),
    [
        ("Fährstraße 7 a, 24999 Fördetal", "24999", "Fördetal"),
        ("D-24999 Ostersund an der Förde", "24999", "Ostersund an der Förde"),
        ("Postfach 12345 \n24999 Fördetal, Deutschland", "24999", "Fördetal"),
        ("Fährstraße 7 a", None, None),
        ("Weg 123456 Dorf", None, None),
    ],
)
def test_of_an_address_in_one_line_postcode_and_town_are_taken(
    address: str, postcode: str | None, name: str | None
) -> None:
    place = stated({"of": "applicant", "address": "anschrift"}, anschrift=address)

    assert (place.postcode, place.name) == (postcode, name)


def test_filled_in_twice_and_differently_no_place_is_stated() -> None:
    rows = (*tree(orte={"ort": "Fördetal"}), *tree(orte={"ort": "Ostersund"}))
    form = a_form({"of": "matter", "name": "orte.ort"})

    place = stated_place(a_case(region=None), form, rows)

    assert (place.region, place.postcode, place.name) == (None, None, None)
    assert place.stated_by.startswith("the matter's place")


def test_the_parts_of_two_rows_are_no_place() -> None:
    """The key of the one would hide the town of the other."""
    rows = (*tree(orte={"ags": "01999001"}), *tree(orte={"ort": "Ostersund"}))
    form = a_form({"of": "matter", "region": "orte.ags", "name": "orte.ort"})

    assert stated_place(a_case(region=None), form, rows).region is None


def test_two_rows_that_say_the_same_are_one_place() -> None:
    row = tree(orte={"plz": "24999", "ort": "Fördetal"})
    form = a_form({"of": "matter", "postcode": "orte.plz", "name": "orte.ort"})

    place = stated_place(a_case(region=None), form, (*row, *row))

    assert (place.postcode, place.name) == ("24999", "Fördetal")


def test_the_parts_of_a_place_may_lie_in_different_groups() -> None:
    where = {"of": "applicant", "postcode": "a.plz", "name": "b.ort"}

    place = stated(where, a={"plz": "24999"}, b={"ort": "Fördetal"})

    assert (place.postcode, place.name) == ("24999", "Fördetal")


def test_without_a_form_and_a_key_no_place_is_stated() -> None:
    assert stated() == Place()
    assert stated(region="") == Place()


def test_a_path_leads_through_groups_and_rows_and_names_with_dots() -> None:
    fields = (
        *tree(person={"ort": "a", "plz": "1"}),
        *tree(person={"ort": "b"}),
        *tree(**{"person.x": {"ort": "c"}}),
        *tree(**{"person.ort": "d"}),
    )

    assert values_at(fields, "person.ort") == ("a", "b", "d")
    assert values_at(fields, "person.x.ort") == ("c",)
    assert values_at(fields, "person") == ()
    assert values_at(fields, "person.plz.") == ()
