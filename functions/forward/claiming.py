"""Who may send what now: leases, and what a destination's standing lets through."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from functions.forward.ports import Stores, Transactions
from shared.domain.case import Case
from shared.domain.configuration.destinations import Destination
from shared.domain.destination_standing import HeldBy, Standing
from shared.domain.events import Event
from shared.domain.forwarding import Forwarding
from shared.domain.identifiers import DestinationId

LEASE_MARGIN_SECONDS = 15.0
"""What an attempt may need beside the destination's timeout: to build, to freeze, to record."""
PAUSED_FOR = timedelta(hours=1)
"""How often it is seen whether a paused destination goes on; resuming wakes all at once."""
IN_LINE_FOR = timedelta(seconds=15)
"""Whoever is at the destination takes the next in line; this is for when they are killed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send this forwarding until its lease ends, as it was before it was claimed."""

    forwarding: Forwarding
    case: Case
    destination: Destination | None
    owner: UUID
    number: int
    cause: Event | None
    """What the end of it answers. None if it was taken in line: the case is woken to settle it."""

    @property
    def lease_seconds(self) -> float:
        return lease_of(self.destination)


def lease_of(destination: Destination | None) -> float:
    timeout = destination.settings.timeout_seconds if destination else 0
    return timeout + LEASE_MARGIN_SECONDS


def claim_all(
    forwardings: Iterable[Forwarding], cause: Event | None, stores: Stores, case: Case
) -> tuple[Claim, ...]:
    """Those that may be sent now; the others are held. What another handler is at is left to it;
    if it was killed, its lease ends."""
    due = list(forwardings)
    if not due or case.tenant is None:
        return ()
    destinations = {
        DestinationId(each.id): each for each in stores.destinations.of_tenant(case.tenant)
    }
    owner = uuid4()
    claims = []
    for forwarding in due:
        destination = destinations.get(forwarding.destination)
        if destination is not None and _is_held(forwarding, destination, stores):
            continue
        number = stores.claims.claim(forwarding.id, owner, lease_of(destination))
        claims.append(Claim(forwarding, case, destination, owner, number, cause))
    return tuple(claims)


def next_in_line(claim: Claim, transactions: Transactions) -> tuple[Claim, ...]:
    """For the same destination as this claim; none if nobody waits, or somebody else took it."""
    tenant, destination = claim.forwarding.tenant, claim.forwarding.destination
    with transactions() as stores:
        case_id = stores.forwardings.first_in_line(tenant, destination)
        if case_id is None or stores.scans.holding(case_id):
            return ()
        case = stores.cases.get(case_id)
        due = stores.forwardings.claimable(case_id, case.round, in_line_for=destination)
        claims = claim_all(
            (each for each in due if each.destination == destination), None, stores, case
        )
        # For what is open beside it, and if this process is killed.
        stores.cases.wake_at(case_id, stores.forwardings.next_due(case_id, case.round))
        return claims


def _is_held(forwarding: Forwarding, destination: Destination, stores: Stores) -> bool:
    standing = stores.standings.locked(forwarding.tenant, forwarding.destination)
    sending = stores.standings.sending(forwarding.tenant, forwarding.destination)
    now = stores.standings.clock()
    held_by = standing.holds(sending, destination.at_once, now)
    window = timedelta(seconds=destination.retry.give_up_after_seconds)
    if held_by is HeldBy.BREAKER and forwarding.window_from + window <= now:
        # Nothing is given up that was not tried at the very end.
        held_by = HeldBy.LIMIT if sending >= destination.at_once else None
    if held_by is None:
        return False
    until = _until(held_by, standing, forwarding, now)
    if held_by is HeldBy.BREAKER:
        until = min(until, max(forwarding.window_from + window, now))
    stores.claims.hold(forwarding.id, held_by, until)
    return True


def _until(held_by: HeldBy, standing: Standing, forwarding: Forwarding, now: datetime) -> datetime:
    """Not all at the same moment: spread by the forwarding's own id."""
    spread = sha256(f"{forwarding.id}\n{forwarding.attempts}".encode()).digest()[0] / 256
    if held_by is HeldBy.PAUSE:
        return now + PAUSED_FOR
    if held_by is HeldBy.BREAKER and standing.open_until is not None:
        return max(standing.open_until, now + IN_LINE_FOR) + spread * IN_LINE_FOR
    return now + (1 + spread) * IN_LINE_FOR
