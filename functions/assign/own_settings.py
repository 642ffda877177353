"""Tables `capacities` and `absences`: what was told to us about an account."""

from collections.abc import Collection, Mapping

from functions.assign.own_statements import StatedAbsence
from shared.adapters.postgres.pool import Connection
from shared.domain.actor import Actor
from shared.domain.caseworkers import Absence, OwnSetting
from shared.domain.identifiers import AccountId, TenantId


class PostgresOwnSettings:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def of(
        self, tenant: TenantId, accounts: Collection[AccountId]
    ) -> Mapping[AccountId, OwnSetting]:
        rows = self._conn.execute(
            """
            SELECT coalesce(c.account, a.account), c.capacity, coalesce(a.absences, '[]')
              FROM (SELECT DISTINCT ON (account) account, capacity
                      FROM capacities
                     WHERE tenant = %(tenant)s AND account = ANY(%(accounts)s)
                     ORDER BY account, id DESC) c
              FULL JOIN (
                   SELECT account,
                          json_agg(json_build_object(
                              'starts_at', starts_at, 'ends_at', ends_at, 'deputy', deputy,
                              'hands_over', hands_over) ORDER BY starts_at, id) AS absences
                     FROM absences
                    WHERE tenant = %(tenant)s AND account = ANY(%(accounts)s)
                      AND revoked_at IS NULL AND (ends_at IS NULL OR ends_at > now())
                    GROUP BY account) a ON a.account = c.account
            """,
            {"tenant": tenant, "accounts": sorted(accounts)},
        ).fetchall()
        return {
            AccountId(account): OwnSetting.model_validate(
                {"capacity": capacity, "absences": absences}
            )
            for account, capacity, absences in rows
        }


class PostgresOwnStatements:
    """Works inside the caller's transaction; never commits."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add_absence(
        self, tenant: TenantId, account: AccountId, absence: Absence, actor: Actor
    ) -> int:
        row = self._conn.execute(
            """
            INSERT INTO absences (tenant, account, starts_at, ends_at, deputy, hands_over, set_by)
            VALUES (%(tenant)s, %(account)s, %(starts_at)s, %(ends_at)s, %(deputy)s,
                    %(hands_over)s, %(set_by)s)
            RETURNING id
            """,
            {
                **absence.model_dump(),
                "tenant": tenant,
                "account": account,
                "set_by": actor.model_dump_json(),
            },
        ).fetchone()
        assert row is not None  # noqa: S101 - an INSERT of one row returns it
        id_: int = row[0]
        return id_

    def absence(self, id_: int) -> StatedAbsence | None:
        row = self._conn.execute(
            """
            SELECT id, tenant, account, starts_at, ends_at, deputy, hands_over
              FROM absences
             WHERE id = %(id)s AND revoked_at IS NULL
            """,
            {"id": id_},
        ).fetchone()
        return _stated(*row) if row is not None else None

    def current(self, tenant: TenantId | None = None) -> list[StatedAbsence]:
        """Those that are not over, whose next one first."""
        rows = self._conn.execute(
            """
            SELECT id, tenant, account, starts_at, ends_at, deputy, hands_over
              FROM absences
             WHERE revoked_at IS NULL AND (ends_at IS NULL OR ends_at > now())
               AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
             ORDER BY starts_at, id
            """,
            {"tenant": tenant},
        ).fetchall()
        return [_stated(*row) for row in rows]

    def revoke(self, id_: int, actor: Actor) -> None:
        self._conn.execute(
            """
            UPDATE absences
               SET revoked_at = now(), revoked_by = %(actor)s
             WHERE id = %(id)s AND revoked_at IS NULL
            """,
            {"id": id_, "actor": actor.model_dump_json()},
        )

    def set_capacity(
        self, tenant: TenantId, account: AccountId, percent: int | None, actor: Actor
    ) -> None:
        self._conn.execute(
            """
            INSERT INTO capacities (tenant, account, capacity, set_by)
            VALUES (%(tenant)s, %(account)s, %(capacity)s, %(set_by)s)
            """,
            {
                "tenant": tenant,
                "account": account,
                "capacity": percent,
                "set_by": actor.model_dump_json(),
            },
        )


def _stated(
    id_: int, tenant: str, account: str, starts_at: object, ends_at: object, *rest: object
) -> StatedAbsence:
    deputy, hands_over = rest
    absence = Absence.model_validate(
        {
            "starts_at": starts_at,
            "ends_at": ends_at,
            "deputy": deputy,
            "hands_over": hands_over,
        }
    )
    return StatedAbsence(id_, TenantId(tenant), AccountId(account), absence)
