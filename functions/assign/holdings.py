"""Table `cases`, as far as it says who holds them; and table `consents`."""

from collections.abc import Collection, Sequence

from functions.assign.consent import Consent
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case, LogEntry
from shared.domain.errors import StaleCase
from shared.domain.identifiers import AccountId, CaseId, TenantId


class PostgresHoldings:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._log = PostgresCaseLog(conn)

    def save(self, case: Case, *, entry: LogEntry) -> None:
        saved = self._conn.execute(
            """
            UPDATE cases
               SET organizational_unit = %(unit)s, assignee = %(assignee)s, version = version + 1
             WHERE id = %(id)s AND version = %(version)s
            """,
            {
                "id": case.id,
                "version": case.version,
                "unit": case.organizational_unit,
                "assignee": case.assignee,
            },
        )
        if saved.rowcount == 0:
            raise StaleCase(str(case.id))
        self._log.append(case.id, entry)

    def holders(self, tenant: TenantId, authorities: Collection[str]) -> Sequence[AccountId]:
        rows = self._conn.execute(
            """
            SELECT DISTINCT assignee
              FROM cases
             WHERE authority = ANY(%(authorities)s) AND tenant = %(tenant)s
               AND assignee IS NOT NULL AND status IN ('received', 'accepted', 'in_progress')
             ORDER BY assignee
            """,
            {"tenant": tenant, "authorities": sorted(authorities)},
        ).fetchall()
        return [AccountId(account) for (account,) in rows]

    def held_by(
        self, account: AccountId, tenant: TenantId, authorities: Collection[str]
    ) -> Sequence[CaseId]:
        rows = self._conn.execute(
            """
            SELECT id
              FROM cases
             WHERE authority = ANY(%(authorities)s) AND tenant = %(tenant)s
               AND assignee = %(account)s AND status IN ('received', 'accepted', 'in_progress')
             ORDER BY received_at, id
            """,
            {"account": account, "tenant": tenant, "authorities": sorted(authorities)},
        ).fetchall()
        return [CaseId(id_) for (id_,) in rows]


class PostgresConsents:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def get(self, case_id: CaseId) -> Consent | None:
        row = self._conn.execute(
            """
            SELECT case_id, round, holder, given_to
              FROM consents
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        ).fetchone()
        return Consent(*row) if row is not None else None

    def put(self, consent: Consent) -> None:
        self._conn.execute(
            """
            INSERT INTO consents (case_id, round, holder, given_to)
            VALUES (%(case_id)s, %(round)s, %(holder)s, %(given_to)s)
            ON CONFLICT (case_id) DO UPDATE
                SET round = EXCLUDED.round, holder = EXCLUDED.holder,
                    given_to = EXCLUDED.given_to, given_at = now()
            """,
            vars(consent),
        )

    def remove(self, case_id: CaseId) -> None:
        self._conn.execute(
            """
            DELETE FROM consents
             WHERE case_id = %(case_id)s
            """,
            {"case_id": case_id},
        )
