"""What people do with a case that is assigned: claim it, give it back, hand it on.

Who is allowed to ask for it is the caller's to decide, who knows roles and units; what a case
allows is decided here. Each command names the version of the case that its caller has seen.
"""

from datetime import datetime
from enum import StrEnum

from functions.assign.consent import Consent
from functions.assign.moving import Change, move
from functions.assign.ports import Stores
from shared.domain.actor import Actor, ActorKind
from shared.domain.assignment import Outcome
from shared.domain.case import Case, LogEntry, Stage
from shared.domain.caseworkers import Account, LeftOut
from shared.domain.errors import HeldByAnother, NotAssignable, StaleCase
from shared.domain.identifiers import CLEARING_OFFICE, POST_ROOM, AccountId, CaseId, UnitId

LONGEST_REASON = 200
# A lock lasts minutes, and whoever hands a case on may think that nothing is nobody's capacity.
_NOT_TO_BE_GIVEN = {LeftOut.SERVICE_ACCOUNT, LeftOut.DISABLED, LeftOut.EXPIRED, LeftOut.ABSENT}


class Place(StrEnum):
    """Where a case may lie without anybody having it."""

    UNIT_TRAY = "unit_tray"
    TEAM_TRAY = "team_tray"
    POST_ROOM = "post_room"


def claim(case_id: CaseId, version: int, account: AccountId, actor: Actor, stores: Stores) -> Case:
    """Only what nobody has, or what its holder lets go of; what one has already, one has.

    Raise UnknownCase, NotAssignable, HeldByAnother, or StaleCase.
    """
    case = stores.cases.get(case_id)
    if case.assignee == account:
        return case
    case = _open_case(case, version)
    consent = stores.consents.get(case_id)
    if case.assignee is not None and not (consent and consent.covers(case, account)):
        raise HeldByAnother("somebody has the case, and has not consented to give it away")
    why = (
        f"{account} took it" if case.assignee is None else f"{case.assignee} let {account} have it"
    )
    change = Change(Outcome.CLAIMED, "case.claimed", f"{why}.", actor)
    return move(case, case.organizational_unit, account, change, stores)


def consent(
    case_id: CaseId, version: int, to: AccountId | None, actor: Actor, stores: Stores
) -> None:
    """Let somebody, or anybody, claim the case. By its holder only."""
    case = _open_case(stores.cases.get(case_id), version)
    _require_holder(case, actor)
    assert case.assignee is not None  # noqa: S101 - it has a holder
    details = {"round": case.round, "from": case.assignee, "to": to}
    stores.holdings.save(
        case, entry=LogEntry(actor=actor, action="case.consented", details=details)
    )
    stores.consents.put(Consent(case.id, case.round, case.assignee, to))


def withdraw_consent(case_id: CaseId, version: int, actor: Actor, stores: Stores) -> None:
    """Keep the case after all. By its holder only; without a consent nothing is changed."""
    case = _open_case(stores.cases.get(case_id), version)
    _require_holder(case, actor)
    given = stores.consents.get(case_id)
    if given is None or not given.counts_for(case):
        return
    details = {"round": case.round, "from": case.assignee}
    entry = LogEntry(actor=actor, action="case.consent-withdrawn", details=details)
    stores.holdings.save(case, entry=entry)
    stores.consents.remove(case.id)


def release(case_id: CaseId, version: int, actor: Actor, stores: Stores) -> Case:
    """Back to the tray it came from: by its holder, or an operator."""
    case = _open_case(stores.cases.get(case_id), version)
    if case.assignee is None:
        raise NotAssignable("nobody has the case")
    if actor.kind is not ActorKind.OPERATOR:
        _require_holder(case, actor)
    change = Change(Outcome.RELEASED, "case.released", f"{case.assignee} gave it back.", actor)
    return move(case, case.organizational_unit, None, change, stores)


def reassign(
    case_id: CaseId,
    version: int,
    to: Account | Place,
    reason: str,
    actor: Actor,
    stores: Stores,
    now: datetime,
) -> Case:
    """To somebody else or to a tray, with a reason that goes on the record.

    `to` is the account as its directory knows it, with what was told to us: asked before.
    """
    reason = _checked(reason)
    case = _open_case(stores.cases.get(case_id), version)
    unit, assignee = _new_holder(case, to, now)
    if (unit, assignee) == (case.organizational_unit, case.assignee):
        raise NotAssignable("the case lies there already")
    change = Change(Outcome.REASSIGNED, "case.reassigned", reason, actor)
    return move(case, unit, assignee, change, stores)


def _checked(reason: str) -> str:
    reason = reason.strip()
    if not 1 <= len(reason) <= LONGEST_REASON or not reason.isprintable():
        raise NotAssignable(
            f"the reason has to be one line of up to {LONGEST_REASON} characters, no names in it"
        )
    return reason


def _open_case(case: Case, version: int) -> Case:
    if case.version != version:
        raise StaleCase(str(case.id))
    if not case.stage.comes_after(Stage.ROUTED) or case.authority == CLEARING_OFFICE:
        raise NotAssignable("the case is not assigned yet; it has to have an authority first")
    if not case.status.is_open:
        raise NotAssignable(f"the case is {case.status}; it has to be reopened first")
    return case


def _require_holder(case: Case, actor: Actor) -> None:
    if case.assignee is None:
        raise NotAssignable("nobody has the case")
    if actor != Actor.caseworker(case.assignee):
        raise HeldByAnother("only whoever has the case may do this")


def _new_holder(
    case: Case, to: Account | Place, now: datetime
) -> tuple[UnitId | None, AccountId | None]:
    if isinstance(to, Account):
        left_out = to.left_out(now)
        if left_out in _NOT_TO_BE_GIVEN:
            raise NotAssignable(f"the account is left out: {left_out.replace('_', ' ')}")
        return case.organizational_unit, to.id
    trays = {
        Place.UNIT_TRAY: case.organizational_unit,
        Place.TEAM_TRAY: None,
        Place.POST_ROOM: POST_ROOM,
    }
    return trays[to], None
