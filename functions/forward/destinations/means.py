"""What the kinds of destination work with, beside their own settings."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from shared.domain.configuration.destinations import S3
from shared.ports import ObjectStore


@dataclass(frozen=True, slots=True)
class Means:
    """`objects` is our own store; `store` opens a destination's; `secret` resolves a reference."""

    objects: ObjectStore
    store: Callable[[S3], ObjectStore]
    secret: Callable[[str], str]
    destinations_root: Path | None
