"""The form platforms that can deliver here: a new one is a module and a line in this table."""

from collections.abc import Callable
from dataclasses import dataclass

from functions.receive.answers import Answer, problem, receipt_answer
from functions.receive.delivery import ReadDelivery
from functions.receive.platforms import ozg_cloud
from functions.receive.platforms.form_solutions import push as form_solutions
from functions.receive.receipt import Receipt
from functions.receive.refusal import Refused


@dataclass(frozen=True, slots=True)
class Platform:
    """`read` turns a request into a Delivery; `accepted` and `refused` are the platform's answers.

    `describe` answers a GET for the platform's own description, given the address it is asked at.
    Where `proves_in_message` is set, `read` admits the sender itself.
    """

    name: str
    path: str
    read: ReadDelivery
    accepted: Callable[[Receipt], Answer]
    refused: Callable[[Refused], Answer] = problem
    describe: Callable[[str], Answer] | None = None
    proves_in_message: bool = False


PLATFORMS = (
    Platform("ozg_cloud", "/antrag", ozg_cloud.read, ozg_cloud.accepted),
    Platform("form_solutions", "/form-solutions", form_solutions.read, receipt_answer),
)
