"""Decide past cases once more: with another version of the directory, or another configuration."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from psycopg.rows import class_row

from functions.route.directory import PostgresAuthorityDirectory
from functions.route.form_fields import PostgresFormFields
from functions.route.route import decide_case
from functions.route.rulebooks import PostgresRulebooks
from infra.directory.versions import require
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import AuthorityId
from shared.domain.routing import RoutingDecision

_AT_ONCE = 500


class _Decided(Case):
    """With what the pipeline decided last, and whether a person has decided since."""

    decided: AuthorityId
    person_since: bool


@dataclass(frozen=True)
class Replayed:
    """`person_since`: a person has re-routed it, so that it lies elsewhere than `before`."""

    case: Case
    before: AuthorityId
    now: RoutingDecision
    person_since: bool

    @property
    def changes(self) -> bool:
        return self.before != self.now.authority


def replay(
    conn: Connection, version: int | None, since: datetime | None = None, limit: int | None = None
) -> Iterator[Replayed]:
    """The newest first; nothing is stored. What was deleted meanwhile is left out.

    Raise Unavailable if no version is active, VersionError for one that there is not.
    """
    if version is not None:
        require(conn, version)
    directory = PostgresAuthorityDirectory(conn, version)
    rulebooks, form_fields = PostgresRulebooks(conn), PostgresFormFields(conn)
    for case in _past_cases(conn, since, limit):
        try:
            now = decide_case(case, directory, rulebooks, form_fields)
        except UnknownCase:
            continue
        yield Replayed(case, case.decided, now, case.person_since)


def _past_cases(conn: Connection, since: datetime | None, limit: int | None) -> Iterator[_Decided]:
    with conn.cursor("replay", row_factory=class_row(_Decided)) as cur:
        cur.itersize = _AT_ONCE
        cur.execute(
            """
            SELECT c.id, c.sequence_number, c.sender, c.transaction_id, c.form_id, c.form_name,
                   c.leika_keys, c.region, c.named_unit, c.tenant, c.authority,
                   c.organizational_unit, c.assignee, c.stage, c.status, c.status_since,
                   c.received_at, c.round, c.event_sequence, c.version, c.is_test,
                   r.authority AS decided, r.round < c.round AS person_since
              FROM cases c
             CROSS JOIN LATERAL (
                    SELECT round, decision ->> 'authority' AS authority
                      FROM routings
                     WHERE case_id = c.id AND decision ->> 'rule' <> 'person'
                     ORDER BY round DESC
                     LIMIT 1) r
             WHERE c.received_at >= coalesce(%(since)s::timestamptz, '-infinity')
             ORDER BY c.sequence_number DESC
             LIMIT %(limit)s
            """,
            {"since": since, "limit": limit},
        )
        yield from cur
