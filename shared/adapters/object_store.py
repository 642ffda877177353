"""An S3 object store on boto3, which is imported when the first object is touched."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

from shared.domain.errors import AlreadyStored, Unavailable, UnknownObject
from shared.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

PART_SIZE = 5 * 1024 * 1024  # the least that S3 takes: each upload under way holds one in memory
_READ_SIZE = 256 * 1024
_DELETE_AT_ONCE = 1000


class ObjectStoreSettings(Settings):
    """Each field is one environment variable."""

    s3_endpoint_url: str | None = None
    s3_bucket: str
    s3_region: str = "us-east-1"
    aws_access_key_id: str
    aws_secret_access_key: str


class S3ObjectStore:
    """Safe for threads. Use one per process: its connections do not survive a fork."""

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._settings = settings
        self._bucket = settings.s3_bucket
        self._lock = threading.Lock()
        self._client: S3Client | None = None

    @property
    def client(self) -> "S3Client":
        if self._client is None:
            with self._lock:
                if self._client is None:
                    self._client = connect(self._settings)
        return self._client

    def writer(self, key: str, media_type: str | None = None) -> "S3Writer":
        return S3Writer(self, self._bucket, key, media_type)

    def put(self, key: str, data: bytes, media_type: str | None = None) -> None:
        digest = sha256(data).hexdigest()
        try:
            self._put_new(key, data, digest, media_type)
        except AlreadyStored:
            # Our own put, whose answer was lost and which boto3 sent again, is no conflict.
            if self._stored_digest(key) != digest:
                raise

    def size(self, key: str) -> int | None:
        try:
            with _translated():
                return self.client.head_object(Bucket=self._bucket, Key=key)["ContentLength"]
        except UnknownObject:
            return None

    def read(self, key: str) -> Iterator[bytes]:
        with _translated():
            body = self.client.get_object(Bucket=self._bucket, Key=key)["Body"]
            with closing(body):  # also if whoever reads breaks off
                yield from body.iter_chunks(_READ_SIZE)

    def delete(self, keys: Iterable[str]) -> None:
        remaining = list(keys)
        while remaining:
            now, remaining = remaining[:_DELETE_AT_ONCE], remaining[_DELETE_AT_ONCE:]
            with _translated():
                answer = self.client.delete_objects(
                    Bucket=self._bucket,
                    Delete={"Objects": [{"Key": key} for key in now], "Quiet": True},
                )
            if errors := answer.get("Errors"):
                raise Unavailable(f"object store: {errors[0].get('Code')}")

    def keys(self, prefix: str) -> Iterator[str]:
        with _translated():
            pages = self.client.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
                for entry in page.get("Contents", ()):
                    yield entry["Key"]

    def _put_new(self, key: str, data: bytes, digest: str, media_type: str | None) -> None:
        with _translated():
            self.client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=data,
                ContentType=media_type or _UNKNOWN_TYPE,
                Metadata={"sha256": digest},
                IfNoneMatch="*",
            )

    def _stored_digest(self, key: str) -> str | None:
        with _translated():
            head = self.client.head_object(Bucket=self._bucket, Key=key)
        return head["Metadata"].get("sha256")


class S3Writer:
    """Small objects go in one request when closed; larger ones in parts while they arrive."""

    def __init__(self, store: S3ObjectStore, bucket: str, key: str, media_type: str | None) -> None:
        self._store = store
        self._object: Any = {"Bucket": bucket, "Key": key}
        self._media_type = media_type
        self._buffer = bytearray()
        self._digest = sha256()
        self._upload_id: str | None = None
        self._parts: list[CompletedPartTypeDef] = []
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self.size += len(data)
        self._buffer += data
        if len(self._buffer) >= PART_SIZE:
            self._send_part()

    def close(self) -> None:
        if self._upload_id is None:
            self._store.put(self._object["Key"], bytes(self._buffer), self._media_type)
            self._buffer.clear()
            return
        if self._buffer:
            self._send_part()
        with _translated():
            self._store.client.complete_multipart_upload(
                **self._object,
                UploadId=self._upload_id,
                MultipartUpload={"Parts": self._parts},
                IfNoneMatch="*",
            )
            self._upload_id = None
            stored = self._store.client.head_object(**self._object)["ContentLength"]
        if stored != self.size:
            raise Unavailable(f"object store kept {stored} of {self.size} bytes")

    def abort(self) -> None:
        self._buffer.clear()
        upload_id, self._upload_id = self._upload_id, None
        if upload_id is None:
            return
        # What cannot be reached now is left to the bucket's rule for unfinished uploads.
        with suppress(Exception):
            self._store.client.abort_multipart_upload(**self._object, UploadId=upload_id)

    def _send_part(self) -> None:
        with _translated():
            if self._upload_id is None:
                self._upload_id = self._store.client.create_multipart_upload(
                    **self._object, ContentType=self._media_type or _UNKNOWN_TYPE
                )["UploadId"]
            number = len(self._parts) + 1
            answer = self._store.client.upload_part(
                **self._object,
                UploadId=self._upload_id,
                PartNumber=number,
                Body=cast(
                    "bytes", self._buffer
                ),  # boto3 takes a bytearray too; a copy costs a part more
            )
        self._parts.append({"ETag": answer["ETag"], "PartNumber": number})
        self._buffer = bytearray()


_UNKNOWN_TYPE = "application/octet-stream"


def connect(settings: ObjectStoreSettings) -> "S3Client":
    """Nothing is asked of the store yet."""
    import boto3
    from botocore.config import Config

    # A session of its own: boto3's default one is not safe for threads.
    return boto3.session.Session().client(
        "s3",
        endpoint_url=settings.s3_endpoint_url,
        region_name=settings.s3_region,
        aws_access_key_id=settings.aws_access_key_id,
        aws_secret_access_key=settings.aws_secret_access_key,
        config=Config(
            connect_timeout=3,
            read_timeout=30,
            retries={"mode": "standard", "max_attempts": 3},
            max_pool_connections=32,
            signature_version="s3v4",
            s3={"addressing_style": "path"},
        ),
    )


@contextmanager
def _translated() -> Iterator[None]:
    """boto3's errors in our terms. Their texts may quote keys and are left out."""
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        yield
    except ClientError as exc:
        code = exc.response.get("Error", {}).get("Code", "")
        if code in ("PreconditionFailed", "412"):
            raise AlreadyStored("object") from None
        if code in ("NoSuchKey", "404"):
            raise UnknownObject("object") from None
        raise Unavailable(f"object store: {code}") from None
    except (BotoCoreError, HTTPClientError, OSError) as exc:
        raise Unavailable(f"object store: {type(exc).__name__}") from None
