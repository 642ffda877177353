"""An office with its destinations: PostgreSQL, S3, a folder and a receiver of webhooks."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from functions.forward.destination import Contents
from functions.forward.destinations import KINDS
from functions.forward.means import Means
from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool
from shared.domain.configuration.destination_kinds import S3
from tests.functions.forward.office import PDF, Office
from tests.functions.forward.receiver import SECRET, Receiver, a_receiver
from tests.functions.forward.rigs import (
    LARGE,
    FolderRig,
    Rig,
    S3Rig,
    SftpRig,
    WebDavRig,
    WebhookRig,
    contents_with,
    store_settings,
)
from tests.functions.forward.served import Served, served
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


@pytest.fixture
def means(objects: S3ObjectStore, object_store_server: EmbeddedS3, root: Path) -> Means:
    def store(settings: S3) -> S3ObjectStore:
        return S3ObjectStore(store_settings(object_store_server, settings.bucket))

    return Means(objects, store, {"env:WEBHOOK_SECRET": SECRET}.__getitem__, root)


@pytest.fixture(scope="session")
def webdav_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("webdav_server", tmp_path_factory.mktemp("webdav")) as server:
        yield server


@pytest.fixture(scope="session")
def sftp_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("sftp_server", tmp_path_factory.mktemp("sftp")) as server:
        yield server


@pytest.fixture
def webdav(webdav_process: Served) -> Iterator[Served]:
    yield webdav_process
    webdav_process.behave()


@pytest.fixture
def sftp(sftp_process: Served) -> Iterator[Served]:
    yield sftp_process
    sftp_process.behave()


@pytest.fixture
def make_rig(
    request: pytest.FixtureRequest, means: Means, bucket: str, object_store_server: EmbeddedS3
) -> Callable[[str], Rig]:
    """The rig of a kind, with the server that it needs."""
    server = request.getfixturevalue
    rigs: dict[str, Callable[[], Rig]] = {
        "folder": lambda: FolderRig(means),
        "s3": lambda: S3Rig(means, object_store_server, bucket),
        "sftp": lambda: SftpRig(means, server("sftp")),
        "webdav": lambda: WebDavRig(means, server("webdav")),
        "webhook": lambda: WebhookRig(means, server("receiver")),
    }
    return lambda kind: rigs[kind]()


CARRYING = sorted(KINDS.keys() - {"rehearsal"})  # it carries nothing anywhere


@pytest.fixture(params=CARRYING)
def rig(request: pytest.FixtureRequest, make_rig: Callable[[str], Rig]) -> Rig:
    return make_rig(request.param)


@pytest.fixture
def contents(objects: S3ObjectStore) -> Contents:
    return contents_with(objects, {"Lageplan.pdf": PDF, "groß.bin": LARGE, "leer": b""})


@pytest.fixture
def four_files(objects: S3ObjectStore) -> Contents:
    return contents_with(objects, {f"Anlage {n}.pdf": PDF + bytes([n]) for n in range(4)})
