"""The steps of a hand-over, noted one by one, each only while the case is still ours to send."""

from dataclasses import dataclass, field

from functions.forward.claiming import Claim
from functions.forward.destination import Superseded
from functions.forward.ports import Transactions

BEGUN = "begun"
"""Noted before anything is sent: from then on there may be something to take away."""


@dataclass(slots=True)
class ClaimJournal:
    """Every note is committed when the call returns; it renews the lease."""

    claim: Claim
    transactions: Transactions
    noted: set[str] = field(default_factory=set)
    progress: bool = False

    def begin(self) -> None:
        self._note(BEGUN)
        with self.transactions() as stores:
            self.noted |= stores.claims.steps(self.claim.forwarding.id)

    def done(self, step: str) -> bool:
        return step in self.noted

    def note(self, step: str) -> None:
        self._note(step)
        self.progress = True

    def _note(self, step: str) -> None:
        id_ = self.claim.forwarding.id
        with self.transactions() as stores:
            if not stores.claims.renew(id_, self.claim.owner, self.claim.lease_seconds):
                raise Superseded
            stores.claims.note(id_, step, self.claim.number)
        self.noted.add(step)
