"""What a name, a postcode or a key stands for, as the decision would see it."""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from psycopg.rows import class_row

from functions.route.directory import PostgresAuthorityDirectory
from shared.adapters.postgres.pool import Connection
from shared.domain.identifiers import RegionKey
from shared.domain.regions import Location, Place, is_ags, is_area

_POSTCODE_AND_NAME = re.compile(r"(?P<postcode>[0-9]{5})(?:\s+(?P<name>\D.*))?")


class Region(NamedTuple):
    ars: str
    ags: str | None
    name: str
    kind: str | None
    valid_from: date | None
    valid_to: date | None
    postcodes: list[str]
    former_keys: list[str]


class Found(NamedTuple):
    """`areas`: the text is the key of one. Five digits may be a district's as well."""

    location: Location
    municipalities: list[Region]
    areas: list[Region]


def place_of(text: str) -> Place:
    """As an application would state it: a key, a postcode, `24937 Flensburg`, or a name."""
    bare = text.strip()
    if stated := _POSTCODE_AND_NAME.fullmatch(bare):
        return Place(postcode=stated["postcode"], name=stated["name"])
    if is_area(bare) or is_ags(bare):
        return Place(region=RegionKey(bare))
    return Place(name=bare)


def find(conn: Connection, text: str, version: int, on: date) -> Found:
    directory = PostgresAuthorityDirectory(conn, version)
    location = directory.look_up((), place_of(text), None, on).location
    return Found(
        location,
        _regions(conn, [each.ars for each in location.municipalities], version),
        _regions(conn, [text.strip()], version),
    )


def has_regions(conn: Connection, version: int) -> bool:
    row = conn.execute(
        """
        SELECT EXISTS (SELECT FROM regions
                        WHERE since <= %(version)s AND (until IS NULL OR until > %(version)s))
        """,
        {"version": version},
    ).fetchone()
    return row is not None and row[0]


def _regions(conn: Connection, keys: Sequence[str], version: int) -> list[Region]:
    with conn.cursor(row_factory=class_row(Region)) as cur:
        cur.execute(
            """
            SELECT r.ars, r.ags, r.name, r.kind, r.valid_from, r.valid_to,
                   ARRAY(SELECT DISTINCT p.postcode
                           FROM postcodes p
                          WHERE p.ars = r.ars AND p.since <= %(version)s
                            AND (p.until IS NULL OR p.until > %(version)s)
                          ORDER BY p.postcode) AS postcodes,
                   ARRAY(SELECT DISTINCT a.former_key
                           FROM region_aliases a
                          WHERE a.ars = r.ars AND a.since <= %(version)s
                            AND (a.until IS NULL OR a.until > %(version)s)
                          ORDER BY a.former_key) AS former_keys
              FROM regions r
             WHERE r.ars = ANY(%(keys)s)
               AND r.since <= %(version)s AND (r.until IS NULL OR r.until > %(version)s)
             ORDER BY r.ars, r.source
            """,
            {"keys": list(keys), "version": version},
        )
        return cur.fetchall()
