"""Which notices go into one mail, and to which address: pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from shared.domain.configuration.mail import Notices, is_mail_address
from shared.domain.identifiers import AuthorityId, TenantId
from shared.domain.notice import DueNotice, Recipient

_FIRST, _LONGEST = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one recipient is told of by one mail; never empty."""

    id: UUID
    notices: tuple[DueNotice, ...]

    @property
    def ids(self) -> list[int]:
        return [each.id for each in self.notices]

    @property
    def tenant(self) -> TenantId:
        return self.notices[0].notice.tenant

    @property
    def authority(self) -> AuthorityId:
        return self.notices[0].notice.authority

    @property
    def kind(self) -> Recipient:
        return self.notices[0].notice.kind

    @property
    def recipient(self) -> str | None:
        return self.notices[0].notice.recipient

    @property
    def perhaps_sent(self) -> bool:
        return any(each.perhaps_sent for each in self.notices)

    @property
    def delay(self) -> timedelta:
        """Until the next attempt. A batch's id is random, and so is when it comes again."""
        attempts = max(each.attempts for each in self.notices)
        jitter = 0.75 + 0.5 * (self.id.int % 1000) / 1000
        return min(_LONGEST, _FIRST * (1 << min(attempts - 1, 12))) * jitter


def batches(due: Iterable[DueNotice]) -> list[Batch]:
    together: dict[UUID, list[DueNotice]] = {}
    for notice in due:
        together.setdefault(notice.batch, []).append(notice)
    return [Batch(id_, tuple(notices)) for id_, notices in together.items()]


def asks_for(batch: Batch, declared: Notices) -> str | None:
    """The account or unit whose address the directory has to know."""
    is_known_there = batch.kind in (Recipient.ACCOUNT, Recipient.UNIT)
    return batch.recipient if is_known_there and declared.people else None


def is_wanted(batch: Batch, declared: Notices) -> bool:
    return asks_for(batch, declared) is not None or _tray(batch, declared) is not None


def address_of(batch: Batch, declared: Notices, found: Mapping[str, str]) -> str | None:
    """`found` is what the directory says, which is nobody's promise that it is an address."""
    of_its_own = found.get(asks_for(batch, declared) or "")
    if of_its_own is not None and is_mail_address(of_its_own):
        return of_its_own
    return _tray(batch, declared)


def _tray(batch: Batch, declared: Notices) -> str | None:
    """Where a team has no address of its own, its authority's tray has."""
    if batch.kind is Recipient.ACCOUNT:
        return None
    return declared.post_room if batch.kind is Recipient.POST_ROOM else declared.team_tray
