"""What the object store promises, against a real server."""

import hashlib

import pytest

from infra.local.ports import HOST, free_port
from infra.local.s3 import EmbeddedS3
from shared.adapters.object_store import PART_SIZE, ObjectStoreSettings, S3ObjectStore
from shared.domain.errors import AlreadyStored, Unavailable, UnknownObject
from shared.ports import ObjectStore


def _settings(server: EmbeddedS3, bucket: str, **changes: str) -> ObjectStoreSettings:
    given = {
        "s3_endpoint_url": server.endpoint_url,
        "s3_bucket": bucket,
        "aws_access_key_id": server.credentials.access_key,
        "aws_secret_access_key": server.credentials.secret_key,
    }
    return ObjectStoreSettings.model_validate(given | changes)


@pytest.fixture
def store(object_store_server: EmbeddedS3, bucket: str) -> ObjectStore:
    return S3ObjectStore(_settings(object_store_server, bucket))


@pytest.mark.parametrize("size", [0, 1, PART_SIZE - 1, PART_SIZE, 2 * PART_SIZE + 17])
def test_what_is_written_in_pieces_is_read_back(store: ObjectStore, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    content = content[:size]
    writer = store.writer("uploads/a/1", "application/pdf")
    for start in range(0, size, 65536):
        writer.write(content[start : start + 65536])
    writer.close()

    assert b"".join(store.read("uploads/a/1")) == content
    assert writer.size == size
    assert writer.sha256 == hashlib.sha256(content).hexdigest()


def test_an_object_is_never_overwritten(store: ObjectStore) -> None:
    store.put("frozen", b"first")
    store.put("frozen", b"first")  # the same again is no conflict

    with pytest.raises(AlreadyStored):
        store.put("frozen", b"second")

    assert b"".join(store.read("frozen")) == b"first"


@pytest.mark.parametrize("size", [10, PART_SIZE + 10])
def test_what_was_aborted_does_not_exist(store: ObjectStore, size: int) -> None:
    writer = store.writer("uploads/a/1")
    writer.write(b"x" * size)
    writer.abort()
    writer.abort()

    assert list(store.keys("uploads/")) == []


def test_objects_are_listed_and_deleted(store: ObjectStore) -> None:
    for key in ("uploads/a/1", "uploads/a/2", "uploads/b/1"):
        store.put(key, b"x")
    assert list(store.keys("uploads/a/")) == ["uploads/a/1", "uploads/a/2"]

    store.delete(["uploads/a/1", "uploads/a/2", "uploads/never"])
    store.delete([])

    assert list(store.keys("uploads/")) == ["uploads/b/1"]


def test_an_unknown_object_is_an_error(store: ObjectStore) -> None:
    with pytest.raises(UnknownObject):
        list(store.read("nothing"))


def test_a_wrong_key_or_bucket_or_no_server_is_unavailable(
    object_store_server: EmbeddedS3, bucket: str
) -> None:
    nowhere = f"http://{HOST}:{free_port()}"
    for wrong in (
        {"aws_secret_access_key": "wrong"},
        {"s3_bucket": "no-such-bucket"},
        {"s3_endpoint_url": nowhere},
    ):
        store = S3ObjectStore(_settings(object_store_server, bucket, **wrong))
        with pytest.raises(Unavailable):
            store.put("key", b"x")


def test_an_upload_that_vanished_before_its_end_is_unavailable(
    object_store_server: EmbeddedS3, bucket: str
) -> None:
    writer = S3ObjectStore(_settings(object_store_server, bucket)).writer("key")
    writer.write(b"x" * (PART_SIZE + 1))
    client = object_store_server.client()
    (upload,) = client.list_multipart_uploads(Bucket=bucket)["Uploads"]
    client.abort_multipart_upload(Bucket=bucket, Key="key", UploadId=upload["UploadId"])

    with pytest.raises((Unavailable, UnknownObject)):
        writer.close()


def test_nothing_is_asked_of_the_store_before_there_is_something_to_send() -> None:
    store = S3ObjectStore(
        ObjectStoreSettings(
            s3_endpoint_url=f"http://{HOST}:{free_port()}",
            s3_bucket="none",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
    )
    writer = store.writer("key")
    writer.write(b"x")
    writer.abort()
