"""A tenant that wants notices, its cases as they are assigned, and the run that tells of them."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
from structlog.testing import capture_logs

from functions.assign.mailing.delivery import open_smtp
from functions.assign.mailing.ports import MailStores, OpenDoor
from functions.assign.mailing.run import send_notices
from functions.assign.mailing.stores import mail_stores_over
from functions.assign.notices import PostgresNotices
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import Pool, transaction
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Case
from shared.domain.configuration.mail import MailServer
from shared.domain.identifiers import AccountId, AuthorityId, CaseId, TenantId, UnitId
from shared.domain.notice import notice_of
from shared.ports import CaseworkerDirectory
from tests.factories import TENANT, TRADE_OFFICE, a_case, an_entry, stored
from tests.functions.assign.directories import at

Connection = psycopg.Connection[Any]

ANNA, BERND, CARLA = (AccountId(name) for name in ("a-1", "b-2", "c-3"))
TEAM = UnitId("u-1")
ADDRESSES = {str(each): f"{each}@amt.example" for each in (ANNA, BERND, CARLA, TEAM)}
A1, B2, C3, U1 = (ADDRESSES[each] for each in (ANNA, BERND, CARLA, TEAM))
TRAY, POST = "team@amt.example", "post@amt.example"
EVERYBODY = {"people": True, "team_tray": TRAY, "post_room": POST}


class Tenant:
    """What is in the database, and what comes to be there."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    def declares(
        self,
        mail: MailServer | None,
        notices: dict[str, Any],
        id_: TenantId = TENANT,
        authority_id: AuthorityId = TRADE_OFFICE,
    ) -> None:
        tenant = {"id": id_, "name": "Amt", "mail": mail and mail.model_dump()}
        authority = {"id": authority_id, "name": "Ordnungsamt", "notices": notices}
        directory = at("ldap://unused", authorities=[authority_id]).model_dump()
        self.conn.execute("DELETE FROM tenants WHERE id = %s", [id_])
        self.conn.execute(
            "INSERT INTO tenants (id, document) VALUES (%s, %s)", [id_, json.dumps(tenant)]
        )
        for table, document in (("authorities", authority), ("directories", directory)):
            self.conn.execute(
                f"INSERT INTO {table} (tenant, id, document) VALUES (%s, %s, %s)".encode(),
                [id_, document["id"], json.dumps(document)],
            )
        self.conn.commit()

    def has_case(
        self,
        assignee: AccountId | None = ANNA,
        unit: UnitId | None = TEAM,
        owner: tuple[TenantId, AuthorityId] = (TENANT, TRADE_OFFICE),
        **changes: Any,
    ) -> Case:
        """New, assigned, and noted in the same transaction."""
        cases = PostgresCases(self.conn, timedelta(minutes=1))
        of, authority = owner
        case = stored(cases, a_case(**changes)).routed_to(authority, of)
        case = case.assigned_to(unit, assignee)
        cases.save(case, entry=an_entry("case.assigned"))
        notice = notice_of(case)
        assert notice is not None
        PostgresNotices(self.conn).add(notice)
        self.conn.commit()
        return case

    def changes(self, case_id: CaseId, column: str, value: object) -> None:
        # Past the trigger that lets an authority be changed together with all that hangs on it.
        self.conn.execute("SET LOCAL session_replication_role = replica")
        query = f"UPDATE cases SET {column} = %s WHERE id = %s"
        self.conn.execute(query.encode(), [value, case_id])
        self.conn.commit()

    def waits(self, query: str = "due_at = now()") -> None:
        """Until what is due later is due, a lease included."""
        self.conn.execute(f"UPDATE notices SET {query} WHERE state = 'due'".encode())
        self.conn.commit()

    @property
    def states(self) -> list[tuple[str, str | None]]:
        return self.conn.execute("SELECT state, failure FROM notices ORDER BY id").fetchall()

    @property
    def tasks(self) -> list[tuple[str, str, str]]:
        return [
            (each.kind, each.subject, each.reason) for each in PostgresTasks(self.conn).all_open()
        ]


class Run:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def __call__(
        self,
        directory: CaseworkerDirectory | None = None,
        open_door: OpenDoor = open_smtp,
        seconds: float = 60,
    ) -> list[Any]:
        """The log."""
        knows = directory or InMemoryCaseworkerDirectory({}, addresses=ADDRESSES)
        with capture_logs() as log:
            send_notices(self.transactions, knows, open_door, time.monotonic() + seconds)
        return list(log)

    @contextmanager
    def transactions(self) -> Iterator[MailStores]:
        with transaction(self._pool) as conn:
            yield mail_stores_over(conn)
