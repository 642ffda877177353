"""What responsibilities of the newest version, or the configuration, name and it does not know."""

from collections.abc import Iterator

from psycopg import sql

from infra.directory.entries import EXAMPLES
from shared.adapters.postgres.pool import Connection
from shared.domain.regions import FEDERATION

Unknown = list[tuple[str, int]]
"""Ids, and how many rows name each."""


def findings(conn: Connection, added_by: int | None = None) -> Iterator[str]:
    """None is an error: a later delivery, or the sender's own word, may make it good.

    `added_by` is the version whose responsibilities are compared with the regions.
    """
    units, services = unknown_units(conn), unknown_services(conn)
    for unknown, what in ((units, "units"), (services, "services")):
        if unknown:
            rows = sum(count for _, count in unknown)
            ids = _first([id_ for id_, _ in unknown])
            yield f"{rows:,} responsibilities name unknown {what}: {ids}"
    regions = unknown_regions(conn, added_by) if added_by else []
    if regions:
        rows = sum(count for _, count in regions)
        keys = _first([key for key, _ in regions])
        yield f"{rows:,} new responsibilities name municipalities that no region is: {keys}"
    declared = unknown_declared(conn)
    if declared:
        yield (
            "the configuration declares unknown units, which is right only if senders state them: "
            f"{_first(declared)}"
        )


def unknown_units(conn: Connection) -> Unknown:
    return _unknown(conn, "unit", "organizational_units")


def unknown_services(conn: Connection) -> Unknown:
    return _unknown(conn, "service", "public_services")


def _unknown(conn: Connection, column: str, table: str) -> Unknown:
    """The distinct ids are few: they are stepped through by index, not read from every row."""
    query = sql.SQL(
        """
        WITH RECURSIVE named AS (
            SELECT min({column}) AS id FROM responsibilities
             UNION ALL
            SELECT (SELECT min(r.{column}) FROM responsibilities r WHERE r.{column} > n.id)
              FROM named n
             WHERE n.id IS NOT NULL
        ), unknown AS (
            SELECT n.id
              FROM named n
             WHERE NOT EXISTS (SELECT FROM {table} t WHERE t.id = n.id AND t.until IS NULL)
        )
        SELECT id, rows
          FROM unknown
         CROSS JOIN LATERAL (
                SELECT count(*)
                  FROM responsibilities r
                 WHERE r.{column} = unknown.id AND r.until IS NULL
               ) AS _ (rows)
         WHERE rows > 0
         ORDER BY id
        """
    )
    names = {"column": sql.Identifier(column), "table": sql.Identifier(table)}
    return conn.execute(query.format(**names)).fetchall()


def unknown_regions(conn: Connection, version: int) -> Unknown:
    """Keys of municipalities (12 and 8 digits) in what the version added; none without regions.

    Its rows lie together: the index on `since` finds them, and their few keys are looked up.
    """
    return conn.execute(
        """
        WITH named AS MATERIALIZED (
            SELECT region AS key, count(*) AS rows
              FROM responsibilities
             WHERE since = %(version)s AND until IS NULL
               AND length(region) IN (8, 12) AND region <> %(federation)s
             GROUP BY region
        )
        SELECT n.key, n.rows
          FROM named n
         WHERE EXISTS (SELECT FROM regions r WHERE r.until IS NULL)
           AND NOT EXISTS (SELECT FROM regions r WHERE r.ars = n.key AND r.until IS NULL)
           AND NOT EXISTS (SELECT FROM regions r WHERE r.ags = n.key AND r.until IS NULL)
           AND NOT EXISTS (SELECT FROM region_aliases a
                            WHERE a.former_key = n.key AND a.until IS NULL)
         ORDER BY n.key
        """,
        {"version": version, "federation": FEDERATION},
    ).fetchall()


def unknown_declared(conn: Connection) -> list[str]:
    rows = conn.execute(
        """
        SELECT DISTINCT d.unit
          FROM authorities a
         CROSS JOIN LATERAL jsonb_array_elements_text(a.document -> 'units') AS d (unit)
         WHERE NOT EXISTS (SELECT FROM organizational_units u
                            WHERE u.id = d.unit AND u.until IS NULL)
           AND NOT EXISTS (SELECT FROM organizational_units u
                            WHERE u.plain_id = d.unit AND u.until IS NULL)
         ORDER BY d.unit
        """
    ).fetchall()
    return [unit for (unit,) in rows]


def _first(ids: list[str]) -> str:
    more = f" and {len(ids) - EXAMPLES:,} more" if len(ids) > EXAMPLES else ""
    return f"{', '.join(ids[:EXAMPLES])}{more}"
