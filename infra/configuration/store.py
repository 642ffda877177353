"""The configuration's tables: read as a whole, replaced as a whole."""

import json
from typing import Any

from psycopg import sql

from infra.configuration.declared import Configuration, Key
from infra.configuration.difference import Change, changes
from infra.configuration.kinds import KINDS, OF_A_TENANT
from shared.adapters.postgres.pool import Connection

_APPLYING = 5_176_230_144  # the advisory lock of whoever applies; the number means nothing


def stored_documents(conn: Connection) -> dict[Key, dict[str, Any]]:
    documents = {}
    of_a_tenant = {kind.name for kind in OF_A_TENANT}
    for kind in KINDS:
        tenant = sql.SQL("tenant" if kind.name in of_a_tenant else "''")
        query = sql.SQL("SELECT {}, id, document FROM {}").format(tenant, sql.Identifier(kind.name))
        for owner, id_, document in conn.execute(query):
            documents[Key(kind.name, owner, id_)] = document
    return documents


def declared_documents(configuration: Configuration) -> dict[Key, dict[str, Any]]:
    return {
        key: entry.model_dump(mode="json", exclude_none=True)
        for key, entry in configuration.entries.items()
    }


def difference(conn: Connection, configuration: Configuration) -> list[Change]:
    return changes(stored_documents(conn), declared_documents(configuration))


def apply(conn: Connection, configuration: Configuration) -> list[Change]:
    """In the caller's transaction, one at a time. What is not declared any more is removed."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", [_APPLYING])
    made = difference(conn, configuration)
    order = [kind.name for kind in KINDS]  # a tenant comes before what belongs to it
    for change in sorted(made, key=lambda change: order.index(change.key.kind)):
        if change.after is not None:
            _store(conn, change.key, change.after)
    for change in sorted(made, key=lambda change: -order.index(change.key.kind)):
        if change.after is None:
            _remove(conn, change.key)
    return made


def _store(conn: Connection, key: Key, document: dict[str, Any]) -> None:
    columns = ["tenant", "id"] if key.tenant else ["id"]
    query = sql.SQL(
        "INSERT INTO {table} ({columns}, document) VALUES ({values}, %(document)s)"
        " ON CONFLICT ({columns}) DO UPDATE SET document = EXCLUDED.document"
    ).format(
        table=sql.Identifier(key.kind),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        values=sql.SQL(", ").join(map(sql.Placeholder, columns)),
    )
    conn.execute(query, {**key._asdict(), "document": json.dumps(document)})


def _remove(conn: Connection, key: Key) -> None:
    of_a_tenant = sql.SQL(" AND tenant = %(tenant)s") if key.tenant else sql.SQL("")
    query = sql.SQL("DELETE FROM {} WHERE id = %(id)s{}").format(
        sql.Identifier(key.kind), of_a_tenant
    )
    conn.execute(query, key._asdict())
