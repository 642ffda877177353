"""What the broker is told at its start: subscribers, triggers, deliveries."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from infra.local.broker.faults import Faults


class Delivery(BaseModel):
    """Knative's delivery spec; durations in seconds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    retry: int = Field(default=0, ge=0)
    backoff_policy: Literal["exponential", "linear"] = "exponential"
    backoff_delay: float = Field(default=0.2, ge=0)
    timeout: float = Field(default=30, gt=0)
    retry_after_max: float | None = Field(default=None, ge=0)

    def wait(self, attempt: int) -> float:
        """How long to wait after the given failed attempt, counted from 0."""
        if self.backoff_policy == "linear":
            return self.backoff_delay * (attempt + 1)
        return float(self.backoff_delay * 2**attempt)


class Subscriber(BaseModel):
    """Whom events are delivered to: at most `concurrency` at a time."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str = Field(pattern=r"^http://[^/]+$")
    concurrency: int = Field(default=8, gt=0)


class Destination(BaseModel):
    """A path at a subscriber."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subscriber: str
    path: str = Field(default="/", pattern=r"^/")


class Trigger(BaseModel):
    """Events whose attributes equal all of `attributes` go to `destination`; none: every event."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    attributes: dict[str, str] = {}
    destination: Destination
    delivery: Delivery = Delivery()
    dead_letter: Destination | None = None


class BrokerConfig(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    subscribers: dict[str, Subscriber]
    triggers: tuple[Trigger, ...]
    faults: Faults = Faults()

    @model_validator(mode="after")
    def _every_destination_exists(self) -> "BrokerConfig":
        for trigger in self.triggers:
            for destination in (trigger.destination, trigger.dead_letter):
                if destination is not None and destination.subscriber not in self.subscribers:
                    raise ValueError(f"{trigger.name}: no subscriber {destination.subscriber!r}")
        return self
