"""A notice: somebody is to be told by mail that a case waits. It holds ids only."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.domain.case import Case
from shared.domain.identifiers import (
    POST_ROOM,
    AccountId,
    AuthorityId,
    CaseId,
    TenantId,
    UnitId,
    format_case_number,
)

NOTICE_FAILED = "notice_failed"
"""The kind of task: mail to somebody of an authority was refused, or tried in vain for a day."""


class Recipient(StrEnum):
    """An account or a unit by its id; the trays are the authority's."""

    ACCOUNT = "account"
    UNIT = "unit"
    TEAM_TRAY = "team_tray"
    POST_ROOM = "post_room"


class Notice(BaseModel):
    model_config = ConfigDict(frozen=True)

    case_id: CaseId
    round: int
    tenant: TenantId
    authority: AuthorityId
    kind: Recipient
    recipient: str | None = None


class DueNotice(BaseModel):
    """A notice that nobody else sends for now.

    Those of one `batch` go into one mail, `perhaps_sent` before: that attempt was cut off.
    `in_place`: the case is still open, and lies with the recipient.
    """

    model_config = ConfigDict(frozen=True)

    id: int
    batch: UUID
    notice: Notice
    attempts: int
    sequence_number: int
    is_test: bool
    perhaps_sent: bool
    in_place: bool

    @property
    def number(self) -> str:
        return format_case_number(self.sequence_number)


def notice_of(case: Case) -> Notice | None:
    """For whoever the case lies with; None if it is no authority's yet."""
    if case.tenant is None or case.authority is None:
        return None
    kind, recipient = holder(case.organizational_unit, case.assignee)
    return Notice(
        case_id=case.id,
        round=case.round,
        tenant=case.tenant,
        authority=case.authority,
        kind=kind,
        recipient=recipient,
    )


def holder(unit: UnitId | None, assignee: AccountId | None) -> tuple[Recipient, str | None]:
    """With whom a case lies that is assigned like this."""
    if assignee is not None:
        return Recipient.ACCOUNT, assignee
    if unit == POST_ROOM:
        return Recipient.POST_ROOM, None
    if unit is not None:
        return Recipient.UNIT, unit
    return Recipient.TEAM_TRAY, None
