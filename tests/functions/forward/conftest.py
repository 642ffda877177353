"""An office with its destinations: PostgreSQL, S3, a folder and a receiver of webhooks."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import pytest

from functions.forward.destination import Contents
from functions.forward.destinations import KINDS
from functions.forward.means import Means
from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool
from shared.domain.configuration.destination_kinds import S3
from shared.domain.forwarding import MessageId
from shared.domain.submission import Attachment, AttachmentKind, Submission
from tests.factories import FORMSERVER, TENANT, TRADE_OFFICE, a_case
from tests.functions.forward.office import FIELDS, ORIGINAL, PDF, Office
from tests.functions.forward.receiver import SECRET, Receiver, a_receiver
from tests.functions.forward.rigs import (
    LARGE,
    FolderRig,
    Rig,
    S3Rig,
    SftpRig,
    WebDavRig,
    WebhookRig,
    store_settings,
)
from tests.functions.forward.sftp_server import SftpServer, an_sftp_server
from tests.functions.forward.webdav_server import WebDavServer, a_webdav_server
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


@pytest.fixture
def webdav(tmp_path: Path) -> Iterator[WebDavServer]:
    (tmp_path / "dav").mkdir()
    with a_webdav_server(tmp_path / "dav") as server:
        yield server


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[SftpServer]:
    (tmp_path / "sftp").mkdir()
    with an_sftp_server(tmp_path / "sftp") as server:
        yield server


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


@pytest.fixture(params=sorted(KINDS))
def rig(request: pytest.FixtureRequest, make_rig: Callable[[str], Rig]) -> Rig:
    return make_rig(request.param)


@pytest.fixture
def contents(objects: S3ObjectStore) -> Contents:
    return contents_with(objects, {"Lageplan.pdf": PDF, "groß.bin": LARGE, "leer": b""})


@pytest.fixture
def four_files(objects: S3ObjectStore) -> Contents:
    return contents_with(objects, {f"Anlage {n}.pdf": PDF + bytes([n]) for n in range(4)})


def contents_with(objects: S3ObjectStore, files: dict[str, bytes]) -> Contents:
    case = a_case(sequence_number=100_017, tenant=TENANT, authority=TRADE_OFFICE)
    attachments = []
    for position, (name, data) in enumerate(files.items(), start=1):
        key = f"uploads/{case.id}/{position}"
        writer = objects.writer(key)
        writer.write(data)
        writer.close()
        attachments.append(
            Attachment(
                position=position,
                kind=AttachmentKind.ATTACHMENT,
                name=name,
                size=len(data),
                sha256=sha256(data).hexdigest(),
                object_key=key,
            )
        )
    submission = Submission(
        sender=FORMSERVER, transaction_id=case.transaction_id, form_id="F", fields=FIELDS
    )
    return Contents(
        message_id=MessageId(uuid4()),
        occasion_at=case.received_at,
        case=case,
        submission=submission,
        original=ORIGINAL,
        original_media_type="application/json",
        attachments=attachments,
    )
