"""A function that ends as its event's sender says, to test the seam around every function."""

from collections.abc import Callable

from pydantic import BaseModel

from shared.domain.errors import Unavailable, UnknownCase
from shared.domain.events import CaseReceived, CaseRouted, Event
from shared.domain.identifiers import AuthorityId, event_id
from shared.runtime.event_function import Handler, event_function
from shared.runtime.logging import configure

SECRET = "Erika Mustermann, Heidestraße 17"


class _Row(BaseModel):
    age: int


def _reply(event: Event) -> CaseRouted:
    return CaseRouted(
        id=event_id(event.case_id, CaseRouted.type, 2),
        case_id=event.case_id,
        sequence=2,
        round=event.round,
        time=event.time,
        authority=AuthorityId("foerdetal-gewerbe"),
    )


def _unknown(event: Event) -> None:
    raise UnknownCase(str(event.case_id))


def _unavailable(event: Event) -> None:
    raise Unavailable("postgres OperationalError 57P01")


def _bug(event: Event) -> None:
    raise RuntimeError(f"Key (name)=({SECRET}) already exists") from KeyError(SECRET)


def _broken_row(event: Event) -> None:
    _Row.model_validate({"age": SECRET})


_ENDINGS: dict[str, Callable[[Event], Event | None]] = {
    "reply": _reply,
    "silence": lambda event: None,
    "unknown": _unknown,
    "unavailable": _unavailable,
    "bug": _bug,
    "broken-row": _broken_row,
}

configure()


def _build() -> Handler:
    def handle_event(event: Event) -> Event | None:
        assert isinstance(event, CaseReceived)
        return _ENDINGS[event.sender](event)

    return handle_event


handle = event_function([CaseReceived], _build)
