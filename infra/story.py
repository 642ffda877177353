"""What has become of a case, step by step, from its record: in words for the terminal."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.route.explain import explain
from functions.route.routings import PostgresRoutings
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CLEARING_OFFICE, CaseId


@dataclass(frozen=True)
class Step:
    """One entry of the record; `why` are further lines."""

    number: int
    at: datetime
    action: str
    text: str
    why: tuple[str, ...] = ()

    @property
    def summary(self) -> str:
        return f"{self.action} {self.text}"

    def lines(self, most: int | None = None) -> Iterator[str]:
        """With so many lines of reasons; all without a number."""
        yield f"{self.at.astimezone():%H:%M:%S}  {self.action:<10} {self.text}"
        for line in self.why[:most]:
            yield f"{'':<10}{'':<10} {line}"


def read_case(conn: Connection, case_id: CaseId) -> Case:
    """Raise UnknownCase if there is none."""
    return PostgresCases(conn, wake_after=timedelta()).get(case_id)


def find_case(conn: Connection, sequence_number: int) -> Case:
    """Raise UnknownCase if there is none."""
    row = conn.execute(
        "SELECT id FROM cases WHERE sequence_number = %(number)s", {"number": sequence_number}
    ).fetchone()
    if row is None:
        raise UnknownCase(str(sequence_number))
    return read_case(conn, CaseId(row[0]))


def steps(conn: Connection, case: Case, after: int = 0) -> list[Step]:
    """From the entry after the given one."""
    rows = conn.execute(
        """
        SELECT seq, at, entry
          FROM case_log
         WHERE case_id = %(case_id)s AND seq > %(after)s
         ORDER BY seq
        """,
        {"case_id": case.id, "after": after},
    ).fetchall()
    return [_step(conn, case, seq, at, json.loads(bytes(entry))) for seq, at, entry in rows]


def _step(conn: Connection, case: Case, seq: int, at: datetime, entry: dict[str, Any]) -> Step:
    action = entry["action"].removeprefix("case.")
    details = entry["details"]
    told = _TEXTS.get(action)
    text = told(details) if told else _plain(details)
    why: list[str] = []
    if action == "routed":
        decision = PostgresRoutings(conn).get(case.id, details.get("round", case.round))
        why = explain(decision)[1:] if decision else []
    return Step(seq, at, action, text or f"by {entry['actor']['id']}", tuple(why))


def _received(details: dict[str, Any]) -> str:
    files = details.get("files", 0)
    flags = details.get("flags") or []
    text = {0: "without files", 1: "with 1 file"}.get(files, f"with {files} files")
    return f"{text}; noticed: {', '.join(flags)}" if flags else text


def _routed(details: dict[str, Any]) -> str:
    if details.get("authority") == CLEARING_OFFICE:
        return "to the clearing office: people decide"
    return f"to {details.get('authority')}"


def _plain(details: dict[str, Any]) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {value}" for name, value in details.items() if value is not None
    )


_TEXTS = {"received": _received, "routed": _routed}
