"""The demo's specialist system takes what is signed, and gives repeats the same reference."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3
from standardwebhooks import Webhook

from infra.local.receiver import SECRET, URL, DemoReceiver
from infra.local.supervisor import Supervisor

BODY = '{"case": "100-0015"}'


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[DemoReceiver]:
    stand_in = DemoReceiver(tmp_path)
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(stand_in.part())
        yield stand_in


def post(receiver: DemoReceiver, message_id: str, body: str = BODY) -> urllib3.BaseHTTPResponse:
    now = datetime.now(UTC)
    environment = receiver.environment()
    headers = {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(environment[SECRET]).sign(message_id, now, BODY),
    }
    return urllib3.request("POST", environment[URL], body=body.encode(), headers=headers)


def test_a_signed_message_gets_a_reference_and_its_repeat_the_same(receiver: DemoReceiver) -> None:
    first, second, other = (post(receiver, name) for name in ("msg_1", "msg_1", "msg_2"))

    assert first.status == 200
    assert first.json()["id"].startswith("FV-")
    assert second.json() == first.json()
    assert other.json() != first.json()


def test_a_message_that_was_changed_is_refused(receiver: DemoReceiver) -> None:
    assert post(receiver, "msg_1", body=BODY.replace("15", "28")).status == 401


def test_without_a_secret_it_does_not_start() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "infra.local.receiver", "--port=1"],
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        check=False,
    )

    assert done.returncode != 0
