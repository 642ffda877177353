"""The steps of a hand-over, noted one by one, each only while the case is still ours to send."""

from dataclasses import dataclass, field

from functions.forward.claiming import Claim
from functions.forward.destination import Superseded
from functions.forward.ports import Stores, Transactions

BEGUN = "begun"
"""Noted before anything is sent: from then on there may be something to take away."""


@dataclass(slots=True)
class ClaimJournal:
    """Every note is committed when the call returns; it renews the lease. `progress`: something
    was noted in this attempt."""

    claim: Claim
    transactions: Transactions
    noted: frozenset[str] = field(default_factory=frozenset)
    progress: bool = False

    def begin(self) -> None:
        """Raise Superseded if it is not ours to begin."""
        with self.transactions() as stores:
            self._note(BEGUN, stores)
            self.noted = stores.claims.steps(self.claim.forwarding.id)

    def done(self, step: str) -> bool:
        return step in self.noted

    def note(self, step: str) -> None:
        with self.transactions() as stores:
            self._note(step, stores)
        self.progress = True

    def _note(self, step: str, stores: Stores) -> None:
        id_ = self.claim.forwarding.id
        if not stores.claims.renew(id_, self.claim.owner, self.claim.lease_seconds):
            raise Superseded
        stores.claims.note(id_, step, self.claim.number)
