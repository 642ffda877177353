"""Table `assignments`: why each case lies with whom it lies; and who has how much to do."""

from collections.abc import Collection, Mapping

from shared.adapters.postgres.pool import Connection
from shared.domain.assignment import AssignmentDecision
from shared.domain.caseworkers import Target
from shared.domain.identifiers import AccountId, CaseId


class PostgresAssignments:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def wait_for_turn(self, target: Target) -> None:
        # The limit is set before the lock is asked for, and ends with the transaction as it does.
        self._conn.execute(
            """
            SELECT set_config('lock_timeout', '5s', true),
                   pg_advisory_xact_lock(hashtextextended(%(turn)s, 0))
            """,
            {"turn": f"assign {target.kind} {target.dn.casefold()}"},
        )

    def open_cases(self, accounts: Collection[AccountId]) -> Mapping[AccountId, int]:
        rows = self._conn.execute(
            """
            SELECT assignee, count(*)
              FROM cases
             WHERE assignee = ANY(%(accounts)s)
               AND status IN ('received', 'accepted', 'in_progress')
             GROUP BY assignee
            """,
            {"accounts": sorted(accounts)},
        ).fetchall()
        return dict.fromkeys(accounts, 0) | dict(rows)

    def add(self, case_id: CaseId, round_: int, decision: AssignmentDecision) -> None:
        self._conn.execute(
            """
            INSERT INTO assignments (case_id, round, decision)
            VALUES (%(case_id)s, %(round)s, %(decision)s)
            """,
            {
                "case_id": case_id,
                "round": round_,
                "decision": decision.model_dump_json(exclude_none=True),
            },
        )

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        row = self._conn.execute(
            """
            SELECT decision
              FROM assignments
             WHERE case_id = %(case_id)s AND round = %(round)s
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        return None if row is None else AssignmentDecision.model_validate(row[0])
