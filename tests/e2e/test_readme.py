"""README and the platforms' pages tell the truth: their commands run, and say what is shown."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.running import REPOSITORY, Up, environment, until

pytestmark = pytest.mark.timeout(300)

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
PAGES = [
    "README.md",
    *sorted(str(p.relative_to(REPOSITORY)) for p in REPOSITORY.glob("docs/platforms/*.md")),
]
MARK = "<!-- run by tests/e2e/test_readme.py -->"
NUMBER = re.compile(r'(?:\bcase |"vorgangNummer": ")(\d+(?:-\d{4})+)')
TIME = re.compile(r"^\d\d:\d\d:\d\d", re.MULTILINE)


class Command(NamedTuple):
    """`shown` is what README prints below it; a line may be cut off by an ellipsis."""

    text: str
    shown: list[str]


def commands(page: str) -> list[Command]:
    """Those of the marked blocks."""
    found: list[Command] = []
    for block in (REPOSITORY / page).read_text(encoding="utf-8").split(MARK)[1:]:
        for line in block.partition("```console\n")[2].partition("```")[0].splitlines():
            if line.startswith("$ "):
                found.append(Command(line.removeprefix("$ "), []))
            else:
                found[-1].shown.append(line)
    return found


def says(output: str, shown: list[str]) -> bool:
    """Whether the lines are all there, in this order; `...` alone stands for any number of them."""
    lines = iter(TIME.sub("hh:mm:ss", output).splitlines())
    wanted = [TIME.sub("hh:mm:ss", line) for line in shown if line != "..."]
    return all(any(_matches(line, want) for line in lines) for want in wanted)


def _matches(line: str, want: str) -> bool:
    return line.startswith(want.removesuffix("...")) if want.endswith("...") else line == want


def test_the_first_command_can_be_seen_without_scrolling() -> None:
    lines = README.splitlines()

    assert len(lines) < 120
    assert any(line.startswith("make up") for line in lines[:30])
    assert any(line.startswith("make test") for line in lines[:30])


def test_every_target_of_make_that_is_named_exists() -> None:
    targets = re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)

    for named in re.findall(r"(?:^|[`$] ?)make ([a-z-]+)", README, re.MULTILINE):
        assert named in targets


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    file = REPOSITORY / page
    for target in re.findall(r"\]\(([^):#]+)(?:#[^)]*)?\)", file.read_text(encoding="utf-8")):
        assert (file.parent / target).is_file(), target


@pytest.mark.parametrize("page", [page for page in PAGES if commands(page)])
def test_the_commands_say_what_is_shown(page: str, up: Up, tmp_path: Path) -> None:
    for folder in ("docs", "infra"):
        (tmp_path / folder).symlink_to(REPOSITORY / folder)
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(Path(sys.executable).parent)
    port = re.search(r"127\.0\.0\.1:(\d+)/antrag", up.output)
    assert port is not None
    # What the installation of README's author happened to have -> this one's.
    here = {"127.0.0.1:8080": f"127.0.0.1:{port[1]}"}

    for command in commands(page):
        told = NUMBER.search("\n".join(command.shown))
        output = ""

        def as_shown(command: Command = command, told: re.Match[str] | None = told) -> bool:
            nonlocal output
            output = run(translated(command.text, here), up.state, tmp_path)
            given = NUMBER.search(output)
            if told and given:
                here.setdefault(told[1], given[1])
            return says(output, [translated(line, here) for line in command.shown])

        try:
            until(as_shown, seconds=60)  # a case takes a moment to its last stage
        except AssertionError:
            pytest.fail(f"{page} shows something else for {command.text!r} than\n{output}")


def translated(text: str, here: dict[str, str]) -> str:
    for there, local in here.items():
        text = text.replace(there, local)
    return text


def run(command: str, state: Path, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", command],
        env=environment(state),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
