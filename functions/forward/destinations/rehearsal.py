"""A rehearsal (Probelauf): behaves as destinations do on bad days, and sends nothing anywhere.

For operators who want to see a breaker, a task, a late rejection before they meet them.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256

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
from functions.forward.means import Means
from shared.domain.configuration.destination_kinds import Rehearsal
from shared.domain.forwarding import Receipt

SENT_AT = "sent_at"
REASON = "Dies ist ein Probelauf: so sieht eine Ablehnung aus."


class RehearsalDestination:
    def __init__(self, settings: Rehearsal, means: Means) -> None:
        del means  # it reaches nothing
        self._settings = settings

    def build(self, contents: Contents) -> bytes:
        """Nothing of the case: there is nobody to read it."""
        return f"rehearsal {contents.message_id}\n".encode()

    def send(self, message: Message) -> Handed:
        receipt = Receipt(external_id=f"rehearsal-{str(message.id)[:8]}")
        match self._settings.behaviour:
            case "fails":
                raise NotDelivered("http_503", 503)
            case "rejects":
                raise Refused("http_422", 422, REASON)
            case "sometimes":
                self._perhaps_fail(message)
            case "slow":
                self._wait(message.deadline)
            case "accepts_later" | "accepts_then_rejects":
                now = datetime.now(UTC).isoformat()
                return self._awaited(receipt.model_copy(update={"details": {SENT_AT: now}}))
        return receipt

    def ask(self, message: Message, sent: Receipt) -> Handed:
        sent_at = datetime.fromisoformat(sent.details[SENT_AT])
        if datetime.now(UTC) - sent_at < timedelta(seconds=self._settings.seconds):
            return self._awaited(sent)
        if self._settings.behaviour == "accepts_then_rejects":
            raise Refused("rejected_later", reason=REASON)
        return sent

    def withdraw(self, message: Message) -> None:
        """Nothing was left."""

    def test(self, deadline: Deadline) -> Iterator[Checked]:
        text = f"a rehearsal that {self._settings.behaviour.replace('_', ' ')}: it sends nothing"
        yield Checked("rehearsal", ok=True, text=text)

    def _awaited(self, receipt: Receipt) -> Awaited:
        seconds = self._settings.seconds
        return Awaited(receipt, ask_after_seconds=seconds, within_seconds=seconds + 3600)

    def _perhaps_fail(self, message: Message) -> None:
        """Other than the last time: each minute is drawn anew."""
        draw = sha256(f"{message.id}\n{int(time.time() // 60)}".encode()).digest()
        if draw[0] / 256 < self._settings.failure_rate:
            raise NotDelivered("http_503", 503)

    def _wait(self, deadline: Deadline) -> None:
        until = time.monotonic() + self._settings.seconds
        while time.monotonic() < until:
            time.sleep(min(0.1, deadline.left()))
