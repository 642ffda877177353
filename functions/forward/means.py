"""What the kinds of destination work with, beside their own settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.domain.configuration.destination_kinds import S3
from shared.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Means:
    """`objects` is our own store; `store` opens a destination's; `secret` resolves a reference.

    `xdomea_schemas` is the folder with the official schemas, one folder below it per version.
    """

    objects: ObjectStore
    store: Callable[[S3], ObjectStore]
    secret: Callable[[str], str]
    destinations_root: Path | None
    xdomea_schemas: Path | None = None
