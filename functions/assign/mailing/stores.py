"""The tables that mailing works on, over one connection."""

from functools import partial

from functions.assign.mailing.declared import read_mail
from functions.assign.mailing.ports import MailStores
from functions.assign.notices import PostgresNotices
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.tasks import PostgresTasks


def mail_stores_over(conn: Connection) -> MailStores:
    return MailStores(
        notices=PostgresNotices(conn), tasks=PostgresTasks(conn), mail_of=partial(read_mail, conn)
    )
