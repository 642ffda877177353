"""One run of recover as a whole: what it reports, and in which order it works."""

from datetime import timedelta
from typing import Any

import psycopg
from structlog.testing import capture_logs

from functions.recover.recover import Pace, recover
from functions.recover.scan import Scanner, Scanning
from functions.recover.sweep import Sweeping
from functions.recover.wake import Waking
from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.memory import InMemoryScanner
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.domain.events import Event
from tests.functions.recover.stores import transactions_of
from tests.functions.recover.test_decide_on_files import a_held_case

PACE = Pace(
    scanning=Scanning(at_once=1, lease_seconds=60),
    waking=Waking(attempts=40, per_run=100, at_once=2),
    sweeping=Sweeping(expires_after=timedelta(hours=1), again_after=timedelta(hours=1)),
    seconds=10,
)


def a_run(
    database_url: str, objects: S3ObjectStore, *, scans: bool
) -> tuple[list[Event], list[dict[str, Any]]]:
    """The events it sent, and what it said."""
    transactions = transactions_of(database_url)
    sent: list[Event] = []
    scanner = Scanner(transactions, InMemoryScanner({}), objects, 8) if scans else None
    with capture_logs() as said:
        recover(transactions, sent.append, objects, scanner, PACE)
    return sent, [dict(line) for line in said]


def a_store(server: EmbeddedS3, bucket: str) -> S3ObjectStore:
    return S3ObjectStore(
        ObjectStoreSettings(
            s3_endpoint_url=server.endpoint_url,
            s3_bucket=bucket,
            s3_region=REGION,
            aws_access_key_id=server.credentials.access_key,
            aws_secret_access_key=server.credentials.secret_key,
        )
    )


def test_a_case_whose_last_file_is_scanned_is_woken_by_the_same_run(
    database_url: str, conn: psycopg.Connection, object_store_server: EmbeddedS3, bucket: str
) -> None:
    objects = a_store(object_store_server, bucket)
    case = a_held_case(conn, "pending")
    objects.put("none", b"")
    conn.execute("UPDATE attachments SET size = 0, sha256 = sha256('')")
    conn.commit()

    sent, said = a_run(database_url, objects, scans=True)

    assert [event.case_id for event in sent] == [case.id]
    (started,) = [line for line in said if line["event"] == "recovery_started"]
    assert started["files_pending"] == 1
    assert started["files_pending_since"] is not None


def test_files_that_wait_for_a_scanner_that_is_not_configured_are_an_error(
    database_url: str, conn: psycopg.Connection, object_store_server: EmbeddedS3, bucket: str
) -> None:
    objects = a_store(object_store_server, bucket)

    _, before = a_run(database_url, objects, scans=False)
    a_held_case(conn, "pending")
    _, after = a_run(database_url, objects, scans=False)

    assert "scanner_missing" not in [line["event"] for line in before]
    assert {"event": "scanner_missing", "log_level": "error", "files": 1} in after
