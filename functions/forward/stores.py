"""The stores of S3 destinations: ours, or the destination's own, each opened once."""

from collections.abc import Callable

from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.domain.configuration.destination_kinds import S3


class DestinationStores:
    """Safe for threads; a key that was replaced opens a new connection."""

    def __init__(self, ours: ObjectStoreSettings, secret: Callable[[str], str]) -> None:
        self._ours = ours
        self._secret = secret
        self._opened: dict[ObjectStoreSettings, S3ObjectStore] = {}

    def open(self, destination: S3) -> S3ObjectStore:
        settings = ObjectStoreSettings(
            s3_endpoint_url=self._ours.s3_endpoint_url,
            s3_bucket=destination.bucket,
            s3_region=self._ours.s3_region,
            aws_access_key_id=self._ours.aws_access_key_id,
            aws_secret_access_key=self._ours.aws_secret_access_key,
        )
        if destination.access_key_id and destination.secret_access_key:
            settings = settings.model_copy(
                update={
                    "s3_endpoint_url": destination.endpoint_url,
                    "s3_region": destination.region,
                    "aws_access_key_id": self._secret(destination.access_key_id),
                    "aws_secret_access_key": self._secret(destination.secret_access_key),
                }
            )
        return self._opened.setdefault(settings, S3ObjectStore(settings))
