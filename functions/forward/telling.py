"""On the record of a case what came of a forwarding; to a person what needs one."""

from datetime import timedelta

from functions.forward.ports import Stores
from functions.forward.settle import FORWARD
from shared.domain.case import LogEntry
from shared.domain.configuration.destinations import Destination
from shared.domain.forwarding import (
    FILE_DAMAGED,
    FORWARDING_FAILED,
    Forwarding,
    ForwardingState,
)
from shared.domain.identifiers import CaseId

_FAILED = (ForwardingState.REJECTED, ForwardingState.GIVEN_UP)


def tell(
    stores: Stores,
    forwarding: Forwarding,
    state: ForwardingState,
    code: str | None,
    destination: Destination | None,
) -> None:
    """Of a state that it was not in before, and that is no mere delay."""
    case_id, subject = forwarding.case_id, str(forwarding.id)
    if state is ForwardingState.ACCEPTED:
        stores.tasks.close(FORWARDING_FAILED, case_id, subject)
        stores.tasks.close(FILE_DAMAGED, case_id, subject)
    if state in _FAILED:
        stores.tasks.open(
            FORWARDING_FAILED,
            case_id,
            f"{forwarding.destination} {state}: {code}",
            subject,
            owner=destination.owner if destination else None,
            within=timedelta(hours=destination.due_within_hours) if destination else None,
        )
    details = {
        "round": forwarding.round,
        "destination": forwarding.destination,
        "message": str(forwarding.message_id),
        **({"code": code} if code else {}),
    }
    stores.log.append(
        case_id, LogEntry(actor=FORWARD, action=f"forwarding.{state}", details=details)
    )


def tell_of_damage(stores: Stores, forwarding: Forwarding, code: str | None) -> None:
    """At once: it is not the destination's fault, and waiting does not mend it."""
    reason = f"{forwarding.destination} was not sent its files: {code}"
    stores.tasks.open(FILE_DAMAGED, forwarding.case_id, reason, str(forwarding.id))


def apply_receipts(stores: Stores, case_id: CaseId) -> None:
    """What destinations said later of the case's messages, in the order it came."""
    for receipt in stores.receipts.new(case_id):
        forwarding = stores.receipts.apply(receipt)
        if forwarding is None or forwarding.state is ForwardingState.SUPERSEDED:
            continue
        declared = stores.destinations.of_tenant(forwarding.tenant)
        destination = next((d for d in declared if d.id == forwarding.destination), None)
        tell(stores, forwarding, forwarding.state, forwarding.code, destination)
