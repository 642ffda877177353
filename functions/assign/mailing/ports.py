"""What mailing asks of the database and of a mail server, and how a mail fails."""

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from functions.assign.mailing.declared import TenantMail
from shared.domain.configuration.mail import MailServer
from shared.domain.identifiers import AuthorityId, TenantId
from shared.domain.notice import DueNotice
from shared.ports import NoticeBox, Tasks


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail to one address. The same `id` again is the same mail again."""

    id: UUID
    to: str
    subject: str
    text: str


class Refused(Exception):
    """This mail, or its recipient, is refused for good; the next one may be taken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NotSent(Exception):
    """May be taken later. `server`: no other mail has to be tried there now. `unsure`: it was on
    its way, and may have been taken."""

    def __init__(self, code: str, *, server: bool = True, unsure: bool = False) -> None:
        super().__init__(code)
        self.code = code
        self.server = server
        self.unsure = unsure


class NoAddress(Exception):
    """This server cannot send to such an address: it has an umlaut, for example."""


class MailDoor(Protocol):
    """A mail server: connected to with the first mail, for all that come after it."""

    def send(self, mail: Mail) -> None:
        """It is the server's now. Raise Refused, NotSent, NoAddress.

        Goes over the network: not within a transaction.
        """
        ...

    def close(self) -> None: ...


OpenDoor = Callable[[MailServer], MailDoor]


class Outbox(NoticeBox, Protocol):
    """All that ends or postpones a notice changes nothing if it has ended already."""

    def claim(self, recipients: int, lease: timedelta) -> list[DueNotice]:
        """All notices of so many recipients of whom each is due; nobody else's for the lease.

        Each new one gets a batch: one per recipient, and one for test cases.
        """
        ...

    def sent(self, ids: Collection[int]) -> None: ...

    def drop(self, ids: Collection[int], why: str) -> None: ...

    def give_up(self, ids: Collection[int], why: str) -> None: ...

    def postpone(
        self, ids: Collection[int], why: str, delay: timedelta, window: timedelta, *, unsure: bool
    ) -> int:
        """How many are given up instead, because their window has ended. `unsure`: they stay in
        their batch."""
        ...

    def give_back(self, ids: Collection[int], *, unsure: bool) -> None:
        """Due again, as if not tried."""
        ...

    def somebody_unreached(self, authority: AuthorityId) -> bool:
        """Whether the last that is known of some recipient is that mail was given up."""
        ...

    def forget(self, age: timedelta) -> None:
        """Those that ended so long ago."""
        ...


@dataclass(frozen=True, slots=True)
class MailStores:
    """The tables, within one transaction."""

    notices: Outbox
    tasks: Tasks
    mail_of: Callable[[TenantId], TenantMail]


Transactions = Callable[[], AbstractContextManager[MailStores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
