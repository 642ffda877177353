"""A directory is asked no more than needed, and what it said last counts while it is away."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.assign.answers import Answer, Answers
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from tests.assigning import InMemoryKeptAnswers
from tests.casework import ANNA, BERND, CARLA, OTHER, TARGET, a_directory, team
from tests.factories import TENANT

FRESH, ASKED_EACH_TIME = a_directory(fresh_seconds=600), a_directory(fresh_seconds=0)
ELSEWHERE = a_directory(fresh_seconds=0, base="DC=kreis,DC=example")


class Directories(InMemoryCaseworkerDirectory):
    """Counts what it is asked, and may be away."""

    def __init__(self, members: dict[Target, Members] | None = None) -> None:
        super().__init__({TARGET: team(ANNA)} if members is None else members)
        self.is_away = False
        self.attempts = 0

    def members(self, directory: Directory, target: Target) -> Members | None:
        self.attempts += 1
        if self.is_away:
            raise Unavailable(f"directory {directory.id}: down")
        return super().members(directory, target)

    def accounts(self, directory: Directory, ids: Any) -> Any:
        self.attempts += 1
        if self.is_away:
            raise Unavailable(f"directory {directory.id}: down")
        return super().accounts(directory, ids)

    def named(self, directory: Directory, dns: Any) -> Any:
        return self.accounts(directory, dns)

    def says(self, members: Members) -> None:
        self._members = {TARGET: members}


class Kept(InMemoryKeptAnswers):
    """Counts what it keeps, and may fail."""

    def __init__(self) -> None:
        super().__init__()
        self.writes = 0
        self.fails = False

    def keep(self, *args: Any) -> None:
        if self.fails:
            raise Unavailable("postgres OperationalError")
        self.writes += 1
        super().keep(*args)


@pytest.fixture
def directories() -> Directories:
    return Directories()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def answers(directories: Directories, kept: Kept) -> Answers:
    return Answers(directories, kept)


@pytest.fixture
def impatient(directories: Directories, kept: Kept) -> Answers:
    """Asks a directory again at once after a failure."""
    return Answers(directories, kept, pause_seconds=0)


def ask(answers: Answers, directory: Directory, target: Target = TARGET) -> Answer:
    return answers.of(TENANT, directory).members(target)


def test_a_fresh_answer_is_not_asked_for_again(answers: Answers, directories: Directories) -> None:
    assert ask(answers, FRESH) == ask(answers, FRESH)
    ask(answers, FRESH, OTHER)

    assert directories.attempts == 2


def test_each_question_is_asked_by_one_thread_for_all(kept: Kept) -> None:
    class Waiting(Directories):
        """For a second asker, who does not come."""

        def members(self, directory: Directory, target: Target) -> Members | None:
            with suppress(threading.BrokenBarrierError):
                another.wait(timeout=0.2)
            return super().members(directory, target)

    another = threading.Barrier(2)
    everybody = threading.Barrier(8, timeout=60)
    directories = Waiting()
    answers = Answers(directories, kept)

    def asking(_: int) -> Answer:
        everybody.wait()
        return ask(answers, FRESH)

    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(asking, range(8)))

    assert (directories.attempts, len({each.answered_at for each in found})) == (1, 1)


def test_a_slow_question_does_not_hold_up_another(kept: Kept) -> None:
    class Slow(Directories):
        def members(self, directory: Directory, target: Target) -> Members | None:
            if target == TARGET:
                begun.set()
                assert ended.wait(60)
            return super().members(directory, target)

    begun, ended = threading.Event(), threading.Event()
    answers = Answers(Slow(), kept)
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(ask, answers, FRESH)
        assert begun.wait(60)
        assert ask(answers, FRESH, OTHER).members is None
        assert not slow.done()
        ended.set()
        assert slow.result(60).members == team(ANNA)


def test_while_it_is_away_its_last_answer_counts_and_says_of_when_it_is(
    impatient: Answers, directories: Directories
) -> None:
    before = ask(impatient, ASKED_EACH_TIME)
    directories.is_away = True

    after = ask(impatient, ASKED_EACH_TIME)

    assert not before.is_last_good
    assert after == Answer(before.members, before.answered_at, is_last_good=True)

    directories.is_away = False
    directories.says(team(BERND))
    assert ask(impatient, ASKED_EACH_TIME).members == team(BERND)


def test_another_process_knows_the_last_answer_too(
    answers: Answers, directories: Directories, kept: Kept
) -> None:
    before = ask(answers, FRESH)
    directories.is_away = True

    after = ask(Answers(directories, kept), FRESH)

    assert after == Answer(before.members, before.answered_at, is_last_good=True)


def test_of_two_last_answers_the_newer_one_counts(
    impatient: Answers, directories: Directories, kept: Kept
) -> None:
    ask(impatient, ASKED_EACH_TIME)
    newer = Answer(team(BERND), datetime.now(UTC) + timedelta(seconds=1))
    directories.is_away = True

    kept.keep(TENANT, ASKED_EACH_TIME, TARGET, newer)

    assert ask(impatient, ASKED_EACH_TIME).members == team(BERND)


def test_the_newer_one_may_be_the_processs_own(
    impatient: Answers, directories: Directories
) -> None:
    """Of two that say the same only the first is kept."""
    first, second = ask(impatient, ASKED_EACH_TIME), ask(impatient, ASKED_EACH_TIME)
    directories.is_away = True

    assert first.answered_at < second.answered_at
    assert ask(impatient, ASKED_EACH_TIME).answered_at == second.answered_at


def test_that_there_is_no_such_group_is_an_answer(kept: Kept) -> None:
    directories = Directories({})
    ask(Answers(directories, kept), FRESH)
    directories.is_away = True

    assert ask(Answers(directories, kept), FRESH).members is None


@pytest.mark.parametrize("minutes", [0, 4])
def test_a_last_answer_that_is_too_old_does_not_count(
    directories: Directories, kept: Kept, minutes: int
) -> None:
    directory = a_directory(last_good_minutes=minutes)
    old = Answer(team(ANNA), datetime.now(UTC) - timedelta(minutes=5))
    kept.keep(TENANT, directory, TARGET, old)
    directories.is_away = True

    with pytest.raises(Unavailable, match="directory ad is away, and nothing recent is known"):
        ask(Answers(directories, kept), directory)


def test_what_was_said_under_another_declaration_does_not_count(
    impatient: Answers, directories: Directories
) -> None:
    ask(impatient, ASKED_EACH_TIME)
    directories.is_away = True

    with pytest.raises(Unavailable):
        ask(impatient, ELSEWHERE)


def test_only_what_is_new_is_kept(answers: Answers, directories: Directories, kept: Kept) -> None:
    directories.says(team(ANNA, BERND))
    ask(answers, ASKED_EACH_TIME)
    directories.says(team(BERND, ANNA))
    ask(answers, ASKED_EACH_TIME)
    assert kept.writes == 1

    directories.says(team(BERND, CARLA))
    ask(answers, ASKED_EACH_TIME)
    assert kept.writes == 2


def test_now_and_then_an_answer_is_kept_for_its_age(answers: Answers, kept: Kept) -> None:
    often = a_directory(fresh_seconds=0, last_good_minutes=1e-9)
    for _ in range(3):
        ask(answers, often)

    never = a_directory(id="b", fresh_seconds=0, last_good_minutes=0)
    ask(answers, never)

    assert kept.writes == 3


def test_an_answer_that_cannot_be_kept_counts_and_the_next_one_is_kept(
    answers: Answers, kept: Kept
) -> None:
    kept.fails = True
    assert ask(answers, ASKED_EACH_TIME).members == team(ANNA)

    kept.fails = False
    ask(answers, ASKED_EACH_TIME)
    assert kept.writes == 1


def test_a_directory_that_failed_is_left_alone_whatever_it_would_be_asked(
    answers: Answers, directories: Directories
) -> None:
    directories.is_away = True
    asking = answers.of(TENANT, ASKED_EACH_TIME)
    with pytest.raises(Unavailable):
        asking.accounts([ANNA])

    for _ in range(100):
        with pytest.raises(Unavailable):
            asking.members(TARGET)
        with pytest.raises(Unavailable, match="did not answer some seconds ago"):
            asking.named(["CN=Anna"])

    assert directories.attempts == 1
    with pytest.raises(Unavailable):
        ask(answers, a_directory(id="another"))
    assert directories.attempts == 2
