"""Every municipality of Schleswig-Holstein, by its keys, its name and its postcode.

The whole of Germany is imported, as an installation would: names have their doubles elsewhere.
"""

import csv
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from functions.route.directory import PostgresAuthorityDirectory
from infra.directory.entries import Report
from infra.regions.gv100ad import read_gv100ad
from infra.regions.importing import Imported, import_files
from shared.domain.identifiers import RegionKey
from shared.domain.place_names import name_key
from shared.domain.regions import Located, Location, Place
from tests.databases import created, unique, url

DAY = date(2023, 12, 1)
MUNICIPALITIES, AMBIGUOUS_POSTCODES, DOUBLE_NAMES = 1_106, 225, 27
TWICE_UNDER_ONE_POSTCODE = {("Hamfelde", "22929"), ("Köthel", "22929")}


class Country(NamedTuple):
    lists: Path
    conn: psycopg.Connection
    imported: Imported

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.lists / name).open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def municipalities(self) -> list[dict[str, str]]:
        return self.rows("gemeinden_sh_2023-11-30.csv")

    def find(
        self, *, region: str | None = None, name: str | None = None, postcode: str | None = None
    ) -> Location:
        place = Place(region=RegionKey(region) if region else None, name=name, postcode=postcode)
        return PostgresAuthorityDirectory(self.conn).look_up((), place, None, DAY).location


@pytest.fixture(scope="module")
def country(
    reference_data: Path, postgres_server: str, template_database: str
) -> Iterator[Country]:
    lists = reference_data / "geo-de"
    with database(postgres_server, template_database) as conn:
        conn.execute("SET ROLE lotse_operator")
        files = [lists / "GV100AD_301123.txt.gz", lists / "geonames_plz_sh.csv"]
        yield Country(lists, conn, import_files(conn, files, activate=True))


@contextmanager
def database(server: str, template: str) -> Iterator[psycopg.Connection]:
    """One for all tests of this module: none of them changes it."""
    name = unique("country")
    with created(server, name, template), psycopg.connect(url(server, name)) as conn:
        yield conn


def keys(location: Location) -> set[str | None]:
    return {each.ags for each in location.municipalities}


def test_the_directory_is_read_as_its_table_says(reference_data: Path) -> None:
    lists = reference_data / "geo-de"
    with (lists / "GV100AD_301123.txt.gz").open("rb") as stream:
        read = [region for region in read_gv100ad(stream, Report()) if region.ags]

    with (lists / "gemeinden_de_2023-11-30.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))

    assert len(table) == 10_981
    assert [(each.ags, each.ars, each.name, each.postcode or "") for each in read] == [
        (row["ags"], row["ars"], row["name"], row["plz"]) for row in table
    ]
    assert {each.as_of for each in read} == {date(2023, 11, 30)}
    kinds = defaultdict(set)
    for each, row in zip(read, table, strict=True):
        kinds[row["typ"]].add(each.kind)
    assert all(len(kind) == 1 for kind in kinds.values())


def test_each_is_found_by_both_of_its_keys(country: Country) -> None:
    rows = country.municipalities()

    assert len(rows) == MUNICIPALITIES
    for row in rows:
        by_ars, by_ags = country.find(region=row["ars"]), country.find(region=row["ags"])
        assert by_ars.how is by_ags.how is Located.BY_KEY
        assert keys(by_ars) == keys(by_ags) == {row["ags"]}


def test_each_is_found_by_name_and_postcode_but_for_two_that_the_data_has_twice(
    country: Country,
) -> None:
    candidates = set()
    for row in country.municipalities():
        found = country.find(name=row["name"], postcode=row["plz"])
        assert row["ags"] in keys(found)
        if found.is_certain:
            assert keys(found) == {row["ags"]}
        else:
            candidates.add((row["name"], row["plz"]))

    assert candidates == TWICE_UNDER_ONE_POSTCODE


def test_a_name_alone_is_certain_only_if_no_other_in_germany_has_it(country: Country) -> None:
    named = Counter(name_key(row["name"]) for row in country.rows("gemeinden_de_2023-11-30.csv"))
    certain = 0
    for row in country.municipalities():
        found = country.find(name=row["name"])
        assert row["ags"] in keys(found)
        assert not found.is_certain or keys(found) == {row["ags"]}
        assert found.is_certain or named[name_key(row["name"])] > 1
        certain += found.is_certain

    assert certain > MUNICIPALITIES / 2


def test_each_ambiguous_postcode_has_its_municipalities_as_candidates(country: Country) -> None:
    rows = country.rows("plz_mehrdeutig_sh.csv")

    assert len(rows) == AMBIGUOUS_POSTCODES
    for row in rows:
        found = country.find(postcode=row["plz"])
        assert not found.is_certain
        assert keys(found) == set(row["ags"].split())


def test_each_double_name_alone_has_candidates_and_no_answer(country: Country) -> None:
    rows = country.rows("gleichnamige_gemeinden_sh.csv")

    assert len(rows) == DOUBLE_NAMES
    for row in rows:
        found = country.find(name=row["name"])
        assert not found.is_certain
        assert set(row["ags"].split()) <= keys(found)


@pytest.mark.parametrize(
    ("written", "postcode", "ags"),
    [
        ("Lauenburg/Elbe", None, "01053083"),
        ("Lauenburg (Elbe)", None, "01053083"),
        ("Lauenburg", "21481", "01053083"),
        ("Sankt Peter-Ording", None, "01054113"),
        ("St. Peter-Ording", None, "01054113"),
        ("St.Peter Ording", None, "01054113"),
        ("Flensburg", None, "01001000"),
        ("LÜBECK", None, "01003000"),
        ("Hansestadt Lübeck", None, "01003000"),
        (unicodedata.normalize("NFD", "Lübeck"), None, "01003000"),
        ("  Flensburg ", "24937", "01001000"),
        ("Glücksburg", "24960", "01059113"),
        ("Horst (Holstein)", None, "01061044"),
        ("Garding, Kirchspiel", "25836", "01054035"),
        ("Garding, Stadt", "25836", "01054036"),
    ],
)
def test_names_are_found_as_people_write_them(
    country: Country, written: str, postcode: str | None, ags: str
) -> None:
    found = country.find(name=written, postcode=postcode)

    assert (found.is_certain, keys(found)) == (True, {ags})


def test_a_village_s_name_is_not_taken_for_a_municipality_elsewhere(country: Country) -> None:
    """24790 has `Rade bei Rendsburg`; the one that is called just `Rade` lies in 25579."""
    alone = country.find(name="Rade")
    found = country.find(name="Rade", postcode="24790")

    assert not alone.is_certain
    assert "01061092" not in keys(found)


def test_importing_the_same_lists_again_makes_no_version(country: Country) -> None:
    files = [country.lists / "GV100AD_301123.txt.gz", country.lists / "geonames_plz_sh.csv"]

    again = import_files(country.conn, files)

    assert country.imported.new
    assert (again.new, again.changes) == (False, {})
