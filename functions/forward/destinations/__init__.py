"""The kinds of destination: a new one is a module, a settings class and a line in this table."""

from collections.abc import Callable
from functools import partial
from typing import Any

from functions.forward.destination import DestinationKind
from functions.forward.destinations.file_store import (
    FileStoreDestination,
    open_folder,
    open_s3,
    open_sftp,
    open_webdav,
)
from functions.forward.destinations.rehearsal import RehearsalDestination
from functions.forward.destinations.webhook import WebhookDestination
from functions.forward.means import Means
from shared.domain.configuration.destinations import Destination

KINDS: dict[str, Callable[[Any, Means], DestinationKind]] = {
    "folder": partial(FileStoreDestination, open_storage=open_folder),
    "s3": partial(FileStoreDestination, open_storage=open_s3),
    "webdav": partial(FileStoreDestination, open_storage=open_webdav),
    "sftp": partial(FileStoreDestination, open_storage=open_sftp),
    "webhook": WebhookDestination,
    "rehearsal": RehearsalDestination,
}


def open_destination(destination: Destination, means: Means) -> DestinationKind:
    return KINDS[destination.settings.kind](destination.settings, means)
