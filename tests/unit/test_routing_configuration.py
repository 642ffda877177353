"""What of authorities, forms and routing rules is refused when it is declared."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.configuration.load import load
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.rulebook import form_for
from tests.factories import FORMSERVER
from tests.unit.test_configuration_load import AUTHORITY, SENDERS, TRUSTED, folder, problems

TENANT = 'name = "A"'
FOLDER = '[[destinations]]\nwhen = "on_assignment"\nsettings = { kind = "folder", path = "a" }\n'
RULE = '[[routing_rules]]\nid = "rule"\nform = "f"\nauthority = "a-bau"\n'


def test_what_is_declared_of_routing_is_loaded(tmp_path: Path) -> None:
    form = (
        '[[forms]]\nid = "f"\nform = "f"\nsenders = ["formserver"]\n'
        '[[forms.where]]\nof = "matter"\nregion = "ars"\n'
    )
    root = folder(
        tmp_path,
        platform__senders=SENDERS + TRUSTED,
        platform__forms=form,
        a__tenant=TENANT + '\nprecedence = "service"\nnot_responsible = "clearing_office"',
        a__authorities=AUTHORITY + 'units = ["197008", "7@L100012/OE"]',
        a__routing_rules=RULE,
    )

    kinds = {key.kind for key in load(root).entries}

    assert kinds == {"senders", "forms", "tenants", "authorities", "routing_rules"}


@pytest.mark.parametrize(
    ("file", "entry", "field"),
    [
        ("routing_rules", '[[routing_rules]]\nform = "f"\nauthority = "b"\n', "authority"),
        (
            "assignment_rules",
            '[[assignment_rules]]\nstrategy = "team_tray"\nauthority = "b"\n',
            "authority",
        ),
        (
            "destinations",
            FOLDER + 'authorities = ["b"]\n',
            "authorities",
        ),
    ],
)
def test_only_an_authority_that_the_tenant_declares_can_be_named(
    tmp_path: Path, file: str, entry: str, field: str
) -> None:
    files = {f"a__{file}": _with_id(entry)}
    others = '[[authorities]]\nid = "b"\nname = "B"\n'
    root = folder(
        tmp_path,
        a__tenant=TENANT,
        a__authorities=AUTHORITY,
        b__tenant='name = "B"',
        b__authorities=others,
        **files,
    )

    assert problems(root) == [
        f"a/{file}.toml: {file} one, {field}: b is not declared in this tenant's authorities.toml"
    ]


def _with_id(entry: str) -> str:
    first, _, rest = entry.partition("\n")
    return f'{first}\nid = "one"\n{rest}'


def test_an_authority_has_one_tenant(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        a__tenant=TENANT,
        a__authorities=AUTHORITY,
        b__tenant='name = "B"',
        b__authorities=AUTHORITY,
    )

    (problem,) = problems(root)

    assert problem.startswith("b/authorities.toml: authorities a-bau, id: a-bau is an authority")


def test_a_form_may_only_name_senders_that_are_declared(tmp_path: Path) -> None:
    form = '[[forms]]\nid = "f"\nform = "f"\nsenders = ["nobody"]\n'
    where = '[[forms.where]]\nof = "matter"\nregion = "ars"\n'
    root = folder(tmp_path, platform__senders=SENDERS + TRUSTED, platform__forms=form + where)

    assert problems(root) == [
        "platform/forms.toml: forms f, senders: nobody is not declared in platform/senders.toml"
    ]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({}, "has no condition"),
        ({"leika_prefix": "12"}, "pattern"),
        ({"region": "0199"}, "pattern"),
        ({"region": "01999001"}, "pattern"),
        ({"field": {"path": "a", "values": []}}, "at least 1"),
        ({"field": {"path": "", "values": ["x"]}}, "at least 1"),
        ({"form": "f", "sender": "x"}, "not permitted"),
    ],
)
def test_a_rule_that_could_not_mean_what_it_says_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        RoutingRule.model_validate({"id": "rule", "authority": "a", **changes})


def test_the_clearing_office_is_nobodys_authority() -> None:
    with pytest.raises(ValidationError, match="where people decide"):
        Authority(id="clearing-office", name="C")


@pytest.mark.parametrize("where", [[], [{"of": "matter"}], [{"of": "nobody", "name": "ort"}]])
def test_a_form_that_says_no_place_is_refused(where: list[dict[str, str]]) -> None:
    with pytest.raises(ValidationError):
        Form.model_validate({"id": "f", "form": "f", "where": where})


def test_a_form_declared_for_the_sender_counts_before_one_for_everybody() -> None:
    def declared(id_: str, *senders: str) -> Form:
        where = [{"of": "matter", "name": "ort"}]
        return Form.model_validate({"id": id_, "form": "f", "senders": senders, "where": where})

    ours, everybodys, others = (
        declared("z", FORMSERVER),
        declared("a"),
        declared("b", "another"),
    )

    assert form_for([everybodys, others, ours], "f", FORMSERVER) == ours
    assert form_for([everybodys, others], "f", FORMSERVER) == everybodys
    assert form_for([others], "f", FORMSERVER) is None
    assert form_for([ours], "g", FORMSERVER) is None
    assert form_for([ours], None, FORMSERVER) is None


OTHERS = AUTHORITY.replace("a-bau", "b-bau")
WHERE = '[[forms.where]]\nof = "matter"\nregion = "ars"\n'


def test_a_unit_has_one_tenant_and_may_have_several_of_its_authorities(tmp_path: Path) -> None:
    """Two tenants would both be responsible: its cases would go to neither."""
    ours = AUTHORITY + 'units = ["7"]\n' + AUTHORITY.replace("a-bau", "a-amt") + 'units = ["7"]\n'
    load(folder(tmp_path, a__tenant=TENANT, a__authorities=ours))

    root = folder(tmp_path, b__tenant='name = "B"', b__authorities=OTHERS + 'units = ["7"]\n')

    (problem,) = problems(root)
    assert problem.startswith("b/authorities.toml: authorities b-bau, units: 7 is a unit of a")


@pytest.mark.parametrize(
    ("one", "two", "told"),
    [
        ("", "", True),
        ('senders = ["formserver"]\n', 'senders = ["formserver"]\n', True),
        ("", 'senders = ["formserver"]\n', False),
    ],
)
def test_one_place_is_declared_for_a_form(tmp_path: Path, one: str, two: str, told: bool) -> None:
    forms = (
        f'[[forms]]\nid = "one"\nform = "f"\n{one}{WHERE}'
        f'[[forms]]\nid = "two"\nform = "f"\n{two}{WHERE}'
    )
    root = folder(tmp_path, platform__senders=SENDERS + TRUSTED, platform__forms=forms)

    if told:
        (problem,) = problems(root)
        assert "forms two, form: one says of this form" in problem
    else:
        load(root)


def test_rules_of_the_same_conditions_for_different_authorities_are_told(tmp_path: Path) -> None:
    authorities = AUTHORITY + AUTHORITY.replace("a-bau", "a-amt")
    another = RULE.replace('"rule"', '"other"').replace("a-bau", "a-amt")
    root = folder(
        tmp_path, a__tenant=TENANT, a__authorities=authorities, a__routing_rules=RULE + another
    )

    (problem,) = problems(root)
    assert "routing_rules other, authority: rule has the same conditions and names" in problem


@pytest.mark.parametrize("value", ["", " ", "-", "Keine Angabe"])
def test_a_value_that_counts_as_not_filled_in_is_refused(value: str) -> None:
    field = {"path": "p", "values": [value]}

    with pytest.raises(ValidationError, match="counts as not filled in"):
        RoutingRule.model_validate({"id": "rule", "authority": "a", "field": field})


def test_values_are_compared_without_blanks_around_them() -> None:
    field = {"path": "p", "values": [" Hotel "]}

    rule = RoutingRule.model_validate({"id": "rule", "authority": "a", "field": field})

    assert rule.field is not None
    assert rule.field.values == ("Hotel",)


def test_an_address_is_named_as_one_or_in_its_parts() -> None:
    where = [{"of": "matter", "address": "a", "name": "b"}]

    with pytest.raises(ValidationError, match="not both"):
        Form.model_validate({"id": "f", "form": "f", "where": where})
