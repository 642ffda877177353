"""Entries on their way into temporary tables: by COPY, a batch at a time, in document order."""

from typing import Any

from psycopg import sql
from psycopg.types.json import Jsonb

from infra.directory.entries import (
    Deleted,
    Entry,
    EntryKind,
    OnlineService,
    Responsibility,
    Service,
    Unit,
)
from infra.directory.history import stage
from infra.directory.tables import (
    ONLINE_SERVICES,
    RESPONSIBILITIES,
    SERVICES,
    UNITS,
    Table,
    on,
)
from shared.adapters.postgres.pool import Connection

BATCH = 10_000
ENTRY_TABLES: dict[EntryKind, Table] = {
    EntryKind.UNIT: UNITS,
    EntryKind.SERVICE: SERVICES,
    EntryKind.ONLINE_SERVICE: ONLINE_SERVICES,
    EntryKind.RESPONSIBILITY: RESPONSIBILITIES,
}
Row = tuple[Any, ...]


class Staging:
    """`entries` counts what came, `written` what of it was no deletion. A later position wins over
    an earlier one of the same id."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.entries = 0
        self.written = 0
        self._copies: dict[EntryKind | None, sql.Composed] = {
            kind: on(table, "COPY {staged} (position, {columns}) FROM STDIN")
            for kind, table in ENTRY_TABLES.items()
        }
        self._copies[None] = sql.SQL("COPY deletions (position, kind, id) FROM STDIN").format()
        self._batches: dict[EntryKind | None, list[Row]] = {kind: [] for kind in self._copies}
        self._position = 0
        # The write that several responsibilities may come with, and what it has said already.
        self._write: tuple[str | None, str] = (None, "")
        self._said: set[Row] = set()
        for table in ENTRY_TABLES.values():
            stage(conn, table)
        conn.execute(
            """
            CREATE TEMPORARY TABLE deletions (
                position bigint NOT NULL, kind text NOT NULL, id text NOT NULL
            ) ON COMMIT DROP
            """
        )

    def add(self, entry: Entry) -> None:
        self.entries += 1
        self.written += not isinstance(entry, Deleted)
        match entry:
            case Responsibility():
                self._add_responsibility(entry)
            case Unit():
                self._begin_write(entry.id, "")
                contact = None if entry.contact is None else Jsonb(entry.contact)
                self._put(EntryKind.UNIT, (*entry[:5], contact, *entry[6:]))
            case Service():
                self._begin_write(None, "")
                for key in dict.fromkeys(entry.leika_keys) or [None]:
                    self._put(EntryKind.SERVICE, (entry.id, key, entry.name, *entry[3:]))
            case OnlineService():
                self._begin_write(None, "")
                row = (entry.id, entry.name, list(entry.urls), entry.assurance_level)
                self._put(EntryKind.ONLINE_SERVICE, row)
            case Deleted():
                self._begin_write(None, "")
                self._put(None, (entry.kind.value, entry.id))

    def finish(self) -> None:
        for kind, batch in self._batches.items():
            if batch:
                self._send(kind)

    def _begin_write(self, container: str | None, id_: str) -> None:
        self._position += 1
        self._write = (container, id_)
        self._said.clear()

    def _add_responsibility(self, entry: Responsibility) -> None:
        """One write: those of a unit, or of one id those that continue the first."""
        id_, service, regions, *rest, continues = entry
        container, current = self._write
        if entry.container is None:
            if not continues or (container, current) != (None, id_):
                self._begin_write(None, id_)
        elif entry.container != container:
            self._begin_write(entry.container, "")
        for region in regions:
            row = (id_, service, region, *rest)
            said = row if entry.container else row[:3]
            if said not in self._said:
                self._said.add(said)
                self._put(EntryKind.RESPONSIBILITY, row)

    def _put(self, kind: EntryKind | None, row: Row) -> None:
        batch = self._batches[kind]
        batch.append((self._position, *row))
        if len(batch) >= BATCH:
            self._send(kind)

    def _send(self, kind: EntryKind | None) -> None:
        batch = self._batches[kind]
        with self._conn.cursor() as cur, cur.copy(self._copies[kind]) as copy:
            for row in batch:
                copy.write_row(row)
        batch.clear()
