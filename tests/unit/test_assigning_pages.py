"""docs/assignment.md and docs/directories.md say what can be declared, and how it is built in."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy, Substitute, Tray
from shared.domain.configuration.directories import Directory, DirectoryKind
from shared.domain.configuration.directory_mapping import (
    ACTIVE_DIRECTORY,
    OPENLDAP,
    Mapping,
    MappingChanges,
    MomentFormat,
)

DOCS = Path(__file__).parents[2] / "docs"
ASSIGNMENT, DIRECTORIES = (
    (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("assignment", "directories")
)


def examples(page: str) -> list[dict[str, Any]]:
    return [tomllib.loads(block) for block in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]


def table_of(page: str, heading: str) -> list[list[list[str]]]:
    """The codes in each cell of the first table under this heading."""
    section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [
        [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")] for line in lines
    ]


def names_in(value: object) -> Iterator[str]:
    """Attributes and object classes."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from names_in(each)
    elif isinstance(value, BaseModel):
        yield from names_in(getattr(value, "attribute", None))


def test_the_examples_of_rules_can_be_declared_as_they_stand() -> None:
    declared = [each for example in examples(ASSIGNMENT) for each in example["assignment_rules"]]

    assert [AssignmentRule.model_validate(each).id for each in declared] == [
        "gastronomie",
        "gewerbe",
    ]


def test_the_examples_of_a_directory_and_its_mapping_can_be_declared_as_they_stand() -> None:
    whole, part = examples(DIRECTORIES)
    members = {**whole["directories"][0], "mapping": part["directories"]["mapping"]}

    assert Directory.model_validate(members).mapped.capacity == "extensionAttribute4"


def test_whatever_can_be_chosen_is_described() -> None:
    of_a_rule = {*Strategy, *Substitute, *Tray}
    of_a_directory = {*DirectoryKind, *MomentFormat}

    assert of_a_rule - set(re.findall(r"\w+", ASSIGNMENT)) == set()
    assert of_a_directory - set(re.findall(r"\w+", DIRECTORIES)) == set()
    assert set(AssignmentRule.model_fields) - set(re.findall(r"\w+", ASSIGNMENT)) == set()
    assert set(Directory.model_fields) - set(re.findall(r"\w+", DIRECTORIES)) == set()


def test_the_times_of_a_directory_have_the_defaults_that_the_pages_say() -> None:
    section = DIRECTORIES.partition("\n## Declare it\n")[2].partition("\n## ")[0]
    told: dict[str, float] = {}
    for names, numbers in re.findall(r"^\| (`[^|]+) \| ([\d, ]+) \|", section, re.MULTILINE):
        told |= dict(
            zip(re.findall(r"`(\w+)`", names), map(float, numbers.split(",")), strict=True)
        )

    assert told == {
        name: info.default
        for name, info in Directory.model_fields.items()
        if name.endswith(("_seconds", "_minutes"))
    }
    for name, default in re.findall(r"`(\w+)` \((\d+)\)", ASSIGNMENT):
        assert told[name] == float(default)


def test_every_member_of_the_mapping_is_described() -> None:
    members = [name for first, *_ in table_of(DIRECTORIES, "The mapping") for name in first]

    assert sorted(members) == sorted(MappingChanges.model_fields)


@pytest.mark.parametrize(("mapping", "column"), [(ACTIVE_DIRECTORY, 1), (OPENLDAP, 2)])
def test_the_mapping_is_described_as_it_is_built_in(mapping: Mapping, column: int) -> None:
    table = table_of(DIRECTORIES, "The mapping")
    built_in = {name for _, value in mapping for name in names_in(value)}
    told = {code for row in table for code in row[column]}

    assert built_in - told == set()
    assert told - built_in <= {"000001010000Z"}
