"""The tables that assign works on, over one connection."""

from datetime import timedelta

from functions.assign.assignments import PostgresAssignments
from functions.assign.checks import PostgresDirectoryChecks
from functions.assign.holdings import PostgresConsents, PostgresHoldings
from functions.assign.notices import PostgresNotices
from functions.assign.own_settings import PostgresOwnSettings
from functions.assign.particulars_of_cases import PostgresParticulars
from functions.assign.ports import Stores
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.tasks import PostgresTasks


def stores_over(conn: Connection, wake_after: timedelta) -> Stores:
    return Stores(
        cases=PostgresCases(conn, wake_after),
        assignments=PostgresAssignments(conn),
        own_settings=PostgresOwnSettings(conn),
        notices=PostgresNotices(conn),
        particulars=PostgresParticulars(conn),
        holdings=PostgresHoldings(conn),
        consents=PostgresConsents(conn),
        checks=PostgresDirectoryChecks(conn),
        tasks=PostgresTasks(conn),
    )
