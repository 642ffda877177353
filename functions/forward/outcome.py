"""How an attempt ended."""

from dataclasses import dataclass
from enum import StrEnum

from functions.forward.destination import Awaited
from shared.domain.forwarding import Receipt


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    SENT = "sent"
    REFUSED = "refused"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    HELD = "held"


@dataclass(frozen=True, slots=True)
class Ended:
    """`status`, `code` and `reason` as the destination, or our attempt at it, gave them.

    `progressed`: it failed, but some steps of it are done for good. `ours`: it failed, or was
    refused, for a reason that tells nothing of the destination.
    """

    outcome: Outcome
    status: int | None = None
    code: str | None = None
    reason: str | None = None
    receipt: Receipt | None = None
    awaited: Awaited | None = None
    damaged: bool = False
    progressed: bool = False
    ours: bool = False
