"""The kinds of destination: a new one is a module, a settings class and a line in this table."""

from collections.abc import Callable
from typing import Any

from functions.forward.destination import DestinationKind
from functions.forward.destinations.folder import FolderDestination
from functions.forward.destinations.s3 import S3Destination
from functions.forward.destinations.webhook import WebhookDestination
from functions.forward.means import Means
from shared.domain.configuration.destinations import Destination

KINDS: dict[str, Callable[[Any, Means], DestinationKind]] = {
    "folder": FolderDestination,
    "s3": S3Destination,
    "webhook": WebhookDestination,
}


def open_destination(destination: Destination, means: Means) -> DestinationKind:
    return KINDS[destination.settings.kind](destination.settings, means)
