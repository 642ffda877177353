"""The tables that a directory's version consists of, and which of their columns say what."""

from typing import NamedTuple

from psycopg import sql


class Table(NamedTuple):
    """`keys` are never null; the first is the entry's, whose rows are written and deleted together.

    `order` is how new rows lie on disk: by what they are looked up by.
    """

    name: str
    keys: tuple[str, ...]
    rest: tuple[str, ...]
    order: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.keys + self.rest

    def identifiers(self) -> dict[str, sql.Composable]:
        return {
            "table": sql.Identifier(self.name),
            "staged": sql.Identifier(f"staged_{self.name}"),
            "touched": sql.Identifier(f"touched_{self.name}"),
            "gone": sql.Identifier(f"gone_{self.name}"),
            "entry": sql.Identifier(self.keys[0]),
            "columns": sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            "order": sql.SQL(", ").join(map(sql.Identifier, self.order or self.keys)),
            "same": self._same(),
            "same_keys": sql.SQL(" AND ").join(self._same_keys()),
        }

    def _same_keys(self) -> list[sql.Composable]:
        return [sql.SQL("s.{0} = t.{0}").format(sql.Identifier(key)) for key in self.keys]

    def _same(self) -> sql.Composable:
        """The row s (as a rule of the staged table) says what the stored row t says."""
        equal = self._same_keys()
        if self.rest:
            sides = [
                sql.SQL(", ").join(sql.Identifier(side, column) for column in self.rest)
                for side in ("s", "t")
            ]
            equal.append(sql.SQL("ROW({}) IS NOT DISTINCT FROM ROW({})").format(*sides))
        return sql.SQL(" AND ").join(equal)


SERVICES = Table(
    "public_services", ("id",), ("leika_key", "name", "specializes", "valid_from", "valid_to")
)
UNITS = Table(
    "organizational_units",
    ("id",),
    ("plain_id", "name", "parent", "kind", "contact", "valid_from", "valid_to"),
)
ONLINE_SERVICES = Table("online_services", ("id",), ("name", "urls", "assurance_level"))
RESPONSIBILITIES = Table(
    "responsibilities",
    ("id", "service", "region"),
    ("unit", "role", "valid_from", "valid_to", "container"),
    order=("service", "region"),
)
REGIONS = Table("regions", ("ars",), ("ags", "name", "name_key", "kind", "valid_from", "valid_to"))
REGION_ALIASES = Table("region_aliases", ("former_key", "ars"), ())
POSTCODES = Table("postcodes", ("postcode", "ars"), ())

TABLES = (
    UNITS,
    SERVICES,
    ONLINE_SERVICES,
    RESPONSIBILITIES,
    REGIONS,
    REGION_ALIASES,
    POSTCODES,
)


def on(table: Table, statement: str, **more: sql.Composable) -> sql.Composed:
    """The statement with this table's names in it."""
    return sql.SQL(statement).format(**table.identifiers(), **more)
