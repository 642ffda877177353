"""What a kind of destination works with, when it is tried from the command line."""

import os
from pathlib import Path

import click

from functions.forward.means import Means
from functions.forward.stores import DestinationStores
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.domain.configuration.destination_kinds import S3
from shared.domain.configuration.destinations import Destination
from shared.secrets import resolve

_OURS = ("S3_BUCKET", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def means_for(destination: Destination) -> Means:
    """From this command's environment. Raise ClickException if our own store is needed, and it
    does not say where that is."""
    settings = destination.settings
    missing = [name for name in _OURS if not os.environ.get(name)]
    if missing and isinstance(settings, S3) and settings.endpoint_url is None:
        raise click.ClickException(
            f"{destination.id} lies in our own object store: set {', '.join(missing)}"
        )
    ours = _no_store() if missing else ObjectStoreSettings.from_environment()
    return Means(
        objects=S3ObjectStore(ours),
        store=DestinationStores(ours, resolve).open,
        secret=resolve,
        destinations_root=_path("DESTINATIONS_ROOT"),
        xdomea_schemas=_path("XDOMEA_SCHEMAS"),
        schemas_root=_path("SCHEMAS_ROOT"),
    )


def _no_store() -> ObjectStoreSettings:
    """For what does not touch it: nothing listens there."""
    return ObjectStoreSettings(
        s3_endpoint_url="http://127.0.0.1:9",
        s3_bucket="none",
        aws_access_key_id="none",
        aws_secret_access_key="none",  # noqa: S106 - none
    )


def _path(name: str) -> Path | None:
    value = os.environ.get(name)
    return Path(value) if value else None
