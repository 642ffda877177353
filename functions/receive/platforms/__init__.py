"""The form platforms that can deliver here: a new one is a module and a line in this table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.receive.answers import Answer, problem
from functions.receive.delivery import ReadDelivery
from functions.receive.platforms import intelliform, ozg_cloud
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused

OUR_RECEIPT = {"$ref": "#/components/schemas/Receipt"}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How /openapi.json tells of a platform: schemas of the bodies by media type, and the answer.

    `status` is that of the success answer.
    """

    summary: str
    bodies: Mapping[str, Mapping[str, Any]]
    accepted: Mapping[str, Any] = field(default_factory=lambda: OUR_RECEIPT)
    status: int = 200


@dataclass(frozen=True, slots=True)
class Platform:
    """`read` turns a request into a Delivery; `accepted` and `refused` are the platform's answers.

    `describe` answers a GET for the platform's own description, given the address it is asked at.
    Where `proves_in_message` is set, `read` admits the sender itself. `dialect` is None for what
    OpenAPI cannot describe.
    """

    name: str
    path: str
    read: ReadDelivery
    accepted: Callable[[Receipt], Answer]
    refused: Callable[[Refused], Answer] = problem
    describe: Callable[[str], Answer] | None = None
    proves_in_message: bool = False
    dialect: Dialect | None = None


PLATFORMS = (
    Platform(
        "ozg_cloud",
        "/antrag",
        ozg_cloud.read,
        ozg_cloud.accepted,
        dialect=Dialect(
            "As form servers deliver to OZG-Cloud.", ozg_cloud.BODIES, ozg_cloud.ANSWER
        ),
    ),
    Platform(
        "intelliform",
        "/intelliform",
        intelliform.read,
        intelliform.accepted,
        refused=intelliform.refused,
        describe=intelliform.describe,
        proves_in_message=True,
    ),
)
