"""What has become of a case, step by step, from its record: in words for the terminal."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.assign.assignments import PostgresAssignments
from functions.assign.explain import explain as explain_assignment
from functions.assign.explain import lies_with
from functions.forward.words import in_words
from functions.route.explain import explain_rounds
from functions.route.routings import PostgresRoutings
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.forwardings import PostgresForwardings
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.errors import UnknownCase
from shared.domain.forwarding import Forwarding, ForwardingState, Receipt
from shared.domain.identifiers import CLEARING_OFFICE, CaseId

Details = dict[str, Any]
Told = tuple[str, list[str]]

_ACCOUNT = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


class Storyteller:
    """`names` of accounts are shown instead of their ids, where they are known."""

    def __init__(self, conn: Connection, names: Mapping[str, str]) -> None:
        self._conn = conn
        self._names = names

    def steps(self, case: Case, after: int = 0) -> list[Step]:
        """From the entry after the given one. Each tells of its own round."""
        rows = self._conn.execute(
            """
            SELECT seq, at, entry
              FROM case_log
             WHERE case_id = %(case_id)s
             ORDER BY seq
            """,
            {"case_id": case.id},
        ).fetchall()
        steps = []
        round_ = 1
        for seq, at, bytes_ in rows:
            entry = json.loads(bytes(bytes_))
            details = entry["details"]
            # Where none is named, it is the one that has begun. What ends late names an older one.
            details.setdefault("round", round_)
            round_ = max(round_, details["round"])
            if seq > after:
                steps.append(self._step(case, seq, at, entry))
        return steps

    def _step(self, case: Case, seq: int, at: datetime, entry: dict[str, Any]) -> Step:
        action = entry["action"].removeprefix("case.").removeprefix("forwarding.")
        tell = {
            "received": self._received,
            "routed": self._routed,
            "re-routed": self._rerouted,
            "assigned": self._assigned,
            "consented": self._consented,
            **dict.fromkeys(("claimed", "released", "reassigned"), self._moved),
            "forwarded": self._forwarded,
            **dict.fromkeys(("sent", "accepted", "rejected", "given_up"), self._attempted),
            **dict.fromkeys(("requested", "sent-again", "waived"), self._decided),
        }.get(action, self._other)
        by = self._with_names(f"by {entry['actor']['id']}")
        text, why = tell(case, entry["details"])
        if action in ("re-routed", "reassigned", "released", "requested", "sent-again", "waived"):
            text = f"{by} {text}"
        return Step(seq, at, action, text or by, tuple(why))

    def _received(self, case: Case, details: Details) -> Told:
        files = details.get("files", 0)
        flags = details.get("flags") or []
        text = {0: "without files", 1: "with 1 file"}.get(files, f"with {files} files")
        return (f"{text}; noticed: {', '.join(flags)}" if flags else text), []

    def _routed(self, case: Case, details: Details) -> Told:
        return self._went(case, details["round"], details.get("authority"))

    def _rerouted(self, case: Case, details: Details) -> Told:
        text, why = self._went(case, details["round"], details.get("to"))
        return f"from {details.get('from')} {text} (round {details['round']})", why

    def _went(self, case: Case, round_: int, to: str | None) -> Told:
        explained = explain_rounds(PostgresRoutings(self._conn).of_case(case.id))
        why = explained.get(round_, [])[1:]
        if to != CLEARING_OFFICE:
            return f"to {to}", why
        if round_ == case.round:
            number = f"lotse route reroute {case.number}"
            why.append(f"To decide: {number} --to AUTHORITY --reason TEXT")
        return "to the clearing office: people decide", why

    def _assigned(self, case: Case, details: Details) -> Told:
        decision = PostgresAssignments(self._conn).get(case.id, details["round"])
        why = explain_assignment(decision)[1:] if decision else []
        why = [self._with_names(line) for line in why]
        if assignee := details.get("assignee"):
            return f"to {self._names.get(assignee, assignee)}", why
        tray = lies_with(details.get("organizational_unit"), None)
        return f"to the {tray} of {details.get('authority')}", why

    def _moved(self, case: Case, details: Details) -> Told:
        to = lies_with(details.get("organizational_unit"), details.get("to"))
        text = f"from {details.get('from') or 'the tray'} to {to}"
        return self._with_names(text), [self._with_names(details.get("reason", ""))]

    def _consented(self, case: Case, details: Details) -> Told:
        return self._with_names(f"{details.get('to') or 'anybody'} may claim it"), []

    def _attempted(self, case: Case, details: Details) -> Told:
        reason = f": {in_words(details['code'])}" if details.get("code") else ""
        return f"by {details.get('destination')}{reason}", []

    def _decided(self, case: Case, details: Details) -> Told:
        reason = f": {details['reason']}" if details.get("reason") else ""
        return f"to {details.get('destination')}{reason}", []

    def _forwarded(self, case: Case, details: Details) -> Told:
        planned = [
            forwarding
            for forwarding in PostgresForwardings(self._conn).of_case(case.id)
            if forwarding.round == details["round"]
        ]
        sent = [each for each in planned if each.state is ForwardingState.ACCEPTED]
        if not sent:
            why = "a person let it go without" if planned else "no destination takes it"
            return f"nowhere: {why}", []
        return f"to {', '.join(forwarding.destination for forwarding in sent)}", [
            f"{forwarding.destination}: {told_receipt(forwarding)}" for forwarding in sent
        ]

    def _other(self, case: Case, details: Details) -> Told:
        said = [
            f"{name.replace('_', ' ')} {value}"
            for name, value in details.items()
            if name != "round" and value not in (None, [], "")
        ]
        return ", ".join(said), []

    def _with_names(self, line: str) -> str:
        return with_names(line, self._names)


def with_names(line: str, names: Mapping[str, str]) -> str:
    """Accounts that are known are shown by name instead of their id."""
    return _ACCOUNT.sub(lambda found: names.get(found[0], found[0]), line)


def told_receipt(forwarding: Forwarding) -> str:
    receipt = forwarding.receipt or Receipt()
    said = [f"{name} {value}" for name, value in receipt.details.items()]
    said = [f"receipt {receipt.external_id}", *said] if receipt.external_id else said
    return ", ".join(said) or "accepted"
