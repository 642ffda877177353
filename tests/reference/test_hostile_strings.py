"""Every character and sequence of String.Latin+ (DIN SPEC 91379) survives intake and Postgres."""

from pathlib import Path

import psycopg
from lxml import etree

from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.bodies import a_form, a_part, form_part
from tests.functions.receive.intake import Intake


def _strings(reference_data: Path) -> list[str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    root = etree.parse(str(reference_data / "hostile/strings/latinchars.xml"), parser).getroot()
    sequences = [
        "".join(chr(int(point, 16)) for point in cp.text.split())
        for cp in root.iter("{*}cp")
        if cp.text
    ]
    assert len(sequences) > 500
    return sequences


def test_every_string_comes_back_unchanged(intake: Intake, reference_data: Path) -> None:
    strings = _strings(reference_data)
    items = [{"name": text, "label": text, "stringValue": f"a{text}z"} for text in strings]
    name = "".join(text for text in strings if text.isalpha())[:60] + ".pdf"

    status, _ = intake.deliver(
        form_part(a_form(*items, transactionId="latin", name="".join(strings))),
        a_part("attachment", b"x", name),
    )

    assert status == 200
    with psycopg.connect(intake.database_url) as conn:
        submission = PostgresSubmissions(conn).get(case_id(SenderId("formserver"), "latin"))
    assert [field.name for field in submission.fields] == strings
    assert [field.label for field in submission.fields] == strings
    assert [field.value for field in submission.fields] == [f"a{text}z" for text in strings]
    assert submission.form_name == "".join(strings)
    assert intake.rows("SELECT name, original_name FROM attachments") == [(name, name)]
