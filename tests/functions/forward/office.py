"""What the tests of forward do over and over: declare destinations, bring in cases, look."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from functions.forward.attempt import Courier
from functions.forward.destinations import open_destination
from functions.forward.forward import forward
from functions.forward.means import Means
from functions.forward.ports import Stores
from functions.forward.stores import DestinationStores
from functions.forward.transaction import stores_over
from functions.route.reroute import reroute
from functions.route.routings import PostgresRoutings
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.forwardings import PostgresForwardings
from shared.adapters.postgres.pool import Pool, transaction
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.actor import Actor
from shared.domain.case import Case
from shared.domain.configuration.destinations import Destination
from shared.domain.events import CaseAssigned, CaseForwarded, CaseRouted, Event
from shared.domain.forwarding import Attempt, Forwarding
from shared.domain.identifiers import AccountId, AuthorityId, CaseId
from shared.domain.submission import (
    Attachment,
    AttachmentKind,
    FieldKind,
    FormField,
    Submission,
)
from shared.domain.submission_text import write_submission
from shared.domain.task import Task
from tests.factories import (
    BUILDING_OFFICE,
    FORMSERVER,
    TENANT,
    TRADE_OFFICE,
    a_case,
    an_entry,
    routed,
)
from tests.functions.forward.receiver import SECRET
from tests.rerouting import a_decision, in_postgres, stores_of
from tests.roles import as_role

WAKE_AFTER = timedelta(minutes=1)
ORIGINAL = '{"Vorname": "Ágnes Ørsted-Muster"}'.encode()
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
FIELDS = (
    FormField(
        name="person",
        label="Person",
        kind=FieldKind.GROUP,
        items=(
            FormField(name="name", label="Náme", kind=FieldKind.TEXT, value="Ágnes Ø. Muster"),
            FormField(name="sum", label="Summe", kind=FieldKind.NUMBER, value="1E400"),
        ),
    ),
)


class Office:
    def __init__(
        self, database_url: str, pool: Pool, object_store: ObjectStoreSettings, root: Path
    ) -> None:
        self.conn: psycopg.Connection[Any] = psycopg.connect(database_url, autocommit=True)
        self._operator_url = as_role(database_url, "lotse_operator")
        self._pool = pool
        self.bucket = object_store.s3_bucket
        self.objects = S3ObjectStore(object_store)
        self.secrets = {"env:WEBHOOK_SECRET": SECRET}
        self.means = Means(
            objects=self.objects,
            store=DestinationStores(object_store, self.secrets.__getitem__).open,
            secret=self.secrets.__getitem__,
            destinations_root=root,
        )
        self.courier = Courier(self.objects, partial(open_destination, means=self.means))

    def __enter__(self) -> Self:
        self._directory_version = in_postgres(self.conn).version
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.conn.close()

    def declare(self, id_: str, settings: dict[str, Any], **members: Any) -> Destination:
        """By default every attempt is due at once."""
        given = {"id": id_, "settings": settings, "when": "on_assignment", **members}
        given.setdefault("retry", {"first_delay_seconds": 0.001, "max_delay_seconds": 0.001})
        destination = Destination.model_validate(given)
        self.conn.execute(
            "INSERT INTO destinations (tenant, id, document) VALUES (%s, %s, %s)"
            " ON CONFLICT (tenant, id) DO UPDATE SET document = EXCLUDED.document",
            [TENANT, id_, destination.model_dump_json(exclude_none=True)],
        )
        return destination

    def webhook(self, url: str, **settings: Any) -> dict[str, Any]:
        return {"kind": "webhook", "url": url, "secret": "env:WEBHOOK_SECRET", **settings}

    def assigned(self, *, files: dict[str, bytes] | None = None, **of_the_case: Any) -> Event:
        """A case as assign leaves it, with its files; the event that assign sent."""
        cases = PostgresCases(self.conn, WAKE_AFTER)
        case_id = routed(cases, a_case(**of_the_case)).case_id
        self._store_submission(case_id, {"Lageplan.pdf": PDF} if files is None else files)
        return self.assign(case_id)

    def assign(self, case_id: CaseId) -> CaseAssigned:
        cases = PostgresCases(self.conn, WAKE_AFTER)
        case = cases.get(case_id).assigned_to(None, AccountId("0815"))
        case, event = case.announce(CaseAssigned, authority=case.authority)
        cases.save(case, entry=an_entry("case.assigned"), event=event)
        return event

    def announce(self, case_id: CaseId, event_type: type[Event], **data: Any) -> Event:
        """What the caseworkers' side does: an event in its own transaction, to be sent again."""
        cases = PostgresCases(self.conn, WAKE_AFTER)
        case, event = cases.get(case_id).announce(event_type, **data)
        cases.save(case, entry=an_entry(), event=event)
        return event

    def re_route(
        self,
        case_id: CaseId,
        to: AuthorityId = BUILDING_OFFICE,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> CaseRouted:
        """What an operator does; `meanwhile` is what happens before it is committed."""
        case = self.case(case_id)
        routings = PostgresRoutings(self.conn)
        if routings.get(case_id, case.round) is None:
            routings.add(case_id, case.round, a_decision(TRADE_OFFICE, self._directory_version))
        with psycopg.connect(self._operator_url) as conn:
            actor = Actor.operator("clerk")
            event = reroute(case_id, to, "a person says so", actor, stores_of(conn))
            meanwhile()
        return event

    def forward(self, event: Event) -> CaseForwarded | None:
        return forward(event, self.transactions, self.courier)

    def lapse(self) -> None:
        """All leases end, and everything that is planned is due."""
        self.conn.execute(
            "UPDATE forwardings SET lease_until = now() - interval '1 s' WHERE state = 'sending'"
        )
        self.conn.execute("UPDATE forwardings SET due_at = now() WHERE state = 'planned'")

    @contextmanager
    def transactions(self) -> Iterator[Stores]:
        with transaction(self._pool) as conn:
            yield stores_over(conn, WAKE_AFTER)

    def case(self, case_id: CaseId) -> Case:
        return PostgresCases(self.conn, WAKE_AFTER).get(case_id)

    def forwardings(self, case_id: CaseId) -> list[Forwarding]:
        return PostgresForwardings(self.conn).of_case(case_id)

    def the_forwarding(self, case_id: CaseId) -> Forwarding:
        (forwarding,) = self.forwardings(case_id)
        return forwarding

    def attempts(self, case_id: CaseId) -> list[Attempt]:
        return PostgresForwardings(self.conn).attempts(self.the_forwarding(case_id).id)

    def outcomes(self, case_id: CaseId) -> list[tuple[str | None, str | None]]:
        return [(attempt.outcome, attempt.code) for attempt in self.attempts(case_id)]

    def tasks(self) -> list[Task]:
        return PostgresTasks(self.conn).all_open()

    def wakes_at(self, case_id: CaseId) -> Any:
        rows = self.conn.execute("SELECT next_wake_at FROM cases WHERE id = %s", [case_id])
        ((when,),) = rows.fetchall()
        return when

    def _store_submission(self, case_id: CaseId, files: dict[str, bytes]) -> None:
        case = self.case(case_id)
        submission = Submission(
            sender=FORMSERVER,
            transaction_id=case.transaction_id,
            form_id=case.form_id,
            leika_keys=case.leika_keys,
            fields=FIELDS,
        )
        text = write_submission(submission)
        self.conn.execute(
            "INSERT INTO submissions (case_id, control, fields, original, original_media_type,"
            " fingerprint, fingerprint_version) VALUES (%s, %s, %s, %s, 'application/json', '', 1)",
            [case_id, text.control, text.fields, ORIGINAL],
        )
        attachments = []
        for position, (name, data) in enumerate(files.items(), start=1):
            key = f"uploads/{case_id}/{position}"
            self.objects.put(key, data)
            attachments.append(
                Attachment(
                    position=position,
                    kind=AttachmentKind.ATTACHMENT,
                    name=name,
                    media_type="application/pdf",
                    size=len(data),
                    sha256=sha256(data).hexdigest(),
                    object_key=key,
                )
            )
        PostgresAttachments(self.conn).add(case_id, attachments)


def tree(folder: Path) -> dict[str, bytes]:
    """Everything below a folder, hidden left-overs included."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def manifest_of(files: dict[str, bytes]) -> dict[str, Any]:
    (text,) = (data for path, data in files.items() if path.endswith("/manifest.json"))
    document: dict[str, Any] = json.loads(text)
    return document
