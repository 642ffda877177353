"""What real brokers do now and then, on demand: a tool for tests, off unless switched on."""

import random

from pydantic import BaseModel, ConfigDict, Field, model_validator

Probability = Field(default=0.0, ge=0, le=1)

# How long a reordered delivery is held back, at most: later ones overtake it meanwhile.
_REORDER_SECONDS = 0.3


class Faults(BaseModel):
    """Probabilities from 0 to 1, each drawn per delivery unless it says otherwise."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # Accepted, never delivered.
    drop: float = Probability
    # Delivered two to four times.
    copies: float = Probability
    # Every delivery waits this long: from, to.
    delay_ms: tuple[int, int] = (0, 0)
    # Held back so that later ones overtake it.
    reorder: float = Probability
    # Per publication: the producer is told 500 although the event was accepted.
    producer_500: float = Probability
    # The subscriber's reply cannot be published, in none of the attempts: a good input is retried
    # and then a dead letter.
    reply_lost: float = Probability
    # Each dead letter is posted so many times.
    dead_letter_copies: int = Field(default=1, ge=1, le=10)
    seed: int | None = None

    @model_validator(mode="after")
    def _from_before_to(self) -> "Faults":
        if not 0 <= self.delay_ms[0] <= self.delay_ms[1]:
            raise ValueError("delay_ms is [from, to] with 0 <= from <= to")
        return self


class Misfortune:
    """Draws what goes wrong; the same seed and order of calls draw the same."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self._random = random.Random(faults.seed)  # noqa: S311 - not for secrets

    def tells_the_producer_500(self) -> bool:
        return self._happens(self.faults.producer_500)

    def deliveries(self) -> list[float]:
        """How often a delivery happens, and how many seconds each waits; none if it is dropped."""
        if self._happens(self.faults.drop):
            return []
        copies = self._random.randint(2, 4) if self._happens(self.faults.copies) else 1
        return [self._wait() for _ in range(copies)]

    def loses_the_reply(self) -> bool:
        return self._happens(self.faults.reply_lost)

    def _wait(self) -> float:
        low, high = self.faults.delay_ms
        wait = self._random.uniform(low, high) / 1000 if high else 0.0
        if self._happens(self.faults.reorder):
            wait += self._random.uniform(0, _REORDER_SECONDS)
        return wait

    def _happens(self, probability: float) -> bool:
        return probability > 0 and self._random.random() < probability
