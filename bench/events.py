"""Events that wait for a stage: each stage leaves those that the next one is measured with."""

from psycopg import Connection

from bench.load import request_bytes
from shared.adapters.postgres.events import PostgresEvents
from shared.runtime.cloud_events import binary

STAGE_BEFORE = {"route": "received", "assign": "routed", "forward": "assigned"}


def waiting(conn: Connection, function: str, most: int) -> list[bytes]:
    """Requests with the newest event of cases that have come as far as this stage."""
    rows = conn.execute(
        """
        SELECT id
          FROM cases
         WHERE stage = %(stage)s
         ORDER BY sequence_number
         LIMIT %(most)s
        """,
        {"stage": STAGE_BEFORE[function], "most": most},
    ).fetchall()
    events = PostgresEvents(conn).last_of([case_id for (case_id,) in rows])
    return [request_bytes("/", *binary(event)) for event in events.values()]
