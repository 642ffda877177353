"""A receipt as it is posted. Members that are not known are ignored."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints


def _printable(text: str | None) -> str | None:
    """Of what people are shown and a database can store."""
    return "".join(c for c in text if c.isprintable()) or None if text is not None else None


def _as_text(value: object) -> object:
    """Their ids may be numbers."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number else value


class ReceiptData(BaseModel):
    """`id` is the destination's own for the case, `reason` why it rejects it, for people."""

    model_config = ConfigDict(frozen=True)

    message_id: UUID
    id: Annotated[
        Annotated[str, StringConstraints(max_length=200)] | None,
        BeforeValidator(_as_text),
        AfterValidator(_printable),
    ] = None
    reason: Annotated[
        Annotated[str, StringConstraints(max_length=500)] | None, AfterValidator(_printable)
    ] = None


class ReceiptMessage(BaseModel):
    model_config = ConfigDict(frozen=True)

    type: Literal["case.accepted.v1", "case.rejected.v1"]
    data: ReceiptData

    @property
    def accepted(self) -> bool:
        return self.type == "case.accepted.v1"


def read_message(body: bytes) -> ReceiptMessage:
    """Raise ValidationError."""
    return ReceiptMessage.model_validate_json(body)
