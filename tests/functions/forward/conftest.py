"""An office with its destinations: PostgreSQL, S3, a folder and a receiver of webhooks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool
from tests.functions.forward.office import Office
from tests.functions.forward.receiver import Receiver, a_receiver
from tests.roles import as_role


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with a_receiver() as running:
        yield running


@pytest.fixture
def object_store_settings(object_store_server: EmbeddedS3, bucket: str) -> ObjectStoreSettings:
    return ObjectStoreSettings(
        s3_endpoint_url=object_store_server.endpoint_url,
        s3_bucket=bucket,
        s3_region=REGION,
        aws_access_key_id=object_store_server.credentials.access_key,
        aws_secret_access_key=object_store_server.credentials.secret_key,
    )


@pytest.fixture
def objects(object_store_settings: ObjectStoreSettings) -> S3ObjectStore:
    return S3ObjectStore(object_store_settings)


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    url = as_role(database_url, "lotse_forward")
    opened = open_pool(DatabaseSettings(database_url=url))
    yield opened
    opened.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "destinations"
    folder.mkdir()
    return folder


@pytest.fixture
def office(
    database_url: str, pool: Pool, object_store_settings: ObjectStoreSettings, root: Path
) -> Iterator[Office]:
    with Office(database_url, pool, object_store_settings, root) as office:
        yield office
