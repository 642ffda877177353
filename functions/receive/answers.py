"""What goes back to a sender, in the words of its platform."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from functions.receive.receipt import Receipt
from functions.receive.refusal import PROBLEM_JSON, Refused

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes
    media_type: str
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, document: Mapping[str, Any], media_type: str = JSON) -> Answer:
    return Answer(status, json.dumps(document, ensure_ascii=False).encode(), media_type)


def problem(refused: Refused) -> Answer:
    """RFC 9457."""
    body = json.dumps(refused.problem(), ensure_ascii=False).encode()
    return Answer(refused.status, body, PROBLEM_JSON, refused.headers)


def receipt_document(receipt: Receipt) -> dict[str, Any]:
    """Our own receipt, for platforms that have no format of theirs. Own design."""
    return {
        "transactionId": receipt.transaction_id,
        "caseId": str(receipt.case_id),
        "caseNumber": receipt.number,
        "receivedAt": receipt.received_at.astimezone(UTC).isoformat(),
        "test": receipt.is_test,
        "parts": [
            {"kind": part.kind, "name": part.name, "size": part.size, "sha256": part.sha256}
            for part in receipt.parts
        ],
    }


def receipt_answer(receipt: Receipt) -> Answer:
    return json_answer(200, receipt_document(receipt))
