"""The form platforms that can deliver here: a new one is a module and a line in this table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from functions.receive.delivery import ReadDelivery
from functions.receive.platforms import ozg_cloud
from functions.receive.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Platform:
    """`read` turns a request into a Delivery; `accepted` is the platform's own success answer."""

    name: str
    path: str
    read: ReadDelivery
    accepted: Callable[[Receipt], dict[str, Any]]


PLATFORMS = {
    platform.path: platform
    for platform in (Platform("ozg_cloud", "/antrag", ozg_cloud.read, ozg_cloud.accepted),)
}
