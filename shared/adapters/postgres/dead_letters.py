"""Table `dead_letters`: what the broker could not deliver, each letter once."""

import json
from collections.abc import Iterable

from psycopg.rows import class_row

from shared.adapters.postgres.pool import Connection
from shared.domain.dead_letter import DeadLetter, DeadLetterState, KeptDeadLetter
from shared.domain.identifiers import CaseId


class PostgresDeadLetters:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def keep(self, letter: DeadLetter) -> None:
        """A redriven one that comes again is open again; a closed one stays closed."""
        self._conn.execute(
            """
            INSERT INTO dead_letters (source, event_id, type, case_id, round, data, error_code,
                                      error_destination)
            VALUES (%(source)s, %(event_id)s, %(type)s, %(case_id)s, %(round)s, %(data)s,
                    %(error_code)s, %(error_destination)s)
            ON CONFLICT (source, event_id) DO UPDATE
               SET seen = dead_letters.seen + 1, last_seen_at = now(),
                   error_code = EXCLUDED.error_code,
                   error_destination = EXCLUDED.error_destination,
                   state = CASE dead_letters.state WHEN 'redriven' THEN 'open'
                           ELSE dead_letters.state END
            """,
            letter.model_dump(exclude={"data"})
            | {"data": None if letter.data is None else json.dumps(letter.data)},
        )

    def get(self, letter_id: int) -> KeptDeadLetter | None:
        return next(iter(self._select(ids=[letter_id])), None)

    def all(self, states: Iterable[DeadLetterState] = DeadLetterState) -> list[KeptDeadLetter]:
        """The oldest first."""
        return self._select(states=states)

    def open_of(self, case_id: CaseId) -> list[KeptDeadLetter]:
        return self._select(states=[DeadLetterState.OPEN], case_id=case_id)

    def settle(self, letter_id: int, state: DeadLetterState, reason: str) -> None:
        self._conn.execute(
            """
            UPDATE dead_letters
               SET state = %(state)s, reason = %(reason)s
             WHERE id = %(id)s
            """,
            {"id": letter_id, "state": state, "reason": reason},
        )

    def count_open(self) -> int:
        row = self._conn.execute(
            """
            SELECT count(*)
              FROM dead_letters
             WHERE state = 'open'
            """
        ).fetchone()
        return int(row[0]) if row else 0

    def _select(
        self,
        *,
        states: Iterable[DeadLetterState] = DeadLetterState,
        ids: list[int] | None = None,
        case_id: CaseId | None = None,
    ) -> list[KeptDeadLetter]:
        with self._conn.cursor(row_factory=class_row(KeptDeadLetter)) as cur:
            cur.execute(
                """
                SELECT id, source, event_id, type, case_id, round, data, error_code,
                       error_destination, seen, first_seen_at, last_seen_at, state, reason
                  FROM dead_letters
                 WHERE state = ANY(%(states)s)
                   AND (%(ids)s::bigint[] IS NULL OR id = ANY(%(ids)s))
                   AND (%(case_id)s::uuid IS NULL OR case_id = %(case_id)s)
                 ORDER BY first_seen_at, id
                """,
                {"states": [str(state) for state in states], "ids": ids, "case_id": case_id},
            )
            return cur.fetchall()
