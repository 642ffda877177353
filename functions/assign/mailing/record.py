"""Record what became of a mail, and tell a person of what was given up."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from functions.assign.mailing.batches import Batch
from functions.assign.mailing.ports import MailStores, Transactions
from shared.domain.notice import NOTICE_FAILED

WINDOW = timedelta(hours=24)
"""Since the notice was noted: beyond it no further attempt is made."""

_logger = structlog.get_logger()


@dataclass(slots=True)
class Record:
    """Each outcome in a transaction of its own; `counts` are of notices, and of mails sent."""

    transactions: Transactions
    counts: Counter[str] = field(default_factory=Counter)

    def sent(self, batch: Batch) -> None:
        with self.transactions() as stores:
            stores.notices.sent(batch.ids)
            if not stores.notices.somebody_unreached(batch.authority):
                stores.tasks.close(NOTICE_FAILED, None, batch.authority)
        self.counts.update(sent=len(batch.ids), mails=1)

    def dropped(self, batch: Batch, why: str) -> None:
        with self.transactions() as stores:
            stores.notices.drop(batch.ids, why)
        _logger.info("notices_dropped", **_described(batch, why))
        self.counts.update(dropped=len(batch.ids))

    def refused(self, batch: Batch, why: str) -> None:
        with self.transactions() as stores:
            stores.notices.give_up(batch.ids, why)
            _tell(stores, batch, why)
        self._given_up(batch, why, len(batch.ids))

    def postponed(self, batch: Batch, why: str, *, unsure: bool = False) -> None:
        unsure = unsure or batch.perhaps_sent
        with self.transactions() as stores:
            given_up = stores.notices.postpone(batch.ids, why, batch.delay, WINDOW, unsure=unsure)
            if given_up:
                _tell(stores, batch, why)
        if given_up:
            self._given_up(batch, why, given_up)
        if given_up < len(batch.ids):
            _logger.warning("notices_postponed", **_described(batch, why))
            self.counts.update(postponed=len(batch.ids) - given_up)

    def not_tried(self, batch: Batch) -> None:
        with self.transactions() as stores:
            stores.notices.give_back(batch.ids, unsure=batch.perhaps_sent)

    def _given_up(self, batch: Batch, why: str, count: int) -> None:
        _logger.error("notices_given_up", **_described(batch, why))
        self.counts.update(given_up=count)


def _tell(stores: MailStores, batch: Batch, why: str) -> None:
    whom = " ".join(filter(None, (batch.kind, batch.recipient)))
    stores.tasks.open(NOTICE_FAILED, None, f"no mail to {whom}: {why}", batch.authority)


def _described(batch: Batch, why: str) -> dict[str, object]:
    return {
        "tenant": batch.tenant,
        "authority": batch.authority,
        "kind": batch.kind,
        "recipient": batch.recipient,
        "notices": len(batch.ids),
        "code": why,
    }
