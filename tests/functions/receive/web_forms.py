"""Senders, bodies and a running intake for forms of no fixed format."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import psycopg

from functions.receive.delivery import Delivery, Limits
from functions.receive.platforms import formcycle, webhook
from infra.local.s3 import EmbeddedS3
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.configuration.senders import Sender
from shared.domain.identifiers import SenderId, case_id
from shared.domain.submission import FormField, Submission
from tests.functions.receive.bodies import LIMITS, ArrivalInMemory, FilesInMemory
from tests.functions.receive.intake import EMPTY, Intake, running_intake

URLENCODED = "application/x-www-form-urlencoded"
READ = {"formcycle": formcycle.read, "webhook": webhook.read}


def declared(id_: str, platform: str, **mapping: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "platform": platform,
        "authentication": {"kind": "trusted_network"},
        platform: mapping,
    }


def read(
    body: bytes,
    content_type: str,
    *,
    platform: str = "formcycle",
    files: FilesInMemory | None = None,
    limits: Limits = LIMITS,
    headers: dict[str, str] | None = None,
    **mapping: Any,
) -> Delivery:
    sender = Sender.model_validate(declared("formulare", platform, **mapping))
    arrival = ArrivalInMemory(io.BytesIO(body), content_type, sender, headers or {})
    return READ[platform](arrival, files or FilesInMemory(), limits)


def urlencoded(*pairs: tuple[str, str], charset: str = "utf-8") -> bytes:
    def escaped(text: str) -> str:
        return quote_plus(text.encode(charset))

    return "&".join(f"{escaped(name)}={escaped(value)}" for name, value in pairs).encode()


def shown(fields: tuple[FormField, ...]) -> list[Any]:
    """Names and values; a group as its name and its items."""
    return [(f.name, shown(f.items) if f.kind == "group" else f.value) for f in fields]


def stored(intake: Intake, sender: str, transaction_id: str) -> Submission:
    with psycopg.connect(intake.database_url) as conn:
        return PostgresSubmissions(conn).get(case_id(SenderId(sender), transaction_id))


@contextmanager
def an_intake(
    database_url: str,
    s3: EmbeddedS3,
    bucket: str,
    directory: Path,
    *senders: dict[str, Any],
    **settings: str,
) -> Iterator[Intake]:
    both = (declared("formulare", "formcycle"), declared("webhooks", "webhook"))
    environment = {**EMPTY, **settings}
    with running_intake(
        database_url, s3, bucket, directory, senders or both, environment
    ) as running:
        yield running
