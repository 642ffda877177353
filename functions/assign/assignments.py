"""Tables `assignments` and `assignment_turns`: why each case lies with whom; who comes next."""

from collections.abc import Collection, Mapping, Sequence

from shared.adapters.postgres.pool import Connection
from shared.domain.assignment import AssignmentDecision
from shared.domain.identifiers import AccountId, CaseId, TenantId


class PostgresAssignments:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def wait_for_turn(self, tenant: TenantId, directory: str) -> None:
        # The limit is set before the lock is asked for, and ends with the transaction as it does.
        self._conn.execute(
            """
            SELECT set_config('lock_timeout', '5s', true),
                   pg_advisory_xact_lock(hashtextextended(%(turn)s, 0))
            """,
            {"turn": f"assign {tenant} {directory}"},
        )

    def open_cases(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, int]:
        rows = self._conn.execute(
            """
            SELECT assignee, count(*)
              FROM cases
             WHERE assignee = ANY(%(accounts)s) AND tenant = %(tenant)s
               AND status IN ('received', 'accepted', 'in_progress')
             GROUP BY assignee
            """,
            {"tenant": tenant, "accounts": sorted(accounts)},
        ).fetchall()
        return dict.fromkeys(accounts, 0) | dict(rows)

    def last_in_turn(self, tenant: TenantId, rule: str) -> AccountId | None:
        row = self._conn.execute(
            """
            SELECT account
              FROM assignment_turns
             WHERE tenant = %(tenant)s AND rule = %(rule)s
            """,
            {"tenant": tenant, "rule": rule},
        ).fetchone()
        return AccountId(row[0]) if row is not None else None

    def holders_of(
        self, applicant: bytes, tenant: TenantId, besides: CaseId
    ) -> Sequence[AccountId]:
        rows = self._conn.execute(
            """
            SELECT c.assignee
              FROM assignments a
              JOIN cases c ON c.id = a.case_id AND c.round = a.round
             WHERE a.applicant = %(applicant)s AND c.tenant = %(tenant)s AND c.id <> %(besides)s
               AND c.assignee IS NOT NULL
               AND c.status IN ('received', 'accepted', 'in_progress')
             GROUP BY c.assignee
             ORDER BY max(c.received_at) DESC
            """,
            {"applicant": applicant, "tenant": tenant, "besides": besides},
        ).fetchall()
        return [AccountId(account) for (account,) in rows]

    def add(
        self,
        case_id: CaseId,
        round_: int,
        decision: AssignmentDecision,
        applicant: bytes | None = None,
    ) -> None:
        self._conn.execute(
            """
            INSERT INTO assignments (case_id, round, step, decision, applicant)
            SELECT %(case_id)s, %(round)s, coalesce(max(step), 0) + 1, %(decision)s, %(applicant)s
              FROM assignments
             WHERE case_id = %(case_id)s AND round = %(round)s
            """,
            {
                "case_id": case_id,
                "round": round_,
                "decision": decision.model_dump_json(exclude_none=True),
                "applicant": applicant,
            },
        )
        if decision.takes_turn:
            self._note_turn(case_id, decision)

    def get(self, case_id: CaseId, round_: int) -> AssignmentDecision | None:
        row = self._conn.execute(
            """
            SELECT decision
              FROM assignments
             WHERE case_id = %(case_id)s AND round = %(round)s AND step = 1
            """,
            {"case_id": case_id, "round": round_},
        ).fetchone()
        return None if row is None else AssignmentDecision.model_validate(row[0])

    def of_case(self, case_id: CaseId) -> Sequence[tuple[int, AssignmentDecision]]:
        rows = self._conn.execute(
            """
            SELECT round, decision
              FROM assignments
             WHERE case_id = %(case_id)s
             ORDER BY round, step
            """,
            {"case_id": case_id},
        ).fetchall()
        return [(round_, AssignmentDecision.model_validate(decision)) for round_, decision in rows]

    def _note_turn(self, case_id: CaseId, decision: AssignmentDecision) -> None:
        # Not within the statement above: who moves a case by hand has no right to the turns.
        self._conn.execute(
            """
            INSERT INTO assignment_turns (tenant, rule, account)
            SELECT tenant, %(rule)s, %(account)s
              FROM cases
             WHERE id = %(case_id)s
            ON CONFLICT (tenant, rule) DO UPDATE SET account = EXCLUDED.account
            """,
            {"case_id": case_id, "rule": decision.rule, "account": decision.assignee},
        )
