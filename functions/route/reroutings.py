"""The function `reroute_case`: nothing else may move a case from one authority to another."""

import json

from psycopg import errors

from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case, LogEntry
from shared.domain.errors import NotReroutable, StaleCase
from shared.domain.events import CaseRouted
from shared.domain.routing import RoutingDecision


class PostgresReroutings:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def save(
        self, case: Case, *, event: CaseRouted, entry: LogEntry, decision: RoutingDecision
    ) -> None:
        try:
            row = self._conn.execute(
                """
                SELECT reroute_case(%(id)s, %(version)s, %(round)s, %(tenant)s, %(authority)s,
                                    %(event_id)s, %(event_data)s, %(event_time)s,
                                    %(directory_version)s, %(decision)s, %(entry)s)
                """,
                {
                    "id": case.id,
                    "version": case.version,
                    "round": case.round,
                    "tenant": case.tenant,
                    "authority": case.authority,
                    "event_id": event.id,
                    "event_data": json.dumps(event.data()),
                    "event_time": event.time,
                    "directory_version": decision.directory_version,
                    "decision": decision.model_dump_json(exclude_none=True),
                    "entry": entry.model_dump_json().encode(),
                },
            ).fetchone()
        except errors.CheckViolation:
            raise NotReroutable(
                f"no tenant that takes applications from {case.sender} has {case.authority}"
            ) from None
        if row != (True,):
            raise StaleCase(str(case.id))
