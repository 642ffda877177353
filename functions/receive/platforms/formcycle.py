"""FORMCYCLE and its like: `POST /formcycle`, a form as a workflow's HTTP request sends it."""

from functions.receive.answers import receipt_answer
from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.forms.bodies import read_form
from functions.receive.forms.form import Terms
from functions.receive.forms.mapping import Known, delivery_of, id_before_body
from shared.domain.configuration.field_mapping import FieldMapping, TransactionIdSource

accepted = receipt_answer
_TRANSACTION_ID = TransactionIdSource(field="transactionId")


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    mapping = arrival.sender.formcycle or FieldMapping()
    if mapping.transaction_id is None:
        mapping = mapping.model_copy(update={"transaction_id": _TRANSACTION_ID})
    terms = Terms(mapping, limits)
    arrival.transaction_id = id_before_body(arrival, terms, Known())
    form = read_form(arrival.stream, arrival.content_type, files, terms, xml=True)
    return delivery_of(form, terms, arrival, Known())
