"""How it goes at a destination, and whether another message may go there now."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.domain.configuration.destinations import Breaker
from shared.domain.identifiers import DestinationId, TenantId

DESTINATION_FAILING = "destination_failing"
"""The kind of task: too much of what is sent to a destination fails. One, however many cases."""

FEW = 10
"""With fewer answers than this, a rate says nothing."""
LAST_ANSWERS = 20
"""Of about so many answers the rate tells."""


class HeldBy(StrEnum):
    """What a message waits for, beside its time."""

    PAUSE = "pause"
    BREAKER = "breaker"
    LIMIT = "limit"


class Standing(BaseModel):
    """`failures` in a row; until `open_until` it is left alone because of them, and after that
    one is sent at a time until one arrives. `failure_rate` counts refusals, too."""

    model_config = ConfigDict(frozen=True)

    tenant: TenantId
    destination: DestinationId
    paused_at: datetime | None = None
    failures: int = 0
    open_until: datetime | None = None
    failure_rate: float = 0.0
    answers: int = 0
    answered_at: datetime | None = None
    failed_at: datetime | None = None
    code: str | None = None

    def holds(self, sending: int, at_once: int, now: datetime) -> HeldBy | None:
        """What keeps one more from being sent, while so many are being sent.

        One at a time goes to what has never answered, or failed last: whoever sends may be held
        there until the timeout, and is missed elsewhere.
        """
        if self.paused_at is not None:
            return HeldBy.PAUSE
        if self.open_until is not None and (self.open_until > now or sending > 0):
            return HeldBy.BREAKER
        is_trusted = self.failures == 0 and self.answered_at is not None
        return HeldBy.LIMIT if sending >= (at_once if is_trusted else 1) else None

    def after_arrival(self, now: datetime) -> "Standing":
        return self._answered(0.0, now, failures=0, open_until=None, code=None)

    def after_refusal(self, now: datetime, code: str | None) -> "Standing":
        """It is there, and took nothing."""
        return self._answered(1.0, now, failures=0, open_until=None, failed_at=now, code=code)

    def after_failure(self, now: datetime, code: str | None, breaker: Breaker) -> "Standing":
        if self.open_until is not None and self.open_until > now:
            # Under way when the others failed: it tells nothing new.
            return self._answered(1.0, now, failed_at=now, code=code)
        failures = self.failures + 1
        open_until = None
        if failures >= breaker.failures:
            pause = breaker.first_pause_seconds * 2.0 ** min(failures - breaker.failures, 32)
            open_until = now + timedelta(seconds=min(pause, breaker.max_pause_seconds))
        return self._answered(
            1.0, now, failures=failures, open_until=open_until, failed_at=now, code=code
        )

    def is_alarming(self, breaker: Breaker) -> bool:
        return self.open_until is not None or (
            self.answers >= FEW and self.failure_rate > breaker.alarm_rate
        )

    def is_well(self, breaker: Breaker) -> bool:
        """Not merely less alarming: an alarm that comes and goes is a thousand."""
        return self.failures == 0 and self.failure_rate < breaker.alarm_rate / 2

    def _answered(self, failed: float, now: datetime, **changed: object) -> "Standing":
        answers = self.answers + 1
        weight = 1 / min(answers, LAST_ANSWERS)
        rate = self.failure_rate + (failed - self.failure_rate) * weight
        return self.model_copy(
            update={"answers": answers, "failure_rate": rate, "answered_at": now, **changed}
        )
