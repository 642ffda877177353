"""The ways of a delivery through receive, and what has to be there whatever was killed."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import psycopg
from werkzeug.test import EnvironBuilder

from shared.adapters import object_store
from shared.adapters.object_store import S3ObjectStore
from shared.domain.errors import LotseError
from shared.domain.identifiers import SenderId, case_id, format_case_number
from tests.crash.lines.children import Tell, told_by
from tests.crash.lines.installation import Installation
from tests.crash.lines.kills import Trial, answers
from tests.crash.lines.tracing import Window
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_field, a_form, a_part, form_part

SENDER = SenderId("formserver")
PART_SIZE = 64 * 1024
"""From here on a file goes to S3 in parts; 5 MiB in earnest."""


@dataclass
class Delivery:
    """`before` is the rendering of its PDF that was delivered already, if it was."""

    name: str
    installation: Installation
    app: Any
    large: bool = False
    before: int | None = None
    rendering: int = 0
    # The row of the upload comes before its first object.
    window = Window("functions/receive/upload.py", "open")

    def prepare(self, keys: Sequence[str]) -> None:
        if self.before is None:
            return
        earlier = Delivery(self.name, self.installation, self.app, rendering=self.before)

        def deliver(tell: Tell) -> None:
            for key in keys:
                tell([answer.status for answer in answers(earlier, key)])

        assert all(statuses == [200] for statuses in told_by(deliver))

    def request(self, key: str) -> EnvironBuilder:
        files = self.files(key, self.rendering)
        body = a_body(
            form_part(a_form(a_field(stringValue=f"Muster {key}"), transactionId=key)),
            a_part("attachment", files["attachment"], "Lageplan.pdf", "application/pdf"),
            a_part("representation", files["representation"], "Antrag.pdf"),
        )
        return EnvironBuilder("/antrag", method="POST", data=body, content_type=CONTENT_TYPE)

    def wait(self) -> None:
        """A form server tries again at once."""

    def files(self, key: str, rendering: int) -> dict[str, bytes]:
        size = PART_SIZE + 1000 if self.large else 100
        return {
            "attachment": key.encode().ljust(size, b"."),
            "representation": f"%PDF-1.7 {key} {rendering}".encode(),
        }

    def expected(self, key: str) -> list[tuple[int, str, str]]:
        """Version, kind and hash of each file that the case has in the end."""
        renderings = [self.rendering] if self.before is None else [self.before, self.rendering]
        return [
            (version, kind, sha256(data).hexdigest())
            for version, rendering in enumerate(sorted(set(renderings)), start=1)
            for kind, data in self.files(key, rendering).items()
        ]


def deliveries(installation: Installation) -> list[Delivery]:
    vars(object_store)["PART_SIZE"] = PART_SIZE
    sender = {
        "id": SENDER,
        "platform": "ozg_cloud",
        "authentication": {"kind": "trusted_network"},
    }
    with installation.connect() as conn:
        conn.execute("INSERT INTO senders VALUES (%s, %s)", [SENDER, json.dumps(sender)])
    app = installation.app("receive")
    return [
        Delivery("new", installation, app),
        Delivery("large", installation, app, large=True),
        Delivery("repeated", installation, app, before=0),
        Delivery("rendered-anew", installation, app, before=0, rendering=1),
    ]


def audit(installation: Installation, trials: list[tuple[Delivery, Trial]]) -> Iterator[str]:
    """One sentence for each thing that is not as it was promised."""
    with installation.connect() as conn:
        cases = _cases(conn)
    objects = S3ObjectStore(installation.object_store())
    for delivery, trial in trials:
        for fault in _faults(delivery, trial, cases[trial.key], objects):
            yield f"{trial.where}: {fault}"
    yield from _left_over(installation, objects)


def _cases(conn: psycopg.Connection[Any]) -> dict[str, list[dict[str, Any]]]:
    """By transaction id."""
    found = defaultdict(list)
    rows = conn.execute(
        """
        SELECT c.id, c.transaction_id, c.sequence_number, c.next_wake_at IS NOT NULL,
               (SELECT array_agg(type) FROM events WHERE case_id = c.id),
               (SELECT count(*) FROM submissions WHERE case_id = c.id),
               (SELECT array_agg(ARRAY[version::text, kind, encode(sha256, 'hex'), object_key]
                                 ORDER BY version, position)
                  FROM attachments WHERE case_id = c.id)
          FROM cases c
        """
    )
    names = ("id", "transaction", "number", "wakes", "events", "submissions", "files")
    for row in rows:
        found[row[1]].append(dict(zip(names, row, strict=True)))
    return found


def _faults(
    delivery: Delivery, trial: Trial, cases: list[dict[str, Any]], objects: S3ObjectStore
) -> Iterator[str]:
    if trial.answer is None:
        yield "no success when it was sent again"
    if len(cases) != 1:
        yield f"{len(cases)} cases, acknowledged {'before' if trial.early else 'after'} the kill"
        return
    (case,) = cases
    if trial.answer is not None:
        yield from _told_otherwise(trial.key, json.loads(trial.answer.body), case)
    if case["events"] != ["de.antragslotse.case.received.v1"] or not case["wakes"]:
        yield f"events {case['events']}, will be woken: {case['wakes']}"
    if case["submissions"] != 1:
        yield f"{case['submissions']} submissions"
    yield from _missing(delivery.expected(trial.key), case["files"] or [], objects)


def _missing(
    expected: list[tuple[int, str, str]], files: list[list[str]], objects: S3ObjectStore
) -> Iterator[str]:
    stored = [(int(version), kind, digest) for version, kind, digest, _ in files]
    if stored != expected:
        yield f"{len(stored)} files on the record, not those that were sent"
    for _, kind, digest, key in files:
        if _digest(objects, key) != digest:
            yield f"the {kind} is not in the object store"


def _told_otherwise(key: str, told: dict[str, Any], case: dict[str, Any]) -> Iterator[str]:
    stored = (str(case_id(SENDER, key)), format_case_number(case["number"]))
    answered = (told["vorgang"]["vorgangId"], told["vorgang"]["vorgangNummer"])
    if answered != stored or str(case["id"]) != stored[0]:
        yield f"answered {answered}, stored {stored}"


def _digest(objects: S3ObjectStore, key: str) -> str | None:
    digest = sha256()
    try:
        for piece in objects.read(key):
            digest.update(piece)
    except LotseError:
        return None
    return digest.hexdigest()


def _left_over(installation: Installation, objects: S3ObjectStore) -> Iterator[str]:
    installation.recover()
    with installation.connect() as conn:
        uploads = conn.execute(
            "SELECT state, count(*) FROM uploads WHERE state <> 'consumed' GROUP BY state"
        ).fetchall()
        known = {key for (key,) in conn.execute("SELECT object_key FROM attachments")}
    for state, count in uploads:
        yield f"after the sweep {count} uploads are still {state}"
    orphans = set(objects.keys("uploads/")) - known
    if orphans:
        yield f"after the sweep {len(orphans)} objects belong to nobody"
