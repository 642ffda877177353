"""Rows of the directory's tables, one call each; a test names only what it is about."""

import json
from collections.abc import Iterable
from typing import Any

import psycopg
from psycopg import sql

from tests.factories import FORMSERVER, TENANT


class DirectoryRows:
    """Everything is added from the newest version on, which is the active one."""

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        self.conn = conn
        self.version = 0

    def next_version(self, active: bool = True) -> int:
        if active:
            self.conn.execute("UPDATE directory_versions SET active = false WHERE active")
        row = self.conn.execute(
            """
            INSERT INTO directory_versions (name, source, active)
            VALUES ('test', 'test', %(active)s)
            RETURNING id
            """,
            {"active": active},
        ).fetchone()
        assert row is not None
        self.version = row[0]
        return self.version

    def unit(self, id_: str, parent: str | None = None, **columns: Any) -> None:
        plain_id = id_.split("@", 1)[0]
        self._insert(
            "organizational_units",
            **{"id": id_, "plain_id": plain_id, "name": id_, "parent": parent, **columns},
        )

    def service(self, id_: str, leika_key: str | None = None, **columns: Any) -> None:
        self._insert(
            "public_services", **{"id": id_, "leika_key": leika_key, "name": id_, **columns}
        )

    def responsibility(self, service: str, region: str, unit: str, **columns: Any) -> None:
        self._insert(
            "responsibilities",
            **{
                "id": f"{service} {region} {unit}",
                "service": service,
                "region": region,
                "unit": unit,
                "role": "responsible",
                **columns,
            },
        )

    def municipality(self, ars: str, **columns: Any) -> None:
        self._insert("regions", **{"ars": ars, "name": ars, **columns})

    def alias(self, former_key: str, ars: str) -> None:
        self._insert("region_aliases", former_key=former_key, ars=ars)

    def postcode(self, postcode: str, ars: str) -> None:
        self._insert("postcodes", postcode=postcode, ars=ars)

    def authority(
        self, id_: str, units: Iterable[str] = (), tenant: str = TENANT, name: str | None = None
    ) -> None:
        document = {"id": tenant, "name": tenant, "senders": [FORMSERVER]}
        self.conn.execute(
            "INSERT INTO tenants (id, document) VALUES (%s, %s) ON CONFLICT DO NOTHING",
            [tenant, json.dumps(document)],
        )
        document = {"id": id_, "name": name or f"name of {id_}", "units": list(units)}
        self.conn.execute(
            "INSERT INTO authorities (tenant, id, document) VALUES (%s, %s, %s)",
            [tenant, id_, json.dumps(document)],
        )

    def end(self, table: str, **of_the_rows: str) -> None:
        """They do not count from the newest version on."""
        ((column, value),) = of_the_rows.items()
        self.conn.execute(
            sql.SQL("UPDATE {} SET until = %s WHERE {} = %s AND until IS NULL").format(
                sql.Identifier(table), sql.Identifier(column)
            ),
            [self.version, value],
        )

    def _insert(self, table: str, **columns: Any) -> None:
        columns = {"source": "test", "since": self.version, **columns}
        self.conn.execute(
            sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
                sql.Identifier(table),
                sql.SQL(", ").join(map(sql.Identifier, columns)),
                sql.SQL(", ").join(sql.Placeholder() * len(columns)),
            ),
            list(columns.values()),
        )
