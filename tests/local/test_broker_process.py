"""The broker as a process of its own: it starts with words, and forgets everything when killed."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.local.http_parts import BrokerAddress, a_subscriber, eventually


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "infra.local.broker", *arguments]


@contextmanager
def a_process(port: int, config: Path, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        command("--port", str(port), "--config", str(config), *options),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        eventually(lambda: is_ready(port))
        yield process
    finally:
        process.kill()
        process.wait()


def is_ready(port: int) -> bool:
    try:
        return BrokerAddress(port).request("GET", "/readyz")[1] == 200
    except OSError:
        return False


def written(path: Path, subscriber: str) -> Path:
    config: dict[str, Any] = {
        "subscribers": {"stage": {"url": subscriber}},
        "triggers": [
            {
                "name": "stage",
                "destination": {"subscriber": "stage"},
                "delivery": {"retry": 5, "backoff_delay": 60},
            }
        ],
    }
    path.write_text(json.dumps(config))
    return path


def test_a_killed_broker_has_forgotten_everything(tmp_path: Path) -> None:
    port = a_free_port()
    nobody = f"http://127.0.0.1:{a_free_port()}"
    config = written(tmp_path / "broker.json", nobody)
    with a_process(port, config) as process:
        broker = BrokerAddress(port)
        broker.publish()
        eventually(lambda: broker.stats()["retried"] == 1)
        assert broker.stats()["pending"] == 1
        process.kill()
        process.wait()

    with a_process(port, config):
        assert not any(BrokerAddress(port).stats().values())


def test_a_terminated_broker_ends_although_something_is_pending(tmp_path: Path) -> None:
    port = a_free_port()
    config = written(tmp_path / "broker.json", f"http://127.0.0.1:{a_free_port()}")
    with a_process(port, config) as process:
        BrokerAddress(port).publish()

        process.send_signal(signal.SIGTERM)

        assert process.wait(30) in {0, -signal.SIGTERM}


def test_faults_can_be_on_from_the_start(tmp_path: Path) -> None:
    port = a_free_port()
    with a_subscriber() as subscriber:
        config = written(tmp_path / "broker.json", subscriber.url)
        with a_process(port, config, "--faults", '{"drop": 1}'):
            broker = BrokerAddress(port)
            broker.publish()

            assert broker.settled()["dropped"] == 1


def test_a_wrong_configuration_is_named(tmp_path: Path) -> None:
    config = tmp_path / "broker.json"
    config.write_text('{"subscribers": {}, "triggers": [], "trigers": []}')

    process = subprocess.run(
        command("--port", "1", "--config", str(config)), capture_output=True, text=True, check=False
    )

    assert process.returncode == 2
    assert "trigers" in process.stderr
    assert "Traceback" not in process.stderr
