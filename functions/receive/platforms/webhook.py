"""Webhooks of anybody: `POST /webhook`, a form as it is or carried by a CloudEvent. Own design."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from functions.receive.answers import Answer, json_answer, receipt_document
from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.forms import json_form
from functions.receive.forms.bodies import media_type_of, read_form, read_whole
from functions.receive.forms.charsets import without_charset
from functions.receive.forms.cloud_event import (
    BATCH,
    STRUCTURED,
    CloudEvent,
    event_of_document,
    event_of_headers,
)
from functions.receive.forms.form import Form, Terms
from functions.receive.forms.mapping import Known, delivery_of, id_before_body
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused, invalid
from functions.receive.strict_json import read_strictly
from shared.domain.configuration.field_mapping import FieldMapping
from shared.domain.configuration.senders import Signature
from shared.domain.exact_json import write_json
from shared.domain.submission import PartDigest

WEBHOOK_ID = "webhook-id"
_HOW_TO_SEND_ID = f"Send it in the header {WEBHOOK_ID}, or as source and id of a CloudEvent."


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    terms = Terms(arrival.sender.webhook or FieldMapping(), limits)
    media_type = media_type_of(arrival.content_type)
    if media_type == STRUCTURED:
        return _read_structured(arrival, files, terms)
    if media_type.startswith(BATCH):
        detail = "A batch may be taken in part only. Send each event on its own."
        raise Refused(415, "cloudevents-batch", detail, headers={"Accept": STRUCTURED})
    event = event_of_headers(arrival.headers)
    known = _known(event, arrival, is_signed=False)
    arrival.transaction_id = id_before_body(arrival, terms, known)
    form = read_form(arrival.stream, arrival.content_type, files, terms, xml=False)
    return delivery_of(form, terms, arrival, known)


def accepted(receipt: Receipt) -> Answer:
    """202, since a broker takes the body of any other success for an event in reply."""
    return json_answer(202, receipt_document(receipt))


def _read_structured(arrival: Arrival, files: Files, terms: Terms) -> Delivery:
    body = read_whole(arrival.stream, terms)
    document = read_strictly(body, max_depth=terms.limits.depth // 2, place="$")
    event, data = event_of_document(document)
    known = _known(event, arrival, is_signed=True)
    arrival.transaction_id = id_before_body(arrival, terms, known)
    form = _form_of_data(data, event.attributes.get("datacontenttype"), files, terms)
    if form.sent is None:
        form = replace(form, original=body, media_type=STRUCTURED)
    else:
        form = replace(form, sent=PartDigest.of(body))
    return delivery_of(form, terms, arrival, known)


def _form_of_data(data: Any, content_type: str | None, files: Files, terms: Terms) -> Form:
    """Data that is no text and no bytes is JSON, whatever its type says."""
    content_type = content_type or json_form.MEDIA_TYPE
    if data is None:
        raise invalid("data-missing", "An event that brings a form has it as its data.", "data")
    if isinstance(data, str) and not _is_json(content_type):
        content_type = without_charset(content_type)  # it is text already
        terms = terms.in_utf_8()
        data = data.encode()
    if isinstance(data, bytes):
        return read_form(BytesIO(data), content_type, files, terms, xml=False)
    kept = json_form.without(data, terms.mapping.ignore)
    fields = json_form.fields_of(data, terms, "data")
    written = write_json(kept).encode()
    left_out = None if kept == data else PartDigest.of(written)
    return Form(fields, written, json_form.MEDIA_TYPE, left_out)


def _known(event: CloudEvent | None, arrival: Arrival, *, is_signed: bool) -> Known:
    """A signature covers the body and `webhook-id`, but no header of an event: that one counts."""
    webhook_id = arrival.headers.get(WEBHOOK_ID)
    if event is None:
        return Known(webhook_id, _HOW_TO_SEND_ID)
    signs = isinstance(arrival.sender.authentication, Signature)
    return Known(
        webhook_id if signs and not is_signed else event.transaction_id,
        _HOW_TO_SEND_ID,
        event.attributes["type"],
        event.control_extra,
    )


def _is_json(content_type: str) -> bool:
    media_type = media_type_of(content_type)
    return media_type == json_form.MEDIA_TYPE or media_type.endswith("+json")
