"""What would change is told in lines people can read."""

from typing import Any

from infra.configuration.declared import Key
from infra.configuration.difference import changes

TENANT = Key("tenants", "", "foerdetal")
FOLDER = Key("destinations", "foerdetal", "akte")


Documents = dict[Key, dict[str, Any]]


def lines(stored: Documents, declared: Documents) -> str:
    return "\n".join(line for change in changes(stored, declared) for line in change.lines())


def test_new_entries_and_removed_ones_are_named() -> None:
    assert lines({TENANT: {}}, {FOLDER: {}}) == "+ foerdetal destinations akte\n- tenants foerdetal"


def test_a_change_names_the_fields_with_both_values() -> None:
    before: dict[str, Any] = {"name": "Amt", "senders": ["a"], "where": {"path": "x", "mode": 1}}
    after: dict[str, Any] = {
        "name": "Amt",
        "senders": ["a", "b"],
        "where": {"path": "y", "mode": 1},
        "new": True,
    }

    assert lines({TENANT: before}, {TENANT: after}) == (
        "~ tenants foerdetal\n"
        "    senders: a -> a, b\n"
        "    where.path: x -> y\n"
        "    new: (none) -> True"
    )


def test_the_same_twice_is_no_change() -> None:
    assert changes({TENANT: {"name": "Amt"}}, {TENANT: {"name": "Amt"}}) == []
