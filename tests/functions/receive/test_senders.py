"""Who a sender is, and what its secrets have to do with the others."""

import threading
from pathlib import Path

import pytest

from functions.receive.proofs import Evidence
from functions.receive.refusal import Refused
from functions.receive.senders import Senders, identify
from shared.domain.configuration.senders import Sender, UnreadableSender
from shared.domain.errors import Unavailable


def a_sender(id_: str, *tokens: str) -> Sender:
    authentication = {"kind": "bearer", "tokens": tokens}
    return Sender.model_validate(
        {"id": id_, "platform": "ozg_cloud", "authentication": authentication}
    )


def saying(authorization: str) -> Evidence:
    return Evidence(authorization=authorization)


def test_a_missing_secret_stops_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PRESENT", "t0ken")
    senders = [a_sender("new", "env:NOT_MOUNTED"), a_sender("old", "env:PRESENT")]

    assert identify(senders, saying("Bearer t0ken")).id == "old"
    with pytest.raises(Unavailable, match="NOT_MOUNTED"):
        identify(senders, saying("Bearer perhaps-the-new-one"))


def test_while_a_token_is_replaced_the_one_that_is_there_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PRESENT", "t0ken")
    senders = [a_sender("one", "env:NOT_MOUNTED", "env:PRESENT")]

    assert identify(senders, saying("Bearer t0ken")).id == "one"


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer ", "Bearer  "])
def test_an_empty_secret_lets_nobody_in(
    authorization: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMPTY", "")

    with pytest.raises(Refused, match="not-authenticated"):
        identify([a_sender("one", "env:EMPTY")], saying(authorization))


def test_an_empty_password_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    basic = {"kind": "basic", "username": "afm", "passwords": ["env:EMPTY"]}
    sender = Sender.model_validate({"id": "one", "platform": "ozg_cloud", "authentication": basic})

    with pytest.raises(Refused, match="not-authenticated"):
        identify([sender], saying("Basic YWZtOg=="))


def test_while_postgres_is_away_requests_do_not_wait_in_a_row() -> None:
    together = threading.Barrier(4, timeout=10)

    def load() -> list[Sender]:
        together.wait()
        raise Unavailable("postgres PoolTimeout None")

    def ask() -> None:
        try:
            senders.current()
        except Unavailable:
            answered.append(True)

    senders = Senders(load)
    answered: list[bool] = []
    threads = [threading.Thread(target=ask) for _ in range(together.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(answered) == together.parties


def test_a_credential_of_two_senders_proves_neither(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHARED", "t0ken")
    senders = [a_sender("test", "env:SHARED"), a_sender("real", "env:SHARED")]

    with pytest.raises(Refused, match="sender-not-named"):
        identify(senders, saying("Bearer t0ken"))


def test_a_sender_that_cannot_be_read_keeps_nobody_else_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PRESENT", "t0ken")
    senders = Senders(lambda: [a_sender("one", "env:PRESENT"), UnreadableSender(id="newer")])

    assert senders.identify(senders.current(), saying("Bearer t0ken")).id == "one"
    with pytest.raises(Unavailable, match="newer"):
        senders.identify(senders.current(), saying("Bearer of-the-newer-one"))


def test_a_secret_that_is_no_text_is_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "text").write_text("t0ken")
    senders = [
        a_sender("broken", f"file:{tmp_path}/binary"),
        a_sender("right", f"file:{tmp_path}/text"),
    ]

    assert identify(senders, saying("Bearer t0ken")).id == "right"
