"""The door for a timer: what it takes, and that it tells nothing."""

from collections.abc import Callable

import flask
import pytest
from structlog.testing import capture_logs

from shared.domain.errors import Unavailable
from shared.runtime.timer import PING, respond

A_PING = {
    "ce-specversion": "1.0",
    "ce-type": PING,
    "ce-source": "/apis/v1/namespaces/lotse/pingsources/every-minute",
    "ce-id": "1",
}


def knock(
    run: Callable[[], None], headers: dict[str, str], method: str = "POST", body: bytes = b""
) -> tuple[int, bytes]:
    with flask.Flask("door").test_request_context(
        "/timer", method=method, headers=headers, data=body
    ):
        answer = respond(flask.request, "timer", run)
        return answer.status_code, answer.get_data()


def test_a_ping_begins_a_run() -> None:
    runs: list[int] = []

    assert knock(lambda: runs.append(1), A_PING) == (200, b"")
    assert runs == [1]


@pytest.mark.parametrize(
    ("status", "changes", "method", "body"),
    [
        (405, {}, "GET", b""),
        (413, {}, "POST", b"x" * 65_537),
        (400, {"ce-id": ""}, "POST", b""),
        (422, {"ce-type": "de.antragslotse.case.routed.v1"}, "POST", b""),
    ],
)
def test_nothing_else_does(status: int, changes: dict[str, str], method: str, body: bytes) -> None:
    runs: list[int] = []

    assert knock(lambda: runs.append(1), {**A_PING, **changes}, method, body) == (status, b"")
    assert runs == []


@pytest.mark.parametrize(
    ("raised", "logged"),
    [(Unavailable("postgres"), "timer_deferred"), (RuntimeError("secret"), "timer_failed")],
)
def test_what_came_of_it_is_told_to_the_log_only(raised: Exception, logged: str) -> None:
    def run() -> None:
        raise raised

    with capture_logs() as lines:
        assert knock(run, A_PING) == (200, b"")

    assert [(line["event"], line["work"]) for line in lines] == [(logged, "timer")]
    assert "secret" not in str(lines)
