"""A delivery that was refused: that it came, and why it was not taken; never what it was."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import SenderId


class Refusal(BaseModel):
    """`size` in bytes; `sha256` of the whole body, if it was read to its end.

    `sender` is None if nobody could be identified, `transaction_id` if it was not read before.
    """

    model_config = ConfigDict(frozen=True)

    at: datetime | None = None  # given by the database when it is recorded
    sender: SenderId | None
    transaction_id: str | None
    status: int
    code: str
    size: int | None
    sha256: bytes | None
