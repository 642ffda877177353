"""What people do with a forwarding that failed: send it again, or let the case go on without it."""

from datetime import UTC, datetime

from functions.forward.ports import Stores
from shared.domain.actor import Actor
from shared.domain.case import LogEntry
from shared.domain.forwarding import FORWARDING_FAILED, Forwarding


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
