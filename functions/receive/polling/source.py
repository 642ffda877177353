"""What a platform that is polled has to offer, and how it fails."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from functions.receive.delivery import Delivery, Files, Limits
from shared.domain.errors import LotseError


class PollFailed(LotseError):
    """`code` says why, in one word; `stops` if there is no use in asking for anything else now."""

    def __init__(self, code: str, *, stops: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.stops = stops
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Entry:
    """A submission as it is listed; `digest` changes when what is listed of it does."""

    form: str
    transaction_id: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class Listing:
    """`unreadable` counts what has no usable id; `cursor` is the platform's time of it."""

    entries: tuple[Entry, ...]
    cursor: datetime | None
    unreadable: int


class Source(Protocol):
    """Every method may raise PollFailed."""

    @property
    def forms(self) -> Iterable[str]: ...

    @property
    def reports(self) -> bool:
        """Whether the platform is told what was stored."""
        ...

    def listed(self, form: str, since: datetime | None) -> Listing: ...

    def fetch(self, entry: Entry, files: Files, limits: Limits) -> Delivery:
        """Raise Refused for what cannot be stored."""
        ...

    def report(self, entry: Entry) -> None: ...
