"""Addresses of objects in an S3 store that are good for a while, for whoever has them."""

import threading
from typing import TYPE_CHECKING
from urllib.parse import quote

from shared.adapters.object_store import ObjectStoreSettings, connect

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class S3Links:
    """Signed here, without asking the store. Safe for threads.

    `public_url` is the address under which others reach the store; it is part of what is signed.
    """

    def __init__(self, settings: ObjectStoreSettings, public_url: str | None) -> None:
        url = public_url or settings.s3_endpoint_url
        self._settings = settings.model_copy(update={"s3_endpoint_url": url})
        self._lock = threading.Lock()
        self._client: S3Client | None = None

    def link(self, key: str, seconds: float, name: str, media_type: str | None) -> str:
        """For 7 days at most: such a signature is never good for longer."""
        with self._lock:
            if self._client is None:
                self._client = connect(self._settings)
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._settings.s3_bucket,
                "Key": key,
                "ResponseContentType": media_type or "application/octet-stream",
                "ResponseContentDisposition": f"attachment; filename*=UTF-8''{quote(name)}",
            },
            ExpiresIn=int(min(seconds, 7 * 24 * 3600)),
        )
