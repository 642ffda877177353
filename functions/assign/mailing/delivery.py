"""Hand mails to the mail servers, and record what became of each."""

import time
from dataclasses import dataclass, field

from functions.assign.mailing.batches import Batch
from functions.assign.mailing.ports import Mail, MailDoor, NoAddress, NotSent, OpenDoor, Refused
from functions.assign.mailing.record import Record
from shared.domain.configuration.mail import MailServer


def open_smtp(server: MailServer) -> MailDoor:
    # With the first mail: most starts of the function send none.
    from functions.assign.mailing.smtp import SmtpDoor

    return SmtpDoor(server)


@dataclass(slots=True)
class Delivery:
    """One connection per server; one that fails is left alone for the rest of the run.

    No mail is begun after the deadline, by the monotonic clock.
    """

    open_door: OpenDoor
    record: Record
    deadline: float
    _doors: dict[MailServer, MailDoor] = field(default_factory=dict)
    _failed: dict[MailServer, str] = field(default_factory=dict)

    def send(self, server: MailServer, batch: Batch, mail: Mail) -> None:
        if time.monotonic() >= self.deadline:
            self.record.not_tried(batch)
        elif server in self._failed:
            self.record.postponed(batch, self._failed[server])
        else:
            self._try(server, batch, mail)

    def close(self) -> None:
        for door in self._doors.values():
            door.close()

    def _try(self, server: MailServer, batch: Batch, mail: Mail) -> None:
        if server not in self._doors:
            self._doors[server] = self.open_door(server)
        try:
            self._doors[server].send(mail)
        except NoAddress:
            self.record.dropped(batch, "no_address")
        except Refused as exc:
            self.record.refused(batch, exc.code)
        except NotSent as exc:
            if exc.server:
                self._failed[server] = exc.code
            self.record.postponed(batch, exc.code, unsure=exc.unsure)
        else:
            self.record.sent(batch)
