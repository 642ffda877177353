"""Scanning what is pending, on a real PostgreSQL and a real S3 server."""

import threading
import time
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

import psycopg
import pytest

from functions.recover.ports import MalwareScanner
from functions.recover.scan import Scanner, Scanning, scan
from infra.local.ports import free_port
from infra.local.s3 import REGION, EmbeddedS3
from shared.adapters.memory import InMemoryScanner
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Case
from shared.domain.errors import ScanBroken, Unavailable
from shared.domain.malware import MalwareVerdict, ScanResult
from shared.domain.submission import Attachment, AttachmentKind
from tests.factories import a_case, stored
from tests.functions.recover.stores import WAKE_AFTER, transactions_of

Connection = psycopg.Connection[Any]
BAD = b"bad"
SCANNING = Scanning(at_once=2, lease_seconds=60)


@pytest.fixture
def objects(object_store_server: EmbeddedS3, bucket: str) -> S3ObjectStore:
    return a_store(object_store_server, bucket, object_store_server.endpoint_url)


def a_store(server: EmbeddedS3, bucket: str, endpoint_url: str) -> S3ObjectStore:
    return S3ObjectStore(
        ObjectStoreSettings(
            s3_endpoint_url=endpoint_url,
            s3_bucket=bucket,
            s3_region=REGION,
            aws_access_key_id=server.credentials.access_key,
            aws_secret_access_key=server.credentials.secret_key,
        )
    )


class Scenes:
    """Cases with pending files, and what became of them."""

    def __init__(self, conn: Connection, database_url: str, objects: S3ObjectStore) -> None:
        self.conn = conn
        self.objects = objects
        self.transactions = transactions_of(database_url)

    def a_held_case(self, *contents: bytes, version: int = 1) -> Case:
        """As forward leaves it: assigned, and not to be woken."""
        case = stored(PostgresCases(self.conn, WAKE_AFTER), a_case())
        self.add_files(case, *contents, version=version)
        self.conn.execute(
            "UPDATE cases SET stage = 'assigned', next_wake_at = NULL WHERE id = %s", [case.id]
        )
        self.conn.commit()
        return case

    def add_files(self, case: Case, *contents: bytes, version: int = 1) -> None:
        for position, content in enumerate(contents, start=1):
            key = f"uploads/{case.id}/{version}.{position}"
            self.objects.put(key, content)
            attachment = Attachment(
                version=version,
                position=position,
                kind=AttachmentKind.ATTACHMENT,
                name="Anlage.pdf",
                size=len(content),
                sha256=sha256(content).hexdigest(),
                object_key=key,
                malware_verdict=MalwareVerdict.PENDING,
            )
            PostgresAttachments(self.conn).add(case.id, [attachment])
            self.conn.commit()

    def run(
        self,
        malware: MalwareScanner | None = None,
        *,
        attempts: int = 8,
        seconds: float = 60,
        objects: S3ObjectStore | None = None,
    ) -> Counter[str]:
        malware = malware or InMemoryScanner({BAD: "Bad-1"})
        scanner = Scanner(self.transactions, malware, objects or self.objects, attempts)
        return scan(scanner, SCANNING, time.monotonic() + seconds)

    def verdicts(self, case: Case) -> list[str]:
        return [row[0] for row in self._files("malware_verdict", case)]

    def attempts(self, case: Case) -> list[int]:
        return [row[0] for row in self._files("scan_attempts", case)]

    def is_due(self, case: Case) -> bool:
        query = "SELECT coalesce(next_wake_at <= clock_timestamp(), false) FROM cases WHERE id = %s"
        return bool(self.value(query, case))

    def tasks(self) -> list[tuple[str, str, str]]:
        tasks = PostgresTasks(self.conn).all_open()
        self.conn.rollback()
        return [(task.kind, task.subject, task.reason) for task in tasks]

    def lapse(self) -> None:
        self.conn.execute("UPDATE attachments SET scan_due_at = now() - interval '1 s'")
        self.conn.commit()

    def _files(self, column: str, case: Case) -> list[tuple[Any, ...]]:
        rows = self.conn.execute(
            f"SELECT {column} FROM attachments WHERE case_id = %s ORDER BY version, position",
            [case.id],
        ).fetchall()
        self.conn.rollback()
        return rows

    def value(self, query: str, case: Case) -> Any:
        ((value,),) = self.conn.execute(query.encode(), [case.id]).fetchall()
        self.conn.rollback()
        return value


@pytest.fixture
def scenes(conn: Connection, database_url: str, objects: S3ObjectStore) -> Scenes:
    return Scenes(conn, database_url, objects)


class Breaking(InMemoryScanner):
    """Breaks off whenever it gets this content."""

    def __init__(self, content: bytes, error: Exception | None = None) -> None:
        super().__init__({})
        self._content = content
        self._error = error or ScanBroken("scanner: cut")

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        if b"".join(pieces) == self._content:
            raise self._error
        return ScanResult(verdict=MalwareVerdict.CLEAN)


class Failing(InMemoryScanner):
    """Answers that it is there, and is away for every file."""

    def __init__(self) -> None:
        super().__init__({})

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        raise Unavailable("scanner: ConnectionRefusedError")


class Holding(InMemoryScanner):
    """Holds every file until the test lets it go."""

    def __init__(self) -> None:
        super().__init__({})
        self.began = threading.Semaphore(0)
        self.let_go = threading.Event()
        self.seen = 0

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        result = super().scan(pieces)
        self.seen += 1
        self.began.release()
        assert self.let_go.wait(60)
        return result


def test_the_last_clean_file_wakes_the_case_that_was_held_for_it(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one", b"two", b"three", b"")

    assert scenes.run() == {"decided": 4}

    assert scenes.verdicts(case) == ["clean"] * 4
    assert scenes.is_due(case)
    assert scenes.tasks() == []


def test_a_case_that_was_not_held_is_left_as_it_is(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one")
    scenes.conn.execute("UPDATE cases SET next_wake_at = now() + interval '1 h'")
    scenes.conn.commit()
    at_the_clearing_office = scenes.a_held_case(b"two")
    scenes.conn.execute(
        "UPDATE cases SET stage = 'routed' WHERE id = %s", [at_the_clearing_office.id]
    )
    scenes.conn.commit()

    scenes.run()

    assert scenes.verdicts(case) == scenes.verdicts(at_the_clearing_office) == ["clean"]
    assert not scenes.is_due(case)
    assert not scenes.is_due(at_the_clearing_office)


def test_a_case_with_malware_waits_for_a_person(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"good", b"very bad")

    assert scenes.run() == {"decided": 1, "held": 1}

    assert scenes.verdicts(case) == ["clean", "infected"]
    assert not scenes.is_due(case)
    assert scenes.tasks() == [("malware_found", "file 2 of version 1", "Bad-1")]
    entry = scenes.value(
        "SELECT convert_from(entry, 'UTF8')::json FROM case_log WHERE case_id = %s AND seq = 2",
        case,
    )
    assert entry["action"] == "file.scanned"
    assert entry["actor"] == {"kind": "system", "id": "recover"}
    assert entry["details"] == {
        "version": 1, "position": 2, "verdict": "infected", "code": "Bad-1",
    }  # fmt: skip


def test_what_the_scanner_does_not_take_waits_for_a_person(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"x" * 100)

    scenes.run(InMemoryScanner({}, limit=10))

    assert scenes.verdicts(case) == ["not_scannable"]
    assert scenes.tasks() == [("file_not_scannable", "file 1 of version 1", "too_large")]
    assert not scenes.is_due(case)


def test_while_the_scanner_is_away_files_wait_and_no_attempt_is_counted(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one", b"two", b"three")

    assert scenes.run(InMemoryScanner(None)) == {}
    assert scenes.run(Failing()) == {"away": 2}
    assert scenes.verdicts(case) == ["pending"] * 3
    assert scenes.attempts(case) == [0, 0, 0]

    assert scenes.run() == {"decided": 3}


def test_whether_the_scanner_answers_is_noted(scenes: Scenes) -> None:
    def noted() -> Any:
        row = scenes.conn.execute("SELECT answered_at = asked_at FROM malware_scanner").fetchone()
        scenes.conn.rollback()
        return row

    scenes.run(InMemoryScanner(None))
    assert noted() == (None,)
    scenes.run()
    assert noted() == (True,)
    scenes.run(InMemoryScanner(None))
    assert noted() == (False,)


def test_a_file_that_breaks_the_scanner_does_not_starve_the_others_and_is_told_to_a_person(
    scenes: Scenes,
) -> None:
    poisonous = scenes.a_held_case(b"poison")
    harmless = scenes.a_held_case(b"one", b"two", b"three")

    assert scenes.run(Breaking(b"poison"), attempts=2) == {"broken": 1, "decided": 3}
    assert scenes.run(Breaking(b"poison"), attempts=2) == {}  # it is not due again yet
    assert scenes.verdicts(harmless) == ["clean"] * 3

    scenes.lapse()
    scenes.run(Breaking(b"poison"), attempts=2)

    assert scenes.verdicts(poisonous) == ["not_scannable"]
    assert scenes.tasks() == [("file_not_scannable", "file 1 of version 1", "scan_broken")]


def test_a_file_that_our_own_code_stumbles_over_is_told_to_a_person(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"poison")
    stumbling = Breaking(b"poison", RuntimeError("a bug"))

    scenes.run(stumbling, attempts=2)
    scenes.lapse()
    scenes.run(stumbling, attempts=2)

    assert scenes.verdicts(case) == ["not_scannable"]
    assert scenes.tasks() == [("file_not_scannable", "file 1 of version 1", "scan_failed")]


def test_the_distance_between_attempts_grows(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"poison")
    distances = []
    for _ in range(9):
        scenes.run(Breaking(b"poison"), attempts=99)
        distances.append(
            scenes.value(
                "SELECT round(extract(epoch FROM scan_due_at - clock_timestamp()) / 60)::integer"
                " FROM attachments WHERE case_id = %s",
                case,
            )
        )
        scenes.lapse()

    assert distances == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_damaged_or_missing_object_is_a_task_and_no_verdict(scenes: Scenes) -> None:
    missing, damaged = scenes.a_held_case(b"missing"), scenes.a_held_case(b"as received")
    scenes.objects.delete([f"uploads/{missing.id}/1.1"])
    scenes.objects.delete([f"uploads/{damaged.id}/1.1"])
    scenes.objects.put(f"uploads/{damaged.id}/1.1", b"as restored")

    assert scenes.run() == {"damaged": 2}

    assert scenes.verdicts(missing) == scenes.verdicts(damaged) == ["pending"]
    assert sorted(scenes.tasks()) == [
        ("file_damaged", "file 1 of version 1", "file_differs"),
        ("file_damaged", "file 1 of version 1", "file_missing"),
    ]

    scenes.objects.put(f"uploads/{missing.id}/1.1", b"missing")
    scenes.lapse()
    scenes.run()

    assert scenes.verdicts(missing) == ["clean"]
    assert [reason for _, _, reason in scenes.tasks()] == ["file_differs"]
    assert scenes.is_due(missing)


def test_while_the_object_store_is_away_no_attempt_is_counted(
    scenes: Scenes, object_store_server: EmbeddedS3, bucket: str
) -> None:
    case = scenes.a_held_case(b"one")
    nowhere = a_store(object_store_server, bucket, f"http://127.0.0.1:{free_port()}")

    assert scenes.run(objects=nowhere) == {"away": 1}

    assert (scenes.verdicts(case), scenes.attempts(case)) == (["pending"], [0])


def test_two_runs_at_once_scan_each_file_once_and_hold_no_row_meanwhile(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one", b"two")
    holding = Holding()
    first = threading.Thread(target=lambda: scenes.run(holding))
    first.start()
    for _ in range(2):
        assert holding.began.acquire(timeout=60)

    assert scenes.run() == {}
    scenes.conn.execute("SET lock_timeout = '1s'")
    scenes.conn.execute("SELECT FROM attachments, cases FOR UPDATE")
    scenes.conn.rollback()

    holding.let_go.set()
    first.join()
    assert holding.seen == 2
    assert scenes.verdicts(case) == ["clean", "clean"]


def test_what_a_person_decides_while_it_is_scanned_stands(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one")
    holding = Holding()
    ended: list[Counter[str]] = []
    run = threading.Thread(target=lambda: ended.append(scenes.run(holding)))
    run.start()
    assert holding.began.acquire(timeout=60)
    scenes.conn.execute("UPDATE attachments SET malware_verdict = 'withheld'")
    scenes.conn.commit()

    holding.let_go.set()
    run.join()

    assert ended == [{"overtaken": 1}]
    assert scenes.verdicts(case) == ["withheld"]


def test_a_scan_whose_lease_has_ended_is_another_s(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one")
    holding = Holding()
    ended: list[Counter[str]] = []
    cut_off = threading.Thread(target=lambda: ended.append(scenes.run(holding)))
    cut_off.start()
    assert holding.began.acquire(timeout=60)
    scenes.lapse()

    assert scenes.run(InMemoryScanner({b"one": "Bad-1"})) == {"held": 1}
    holding.let_go.set()
    cut_off.join()

    assert ended == [{"overtaken": 1}]
    assert scenes.verdicts(case) == ["infected"]


def test_no_scan_is_begun_after_the_run_s_share_of_time(scenes: Scenes) -> None:
    case = scenes.a_held_case(b"one")

    assert scenes.run(seconds=-1) == {}

    assert scenes.attempts(case) == [0]


def test_the_oldest_file_is_scanned_first(scenes: Scenes) -> None:
    young, old = scenes.a_held_case(b"young"), scenes.a_held_case(b"old 1", b"old 2")
    scenes.conn.execute(
        "UPDATE attachments SET scan_due_at = now() - interval '1 h' WHERE case_id = %s", [old.id]
    )
    scenes.conn.commit()
    holding = Holding()
    run = threading.Thread(target=lambda: scenes.run(holding))
    run.start()
    for _ in range(2):
        assert holding.began.acquire(timeout=60)

    assert (scenes.attempts(old), scenes.attempts(young)) == ([1, 1], [0])

    holding.let_go.set()
    run.join()
