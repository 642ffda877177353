"""Sweeping upload attempts that no case consumed, on a real PostgreSQL and a real S3 server."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from functions.recover.sweep import Sweeping, sweep
from infra.local.ports import free_port
from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.uploads import PostgresUploads
from shared.domain.errors import UploadExpired
from shared.domain.identifiers import UploadId
from tests.factories import FORMSERVER, a_case, stored
from tests.functions.recover.stores import transactions_of

Connection = psycopg.Connection[Any]
SWEEPING = Sweeping(expires_after=timedelta(hours=1), again_after=timedelta(hours=1))


@pytest.fixture
def objects(object_store_server: EmbeddedS3, bucket: str) -> S3ObjectStore:
    return a_store(object_store_server.endpoint_url, bucket, object_store_server)


def a_store(endpoint_url: str, bucket: str, server: EmbeddedS3) -> S3ObjectStore:
    return S3ObjectStore(
        ObjectStoreSettings(
            s3_endpoint_url=endpoint_url,
            s3_bucket=bucket,
            s3_region=REGION,
            aws_access_key_id=server.credentials.access_key,
            aws_secret_access_key=server.credentials.secret_key,
        )
    )


def an_attempt(conn: Connection, objects: S3ObjectStore, hours: float) -> UploadId:
    """Opened so many hours ago, with two objects."""
    upload_id = UploadId(uuid4())
    PostgresUploads(conn).open(upload_id, FORMSERVER)
    age(conn, upload_id, "created_at", hours)
    for number in (1, 2):
        objects.put(f"uploads/{upload_id}/{number}", b"a file")
    return upload_id


def age(conn: Connection, upload_id: UploadId, column: str, hours: float) -> None:
    conn.execute(
        f"UPDATE uploads SET {column} = now() - %s WHERE id = %s",
        [timedelta(hours=hours), upload_id],
    )
    conn.commit()


def run(database_url: str, objects: S3ObjectStore) -> int:
    return sweep(transactions_of(database_url), objects, SWEEPING, time.monotonic() + 60)


def state(conn: Connection, upload_id: UploadId) -> str | None:
    row = conn.execute("SELECT state FROM uploads WHERE id = %s", [upload_id]).fetchone()
    conn.rollback()
    return row[0] if row else None


def test_an_attempt_that_was_given_up_loses_its_objects_and_can_no_longer_be_consumed(
    database_url: str, conn: Connection, objects: S3ObjectStore
) -> None:
    old, young = an_attempt(conn, objects, 2), an_attempt(conn, objects, 0.5)

    assert run(database_url, objects) == 1

    assert list(objects.keys(f"uploads/{old}/")) == []
    assert len(list(objects.keys(f"uploads/{young}/"))) == 2
    assert (state(conn, old), state(conn, young)) == ("expired", "open")
    with pytest.raises(UploadExpired):
        PostgresUploads(conn).consume(old, a_case().id)


def test_an_object_that_lands_after_the_deletion_is_swept_before_the_row_goes(
    database_url: str, conn: Connection, objects: S3ObjectStore
) -> None:
    upload_id = an_attempt(conn, objects, 2)
    run(database_url, objects)
    objects.put(f"uploads/{upload_id}/3", b"was on its way")
    run(database_url, objects)
    assert state(conn, upload_id) == "expired"

    age(conn, upload_id, "expired_at", 2)
    run(database_url, objects)

    assert list(objects.keys("uploads/")) == []
    assert state(conn, upload_id) is None


def test_what_a_case_has_consumed_is_never_swept(
    database_url: str, conn: Connection, objects: S3ObjectStore
) -> None:
    upload_id = an_attempt(conn, objects, 1000)
    case = stored(PostgresCases(conn, timedelta()), a_case())
    PostgresUploads(conn).consume(upload_id, case.id)
    conn.commit()

    assert run(database_url, objects) == 0

    assert len(list(objects.keys(f"uploads/{upload_id}/"))) == 2


def test_an_attempt_that_is_being_consumed_at_this_moment_is_left_alone(
    database_url: str, conn: Connection, objects: S3ObjectStore
) -> None:
    upload_id = an_attempt(conn, objects, 2)
    case = stored(PostgresCases(conn, timedelta()), a_case())
    PostgresUploads(conn).consume(upload_id, case.id)

    assert run(database_url, objects) == 0

    conn.commit()
    assert state(conn, upload_id) == "consumed"


def test_while_the_object_store_is_away_nothing_is_forgotten(
    database_url: str, conn: Connection, objects: S3ObjectStore, object_store_server: EmbeddedS3
) -> None:
    upload_id = an_attempt(conn, objects, 2)
    away = a_store(f"http://127.0.0.1:{free_port()}", "bucket", object_store_server)

    assert run(database_url, away) == 0
    age(conn, upload_id, "expired_at", 2)
    assert run(database_url, away) == 0
    assert state(conn, upload_id) == "expired"
    assert run(database_url, objects) == 1

    assert list(objects.keys("uploads/")) == []
