"""docs/platforms/README.md lists every code that the intake refuses with, and no other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
PAGE = (REPOSITORY / "docs/platforms/README.md").read_text(encoding="utf-8")
CODE = re.compile(r"[a-z]+(?:-[a-z0-9]+)+")


def documented() -> set[str]:
    table = PAGE.partition("| status | codes |")[2].partition("\n\n")[0]
    return set(re.findall(r"`([a-z0-9-]+)`", table))


def raised() -> Iterator[str]:
    """Whatever is given as a code: to `Refused`, to `invalid`, or to a helper that passes it on."""
    for path in (REPOSITORY / "functions/receive").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _code(node)


def _code(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func).rpartition(".")[2]
    at = {"Refused": 1, "invalid": 0, "_refused": 0}.get(name)
    if at is not None and len(call.args) > at:
        for constant in ast.walk(call.args[at]):
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                assert CODE.fullmatch(constant.value), constant.value
                yield constant.value


def test_the_table_of_codes_is_that_of_the_code() -> None:
    assert documented() == set(raised())
