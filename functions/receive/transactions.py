"""What became of a transaction: for a sender that got no answer."""

from typing import Any

from functions.receive.answers import receipt_document
from functions.receive.ports import Refusals, Transactions
from functions.receive.receive import receipt_of
from shared.domain.identifiers import SenderId, case_id


def what_became_of(
    sender: SenderId, transaction_id: str, transactions: Transactions, refusals: Refusals
) -> dict[str, Any]:
    """Stored, refused or unknown; whoever reads `unknown` sends it again. Own design."""
    with transactions() as stores:
        receipt = receipt_of(case_id(sender, transaction_id), stores)
    told: dict[str, Any] = {"transactionId": transaction_id}
    if receipt is not None:
        return {**told, "state": "stored", "receipt": receipt_document(receipt)}
    refusal = refusals.last(sender, transaction_id)
    if refusal is None:
        return {**told, "state": "unknown"}
    refused = {"status": refusal.status, "code": refusal.code}
    if refusal.at is not None:
        refused["at"] = refusal.at.isoformat()
    return {**told, "state": "refused", "refusal": refused}
