"""What every `FormFields` adapter promises, run against each of them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.route.form_fields import PostgresFormFields
from shared.adapters.memory import InMemoryFormFields
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.submission import FieldKind, FormField, Submission
from shared.domain.submission_text import write_submission
from shared.ports import FormFields
from tests.factories import FORMSERVER, a_case, stored

FIELDS = (
    FormField(
        name="betrieb",
        label="Betrieb",
        kind=FieldKind.GROUP,
        items=(
            FormField(name="ort", label="Ort", kind=FieldKind.TEXT, value="Fördetal"),
            FormField(name="kapital", label="", kind=FieldKind.NUMBER, value="1.10000000000000001"),
            FormField(name="bemerkung", label="", kind=FieldKind.EMPTY, extra={"hint": "none"}),
        ),
    ),
    FormField(name="abweichend", label="", kind=FieldKind.BOOLEAN, value="false"),
)

Filled = Callable[[CaseId, tuple[FormField, ...]], FormFields]


@pytest.fixture(params=["memory", "postgres"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Stores one case's fields."""
    if request.param == "memory":
        return lambda case_id, fields: InMemoryFormFields({case_id: fields})
    conn: psycopg.Connection[Any] = request.getfixturevalue("conn")

    def store(case_id: CaseId, fields: tuple[FormField, ...]) -> FormFields:
        stored(PostgresCases(conn, timedelta(minutes=1)), a_case(id=case_id))
        text = write_submission(
            Submission(sender=FORMSERVER, transaction_id="does not matter", fields=fields)
        )
        conn.execute(
            """
            INSERT INTO submissions (case_id, control, fields, fingerprint, fingerprint_version)
            VALUES (%(case_id)s, %(control)s, %(fields)s, '', 1)
            """,
            {"case_id": case_id, "control": text.control, "fields": text.fields},
        )
        return PostgresFormFields(conn)

    return store


@pytest.mark.parametrize("fields", [FIELDS, ()])
def test_fields_come_back_as_they_were_filled_in(
    filled: Filled, fields: tuple[FormField, ...]
) -> None:
    case_id = CaseId(uuid4())

    assert filled(case_id, fields).of(case_id) == fields


def test_an_unknown_case_is_an_error(filled: Filled) -> None:
    fields = filled(CaseId(uuid4()), FIELDS)

    with pytest.raises(UnknownCase):
        fields.of(CaseId(uuid4()))
