"""Load an authority directory from a TOML file: checked as a whole, active as a whole."""

import hashlib
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

import psycopg
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from shared.domain.configuration.base import Slug
from shared.domain.directory import RESPONSIBLE
from shared.domain.identifiers import CLEARING_OFFICE

LeikaText = Annotated[str, StringConstraints(pattern=r"^99[0-9]{12}$")]
RegionText = Annotated[
    str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{3}|[0-9]{5}|[0-9]{9}|[0-9]{12})$")
]


class DirectoryFileError(Exception):
    """The file cannot be loaded; the text says where and why."""


class Loaded(NamedTuple):
    """`new` is False if this very content had been loaded before."""

    version: int
    new: bool


class _Declared(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Authority(_Declared):
    """`units` is what senders call it (OrganisationsEinheitID)."""

    id: Slug
    name: str
    tenant: Slug | None = None
    kind: str | None = None
    parent: Slug | None = None
    units: list[str] = []


class _Service(_Declared):
    leika_key: LeikaText
    name: str


class _Responsibility(_Declared):
    leika_key: LeikaText
    authority: Slug
    regions: Annotated[list[RegionText], Field(min_length=1)]
    role: str = RESPONSIBLE
    valid_from: date | None = None
    valid_to: date | None = None


class _Directory(_Declared):
    name: str
    authorities: list[_Authority] = []
    services: list[_Service] = []
    responsibilities: list[_Responsibility] = []

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        known = _once("authority", (authority.id for authority in self.authorities))
        _once("service", (service.leika_key for service in self.services))
        _once("responsibility", (" ".join(map(str, row)) for row in self.responsibility_rows()))
        if CLEARING_OFFICE in known:
            raise ValueError(f"{CLEARING_OFFICE} is not an authority of a directory")
        referred = {authority.parent for authority in self.authorities if authority.parent}
        referred |= {entry.authority for entry in self.responsibilities}
        if unknown := sorted(referred - known):
            raise ValueError(f"no authority has the id {', '.join(unknown)}")
        return self

    def responsibility_rows(self) -> Iterable[tuple[Any, ...]]:
        for entry in self.responsibilities:
            for region in entry.regions:
                yield (
                    entry.leika_key,
                    region,
                    entry.authority,
                    entry.role,
                    entry.valid_from,
                    entry.valid_to,
                )


def load_directory(conn: psycopg.Connection[Any], path: Path) -> Loaded:
    """Activate what the file says, in one transaction. The same content is the same version.

    Raise DirectoryFileError, and change nothing, if the file cannot be read or contradicts itself.
    """
    directory = _read(path)
    digest = hashlib.sha256(directory.model_dump_json().encode()).digest()
    with conn.transaction():
        # Two at once: the second waits, then finds the version of the first.
        conn.execute("LOCK TABLE directory_versions IN SHARE ROW EXCLUSIVE MODE")
        known = conn.execute(
            "SELECT id FROM directory_versions WHERE digest = %(digest)s", {"digest": digest}
        ).fetchone()
        version = known[0] if known else _store(conn, directory, digest)
        conn.execute(
            "UPDATE directory_versions SET active = false WHERE active AND id <> %(id)s",
            {"id": version},
        )
        conn.execute(
            "UPDATE directory_versions SET active = true WHERE NOT active AND id = %(id)s",
            {"id": version},
        )
    return Loaded(version, new=known is None)


def _read(path: Path) -> _Directory:
    try:
        return _Directory.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as exc:
        raise DirectoryFileError(f"{path.name} cannot be read: {exc.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise DirectoryFileError(f"{path.name} is not TOML: {exc}") from None
    except ValidationError as exc:
        wrong = [f"{'.'.join(map(str, error['loc']))}: {error['msg']}" for error in exc.errors()]
        raise DirectoryFileError(f"{path.name}: {'; '.join(wrong)}") from None


def _store(conn: psycopg.Connection[Any], directory: _Directory, digest: bytes) -> int:
    row = conn.execute(
        "INSERT INTO directory_versions (name, digest) VALUES (%(name)s, %(digest)s) RETURNING id",
        {"name": directory.name, "digest": digest},
    ).fetchone()
    assert row is not None  # noqa: S101 - INSERT ... RETURNING gives its row
    version: int = row[0]
    with conn.cursor() as cur:
        _copy(
            cur,
            "COPY authorities (version, id, tenant, name, kind, parent) FROM STDIN",
            version,
            ((a.id, a.tenant, a.name, a.kind, a.parent) for a in directory.authorities),
        )
        _copy(
            cur,
            "COPY unit_aliases (version, unit, authority) FROM STDIN",
            version,
            ((unit, a.id) for a in directory.authorities for unit in a.units),
        )
        _copy(
            cur,
            "COPY public_services (version, leika_key, name) FROM STDIN",
            version,
            ((service.leika_key, service.name) for service in directory.services),
        )
        _copy(
            cur,
            """
            COPY responsibilities (version, leika_key, region, authority, role, valid_from,
                                   valid_to)
            FROM STDIN
            """,
            version,
            directory.responsibility_rows(),
        )
    return version


def _copy(
    cur: psycopg.Cursor[Any], statement: str, version: int, rows: Iterable[tuple[Any, ...]]
) -> None:
    with cur.copy(statement.encode()) as copy:
        for row in rows:
            copy.write_row((version, *row))


def _once(kind: str, ids: Iterable[str]) -> set[str]:
    seen: set[str] = set()
    for id_ in ids:
        if id_ in seen:
            raise ValueError(f"{kind} {id_} is declared twice")
        seen.add(id_)
    return seen
