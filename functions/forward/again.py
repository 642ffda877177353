"""What people have done about forwardings: send again, go on without, send somewhere anew."""

from datetime import UTC, datetime

from functions.forward.ports import Stores
from shared.domain.actor import Actor
from shared.domain.case import LogEntry, Stage
from shared.domain.events import CaseForwardingRequested
from shared.domain.forwarding import FORWARDING_FAILED, Forwarding
from shared.domain.identifiers import CaseId, DestinationId


def send_again(forwarding: Forwarding, actor: Actor, stores: Stores) -> bool:
    """The same message, with the same id and bytes, and a new window. False if it did not fail,
    or somebody else was faster."""
    stores.cases.lock(forwarding.case_id)
    done = stores.forwardings.send_again(forwarding.id)
    if done:
        _go_on(forwarding, actor, "forwarding.sent-again", {}, stores)
    return done


def waive(forwarding: Forwarding, actor: Actor, reason: str, stores: Stores) -> bool:
    """False if it did not fail, or somebody else was faster."""
    stores.cases.lock(forwarding.case_id)
    done = stores.forwardings.waive(forwarding.id, actor.id)
    if done:
        _go_on(forwarding, actor, "forwarding.waived", {"reason": reason}, stores)
    return done


def request(
    case_id: CaseId, destination: DestinationId, actor: Actor, stores: Stores
) -> CaseForwardingRequested | None:
    """A new message with a new id, whatever was sent there before. None if the case is not
    assigned yet. Raise UnknownCase."""
    stores.cases.lock(case_id)
    case = stores.cases.get(case_id)
    if not case.stage.comes_after(Stage.ROUTED):
        return None
    case, event = case.announce(CaseForwardingRequested, destination=destination)
    details = {"round": case.round, "destination": destination}
    entry = LogEntry(actor=actor, action="forwarding.requested", details=details)
    stores.cases.save(case, entry=entry, event=event, wake_at=datetime.now(UTC))
    return event


def _go_on(
    forwarding: Forwarding, actor: Actor, action: str, details: dict[str, str], stores: Stores
) -> None:
    about = {
        "round": forwarding.round,
        "destination": forwarding.destination,
        "message": str(forwarding.message_id),
    }
    entry = LogEntry(actor=actor, action=action, details={**about, **details})
    stores.log.append(forwarding.case_id, entry)
    stores.tasks.close(FORWARDING_FAILED, forwarding.case_id, str(forwarding.id))
    stores.cases.wake_at(forwarding.case_id, datetime.now(UTC))
