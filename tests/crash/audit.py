"""What the clients were told, against what Postgres, S3 and the destinations hold."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

from infra.local.installation import Installation
from shared.adapters.object_store import S3ObjectStore
from shared.domain.identifiers import CLEARING_OFFICE, format_case_number
from tests.crash.clients import Application, Habit, Try
from tests.crash.receiver import Receiver


@dataclass(frozen=True)
class StoredCase:
    id: UUID
    transaction_id: str
    number: str
    stage: str
    authority: str | None
    fields: Any
    fingerprint: bytes
    versions: dict[int, set[tuple[str, str]]]  # files: kind, SHA-256


@dataclass
class Verdict:
    """Each list names what was found by id, so that a failed run can be looked into."""

    applications: int = 0
    acknowledged: int = 0
    lost: list[str] = field(default_factory=list)
    duplicated: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    redrawn: int = 0
    cases: int = 0

    @property
    def line(self) -> str:
        return (
            f"acknowledged {self.acknowledged} lost {len(self.lost)}"
            f" duplicated {len(self.duplicated)} stuck {len(self.stuck)}"
        )

    @property
    def good(self) -> bool:
        enough = self.acknowledged >= 0.9 * self.applications
        return enough and not (self.lost or self.duplicated or self.stuck)


def audit(
    applications: list[Application], installation: Installation, folder: Path, receiver: Receiver
) -> Verdict:
    verdict = Verdict(applications=len(applications))
    verdict.acknowledged = sum(bool(one.acknowledged) for one in applications)
    cases = _cases(installation)
    verdict.cases = len(cases)
    for application in applications:
        for told in application.acknowledged:
            _hold_against(application, told, cases, verdict)
        _count_redrawn(application, cases, verdict)
    _check_objects(installation, verdict)
    _check_forwardings(installation, cases, folder, receiver, verdict)
    verdict.stuck += [f"{case.id} {case.stage}" for case in cases.values() if not _through(case)]
    return verdict


def unfinished(installation: Installation) -> int:
    """How many cases still have a way to go."""
    return sum(not _through(case) for case in _cases(installation).values())


def _through(case: StoredCase) -> bool:
    return case.stage == "forwarded" or case.authority == CLEARING_OFFICE


def _cases(installation: Installation) -> dict[str, StoredCase]:
    """By transaction id: that there are not two for one is the database's promise."""
    with installation.connection() as conn:
        files: dict[UUID, dict[int, set[tuple[str, str]]]] = defaultdict(lambda: defaultdict(set))
        for case_id, version, kind, digest in conn.execute(
            "SELECT case_id, version, kind, sha256 FROM attachments"
        ):
            files[case_id][version].add((kind, digest.hex()))
        rows = conn.execute(
            """
            SELECT c.id, c.transaction_id, c.sequence_number, c.stage, c.authority, s.fields::text,
                   s.fingerprint
              FROM cases c
              JOIN submissions s ON s.case_id = c.id
            """
        ).fetchall()
    return {
        row[1]: StoredCase(
            id=row[0],
            transaction_id=row[1],
            number=format_case_number(row[2]),
            stage=row[3],
            authority=row[4],
            fields=json.loads(row[5]),
            fingerprint=row[6],
            versions=files.get(row[0], {}),
        )
        for row in rows
    }


def _hold_against(
    application: Application, told: Try, cases: dict[str, StoredCase], verdict: Verdict
) -> None:
    case = cases.get(told.transaction_id)
    name = f"application {application.index}"
    if case is None:
        verdict.lost.append(f"{name}: no case")
        return
    answer = (told.answer or {})["vorgang"]
    if (answer["vorgangId"], answer["vorgangNummer"]) != (str(case.id), case.number):
        verdict.duplicated.append(f"{name}: answered with another case than the stored one")
    if sorted(_sent(application.fields)) != sorted(_kept(case.fields)):
        verdict.lost.append(f"{name}: fields differ")
    if told.files and not any(set(told.files) <= files for files in case.versions.values()):
        verdict.lost.append(f"{name}: files are missing")


def _sent(fields: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in fields:
        yield from _sent(one.get("formItems", []))
        for member in ("stringValue", "dateValue"):
            if member in one:
                yield one["name"], one[member]


def _kept(fields: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for one in fields:
        yield from _kept(one.get("items", []))
        if one.get("value") is not None:
            yield one["name"], one["value"]


def _count_redrawn(
    application: Application, cases: dict[str, StoredCase], verdict: Verdict
) -> None:
    """One application under several ids is linked, not lost: a person sees the other one."""
    if application.habit is not Habit.REDRAWING:
        return
    stored = [cases[one.transaction_id] for one in application.tries if one.transaction_id in cases]
    verdict.redrawn += max(0, len(stored) - 1)
    if len({case.fingerprint for case in stored}) > 1:
        verdict.lost.append(f"application {application.index}: its repeats are not linked")


def _check_objects(installation: Installation, verdict: Verdict) -> None:
    store = S3ObjectStore(installation.object_store())
    with installation.connection() as conn:
        rows = conn.execute("SELECT case_id, object_key, sha256 FROM attachments").fetchall()
    for case_id, key, digest in rows:
        found = sha256()
        try:
            for piece in store.read(key):
                found.update(piece)
        except Exception as exc:  # noqa: BLE001 - whatever it is, the file cannot be read
            verdict.lost.append(f"{case_id}: {key} {type(exc).__name__}")
            continue
        if found.digest() != digest:
            verdict.lost.append(f"{case_id}: {key} has other bytes")


def _check_forwardings(
    installation: Installation,
    cases: dict[str, StoredCase],
    folder: Path,
    receiver: Receiver,
    verdict: Verdict,
) -> None:
    with installation.connection() as conn:
        rows = conn.execute(
            """
            SELECT case_id, destination, round, state, message_id::text
              FROM forwardings
            """
        ).fetchall()
    delivered = _folders(folder, verdict)
    messages: dict[tuple[UUID, str, int], set[str]] = defaultdict(set)
    by_id = {case.id: case for case in cases.values()}
    for case_id, destination, round_, state, message_id in rows:
        messages[case_id, destination, round_].add(message_id)
        found = delivered.pop(message_id, None)
        if by_id[case_id].stage != "forwarded":
            continue  # counted as stuck
        if state != "accepted":
            verdict.stuck.append(f"{case_id}: {destination} is {state}")
        elif destination == "crash-webhook" and message_id not in receiver.bodies:
            verdict.lost.append(f"{case_id}: the receiver never got message {message_id}")
        elif destination == "crash-folder":
            _check_folder(by_id[case_id], found, verdict)
    _check_repeats(messages, delivered, receiver, verdict)


def _check_repeats(
    messages: dict[tuple[UUID, str, int], set[str]],
    unknown: dict[str, Any],
    receiver: Receiver,
    verdict: Verdict,
) -> None:
    for (case_id, destination, _), ids in messages.items():
        if len(ids) > 1:
            verdict.duplicated.append(f"{case_id}: {len(ids)} messages for {destination}")
    verdict.duplicated += [f"folder of unknown message {one}" for one in unknown]
    for message_id, bodies in receiver.bodies.items():
        if len(bodies) > 1:
            verdict.duplicated.append(f"message {message_id}: {len(bodies)} different bodies")


def _folders(folder: Path, verdict: Verdict) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Message id -> what was delivered under it. Only a folder with a manifest is complete."""
    found: dict[str, tuple[Path, dict[str, Any]]] = {}
    for path in folder.rglob("manifest.json"):
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if manifest["message_id"] in found:
            verdict.duplicated.append(f"two folders of message {manifest['message_id']}")
        found[manifest["message_id"]] = (path.parent, manifest)
    return found


def _check_folder(
    case: StoredCase, delivered: tuple[Path, dict[str, Any]] | None, verdict: Verdict
) -> None:
    if delivered is None:
        verdict.lost.append(f"{case.id}: accepted, but not in the folder")
        return
    path, _ = delivered
    hashes = {sha256(file.read_bytes()).hexdigest() for file in path.rglob("*") if file.is_file()}
    missing = {digest for _, digest in case.versions.get(1, set())} - hashes
    if missing:
        verdict.lost.append(f"{case.id}: {len(missing)} files are not in the folder")
