"""A new platform is a module and a line: what the intake promises holds for it at once."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from tests.functions.receive.intake import NOTHING, Intake, running_intake

SENDER = {"id": "tiny", "platform": "tiny", "authentication": {"kind": "trusted_network"}}
BODY = b"id=4711\nname=Muster\nort=F\xc3\xb6rdetal\n"


@pytest.fixture
def tiny(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    source = "tests/functions/receive/tiny_platform/main.py"
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, (SENDER,), source=source
    ) as running:
        yield running


def ask(intake: Intake, path: str, body: bytes | None = None) -> tuple[int, dict[str, Any]]:
    answer = intake.http.request(
        "GET" if body is None else "POST", f"http://{HOST}:{intake.port}{path}", body=body
    )
    return answer.status, json.loads(answer.data)


def test_it_is_received_repeated_refused_and_asked_for_like_any_other(tiny: Intake) -> None:
    status, receipt = ask(tiny, "/tiny", BODY)

    assert (status, receipt["transactionId"]) == (200, "4711")
    assert receipt["parts"] == [
        {
            "kind": "original",
            "name": "original",
            "size": len(BODY),
            "sha256": sha256(BODY).hexdigest(),
        }
    ]
    assert ask(tiny, "/tiny", BODY) == (200, receipt)
    assert ask(tiny, "/tiny", BODY + b"x=y\n")[0] == 409
    assert ask(tiny, "/tiny", b"name=Muster\n")[0] == 422
    assert ask(tiny, "/tiny/transactions/4711")[1] == {
        "transactionId": "4711",
        "state": "stored",
        "receipt": receipt,
    }
    assert tiny.count("cases") == tiny.count("events") == 1


def test_what_it_refuses_leaves_nothing_behind(tiny: Intake) -> None:
    assert ask(tiny, "/tiny", b"x" * (4 * 1024 * 1024 + 1))[0] == 413

    assert tiny.left_behind() == NOTHING
    assert tiny.rows("SELECT sender, code FROM refusals") == [("tiny", "too-large")]
