"""Table `cases`: where each application is, and when it has to be woken."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from psycopg import errors
from psycopg.rows import class_row

from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case, LogEntry, Tombstone
from shared.domain.errors import AlreadyStored, StaleCase, UnknownCase
from shared.domain.events import Event
from shared.domain.identifiers import CaseId

E = TypeVar("E", bound=Event)

# One statement instead of three: each stage of each case waits for it.
_SAVE = """
WITH saved AS (
    UPDATE cases
       SET tenant = %(tenant)s, authority = %(authority)s,
           organizational_unit = %(organizational_unit)s, assignee = %(assignee)s,
           stage = %(stage)s, event_sequence = %(event_sequence)s,
           next_wake_at = %(wake_at)s, wake_attempts = 0, version = version + 1
     WHERE id = %(id)s AND version = %(version)s
    RETURNING id
), event AS (
    INSERT INTO events (id, case_id, sequence, type, round, data, time, traceparent)
    SELECT %(event_id)s, id, %(sequence)s, %(event_type)s, %(round)s, %(event_data)s,
           %(event_time)s, %(traceparent)s
      FROM saved
     WHERE %(event_id)s::uuid IS NOT NULL
), entry AS (
    INSERT INTO case_log (case_id, entry)
    SELECT id, %(entry)s
      FROM saved
)
SELECT id FROM saved
"""


class PostgresCases:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection, wake_after: timedelta) -> None:
        self._conn = conn
        self._wake_after = wake_after
        self._events = PostgresEvents(conn)
        self._log = PostgresCaseLog(conn)

    def get(self, case_id: CaseId) -> Case:
        with self._conn.cursor(row_factory=class_row(Case)) as cur:
            cur.execute(
                """
                SELECT id, sequence_number, sender, transaction_id, form_id, form_name, leika_keys,
                       region, named_unit, tenant, authority, organizational_unit, assignee, stage,
                       status, status_since, received_at, round, event_sequence, version, is_test
                  FROM cases
                 WHERE id = %(id)s
                """,
                {"id": case_id},
            )
            case = cur.fetchone()
        if case is None:
            raise UnknownCase(str(case_id))
        return case

    def add(self, case: Case, *, event: Event, entry: LogEntry) -> Case:
        try:
            row = self._conn.execute(
                """
                INSERT INTO cases (id, sender, transaction_id, form_id, form_name, leika_keys,
                                   region, named_unit, stage, status, status_since, received_at,
                                   round, event_sequence, version, is_test, next_wake_at)
                SELECT %(id)s, %(sender)s, %(transaction_id)s, %(form_id)s, %(form_name)s,
                       %(leika_keys)s, %(region)s, %(named_unit)s, %(stage)s, %(status)s,
                       %(status_since)s, %(received_at)s, %(round)s, %(event_sequence)s, 1,
                       %(is_test)s, %(wake_at)s
                 WHERE NOT EXISTS (SELECT FROM tombstones WHERE case_id = %(id)s)
                RETURNING sequence_number
                """,
                {
                    **case.model_dump(exclude={"leika_keys"}),
                    "leika_keys": list(case.leika_keys),
                    "wake_at": datetime.now(UTC) + self._wake_after,
                },
            ).fetchone()
        except errors.UniqueViolation:
            raise AlreadyStored(str(case.id)) from None
        if row is None:
            raise AlreadyStored(str(case.id))
        self._events.add(event)
        self._log.append(case.id, entry)
        return case.model_copy(update={"sequence_number": row[0], "version": 1})

    def save(
        self,
        case: Case,
        *,
        entry: LogEntry,
        event: Event | None = None,
        wake_at: datetime | None = None,
    ) -> None:
        if wake_at is None and not case.rests:
            wake_at = datetime.now(UTC) + self._wake_after
        saved = self._conn.execute(
            _SAVE,
            {
                "id": case.id,
                "version": case.version,
                "tenant": case.tenant,
                "authority": case.authority,
                "organizational_unit": case.organizational_unit,
                "assignee": case.assignee,
                "stage": case.stage,
                "event_sequence": case.event_sequence,
                "wake_at": wake_at,
                "entry": entry.model_dump_json().encode(),
                **_values(event),
            },
        ).fetchone()
        if saved is None:
            raise StaleCase(str(case.id))

    def lock(self, case_id: CaseId) -> None:
        """Hold the case's row until the transaction ends."""
        self._conn.execute(
            """
            SELECT FROM cases
             WHERE id = %(id)s
               FOR UPDATE
            """,
            {"id": case_id},
        )

    def wake_at(self, case_id: CaseId, when: datetime | None) -> None:
        """Let `recover` send its last event then; never, while it waits for a person."""
        self._conn.execute(
            """
            UPDATE cases
               SET next_wake_at = %(when)s, wake_attempts = 0
             WHERE id = %(id)s
            """,
            {"id": case_id, "when": when},
        )

    def wake_now(self, case_id: CaseId) -> None:
        """Publishing its event failed, or may have: let `recover` send it; not if it rests."""
        self._conn.execute(
            """
            UPDATE cases
               SET next_wake_at = now()
             WHERE id = %(id)s AND next_wake_at > now()
            """,
            {"id": case_id},
        )

    def wake_held(self, case_id: CaseId) -> None:
        """The wait for a file has ended: send its last event now, unless it is due anyway. Before
        it is assigned it cannot have waited."""
        self._conn.execute(
            """
            UPDATE cases
               SET next_wake_at = now(), wake_attempts = 0
             WHERE id = %(id)s AND next_wake_at IS NULL AND stage IN ('assigned', 'forwarded')
            """,
            {"id": case_id},
        )

    def tombstone(self, case_id: CaseId) -> Tombstone | None:
        """What is left of the case if it has been deleted."""
        with self._conn.cursor(row_factory=class_row(Tombstone)) as cur:
            cur.execute(
                """
                SELECT case_id, transaction_id, sequence_number, received_at
                  FROM tombstones
                 WHERE case_id = %(id)s
                """,
                {"id": case_id},
            )
            return cur.fetchone()

    def event(self, case_id: CaseId, event_type: type[E], round_: int) -> E:
        return self._events.latest(case_id, event_type, round_)

    def last_event(self, case_id: CaseId) -> Event:
        return self._events.last(case_id)


def _values(event: Event | None) -> dict[str, Any]:
    if event is None:
        names = ("event_id", "sequence", "event_type", "round", "event_data", "event_time")
        return dict.fromkeys((*names, "traceparent"))
    return {
        "event_id": event.id,
        "sequence": event.sequence,
        "event_type": event.type,
        "round": event.round,
        "event_data": json.dumps(event.data()),
        "event_time": event.time,
        "traceparent": event.traceparent,
    }
