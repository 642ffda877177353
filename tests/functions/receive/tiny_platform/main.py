"""The receive function with one more platform: `name=value` lines; `id` is the transaction id."""

from functions.receive import platforms
from functions.receive.answers import receipt_answer
from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.incoming import CHUNK
from functions.receive.refusal import invalid, too_large
from shared.domain.identifiers import SenderId
from shared.domain.submission import FieldKind, FormField, Submission


def read(arrival: Arrival, files: Files, limits: Limits) -> Delivery:
    original = b""
    while chunk := arrival.stream.read(CHUNK):
        original += chunk
        if len(original) > limits.form:
            raise too_large("The form", limits.form)
    pairs = dict(line.split("=", 1) for line in original.decode().splitlines() if "=" in line)
    arrival.transaction_id = pairs.pop("id", "")
    if not arrival.transaction_id:
        raise invalid("member-missing", "An application needs a transaction id.", "id")
    submission = Submission(
        sender=SenderId(arrival.sender.id),
        transaction_id=arrival.transaction_id,
        fields=tuple(
            FormField(name=name, label=name, kind=FieldKind.TEXT, value=value)
            for name, value in pairs.items()
        ),
    )
    return Delivery(submission, original, arrival.content_type)


vars(platforms)["PLATFORMS"] += (platforms.Platform("tiny", "/tiny", read, receipt_answer),)

from functions.receive.main import handle  # noqa: E402 - after the table has its new line

__all__ = ["handle"]
