"""Whatever an OZG-Cloud form can hold survives the parser, Postgres and the way back."""

import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.receive.platforms.ozg_cloud import read
from shared.domain.configuration.senders import Sender, TrustedNetwork
from shared.domain.exact_json import NumberLiteral, write_json
from shared.domain.submission import FieldKind, FormField
from tests.functions.receive.bodies import (
    CONTENT_TYPE,
    LIMITS,
    ArrivalInMemory,
    FilesInMemory,
    a_body,
    a_form,
    form_part,
)
from tests.functions.receive.storing import Storing
from tests.functions.receive.trees import DATES, NAMES, NUMBERS, TEXT, trees

SENDER = Sender(
    id="formserver", platform="ozg_cloud", authentication=TrustedNetwork(kind="trusted_network")
)
KINDS = {
    "stringValue": FieldKind.TEXT,
    "numberValue": FieldKind.NUMBER,
    "dateValue": FieldKind.DATE,
    "booleanValue": FieldKind.BOOLEAN,
}
LEAVES = st.one_of(
    st.fixed_dictionaries({"name": NAMES, "label": TEXT, "stringValue": TEXT}),
    st.fixed_dictionaries(
        {"name": NAMES, "label": TEXT, "numberValue": NUMBERS.map(NumberLiteral)}
    ),
    st.fixed_dictionaries({"name": NAMES, "label": TEXT, "dateValue": DATES}),
    st.fixed_dictionaries({"name": NAMES, "label": TEXT, "booleanValue": st.booleans()}),
    st.fixed_dictionaries({"name": NAMES, "label": TEXT}),
)


def group(items: list[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"name": NAMES, "label": TEXT, "formItems": st.just(items)})


def expected(item: dict[str, Any]) -> FormField:
    name, label = item["name"], item["label"]
    if "formItems" in item:
        items = tuple(map(expected, item["formItems"]))
        return FormField(name=name, label=label, kind=FieldKind.GROUP, items=items)
    for member, kind in KINDS.items():
        if member in item:
            value = item[member]
            text = str(value).lower() if kind is FieldKind.BOOLEAN else str(value)
            return FormField(name=name, label=label, kind=kind, value=text)
    return FormField(name=name, label=label, kind=FieldKind.EMPTY)


@given(items=trees(LEAVES, group), control=st.dictionaries(NAMES.map("x-{}".format), TEXT))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_form_survives(
    items: list[dict[str, Any]], control: dict[str, str], storing: Storing
) -> None:
    form = {**a_form(**control), "formData": items}
    body = io.BytesIO(a_body(form_part(write_json(form).encode())))

    delivery = read(ArrivalInMemory(body, CONTENT_TYPE, SENDER), FilesInMemory(), LIMITS)
    stored = storing.there_and_back(delivery)

    assert stored == delivery.submission
    assert stored.fields == tuple(map(expected, items))
    assert stored.control_extra == {f"control.{name}": value for name, value in control.items()}
