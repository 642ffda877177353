"""A directory that failed has a pause; then one question finds out whether it is back."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from functions.assign.pauses import Pauses
from shared.domain.errors import Unavailable
from tests.casework import a_directory

DIRECTORY = a_directory()


def fails() -> str:
    raise Unavailable("directory ad: down")


def test_after_the_pause_it_is_asked_again() -> None:
    pauses = Pauses(seconds=0)
    with pytest.raises(Unavailable, match="down"):
        pauses.ask(DIRECTORY, fails)

    assert pauses.ask(DIRECTORY, lambda: "an answer") == "an answer"


def test_whether_it_is_back_is_asked_by_one() -> None:
    """The others would wait for the same timeout."""
    pauses = Pauses(seconds=0)
    with pytest.raises(Unavailable, match="down"):
        pauses.ask(DIRECTORY, fails)
    pauses.seconds = 600
    begun, ended = threading.Event(), threading.Event()

    def slow() -> str:
        begun.set()
        assert ended.wait(60)
        return "an answer"

    with ThreadPoolExecutor(1) as threads:
        probe = threads.submit(pauses.ask, DIRECTORY, slow)
        assert begun.wait(60)
        with pytest.raises(Unavailable, match="did not answer some seconds ago"):
            pauses.ask(DIRECTORY, lambda: "never asked")
        ended.set()
        assert probe.result(60) == "an answer"

    assert pauses.ask(DIRECTORY, lambda: "another") == "another"
