"""A run over the notices that are due: one mail to each recipient, whatever becomes of the others.

Killed between sending and recording, the lease ends and the same mail is sent again.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from functions.assign.mailing.batches import Batch, address_of, asks_for, batches, is_wanted
from functions.assign.mailing.declared import TenantMail
from functions.assign.mailing.delivery import Delivery
from functions.assign.mailing.ports import OpenDoor, Transactions
from functions.assign.mailing.record import Record
from functions.assign.mailing.text import write
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import TenantId
from shared.ports import CaseworkerDirectory
from shared.runtime.logging import describe

RECIPIENTS_AT_ONCE = 20
LEASE = timedelta(minutes=2)
"""Longer than a run and one mail, with every step of it at its limit."""
FORGOTTEN_AFTER = timedelta(days=30)

_logger = structlog.get_logger()


def send_notices(
    transactions: Transactions,
    directory: CaseworkerDirectory,
    open_door: OpenDoor,
    deadline: float,
) -> None:
    """Never raises. After the deadline, by the monotonic clock, nobody is asked nor written to."""
    record = Record(transactions)
    delivery = Delivery(open_door, record, deadline)
    run = _Run(directory, record, delivery, deadline)
    try:
        while time.monotonic() < deadline and run.some():
            pass
        with transactions() as stores:
            stores.notices.forget(FORGOTTEN_AFTER)
    except Unavailable as exc:
        _logger.warning("mailing_deferred", detail=str(exc))
    except Exception as exc:  # noqa: BLE001 - mail must not keep the rest of the run from its work
        _logger.error("mailing_failed", **describe(exc))
    finally:
        delivery.close()
    if record.counts:
        _logger.info("notices_handled", **record.counts)


@dataclass(slots=True)
class _Run:
    directory: CaseworkerDirectory
    record: Record
    delivery: Delivery
    deadline: float
    # Not asked again in this run, of which several authorities may have one.
    away: set[Directory] = field(default_factory=set)

    def some(self) -> bool:
        """False if nothing was due."""
        with self.record.transactions() as stores:
            due = stores.notices.claim(RECIPIENTS_AT_ONCE, LEASE)
        of_tenants: dict[TenantId, list[Batch]] = {}
        for batch in batches(each for each in due if not each.in_place):
            self.record.dropped(batch, "moved_on")
        for batch in batches(each for each in due if each.in_place):
            of_tenants.setdefault(batch.tenant, []).append(batch)
        for tenant, its_batches in of_tenants.items():
            self._of_tenant(tenant, its_batches)
        return bool(due)

    def _of_tenant(self, tenant: TenantId, its_batches: list[Batch]) -> None:
        try:
            with self.record.transactions() as stores:
                mail = stores.mail_of(tenant)
            self._send_all(mail, its_batches)
        except Unavailable:
            raise
        except Exception as exc:  # noqa: BLE001 - one tenant must not hold up the others
            _logger.error("mailing_broke", tenant=tenant, **describe(exc))
            for batch in its_batches:
                self.record.postponed(batch, "internal_error", unsure=True)

    def _send_all(self, mail: TenantMail, its_batches: list[Batch]) -> None:
        of_authorities: dict[str, list[Batch]] = {}
        for batch in its_batches:
            of_authorities.setdefault(batch.authority, []).append(batch)
        for id_, of_one in of_authorities.items():
            authority = mail.authorities.get(id_)
            for batch in of_one:
                if authority is None or not is_wanted(batch, authority.notices):
                    self.record.dropped(batch, "switched_off")
            if authority is not None:
                wanted = [batch for batch in of_one if is_wanted(batch, authority.notices)]
                self._send_to_authority(mail, authority, wanted)

    def _send_to_authority(
        self, mail: TenantMail, authority: Authority, wanted: list[Batch]
    ) -> None:
        if time.monotonic() >= self.deadline:
            for batch in wanted:
                self.record.not_tried(batch)
            return
        asked = {batch.id: asks_for(batch, authority.notices) for batch in wanted}
        found = self._look_up(mail, authority, {id_ for id_ in asked.values() if id_ is not None})
        for batch in wanted:
            if found is None and asked[batch.id] is not None:
                self.record.postponed(batch, "directory_away")
                continue
            to = address_of(batch, authority.notices, found or {})
            if to is None:
                self.record.dropped(batch, "no_address")
            elif mail.server is None:
                self.record.postponed(batch, "no_mail_server")
            else:
                text = write(batch, to, authority.name, mail.server.link)
                self.delivery.send(mail.server, batch, text)

    def _look_up(
        self, mail: TenantMail, authority: Authority, ids: set[str]
    ) -> Mapping[str, str] | None:
        """None if the directory is away."""
        directory = mail.directory_of(authority.id)
        if not ids or directory is None:
            return {}
        if directory in self.away:
            return None
        try:
            return self.directory.addresses(directory, ids)
        except Unavailable as exc:
            _logger.warning("addresses_deferred", directory=directory.id, detail=str(exc))
            self.away.add(directory)
            return None
