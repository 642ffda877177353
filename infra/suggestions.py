"""Which authority may be meant by a name that none has."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from functions.route.authorities import PostgresAuthorities
from functions.route.entries import look_up_entries
from infra.directory.versions import active_version
from shared.adapters.postgres.pool import Connection
from shared.domain.directory import Unit
from shared.domain.identifiers import AuthorityId, UnitId

_FEW = 12


def suggested(conn: Connection, wanted: str) -> list[str]:
    """Whose unit it is, or else who is called like it; all authorities, if they are few."""
    if units := list(_units(conn, wanted)):
        return units
    declared = PostgresAuthorities(conn).names()
    near = declared if len(declared) <= _FEW else _near(wanted, declared)
    if not near:
        return [f"none of the {len(declared)} that there are is called like it"]
    listed = [f"{id_}  {name}" for id_, name in near.items()]
    return ["there are:" if near is declared else "these are called like it:", *listed]


def _units(conn: Connection, wanted: str) -> Iterator[str]:
    version = active_version(conn)
    if version is None:
        return
    for unit in look_up_entries(conn, version, UnitId(wanted), (), ()).named:
        yield f"{_told(unit, wanted)} {_whose(unit)}"


def _told(unit: Unit, wanted: str) -> str:
    """A unit that the directory does not list is known by the authority that declares it."""
    if unit.authority is not None and unit.id == unit.bearer:
        return f"unit {wanted}"
    return f"unit {unit.id}" if unit.name == unit.id else f"unit {unit.id} ({unit.name})"


def _whose(unit: Unit) -> str:
    if unit.authority is None:
        return "is one of the directory's that no authorities.toml names"
    return f"belongs to {unit.authority}"


def _near(wanted: str, declared: Mapping[AuthorityId, str]) -> dict[AuthorityId, str]:
    """Those that contain it first, then the most alike."""
    wanted = wanted.casefold()
    spelled = {id_: (id_.casefold(), name.casefold()) for id_, name in declared.items()}
    texts = [text for both in spelled.values() for text in both]
    near = [text for text in texts if wanted in text] + get_close_matches(wanted, texts, n=_FEW)
    found = dict.fromkeys(id_ for text in near for id_, both in spelled.items() if text in both)
    return {id_: declared[id_] for id_ in list(found)[:_FEW]}
