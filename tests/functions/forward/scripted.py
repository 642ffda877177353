"""A kind of destination that does what it is told, and remembers what it was asked."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from functions.forward.attempt import Courier
from functions.forward.destination import (
    Awaited,
    Checked,
    Contents,
    Deadline,
    Handed,
    Message,
    NotDelivered,
    Refused,
)
from shared.domain.forwarding import MessageId, Receipt
from tests.functions.forward.office import Office

Act = Callable[[Message], Handed]


def accepts(message: Message) -> Handed:
    return Receipt(status=200, external_id=f"X-{message.id}")


def takes(message: Message) -> Handed:
    """It says later whether it accepts it."""
    return Awaited(Receipt(status=202, external_id=f"X-{message.id}"), 60, 3600)


def fails(message: Message) -> Handed:
    raise NotDelivered("http_503", 503)


def refuses(message: Message) -> Handed:
    raise Refused("http_422", 422, "das Feld Flurstück fehlt")


@dataclass
class Scripted:
    """`acts` are for the next messages or questions, one each; then all are accepted."""

    acts: list[Act] = field(default_factory=list)
    sent: list[MessageId] = field(default_factory=list)
    asked: list[MessageId] = field(default_factory=list)
    withdrawn: list[MessageId] = field(default_factory=list)
    always: Act = accepts

    def build(self, contents: Contents) -> bytes:
        return str(contents.message_id).encode()

    def send(self, message: Message) -> Handed:
        self.sent.append(message.id)
        return self._act(message)

    def ask(self, message: Message, sent: Receipt) -> Handed:
        self.asked.append(message.id)
        return self._act(message)

    def withdraw(self, message: Message) -> None:
        self.withdrawn.append(message.id)

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        yield from ()

    def _act(self, message: Message) -> Handed:
        return (self.acts.pop(0) if self.acts else self.always)(message)


def at(office: Office, kind: Scripted) -> Office:
    """The office, with this as what all its destinations are."""
    office.courier = Courier(office.objects, lambda _: kind)
    return office
