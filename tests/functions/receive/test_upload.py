"""What an upload attempt leaves behind when it comes to nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
import pytest

from functions.receive.ports import Stores, Transactions
from functions.receive.upload import Upload
from infra.local.s3 import EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.uploads import PostgresUploads
from shared.domain.errors import Unavailable
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import AttachmentKind
from tests.roles import as_role


class AnswerLost(S3ObjectStore):
    """Takes every object, and its answer does not arrive."""

    def put(self, key: str, data: bytes, media_type: str | None = None) -> None:
        super().put(key, data, media_type)
        raise Unavailable("object store: ReadTimeoutError")


@pytest.fixture
def settings(object_store_server: EmbeddedS3, bucket: str) -> ObjectStoreSettings:
    return ObjectStoreSettings(
        s3_endpoint_url=object_store_server.endpoint_url,
        s3_bucket=bucket,
        aws_access_key_id=object_store_server.credentials.access_key,
        aws_secret_access_key=object_store_server.credentials.secret_key,
    )


@pytest.fixture
def transactions(database_url: str) -> Transactions:
    @contextmanager
    def transaction() -> Iterator[Stores]:
        with psycopg.connect(as_role(database_url, "lotse_receive")) as conn:
            yield Stores(
                cases=PostgresCases(conn, timedelta(minutes=1)),
                submissions=PostgresSubmissions(conn),
                attachments=PostgresAttachments(conn),
                uploads=PostgresUploads(conn),
                log=PostgresCaseLog(conn),
            )

    return transaction


def deliver_one_file(upload: Upload) -> None:
    kind = AttachmentKind.ATTACHMENT
    file = upload.open(kind, name="a.txt", original_name="a.txt", media_type=None)
    file.write(b"content")
    file.close()


def states(conn: psycopg.Connection) -> list[tuple[str]]:
    return conn.execute("SELECT state FROM uploads").fetchall()


def test_what_was_stored_for_sure_is_discarded_for_good(
    settings: ObjectStoreSettings, transactions: Transactions, conn: psycopg.Connection
) -> None:
    store = S3ObjectStore(settings)
    upload = Upload(lambda: SenderId("formserver"), store, transactions, MalwareVerdict.NOT_SCANNED)
    deliver_one_file(upload)

    upload.discard()

    assert list(store.keys("uploads/")) == []
    assert states(conn) == []


def test_what_may_still_land_in_the_store_is_left_to_the_sweep(
    settings: ObjectStoreSettings, transactions: Transactions, conn: psycopg.Connection
) -> None:
    upload = Upload(
        lambda: SenderId("formserver"), AnswerLost(settings), transactions, MalwareVerdict.PENDING
    )
    with pytest.raises(Unavailable):
        deliver_one_file(upload)

    upload.discard()

    assert states(conn) == [("expired",)]


def test_a_file_may_be_described_after_its_bytes_were_stored(
    settings: ObjectStoreSettings, transactions: Transactions
) -> None:
    store = S3ObjectStore(settings)
    upload = Upload(lambda: SenderId("formserver"), store, transactions, MalwareVerdict.NOT_SCANNED)
    attachment, representation = AttachmentKind.ATTACHMENT, AttachmentKind.REPRESENTATION
    file = upload.open(attachment, name="part-1", original_name=None, media_type=None)
    file.close()

    file.describe(
        representation,
        name="Antrag.pdf",
        original_name="../Antrag.pdf",
        media_type="application/pdf",
        flags=("signed",),
    )

    (stored,) = upload.attachments
    assert (stored.kind, stored.name) == (representation, "Antrag.pdf")
    assert (stored.original_name, stored.media_type) == ("../Antrag.pdf", "application/pdf")
    assert stored.flags == ("signed", "file-empty")
    assert (stored.size, stored.position) == (0, 1)
