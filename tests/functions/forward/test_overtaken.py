"""A case is re-routed while its hand-over is under way: the old authority gets nothing more."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from functions.forward.journal import ClaimJournal
from shared.domain.case import Stage
from shared.domain.events import CaseForwarded, Event
from shared.domain.forwarding import ForwardingState
from shared.domain.identifiers import CaseId
from tests.functions.forward.office import Office, tree

FOLDER = {"kind": "folder", "path": "ablage"}
FILES = {f"Anlage {number}.pdf": bytes([number]) * 100 for number in range(3)}
AtStep = Callable[[int, Callable[[], object]], None]
STEPS = 6  # the original, three files, the fields, the manifest


@pytest.fixture
def ablage(office: Office) -> Office:
    office.declare("ablage", FOLDER)
    return office


@pytest.fixture
def at_step(
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Callable[[int, Callable[[], object]], None]]:
    """Do something right before the n-th step of a hand-over is noted."""
    note = ClaimJournal.note

    def arrange(number: int, act: Callable[[], object]) -> None:
        pending = [act]

        def noted(journal: ClaimJournal, step: str) -> None:
            if step == f"part {number}" and pending:
                pending.pop()()
            note(journal, step)

        monkeypatch.setattr(ClaimJournal, "note", noted)

    yield arrange
    monkeypatch.setattr(ClaimJournal, "note", note)


def noted_steps(office: Office, case_id: CaseId) -> int:
    rows = office.conn.execute(
        "SELECT count(*) FROM forwarding_steps s JOIN forwardings f ON f.id = s.forwarding_id"
        " WHERE f.case_id = %s AND f.round = 1",
        [case_id],
    ).fetchall()
    return int(rows[0][0])


@pytest.mark.parametrize("number", range(1, STEPS + 1))
def test_at_whichever_step_nothing_more_is_sent_and_nothing_is_left(
    ablage: Office,
    root: Path,
    at_step: AtStep,
    number: int,
) -> None:
    event = ablage.assigned(files=FILES)
    at_step(number, partial(ablage.re_route, event.case_id))

    assert ablage.forward(event) is None

    assert tree(root) == {}
    assert ablage.case(event.case_id).stage is Stage.ROUTED
    assert ablage.the_forwarding(event.case_id).state is ForwardingState.SUPERSEDED
    assert ablage.outcomes(event.case_id) == [("superseded", None)]


def test_what_a_killed_hand_over_has_left_is_taken_away_in_the_new_round(
    ablage: Office, root: Path, at_step: AtStep
) -> None:
    event = ablage.assigned(files=FILES)
    killed_at_a_step(ablage, event, at_step)
    assert tree(root), "half of it lies there, hidden"
    ablage.re_route(event.case_id)
    new_round = ablage.assign(event.case_id)

    reply = ablage.forward(new_round)

    assert isinstance(reply, CaseForwarded)
    assert {path.split("/")[1] for path in tree(root)} == {"foerdetal-bau"}
    assert noted_steps(ablage, event.case_id) == 0


def test_while_it_cannot_be_reached_what_is_left_is_tried_to_be_taken_away_again(
    ablage: Office, root: Path, at_step: AtStep
) -> None:
    event = ablage.assigned(files=FILES)
    killed_at_a_step(ablage, event, at_step)
    ablage.re_route(event.case_id)
    new_round = ablage.assign(event.case_id)
    away = root.with_name("away")
    root.rename(away)
    assert ablage.forward(new_round) is None

    away.rename(root)
    ablage.lapse()

    assert isinstance(ablage.forward(new_round), CaseForwarded)
    assert {path.split("/")[1] for path in tree(root)} == {"foerdetal-bau"}


def test_what_was_cut_off_goes_on_where_it_was(ablage: Office, root: Path, at_step: AtStep) -> None:
    event = ablage.assigned(files=FILES)
    killed_at_a_step(ablage, event, at_step)
    before = {path: (root / path).stat().st_mtime_ns for path in tree(root)}
    assert noted_steps(ablage, event.case_id) == 1 + 2, "begun, and two parts"
    ablage.lapse()

    assert isinstance(ablage.forward(event), CaseForwarded)

    after = {path.rpartition("/")[2]: (root / path).stat().st_mtime_ns for path in tree(root)}
    kept = [path for path in before if ".part/" in path]
    assert len(kept) == 3
    assert all(after[path.rpartition("/")[2]] == before[path] for path in kept), "not sent again"


class Killed(BaseException):
    """Nothing in the code sees to it."""


def killed_at_a_step(office: Office, event: Event, at_step: AtStep) -> None:
    """Before the third part is noted."""

    def kill() -> None:
        raise Killed

    at_step(3, kill)
    with pytest.raises(Killed):
        office.forward(event)
