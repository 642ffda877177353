"""What directories and assignment rules have to agree on before they are brought in."""

from pathlib import Path

import pytest

from infra.configuration.load import load
from tests.unit.test_configuration_load import AUTHORITY, folder, problems

BASE = "OU=Amt,DC=example"
GROUP = f"CN=Bau,{BASE}"
OWN = f'group = "{GROUP}"\n'
NOT_BELOW = (
    "is not below the base of directory ad, so it would never be found: "
    "correct the name, or choose a wider base"
)


NO_NAME = "is no distinguished name; copy it as the directory shows it"


def of_rule(field: str, text: str, id_: str = "bau") -> str:
    place = f"assignment_rules {id_}, {field}" if field else f"assignment_rules {id_}"
    return f"a/assignment_rules.toml: {place}: {text}"


def of_directory(field: str, text: str) -> str:
    return f"a/directories.toml: directories ad, {field}: {text}"


def a_directory(base: str = BASE, **changes: str) -> str:
    members = {
        "id": '"ad"',
        "kind": '"active_directory"',
        "servers": '["ldaps://dc1"]',
        "base": f'"{base}"',
        "bind_dn": f'"CN=svc,{BASE}"',
        "password": '"env:PASSWORD"',
        "authorities": '["a-bau"]',
        **changes,
    }
    return "[[directories]]\n" + "".join(f"{name} = {each}\n" for name, each in members.items())


def a_rule(said: str = OWN, id_: str = "bau") -> str:
    return f'[[assignment_rules]]\nid = "{id_}"\nauthority = "a-bau"\n{said}'


def declared(root: Path, *rules: str, directory: str | None = None) -> Path:
    return folder(
        root,
        a__tenant='name = "A"',
        a__authorities=AUTHORITY,
        a__directories=directory or a_directory(),
        a__assignment_rules="\n".join(rules),
    )


@pytest.mark.parametrize(
    "other",
    [
        'leika_prefix = "99012"\n',
        'form = "bauantrag"\n',
        'region = "019990001"\n',
        'field = { path = "art", values = ["Neubau"] }\n',
    ],
)
def test_rules_for_different_cases_of_an_authority_go_together(tmp_path: Path, other: str) -> None:
    assert load(declared(tmp_path, a_rule(), a_rule(OWN + other, "other")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", 'strategy = "round_robin"\n'),
        ('form = "bauantrag"\n', 'form = "bauantrag"\n'),
        (
            'field = { path = "art", values = ["Neubau", "Umbau"] }\n',
            'field = { path = "art", values = ["Umbau", "Neubau", "Neubau"] }\n',
        ),
    ],
)
def test_of_two_rules_for_the_same_cases_one_has_to_go(
    tmp_path: Path, one: str, other: str
) -> None:
    text = (
        "bau counts for the same cases of a-bau, and only one of the two can: "
        "give one of them a condition, or take it out"
    )
    rules = a_rule(OWN + one), a_rule(OWN + other, "other")

    assert problems(declared(tmp_path, *rules)) == [of_rule("", text, "other")]


@pytest.mark.parametrize("written", [GROUP, "cn=BAU, ou=amt, dc=example", "CN=B\\61u," + BASE])
def test_a_rule_cannot_fall_back_to_its_own_group(tmp_path: Path, written: str) -> None:
    rule = a_rule(f"{OWN}fallback = {{ group = '{written}' }}\n")

    assert problems(declared(tmp_path, rule)) == [
        of_rule("fallback.group", "is the rule's own group; name another one, or a tray")
    ]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ('group = "CN=Bau,OU=Stadt,DC=example"\n', "group"),
        ('unit = "DC=example"\n', "unit"),
        (f'{OWN}fallback = {{ unit = "OU=Bauamt,DC=example" }}\n', "fallback.unit"),
        ('strategy = "team_tray"\nfallback = { group = "CN=Bau,DC=example" }\n', "fallback.group"),
    ],
)
def test_what_a_rule_names_has_to_lie_below_its_directorys_base(
    tmp_path: Path, said: str, field: str
) -> None:
    assert problems(declared(tmp_path, a_rule(said))) == [of_rule(field, NOT_BELOW)]


@pytest.mark.parametrize("target", [BASE, GROUP.upper(), f"OU=Bauen\\\\, Planen,{BASE}"])
def test_the_base_itself_and_names_written_otherwise_are_below_it(
    tmp_path: Path, target: str
) -> None:
    assert load(declared(tmp_path, a_rule(f'unit = "{target}"\n')))


def test_a_name_is_one_all_the_way(tmp_path: Path) -> None:
    nonsense = a_directory(base=f"{BASE},example")
    assert problems(declared(tmp_path / "base", a_rule(), directory=nonsense)) == [
        of_directory("base", NO_NAME)
    ]

    assert problems(declared(tmp_path / "rule", a_rule(f'group = "CN=Bau,Hoch,{BASE}"\n'))) == [
        of_rule("group", NO_NAME)
    ]


def test_what_the_directorys_mapping_does_not_know_cannot_be_asked_for(tmp_path: Path) -> None:
    other = a_directory(kind='"other"', mapping='{ id = "uid", people = ["person"] }')
    rule = a_rule(f'{OWN}substitutes = ["deputy", "manager"]\n')

    no_manager = (
        "manager finds nobody: say in the mapping of directory ad which attribute of an account "
        "names its manager"
    )

    assert problems(declared(tmp_path, rule, directory=other)) == [
        of_rule("group", "the mapping of directory ad does not say what a group is"),
        of_rule("substitutes", no_manager),
    ]


@pytest.mark.parametrize(
    ("said", "field", "text"),
    [
        ('strategy = "sticky"\n', "", "sticky needs a group or a unit to choose from"),
        (
            f'{OWN}applicant_fields = ["name"]\n',
            "",
            "applicant_fields are for the strategy sticky only",
        ),
        (
            'group = "Bauaufsicht"\n',
            "group",
            "is no distinguished name, such as CN=Gewerbe,OU=Gruppen,DC=amt,DC=example",
        ),
        (f"{OWN}fallback = {{}}\n", "fallback", "name one: a group, a unit, or a tray"),
        (
            f'{OWN}strategy = "whoever"\n',
            "strategy",
            "should be 'least_open_cases', 'round_robin', 'sticky' or 'team_tray'",
        ),
    ],
)
def test_what_is_wrong_with_a_rule_is_told_in_words(
    tmp_path: Path, said: str, field: str, text: str
) -> None:
    place = f"assignment_rules bau, {field}" if field else "assignment_rules bau"

    assert problems(declared(tmp_path, a_rule(said))) == [
        f"a/assignment_rules.toml: {place}: {text}"
    ]


def test_a_servers_address_is_told_how_to_be_written(tmp_path: Path) -> None:
    directory = a_directory(servers='["https://dc1"]')

    text = "is no address of a directory: ldaps://HOST, ldap://HOST:PORT, or env:NAME"

    assert problems(declared(tmp_path, a_rule(), directory=directory)) == [
        of_directory("servers.1", text)
    ]
