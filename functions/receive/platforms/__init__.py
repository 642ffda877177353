"""The form platforms that can deliver here: a new one is a module and a line in this table."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from functions.receive.answers import Answer, problem, receipt_answer
from functions.receive.delivery import ReadDelivery
from functions.receive.platforms import formcycle, intelliform, ozg_cloud, webhook
from functions.receive.platforms.form_solutions import push as form_solutions
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


_FREE_FORM = {"type": "object", "description": "What its fields mean is declared for each sender."}
_FREE_BODIES = ("application/x-www-form-urlencoded", "multipart/form-data", "application/json")

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
    Platform(
        "formcycle",
        "/formcycle",
        formcycle.read,
        formcycle.accepted,
        dialect=Dialect(
            "A form under its own field names, as FORMCYCLE sends it.",
            dict.fromkeys((*_FREE_BODIES, "application/xml", "text/xml"), _FREE_FORM),
        ),
    ),
    Platform(
        "webhook",
        "/webhook",
        webhook.read,
        webhook.accepted,
        dialect=Dialect(
            "A form under its own field names, perhaps signed, perhaps as a CloudEvent.",
            dict.fromkeys((*_FREE_BODIES, "application/cloudevents+json"), _FREE_FORM),
            status=202,
        ),
    ),
    Platform(
        "form_solutions",
        "/form-solutions",
        form_solutions.read,
        receipt_answer,
        dialect=Dialect(
            "What Form-Solutions pushes: its XML data set, or JSON; alone or beside files.",
            {
                "application/xml": {"type": "object", "xml": {"name": "form"}},
                "application/json": {"type": "object", "required": ["transId"]},
                "multipart/form-data": {"type": "object", "required": ["data"]},
            },
        ),
    ),
)
