"""One attempt per line, killed there; then each is repeated as its client would."""

import signal
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import werkzeug.test
from werkzeug.test import EnvironBuilder

from tests.crash.lines.children import Child, Tell, Work, all_told, told_by
from tests.crash.lines.tracing import Line, Trace, Window

LANES = 4
"""More than processors: most of the time somebody syncs a disk."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Trial:
    """`answer` is what its client has in the end; `early`: it had that before the kill."""

    key: str
    line: Line
    answer: Answer | None
    early: bool

    @property
    def where(self) -> str:
        return f"killed at {self.line}"


class Journey(Protocol):
    """One way through a function, that can be gone under any key."""

    name: str
    window: Window

    @property
    def app(self) -> Any: ...

    def prepare(self, keys: Sequence[str]) -> None:
        """What has to be there before the function is asked."""
        ...

    def request(self, key: str) -> EnvironBuilder: ...

    def wait(self) -> None:
        """Until it is of use to try again."""
        ...


def reached(journey: Journey) -> list[Line]:
    """The moments of a run that nobody disturbs.

    Not of the very first one: what that one creates for all is there for the others.
    """
    keys = [f"{journey.name}-undisturbed-{number}" for number in (1, 2)]
    journey.prepare(keys)
    for key in keys:
        *given, moments = told_by(partial(_traced, journey, key, None))
        assert [answer.status for answer in given] == [200], given
    found: list[Line] = moments
    return found


def kill_at_each(journey: Journey, lines: Iterable[Line]) -> list[Trial]:
    todo = [(f"{journey.name}-{number}", line) for number, line in enumerate(lines)]
    journey.prepare([key for key, _ in todo])
    kept: dict[str, Answer | None] = dict(all_told(_lanes(_kill, journey, todo)))
    journey.wait()
    open_ones = [(key, line) for key, line in todo if kept[key] is None]
    repeated: dict[str, Answer | None] = dict(all_told(_lanes(_repeat, journey, open_ones)))
    return [Trial(key, line, kept[key] or repeated[key], bool(kept[key])) for key, line in todo]


def _lanes(lane: Any, journey: Journey, todo: list[tuple[str, Line]]) -> list[Work]:
    def work(number: int) -> Work:
        return lambda tell: lane(journey, todo[number::LANES], tell)

    return [work(number) for number in range(LANES)]


def _kill(journey: Journey, todo: list[tuple[str, Line]], tell: Tell) -> None:
    for key, line in todo:
        killed = Child(partial(_traced, journey, key, line)).end()
        assert killed.exit_code == -signal.SIGKILL, f"{line} was not reached this time"
        tell((key, next(iter(killed.told), None)))


def _repeat(journey: Journey, todo: list[tuple[str, Line]], tell: Tell) -> None:
    """Whoever got no answer sends the same bytes once more, to another process."""
    for key, _ in todo:
        (answer,) = answers(journey, key)
        tell((key, answer if answer.status == 200 else None))


def _traced(journey: Journey, key: str, last: Line | None, tell: Tell) -> None:
    with Trace(journey.window, last) as trace:
        for answer in answers(journey, key):
            tell(answer)
    tell(trace.moments)


def answers(journey: Journey, key: str) -> Iterator[Answer]:
    """One; it is out before the response is closed, as with a real server."""
    environ = journey.request(key).get_environ()
    pieces, status, headers = werkzeug.test.run_wsgi_app(journey.app, environ)
    yield Answer(int(status.split()[0]), dict(headers.items()), b"".join(pieces))
    close = getattr(pieces, "close", None)
    if close is not None:
        close()
