"""What every `Tasks` adapter promises, run against each of them."""

from datetime import timedelta

import pytest

from shared.adapters.memory import InMemoryTasks
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.identifiers import CaseId
from shared.ports import Tasks
from tests.factories import a_case, stored


@pytest.fixture(params=["memory", "postgres"])
def tasks(request: pytest.FixtureRequest) -> Tasks:
    if request.param == "memory":
        return InMemoryTasks()
    return PostgresTasks(request.getfixturevalue("conn"))


@pytest.fixture
def case_id(request: pytest.FixtureRequest, tasks: Tasks) -> CaseId:
    case = a_case()
    if isinstance(tasks, PostgresTasks):
        stored(PostgresCases(request.getfixturevalue("conn"), timedelta()), case)
    return case.id


def test_an_open_task_is_listed_until_it_is_closed(tasks: Tasks, case_id: CaseId) -> None:
    assert tasks.open("case_stalled", case_id, "still received")

    (task,) = tasks.all_open()
    assert (task.kind, task.case_id, task.reason) == ("case_stalled", case_id, "still received")

    assert tasks.close("case_stalled", case_id)
    assert tasks.all_open() == []


def test_opening_an_open_one_again_changes_nothing(tasks: Tasks, case_id: CaseId) -> None:
    tasks.open("case_stalled", case_id, "still received")
    before = tasks.all_open()

    assert not tasks.open("case_stalled", case_id, "another reason")

    assert tasks.all_open() == before


def test_a_closed_one_can_be_opened_again(tasks: Tasks, case_id: CaseId) -> None:
    tasks.open("case_stalled", case_id, "still received")
    tasks.close("case_stalled", case_id)

    assert not tasks.close("case_stalled", case_id)
    assert tasks.open("case_stalled", case_id, "still received")


def test_the_subject_tells_tasks_of_one_kind_and_case_apart(tasks: Tasks, case_id: CaseId) -> None:
    tasks.open("forwarding_failed", case_id, "gave up", subject="archive")

    assert tasks.open("forwarding_failed", case_id, "gave up", subject="webhook")
    assert tasks.close("forwarding_failed", case_id, subject="archive")
    assert [task.subject for task in tasks.all_open()] == ["webhook"]


def test_a_task_may_belong_to_no_case(tasks: Tasks) -> None:
    assert tasks.open("directory_away", None, "no answer for a day")
    assert not tasks.open("directory_away", None, "no answer for a day")
    assert tasks.close("directory_away", None)
