"""What the broker has done since it started."""

from pydantic import BaseModel


class Stats(BaseModel):
    """Events accepted (replies included) and what became of their deliveries, one per trigger."""

    accepted: int = 0
    refused: int = 0
    unmatched: int = 0
    dropped: int = 0
    delivered: int = 0
    replies: int = 0
    retried: int = 0
    dead_lettered: int = 0
    dead_letters_delivered: int = 0
    dead_letters_lost: int = 0
    pending: int = 0
