"""The tables that forward works on, within one transaction."""

from datetime import timedelta

from functions.forward.claims import PostgresClaims
from functions.forward.forwardings import PostgresForwardings
from functions.forward.ports import Stores
from functions.forward.receipts import PostgresReceipts
from functions.forward.standings import PostgresStandings
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.destinations import PostgresDestinations
from shared.adapters.postgres.events import PostgresEvents
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.scans import PostgresScans
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.adapters.postgres.tasks import PostgresTasks


def stores_over(conn: Connection, wake_after: timedelta) -> Stores:
    return Stores(
        cases=PostgresCases(conn, wake_after),
        events=PostgresEvents(conn),
        destinations=PostgresDestinations(conn),
        forwardings=PostgresForwardings(conn),
        claims=PostgresClaims(conn),
        standings=PostgresStandings(conn),
        receipts=PostgresReceipts(conn),
        submissions=PostgresSubmissions(conn),
        attachments=PostgresAttachments(conn),
        scans=PostgresScans(conn),
        tasks=PostgresTasks(conn),
        log=PostgresCaseLog(conn),
    )
