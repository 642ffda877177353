"""What assign reads of an application beyond its case, with the rights that it has."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.assign.particulars import Particulars
from functions.assign.particulars_of_cases import PostgresParticulars
from functions.assign.ports import ParticularsOfCases
from shared.adapters.postgres.cases import PostgresCases
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.regions import Located, Location, Municipality
from shared.domain.submission import FieldKind, FormField, Mailbox, ServiceAccount, Submission
from shared.domain.submission_text import write_submission
from tests.assigning import InMemoryParticulars
from tests.directory_rows import DirectoryRows
from tests.factories import FORMSERVER, a_case, stored
from tests.roles import as_role

LOCATION = Location(how=Located.BY_NAME, municipalities=(Municipality(ars="010010001001"),))
ALL = Particulars(
    fields=(
        FormField(name="kapital", label="", kind=FieldKind.NUMBER, value="1.10000000000000001"),
    ),
    mailbox=Mailbox(identifier="4711", type="bundid"),
    location=LOCATION,
)

Known = Callable[[CaseId, Particulars], ParticularsOfCases]


@pytest.fixture(params=["memory", "postgres"])
def known(request: pytest.FixtureRequest) -> Iterator[Known]:
    """Stores what is known of one case."""
    if request.param == "memory":
        yield in_memory
        return
    conn: psycopg.Connection[Any] = request.getfixturevalue("conn")
    url = as_role(request.getfixturevalue("database_url"), "lotse_assign")
    with psycopg.connect(url) as theirs:

        def store(case_id: CaseId, particulars: Particulars) -> ParticularsOfCases:
            insert(conn, case_id, particulars)
            return PostgresParticulars(theirs)

        yield store


def in_memory(case_id: CaseId, particulars: Particulars) -> ParticularsOfCases:
    adapter = InMemoryParticulars()
    adapter.known[case_id] = particulars
    return adapter


def insert(conn: psycopg.Connection[Any], case_id: CaseId, particulars: Particulars) -> None:
    stored(PostgresCases(conn, timedelta(minutes=1)), a_case(id=case_id))
    account = ServiceAccount(mailbox=particulars.mailbox) if particulars.mailbox else None
    text = write_submission(
        Submission(
            sender=FORMSERVER,
            transaction_id="does not matter",
            service_account=account,
            fields=particulars.fields,
        )
    )
    conn.execute(
        """
        INSERT INTO submissions (case_id, control, fields, fingerprint, fingerprint_version)
        VALUES (%(case_id)s, %(control)s, %(fields)s, '', 1)
        """,
        {"case_id": case_id, "control": text.control, "fields": text.fields},
    )
    if particulars.location != Location():
        version = DirectoryRows(conn).next_version(active=True)
        located = particulars.location.model_dump(mode="json")
        conn.execute(
            """
            INSERT INTO routings (case_id, round, directory_version, decision)
            VALUES (%s, 1, %s, %s)
            """,
            [case_id, version, json.dumps({"located": located})],
        )
    conn.commit()


@pytest.mark.parametrize("particulars", [ALL, Particulars()], ids=["all", "nothing"])
def test_what_was_filled_in_who_sent_it_and_where_it_is_come_back(
    known: Known, particulars: Particulars
) -> None:
    case_id = CaseId(uuid4())

    assert known(case_id, particulars).of(case_id, 1) == particulars


def test_of_an_unknown_case_nothing_is_known(known: Known) -> None:
    with pytest.raises(UnknownCase):
        known(CaseId(uuid4()), ALL).of(CaseId(uuid4()), 1)
