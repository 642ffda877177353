"""What goes back over SOAP: depositResponse, or a Fault. Beyond the schema it is own design."""

from collections.abc import Iterable
from datetime import UTC
from html import escape

from functions.receive.answers import Answer
from functions.receive.platforms.intelliform.names import BACKEND, SOAP, WSSE
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused

MEDIA_TYPE = "text/xml; charset=utf-8"

# SOAP 1.1 over HTTP has one status for a Fault, and many clients read one with no other. These
# are no answers to an envelope but to bytes, to their size, or to the moment.
_KEEPS_STATUS = (400, 404, 405, 413, 415, 429, 503)
_OF_HEADER = {
    "must-understand": "soap:MustUnderstand",
    "soap-version": "soap:VersionMismatch",
}
_LATER = (
    "Der Antrag konnte gerade nicht angenommen werden. Bitte senden Sie ihn später noch einmal."
)
_TOO_LARGE = "Der Antrag oder eine seiner Anlagen ist zu groß."
_USED = "Unter dieser Vorgangskennung liegt bereits ein anderer Antrag vor."
_OTHERWISE = (
    "Der Antrag konnte nicht angenommen werden. "
    "Bitte wenden Sie sich an die Stelle, die das Formular anbietet."
)
_USER_MESSAGES = {409: _USED, 413: _TOO_LARGE, 429: _LATER, 503: _LATER}


def accepted(receipt: Receipt) -> Answer:
    told = [
        ("caseId", str(receipt.case_id)),
        ("caseNumber", receipt.number),
        ("receivedAt", receipt.received_at.astimezone(UTC).isoformat()),
        *((f"sha256:{part.name}", part.sha256) for part in receipt.parts),
    ]
    return _envelope(
        200,
        f'<b:depositResponse xmlns:b="{BACKEND}"><return>{_entries(told)}</return>'
        "</b:depositResponse>",
        {},
    )


def refused(refusal: Refused) -> Answer:
    code = _fault_code(refusal)
    # A detail is for the Body alone: where the fault lies in the Header, SOAP forbids one.
    detail = "" if _is_of_header(refusal) else f"<detail>{_detail(refusal)}</detail>"
    status = refusal.status if refusal.status in _KEEPS_STATUS else 500
    return _envelope(
        status,
        f'<soap:Fault><faultcode xmlns:wsse="{WSSE}">{code}</faultcode>'
        f"<faultstring>{escape(refusal.detail)}</faultstring>{detail}</soap:Fault>",
        refusal.headers,
    )


def _fault_code(refusal: Refused) -> str:
    if refusal.code in _OF_HEADER:
        return _OF_HEADER[refusal.code]
    if refusal.status == 401:
        return "wsse:FailedAuthentication"
    return "soap:Server" if refusal.retry or refusal.status >= 500 else "soap:Client"


def _is_of_header(refusal: Refused) -> bool:
    return refusal.status == 401 or refusal.code in _OF_HEADER


def _detail(refusal: Refused) -> str:
    told = [("retryable", "true" if refusal.retry else "false")]
    if refusal.place is not None:
        told.insert(0, ("place", refusal.place))
    user_message = _USER_MESSAGES.get(refusal.status, _OTHERWISE)
    return (
        f'<b:ApplicationFault xmlns:b="{BACKEND}">{_entries(told)}'
        f"<faultId>{escape(refusal.code)}</faultId><message>{escape(refusal.detail)}</message>"
        f"<userMessage>{escape(user_message)}</userMessage></b:ApplicationFault>"
    )


def _entries(entries: Iterable[tuple[str, str]]) -> str:
    return "".join(
        f"<customParameters><key>{escape(key)}</key><value>{escape(value)}</value>"
        "</customParameters>"
        for key, value in entries
    )


def _envelope(status: int, body: str, headers: dict[str, str]) -> Answer:
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Body>{body}</soap:Body></soap:Envelope>\n'
    )
    return Answer(status, document.encode(), MEDIA_TYPE, headers)
