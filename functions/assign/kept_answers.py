"""Table `directory_answers`: the last good answer of each directory to each question."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from hashlib import sha256

from functions.assign.answers import Answer
from shared.adapters.postgres.pool import Connection
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.identifiers import TenantId

# What an answer depends on; who is asked, how often and for how long it counts, is not among it.
_DECIDING = {"kind", "base", "mapping"}


class PostgresKeptAnswers:
    """Each call opens a transaction, and commits it."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction

    def keep(self, tenant: TenantId, directory: Directory, target: Target, answer: Answer) -> None:
        members = answer.members
        with self._transaction() as conn:
            conn.execute(
                """
                INSERT INTO directory_answers (
                    tenant, directory, kind, dn, declared, members, answered_at)
                VALUES (%(tenant)s, %(directory)s, %(kind)s, %(dn)s, %(declared)s, %(members)s,
                        %(answered_at)s)
                ON CONFLICT (tenant, directory, kind, dn) DO UPDATE
                    SET declared = EXCLUDED.declared, members = EXCLUDED.members,
                        answered_at = EXCLUDED.answered_at
                  WHERE directory_answers.answered_at < EXCLUDED.answered_at
                """,
                {
                    **_key(tenant, directory, target),
                    "members": members and members.model_dump_json(exclude_defaults=True),
                    "answered_at": answer.answered_at,
                },
            )

    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        with self._transaction() as conn:
            row = conn.execute(
                """
                SELECT members, answered_at
                  FROM directory_answers
                 WHERE tenant = %(tenant)s AND directory = %(directory)s AND kind = %(kind)s
                   AND dn = %(dn)s AND declared = %(declared)s
                """,
                _key(tenant, directory, target),
            ).fetchone()
        if row is None:
            return None
        members, answered_at = row
        return Answer(members and Members.model_validate(members), answered_at)

    def forget(self, age: timedelta) -> None:
        """What nobody has asked for since: its directory or its rule is gone."""
        with self._transaction() as conn:
            conn.execute(
                "DELETE FROM directory_answers WHERE answered_at < now() - %(age)s", {"age": age}
            )


def _key(tenant: TenantId, directory: Directory, target: Target) -> dict[str, object]:
    deciding = directory.model_dump_json(include=_DECIDING)
    return {
        "tenant": tenant,
        "directory": directory.id,
        "kind": target.kind,
        "dn": target.dn,
        "declared": sha256(deciding.encode()).digest(),
    }
