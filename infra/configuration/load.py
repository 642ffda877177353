"""Read a folder of TOML files into checked entries; report all that is wrong with it at once."""

import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from infra.configuration.agreement import disagreements
from infra.configuration.declared import Configuration, Key, NotValid, Problem
from infra.configuration.kinds import OF_A_TENANT, OF_THE_PLATFORM, PLATFORM, TENANTS, Kind
from infra.configuration.wording import problems_of

TENANT_FILE = "tenant.toml"
_LEADING_ZERO = re.compile(r"=\s*0[0-9]")


def load(folder: Path) -> Configuration:
    """Raise NotValid if anything is wrong; half a configuration is none."""
    reading = _Reading(folder)
    reading.read()
    broken = {problem.file for problem in reading.problems}
    problems = reading.problems + disagreements(reading.configuration, broken)
    if problems:
        raise NotValid(problems)
    return reading.configuration


class _Reading:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.configuration = Configuration()
        self.problems: list[Problem] = []

    def read(self) -> None:
        if not self._folder.is_dir():
            self._wrong(self._folder, "is no folder; name the one that holds the configuration")
            return
        for path in sorted(self._folder.iterdir()):
            if path.name.startswith("."):
                continue
            if not path.is_dir():
                self._wrong(path, "belongs into the folder of a tenant or into platform/")
            elif path.name == PLATFORM:
                self._read_files(path, "", OF_THE_PLATFORM)
            else:
                self._read_tenant(path)
        if not self.problems and not self.configuration.entries:
            self._wrong(self._folder, "holds no configuration: no platform/ and no tenant")

    def _read_tenant(self, folder: Path) -> None:
        file = folder / TENANT_FILE
        if file.exists():
            document = self._toml(file)
            if document is not None:
                given = document.setdefault("id", folder.name)
                if given != folder.name:
                    self._wrong(file, "a tenant is called like its folder; leave id out", "id")
                else:
                    self._add(TENANTS, "", document, file, "")
        else:
            self._wrong(file, "is missing; it gives the tenant's name and its senders")
        self._read_files(folder, folder.name, OF_A_TENANT)

    def _read_files(self, folder: Path, tenant: str, kinds: tuple[Kind, ...]) -> None:
        known = {f"{kind.name}.toml": kind for kind in kinds}
        for file in sorted(folder.iterdir()):
            if file.name.startswith(".") or (tenant and file.name == TENANT_FILE):
                continue
            kind = known.get(file.name)
            if kind is None:
                names = ", ".join(([TENANT_FILE] if tenant else []) + sorted(known))
                self._wrong(file, f"is not known here; known are {names}")
            else:
                self._read_file(file, tenant, kind)

    def _read_file(self, file: Path, tenant: str, kind: Kind) -> None:
        document = self._toml(file)
        if document is None:
            return
        for name in document:
            if name != kind.name:
                self._wrong(file, f"entries of this file begin with [[{kind.name}]]", name)
        entries = document.get(kind.name, [])
        if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
            self._wrong(file, f"each entry begins with [[{kind.name}]], in double brackets")
            return
        for position, members in enumerate(entries, start=1):
            self._add(kind, tenant, members, file, _place(kind, members, position))

    def _add(
        self, kind: Kind, tenant: str, members: dict[str, Any], file: Path, place: str
    ) -> None:
        key = Key(kind.name, tenant, str(members.get("id")))
        if key in self.configuration.files:
            self._wrong(file, "this id is taken by another entry; choose another", "id", place)
            return
        self.configuration.files[key] = self._relative(file)
        try:
            self.configuration.entries[key] = kind.entry.model_validate(members)
        except ValidationError as exc:
            self.problems += problems_of(exc, self._relative(file), place)

    def _toml(self, file: Path) -> dict[str, Any] | None:
        try:
            return tomllib.loads(file.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            self._wrong(file, "is not UTF-8; save it as UTF-8")
        except tomllib.TOMLDecodeError as exc:
            self._wrong(file, f"is not TOML: {exc}{_hint(file)}")
        except OSError as exc:
            self._wrong(file, f"cannot be read: {exc.strerror}")
        return None

    def _wrong(self, file: Path, text: str, field: str = "", entry: str = "") -> None:
        self.problems.append(Problem(self._relative(file), entry, field, text))

    def _relative(self, file: Path) -> Path:
        return file if file == self._folder else file.relative_to(self._folder)


def _place(kind: Kind, members: dict[str, Any], position: int) -> str:
    given = members.get("id")
    return f"{kind.name} {given}" if isinstance(given, str) else f"{kind.name} number {position}"


def _hint(file: Path) -> str:
    if _LEADING_ZERO.search(file.read_text(encoding="utf-8")):
        return "; a key that begins with 0 has to stand in quotes"
    return ""
