"""Take a delivery the way to Postgres and back that every platform's deliveries take."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import uuid4

from functions.receive.delivery import Delivery
from functions.receive.ports import Stores
from functions.receive.receive import receive
from functions.receive.upload import Upload
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.intake import PostgresIntake
from shared.adapters.postgres.pool import DatabaseSettings, open_pool, transaction
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.uploads import PostgresUploads
from shared.domain.identifiers import SenderId
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Submission


class Storing:
    """For deliveries without files: nothing may ask the object store for anything."""

    def __init__(self, database_url: str) -> None:
        self._pool = open_pool(DatabaseSettings(database_url=database_url))
        nowhere = ObjectStoreSettings(
            s3_bucket="none", aws_access_key_id="none", aws_secret_access_key="none"
        )
        self._objects = S3ObjectStore(nowhere)

    def there_and_back(self, delivery: Delivery) -> Submission:
        """Under a transaction id of its own; what comes back has the delivery's again."""
        given = delivery.submission
        unique = given.model_copy(update={"transaction_id": str(uuid4())})
        upload = Upload(
            lambda: SenderId(given.sender),
            self._objects,
            self._transaction,
            MalwareVerdict.NOT_SCANNED,
        )
        once = Delivery(unique, delivery.original, delivery.original_media_type)
        intake = PostgresIntake(self._pool, timedelta(minutes=1))
        receipt = receive(once, upload, intake, self._transaction).receipt
        with transaction(self._pool) as conn:
            stored = PostgresSubmissions(conn).get(receipt.case_id)
        return stored.model_copy(update={"transaction_id": given.transaction_id})

    def close(self) -> None:
        self._pool.close()

    @contextmanager
    def _transaction(self) -> Iterator[Stores]:
        with transaction(self._pool) as conn:
            yield Stores(
                cases=PostgresCases(conn, timedelta(minutes=1)),
                submissions=PostgresSubmissions(conn),
                attachments=PostgresAttachments(conn),
                uploads=PostgresUploads(conn),
                log=PostgresCaseLog(conn),
            )
