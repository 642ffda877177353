"""Table `routings`: why each case went where it went."""

from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import CaseId
from shared.domain.routing import RoutingDecision


class PostgresRoutings:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, case_id: CaseId, round_: int, decision: RoutingDecision) -> None:
        self._conn.execute(
            """
            INSERT INTO routings (case_id, round, directory_version, decision)
            VALUES (%(case_id)s, %(round)s, %(directory_version)s, %(decision)s)
            """,
            {
                "case_id": case_id,
                "round": round_,
                "directory_version": decision.directory_version,
                "decision": decision.model_dump_json(exclude_none=True),
            },
        )

    def get(self, case_id: CaseId, round_: int) -> RoutingDecision | None:
        row = self._conn.execute(
            """
            SELECT decision
              FROM routings
             WHERE case_id = %(case_id)s AND round = %(round)s
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        return None if row is None else RoutingDecision.model_validate(row[0])

    def of_case(self, case_id: CaseId) -> list[tuple[int, RoutingDecision]]:
        """Each round's, in order."""
        rows = self._conn.execute(
            """
            SELECT round, decision
              FROM routings
             WHERE case_id = %(case_id)s
             ORDER BY round
            """,
            {"case_id": case_id},
        ).fetchall()
        return [(round_, RoutingDecision.model_validate(decision)) for round_, decision in rows]
