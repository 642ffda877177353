"""Table `events`: every event we emit, replies included; a redelivery sends the row again."""

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, TypeVar

from pydantic import ValidationError

from shared.adapters.postgres.pool import Connection
from shared.domain.errors import UnknownCase, UnknownEvent
from shared.domain.events import AWAITED, EVENT_TYPES, Event
from shared.domain.identifiers import CaseId

E = TypeVar("E", bound=Event)

_AWAITED = [event_type.type for event_type in AWAITED]


class PostgresEvents:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, event: Event) -> None:
        self._conn.execute(
            """
            INSERT INTO events (id, case_id, sequence, type, round, data, time, traceparent)
            VALUES (%(id)s, %(case_id)s, %(sequence)s, %(type)s, %(round)s, %(data)s, %(time)s,
                    %(traceparent)s)
            """,
            {
                "id": event.id,
                "case_id": event.case_id,
                "sequence": event.sequence,
                "type": event.type,
                "round": event.round,
                "data": json.dumps(event.data()),
                "time": event.time,
                "traceparent": event.traceparent,
            },
        )

    def latest(self, case_id: CaseId, event_type: type[E], round_: int) -> E:
        """Raise UnknownEvent if the case has none of this type in this round."""
        row = self._conn.execute(
            """
            SELECT id, case_id, sequence, type, round, data, time, traceparent
              FROM events
             WHERE case_id = %(case_id)s AND type = %(type)s AND round = %(round)s
             ORDER BY sequence DESC
             LIMIT 1
            """,
            {"case_id": case_id, "type": event_type.type, "round": round_},
        ).fetchone()
        if row is None:
            raise UnknownEvent(f"{event_type.type} of {case_id}, round {round_}")
        event = event_from_row(row)
        assert isinstance(event, event_type)  # noqa: S101 - the row was selected by this type
        return event

    def last(self, case_id: CaseId) -> Event:
        """The last that a function waits for: every case has one from its first moment.

        Raise UnknownCase if there is none.
        """
        row = self._conn.execute(
            """
            SELECT id, case_id, sequence, type, round, data, time, traceparent
              FROM events
             WHERE case_id = %(case_id)s AND type = ANY(%(types)s)
             ORDER BY sequence DESC
             LIMIT 1
            """,
            {"case_id": case_id, "types": _AWAITED},
        ).fetchone()
        if row is None:
            raise UnknownCase(str(case_id))
        return event_from_row(row)

    def last_of(self, case_ids: Iterable[CaseId]) -> dict[CaseId, Event]:
        """The last awaited event of each case. One that this version cannot read is left out."""
        rows = self._conn.execute(
            """
            SELECT DISTINCT ON (case_id)
                   id, case_id, sequence, type, round, data, time, traceparent
              FROM events
             WHERE case_id = ANY(%(case_ids)s) AND type = ANY(%(types)s)
             ORDER BY case_id, sequence DESC
            """,
            {"case_ids": list(case_ids), "types": _AWAITED},
        ).fetchall()
        events: dict[CaseId, Event] = {}
        for row in rows:
            with suppress(KeyError, TypeError, ValidationError):
                events[row[1]] = event_from_row(row)
        return events

    def in_round(
        self, case_id: CaseId, round_: int, event_types: Iterable[type[Event]]
    ) -> list[Event]:
        """Those of these types, in the order they happened."""
        rows = self._conn.execute(
            """
            SELECT id, case_id, sequence, type, round, data, time, traceparent
              FROM events
             WHERE case_id = %(case_id)s AND round = %(round)s AND type = ANY(%(types)s)
             ORDER BY sequence
            """,
            {
                "case_id": case_id,
                "round": round_,
                "types": [event_type.type for event_type in event_types],
            },
        ).fetchall()
        return [event_from_row(row) for row in rows]


def event_from_row(row: tuple[Any, ...]) -> Event:
    """Columns: id, case_id, sequence, type, round, data, time, traceparent."""
    id_, case_id, sequence, type_, round_, data, time, traceparent = row
    return EVENT_TYPES[type_].model_validate(
        {
            **data,
            "id": id_,
            "case_id": case_id,
            "sequence": sequence,
            "round": round_,
            "time": time,
            "traceparent": traceparent,
        }
    )
