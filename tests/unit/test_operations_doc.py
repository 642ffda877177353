"""docs/operations.md names every setting and every log event that the code has, and no other."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/operations.md").read_text(encoding="utf-8")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}

# With values for what has no default; what they are does not matter.
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
    "S3_BUCKET": "none",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "K_SINK": "http://127.0.0.1:1",
}
READ_SETTINGS = """
import importlib, json, sys
for name in sys.argv[1:]:
    fields = importlib.import_module(f"functions.{name}.main").Settings.model_fields
    defaults = {
        field.upper(): "required" if info.is_required() else info.default
        for field, info in fields.items()
    }
    print(json.dumps({"function": name, "defaults": defaults}))
"""


class Setting(NamedTuple):
    name: str
    functions: str
    default: str


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table under this heading, without marks of code."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    table = [
        [cell.strip().replace("`", "") for cell in line.strip("|").split("|")] for line in lines
    ]
    return table[2:]


@pytest.fixture(scope="module")
def settings() -> set[Setting]:
    functions = sorted(path.parent.name for path in REPOSITORY.glob("functions/*/main.py"))
    done = subprocess.run(
        [sys.executable, "-c", READ_SETTINGS, *functions],
        env={"PATH": os.environ["PATH"], **ENVIRONMENT},
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[tuple[str, object], list[str]] = {}
    for line in done.stdout.splitlines():
        document = json.loads(line)
        for name, default in document["defaults"].items():
            found.setdefault((name, default), []).append(document["function"])
    return {
        Setting(name, "all" if having == functions else ", ".join(having), shown(default))
        for (name, default), having in found.items()
    }


def shown(default: object) -> str:
    if default is None:
        return "none"
    return f"{default:g}" if isinstance(default, float) else str(default)


def test_the_table_of_settings_is_that_of_the_code(settings: set[Setting]) -> None:
    documented = {Setting(*row[:3]) for row in rows("Settings")}

    assert documented == settings


def test_the_table_of_log_events_is_that_of_the_code() -> None:
    documented = {(name, level) for name, level, *_ in rows("What the log says")}

    assert documented == set(logged())


def logged() -> Iterator[tuple[str, str]]:
    for folder in ("functions", "shared"):
        for path in (REPOSITORY / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from _event(node)


def _event(call: ast.Call) -> Iterator[tuple[str, str]]:
    """`log.warning("name", ...)`: the name and the level."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in LEVELS or not call.args:
        return
    name = call.args[0]
    if isinstance(name, ast.Constant) and isinstance(name.value, str):
        yield name.value, call.func.attr


def test_every_kind_of_task_is_explained() -> None:
    documented = {row[0] for row in rows("Tasks")}
    declared = {
        name
        for path in (REPOSITORY / "shared/domain").glob("*.py")
        for name in re.findall(
            r'^[A-Z_]+ = "(\w+)"\n"""The kind of task', path.read_text(encoding="utf-8"), re.M
        )
    }

    assert documented == declared
