"""An installation whose directory was loaded as a whole comes up with versions that add up."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.directory.csv_table import read_csv
from infra.directory.differences import differences
from infra.directory.entries import Report, Responsibility
from infra.directory.versions import active_version, newest_version
from infra.local.demonstration import bring_in
from infra.migrations import MIGRATIONS, migrate

LOADED = """
INSERT INTO tenants (id, document) VALUES ('foerdetal', '{"name": "Amt Fördetal"}');
INSERT INTO directory_versions (name, digest, active)
VALUES ('first', 'a', false), ('second', 'b', true);
INSERT INTO authorities (version, id, tenant, name, kind, parent) VALUES
    (1, 'foerdekreis', NULL, 'Fördekreis', 'district', NULL),
    (1, 'foerdetal', 'foerdetal', 'Amt Fördetal', NULL, NULL),
    (2, 'foerdetal', 'foerdetal', 'Amt Fördetal', NULL, NULL),
    (2, 'foerdetal-gewerbe', 'foerdetal', 'Gewerbeamt', 'office', 'foerdetal');
INSERT INTO unit_aliases (version, unit, authority) VALUES
    (1, '1', 'foerdetal'), (2, '197008', 'foerdetal-gewerbe'), (2, '197000', 'foerdetal-gewerbe');
INSERT INTO public_services (version, leika_key, name) VALUES
    (1, '99050012104000', 'Gewerbe'), (2, '99050012104000', 'Gewerbeanmeldung');
INSERT INTO responsibilities (version, leika_key, region, authority, role, valid_from) VALUES
    (1, '99050012104000', '01999', 'foerdekreis', 'responsible', NULL),
    (2, '99050012104000', '019990001', 'foerdetal-gewerbe', 'responsible', NULL),
    (2, '99012008000000', '01999', 'foerdetal', 'responsible', '2026-01-01');
"""


@pytest.fixture
def upgraded(postgres_server: str, tmp_path: Path) -> Iterator[psycopg.Connection[Any]]:
    older = tmp_path / "migrations"
    older.mkdir()
    for file in MIGRATIONS.glob("000*.sql"):
        shutil.copy(file, older)
    with psycopg.connect(postgres_server, autocommit=True) as server:
        server.execute("CREATE DATABASE lotse_upgraded")
        url = postgres_server.replace("/postgres?", "/lotse_upgraded?")
        migrate(url, older)
        with psycopg.connect(url) as conn:
            conn.execute(LOADED)
        migrate(url)
        with psycopg.connect(url) as conn:
            yield conn
        server.execute("DROP DATABASE lotse_upgraded WITH (FORCE)")


def rows(conn: psycopg.Connection[Any], query: str, version: int) -> list[tuple[Any, ...]]:
    of_version = "since <= %(v)s AND (until IS NULL OR until > %(v)s)"
    return conn.execute(f"{query} WHERE {of_version} ORDER BY 1, 2", {"v": version}).fetchall()


def test_each_version_says_what_it_said(upgraded: psycopg.Connection[Any]) -> None:
    held = "SELECT service, region, unit, valid_from::text FROM responsibilities"
    assert rows(upgraded, held, 1) == [("99050012104000", "01999", "foerdekreis", None)]
    assert rows(upgraded, held, 2) == [
        ("99012008000000", "01999", "foerdetal", "2026-01-01"),
        ("99050012104000", "019990001", "foerdetal-gewerbe", None),
    ]
    services = "SELECT leika_key, name FROM public_services"
    assert rows(upgraded, services, 1) == [("99050012104000", "Gewerbe")]
    assert rows(upgraded, services, 2) == [
        ("99012008000000", "99012008000000"),
        ("99050012104000", "Gewerbeanmeldung"),
    ]
    units = "SELECT id, parent FROM organizational_units"
    assert rows(upgraded, units, 1) == [("foerdekreis", None), ("foerdetal", None)]
    assert rows(upgraded, units, 2) == [("foerdetal", None), ("foerdetal-gewerbe", "foerdetal")]
    assert active_version(upgraded) == 2


def test_a_responsibility_has_the_id_that_its_row_in_a_table_has(
    upgraded: psycopg.Connection[Any],
) -> None:
    table = (
        "service,region,authority,valid_from\n"
        "99050012104000,019990001,foerdetal-gewerbe,\n"
        "99012008000000,01999,foerdetal,2026-01-01\n"
    )
    read = read_csv(io.BytesIO(table.encode()), Report())

    stored = upgraded.execute("SELECT id FROM responsibilities WHERE since = 2 ORDER BY id")

    ids = sorted(entry.id for entry in read if isinstance(entry, Responsibility))
    assert [id_ for (id_,) in stored] == ids


def test_the_active_versions_authorities_become_configuration(
    upgraded: psycopg.Connection[Any],
) -> None:
    found = upgraded.execute("SELECT tenant, id, document -> 'units' FROM authorities ORDER BY id")
    assert found.fetchall() == [
        ("foerdetal", "foerdetal", ["foerdetal"]),
        ("foerdetal", "foerdetal-gewerbe", ["197000", "197008", "foerdetal-gewerbe"]),
    ]


def test_the_demo_comes_up_again_and_keeps_what_it_still_says(
    upgraded: psycopg.Connection[Any],
) -> None:
    upgraded.execute("SET ROLE lotse_operator")
    assert bring_in(upgraded)
    assert active_version(upgraded) == 3

    found = {each.table.name: each for each in differences(upgraded, 2, 3)}

    assert [row[1:4] for row in found["responsibilities"].ended_rows] == [
        ("99012008000000", "01999", "foerdetal")
    ]
    kept = "99050012104000|019990001|foerdetal-gewerbe|responsible"
    assert kept not in {row[0] for row in found["responsibilities"].added_rows}

    assert bring_in(upgraded)
    assert newest_version(upgraded) == 3
