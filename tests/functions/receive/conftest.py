"""One intake per test: its own database, bucket and process."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.s3 import EmbeddedS3
from tests.functions.receive.intake import TRUSTED, Intake, running_intake
from tests.functions.receive.storing import Storing


@pytest.fixture
def intake(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    with running_intake(database_url, object_store_server, bucket, tmp_path) as running:
        yield running


@pytest.fixture
def storing(database_url: str) -> Iterator[Storing]:
    store = Storing(database_url)
    yield store
    store.close()


@pytest.fixture
def soap(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    """The same with a sender of the platform intelliform."""
    senders = ({**TRUSTED, "id": "afm", "platform": "intelliform"},)
    with running_intake(database_url, object_store_server, bucket, tmp_path, senders) as running:
        yield running
