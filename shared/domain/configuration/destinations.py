"""Destinations (Zustellpunkte): where a tenant's cases go, when, and how long it is tried."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from shared.domain.case import Case
from shared.domain.configuration.base import Entry, Part, Text
from shared.domain.configuration.destination_kinds import DestinationSettings, Webhook


class When(StrEnum):
    ON_ASSIGNMENT = "on_assignment"
    ON_DECISION = "on_decision"
    ON_CLOSING = "on_closing"
    ON_REQUEST = "on_request"


class Retry(Part):
    """The delay grows by `factor` up to its maximum; when the window ends, a person is told."""

    first_delay_seconds: float = Field(default=30, gt=0)
    factor: float = Field(default=2, ge=1, le=100)
    max_delay_seconds: float = Field(default=3600, gt=0)
    give_up_after_seconds: float = Field(default=3 * 24 * 3600, ge=0)


class Breaker(Part):
    """After so many failures in a row it is left alone for a while, twice as long each time.

    Then one is sent to see whether it is there again. A person is told once, too, when of its last
    answers more than `alarm_rate` were failures or refusals.
    """

    failures: int = Field(default=5, ge=1)
    first_pause_seconds: float = Field(default=30, gt=0)
    max_pause_seconds: float = Field(default=900, gt=0)
    alarm_rate: float = Field(default=0.5, gt=0, le=1)


class Destination(Entry):
    """Without authorities, services or forms it takes the cases of all of them.

    A service may be given by the beginning of its LeiKa key. A test case only reaches a
    destination that says it takes them. No more than `at_once` are sent to it at the same time,
    over all replicas. `owner` is who sees to what fails, within `due_within_hours`.
    """

    settings: DestinationSettings
    when: When
    authorities: tuple[str, ...] = ()
    leika_keys: tuple[Annotated[str, StringConstraints(pattern=r"^99\d{0,12}$")], ...] = ()
    forms: tuple[str, ...] = ()
    accepts_test_cases: bool = False
    retry: Retry = Retry()
    breaker: Breaker = Breaker()
    at_once: int = Field(default=4, ge=1, le=1000)
    owner: Text | None = None
    due_within_hours: float = Field(default=24, gt=0)

    @model_validator(mode="after")
    def _links_last_as_long_as_it_is_tried(self) -> Self:
        settings = self.settings
        if isinstance(settings, Webhook) and settings.files == "links":
            tried_for = self.retry.give_up_after_seconds / 3600
            if settings.links_valid_hours < tried_for:
                raise ValueError(
                    f"links_valid_hours has to be {tried_for:g} at least, "
                    "as long as retry.give_up_after_seconds lets it be tried"
                )
        return self

    def takes(self, case: Case) -> bool:
        return (
            (self.accepts_test_cases or not case.is_test)
            and (not self.authorities or case.authority in self.authorities)
            and (not self.leika_keys or any(k.startswith(self.leika_keys) for k in case.leika_keys))
            and (not self.forms or case.form_id in self.forms)
        )
