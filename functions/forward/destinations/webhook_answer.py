"""What a webhook's receiver answered: a receipt, a refusal with its reason, or that it failed."""

import json
from typing import Any

import urllib3
from urllib3.response import BaseHTTPResponse

from functions.forward.destination import NotDelivered, Refused
from shared.domain.forwarding import Receipt

LONGEST_ANSWER = 64 * 1024
LONGEST_ID = 200
LONGEST_REASON = 500
# As the broker does it: these pass by themselves, every other 4xx says that it never will.
_PASSING = {404, 408, 409, 429}


def read_receipt(answer: BaseHTTPResponse) -> Receipt:
    """Raise Refused, or NotDelivered if it may pass."""
    status = answer.status
    if 200 <= status < 300:
        return Receipt(status=status, external_id=_external_id(answer))
    code = f"http_{status}"
    if 300 <= status < 500 and status not in _PASSING:
        raise Refused(code, status, _reason(answer))
    raise NotDelivered(code, status)


def _external_id(answer: BaseHTTPResponse) -> str | None:
    """It has accepted; what it says beyond that may be of use, or not be readable at all."""
    found = _document(answer).get("id")
    if isinstance(found, bool) or not isinstance(found, str | int):
        return None
    return _printable(str(found), LONGEST_ID)


def _reason(answer: BaseHTTPResponse) -> str | None:
    """In its own words, if it answers with a problem document (RFC 9457)."""
    document = _document(answer)
    told = [document.get(member) for member in ("title", "detail")]
    return _printable(": ".join(text for text in told if isinstance(text, str)), LONGEST_REASON)


def _document(answer: BaseHTTPResponse) -> dict[str, Any]:
    try:
        document = json.loads(answer.read(LONGEST_ANSWER + 1)[:LONGEST_ANSWER])
    except (urllib3.exceptions.HTTPError, OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _printable(text: str, longest: int) -> str | None:
    return "".join(c for c in text if c.isprintable())[:longest] or None
