"""Authorities (Behörden) of a tenant, and which units of the directory they stand for."""

from typing import Annotated

from pydantic import StringConstraints, field_validator

from shared.domain.configuration.base import Entry
from shared.domain.configuration.mail import Notices
from shared.domain.identifiers import CLEARING_OFFICE

UnitText = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Authority(Entry):
    """`units` are ids of the directory, as `lotse directory units` prints them, or what senders
    state. A unit below one of them, of which nobody declares anything, belongs to it as well. Its
    own id is a unit only if it is among them: another's table may call a unit the same.
    """

    name: str
    units: tuple[UnitText, ...] = ()
    notices: Notices = Notices()

    @field_validator("id")
    @classmethod
    def _is_not_where_people_decide(cls, id_: str) -> str:
        if id_ == CLEARING_OFFICE:
            raise ValueError("is where people decide; choose another")
        return id_
