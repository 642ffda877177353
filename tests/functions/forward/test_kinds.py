"""What every kind of destination promises, run against each of them."""

import json
import threading

import pytest

from functions.forward.destination import Contents, Damaged, NotDelivered, Refused
from shared.adapters.object_store import S3ObjectStore
from shared.domain.errors import Unavailable
from shared.domain.forwarding import Receipt
from tests.functions.forward.rigs import LARGE, Rig, a_message, again


def test_it_accepts_and_holds_the_message_once(rig: Rig, contents: Contents) -> None:
    receipt = rig.open().send(a_message(rig, contents))

    assert isinstance(receipt, Receipt)
    assert len(rig.held()) == 1


def test_the_same_contents_give_the_same_bytes(rig: Rig, contents: Contents) -> None:
    assert rig.open().build(contents) == rig.open().build(contents)


def test_a_repeat_changes_nothing_and_gets_the_same_receipt(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    first = rig.open().send(message)
    held = rig.held()

    second = rig.open().send(again(message))

    assert first == second
    assert rig.held() == held


def test_a_refusal_is_final(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.refuse(message)
    held = rig.held()

    with pytest.raises(Refused):
        rig.open().send(message)

    assert rig.held() == held


def test_a_failure_passes(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.fail()

    with pytest.raises(Unavailable):
        rig.open().send(message)

    rig.mend()
    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_a_connection_that_is_cut_leaves_nothing_half_done(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    rig.cut()

    with pytest.raises(Unavailable):
        rig.open().send(message)

    assert rig.held() == {}
    rig.mend()
    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_when_time_is_up_it_stops(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents, seconds=0)

    with pytest.raises(NotDelivered, match="timeout"):
        rig.open().send(message)

    assert rig.held() == {}


def test_two_at_once_leave_one(rig: Rig, contents: Contents) -> None:
    message = a_message(rig, contents)
    errors: list[Exception] = []

    def send() -> None:
        try:
            rig.open().send(again(message))
        except Unavailable as exc:  # the loser may fail: it is tried again
            errors.append(exc)

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    rig.open().send(again(message))
    assert len(rig.held()) == 1


def test_a_damaged_file_is_never_passed_on(
    rig: Rig, contents: Contents, objects: S3ObjectStore, bucket: str
) -> None:
    damaged = contents.attachments[1].object_key
    kept = b"".join(objects.read(damaged))
    objects.client.put_object(Bucket=bucket, Key=damaged, Body=kept[:-1] + b"?")

    with pytest.raises(Damaged):
        rig.open().send(a_message(rig, contents))

    assert rig.held() == {}


def test_a_large_file_arrives_whole(rig: Rig, contents: Contents) -> None:
    rig.open().send(a_message(rig, contents))

    (delivery,) = rig.held().values()
    if isinstance(delivery, bytes):
        sent = json.loads(delivery)["data"]["files"]
        assert [file["sha256"] for file in sent[1:]] == [a.sha256 for a in contents.attachments]
    else:
        assert delivery["files/2_groß.bin"] == LARGE
        assert delivery["files/3_leer"] == b""
