"""A hand-over of several parts that is cut off anywhere goes on where it was, and ends once."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import pytest

from functions.forward.destination import (
    Contents,
    Deadline,
    DestinationKind,
    Message,
    NotDelivered,
    Refused,
    Superseded,
)
from functions.forward.filing import places_of
from functions.forward.packing import unpack
from functions.forward.storage import Storage
from shared.domain.forwarding import MessageId
from tests.functions.forward.rigs import FolderRig, Rig, S3Rig, a_message

FILE_STORES = ["folder", "s3", "sftp", "webdav"]
PARTS = 7  # the original, four files, the fields and the manifest


@pytest.fixture(params=FILE_STORES)
def store(request: pytest.FixtureRequest, make_rig: Callable[[str], Rig]) -> Rig:
    return make_rig(request.param)


@dataclass
class Noted:
    """A journal in memory; from the note `overtaken_at` on, the case is another's."""

    overtaken_at: int | None = None
    steps: list[str] = field(default_factory=list)

    def done(self, step: str) -> bool:
        return step in self.steps

    def note(self, step: str) -> None:
        if self.overtaken_at is not None and len(self.steps) >= self.overtaken_at:
            raise Superseded
        self.steps.append(step)


@dataclass
class Changes:
    """Counts what changes the other side; number `cut_at` does not come back, done or not."""

    cut_at: int | None = None
    after_it_is_done: bool = False
    count: int = 0
    written: int = 0

    def next(self, act: Callable[[], Any]) -> Any:
        self.count += 1
        if self.count == self.cut_at and not self.after_it_is_done:
            raise NotDelivered("cut")
        done = act()
        if self.count == self.cut_at:
            raise NotDelivered("cut")
        return done


class Watched:
    def __init__(self, storage: Storage, changes: Changes) -> None:
        self._storage = storage
        self._changes = changes
        self.moves = storage.moves

    def __enter__(self) -> Self:
        self._storage.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._storage.__exit__(exc_type, exc, traceback)

    def size(self, path: str) -> int | None:
        return self._storage.size(path)

    def read(self, path: str) -> Iterator[bytes]:
        return self._storage.read(path)

    def write(
        self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
    ) -> None:
        data = b"".join(pieces)

        def act() -> None:
            self._storage.write(path, [data], size, media_type)
            self._changes.written += 1

        self._changes.next(act)

    def move(self, source: str, target: str) -> bool:
        moved: bool = self._changes.next(lambda: self._storage.move(source, target))
        return moved

    def remove(self, path: str) -> None:
        self._changes.next(lambda: self._storage.remove(path))


def watched(rig: Rig, changes: Changes) -> DestinationKind:
    kind = rig.open()
    opened = vars(kind)["_open_storage"]
    vars(kind)["_open_storage"] = lambda *given: Watched(opened(*given), changes)
    return kind


def sent_with(message: Message, journal: Noted) -> Message:
    return replace(message, journal=journal, deadline=Deadline(60))


def test_wherever_it_is_cut_off_it_goes_on_and_no_part_is_sent_twice(
    store: Rig, four_files: Contents
) -> None:
    whole = Changes()
    watched(store, whole).send(a_message(store, four_files))
    expected = only(store.held())
    assert len(expected) == PARTS

    for number in range(1, whole.count + 1):
        for after in (False, True) if isinstance(store, FolderRig) else (number % 2 == 0,):
            contents = replace(four_files, message_id=another_id(four_files, number, after=after))
            message, journal = a_message(store, contents), Noted()
            changes = Changes(cut_at=number, after_it_is_done=after)
            before = set(store.held())
            try:
                watched(store, changes).send(sent_with(message, journal))
            except NotDelivered:
                if not after:
                    assert set(store.held()) == before, "half of it shows"

            changes.cut_at = None
            watched(store, changes).send(sent_with(message, journal))

            (name,) = set(store.held()) - before
            assert same(store.held()[name], expected)
            assert changes.written == PARTS


def test_once_another_has_the_case_nothing_more_is_sent_and_nothing_is_left(
    store: Rig, four_files: Contents
) -> None:
    # Where nothing can be renamed, the last part is what makes it arrive.
    for overtaken_at in range(PARTS - 1 if isinstance(store, S3Rig) else PARTS):
        contents = replace(four_files, message_id=another_id(four_files, overtaken_at))
        message, changes = a_message(store, contents), Changes()
        kind = watched(store, changes)

        with pytest.raises(Superseded):
            kind.send(sent_with(message, Noted(overtaken_at)))
        kind.withdraw(message)

        assert changes.written == overtaken_at + 1, "the step that was under way, and none after it"
        assert store.held() == {}
        assert left_over(store, message) == []


def test_what_has_arrived_is_not_taken_away(store: Rig, four_files: Contents) -> None:
    message = a_message(store, four_files)
    store.open().send(message)

    store.open().withdraw(replace(message, deadline=Deadline(60)))

    assert len(store.held()) == 1


def test_what_is_noted_but_gone_is_sent_again(store: Rig, four_files: Contents) -> None:
    message, journal = a_message(store, four_files), Noted()
    changes = Changes(cut_at=7)
    with pytest.raises(NotDelivered):
        watched(store, changes).send(sent_with(message, journal))
    assert journal.steps
    store.open().withdraw(replace(message, deadline=Deadline(60)))

    store.open().send(sent_with(message, journal))

    assert len(only(store.held())) == PARTS


def test_what_was_written_otherwise_is_noticed(store: Rig, four_files: Contents) -> None:
    class Bent(Watched):
        def write(
            self, path: str, pieces: Iterable[bytes], size: int, media_type: str | None = None
        ) -> None:
            bent = bytes(byte ^ 1 for byte in b"".join(pieces))
            self._storage.write(path, [bent], size, media_type)

    kind = store.open()
    opened = vars(kind)["_open_storage"]
    vars(kind)["_open_storage"] = lambda *given: Bent(opened(*given), Changes())

    with pytest.raises((NotDelivered, Refused), match=r"^(written_otherwise|name_taken)$"):
        kind.send(a_message(store, four_files))

    assert store.held() == {}


def test_a_test_leaves_nothing_behind(store: Rig) -> None:
    steps = list(store.open().test(Deadline(30)))

    assert [step.ok for step in steps] == [True] * len(steps), steps
    assert {step.step for step in steps} >= {"connect", "write", "read", "remove"}
    assert everything(store) == []


def test_a_test_says_what_fails(store: Rig) -> None:
    store.fail()

    steps = list(store.open().test(Deadline(30)))

    failed = [step for step in steps if step.ok is False]
    assert failed
    assert all(step.text for step in failed)
    store.mend()
    assert everything(store) == []


def another_id(contents: Contents, number: int, *, after: bool = False) -> MessageId:
    return MessageId(UUID(int=contents.message_id.int ^ (2 * number + after + 2)))


def only(held: dict[str, Any]) -> dict[str, bytes]:
    (delivery,) = held.values()
    return dict(delivery)


def same(delivery: dict[str, bytes], expected: dict[str, bytes]) -> bool:
    """But for the manifest, which names the message."""
    return {k: v for k, v in delivery.items() if k != "manifest.json"} == {
        k: v for k, v in expected.items() if k != "manifest.json"
    }


def everything(rig: Rig) -> list[str]:
    """Every file at the other side, hidden ones too."""
    return rig.everything()


def left_over(rig: Rig, message: Message) -> list[str]:
    name = places_of(unpack(message.body)).name
    return [path for path in everything(rig) if name in path]
