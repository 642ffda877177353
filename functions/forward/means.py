"""What the kinds of destination work with, beside their own settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from functions.forward.destination import NotDelivered
from shared.domain.configuration.destination_kinds import S3
from shared.domain.errors import Unavailable
from shared.ports import ObjectStore
from shared.secrets import resolve


def resolve_secret(reference: str) -> str:
    """Raise NotDelivered if it is not there: it may yet be mounted."""
    try:
        return resolve(reference)
    except Unavailable:
        raise NotDelivered("no_secret") from None


@dataclass(frozen=True, slots=True)
class Means:
    """`objects` is our own store; `store` opens a destination's; `secret` resolves a reference.

    `link` makes an address of a file of ours, by key, that is good for so many seconds, under a
    name and with a media type. `xdomea_schemas` is the folder with the official schemas, one
    folder below it per version; `schemas_root` has those of the operator.
    """

    objects: ObjectStore
    store: Callable[[S3], ObjectStore]
    secret: Callable[[str], str]
    destinations_root: Path | None
    xdomea_schemas: Path | None = None
    schemas_root: Path | None = None
    link: Callable[[str, float, str, str | None], str] | None = None
