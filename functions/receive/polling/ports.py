"""What polling asks of the database."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from shared.domain.polling import Lease, Polled
from shared.ports import Tasks


class Polls(Protocol):
    def due(self, senders: Collection[str]) -> list[str]:
        """Those of these senders that may be claimed now, the longest due first."""
        ...

    def claim(self, sender: str, owner: UUID, lease: timedelta) -> Lease | None:
        """None if it is not due, or if somebody else polls it."""
        ...

    def renew(self, sender: str, owner: UUID, lease: timedelta) -> bool:
        """False if somebody else has it."""
        ...

    def succeed(
        self, lease: Lease, due_in: timedelta, cursors: Mapping[str, datetime], error: str | None
    ) -> None:
        """`due_in` counts from when it was claimed."""
        ...

    def fail(self, lease: Lease, due_in: timedelta, error: str) -> None: ...

    def seen(self, sender: str, transaction_ids: Collection[str]) -> dict[str, Polled]:
        """What is known of these."""
        ...

    def note(self, sender: str, polled: Polled, *, due_in: timedelta, code: str | None) -> None: ...

    def forget(self, sender: str, age: timedelta) -> None: ...


@dataclass(frozen=True, slots=True)
class PollStores:
    """The tables, within one transaction."""

    polls: Polls
    tasks: Tasks
