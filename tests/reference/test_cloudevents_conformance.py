"""The CloudEvents conformance scenarios for HTTP, each posted over a real connection.

A target says where to post and what was understood there; another one is an entry in TARGETS.
"""

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

from infra.local.s3 import EmbeddedS3
from shared.adapters.postgres.submissions import PostgresSubmissions
from tests.functions.receive.web_forms import an_intake
from tests.local.http_parts import Received, a_broker, a_subscriber

FEATURE = "cloudevents/conformance/features/http-protocol-binding.feature"


@dataclass(frozen=True)
class Target:
    """`understood` gives the attributes and data of what came in last."""

    port: int
    path: str
    understood: Callable[[], tuple[Mapping[str, str], bytes]]


@contextmanager
def the_broker() -> Iterator[Target]:
    """What the broker understood is what its subscriber gets, in binary mode."""
    with a_subscriber() as subscriber:
        config = {
            "subscribers": {"all": {"url": subscriber.url}},
            "triggers": [{"name": "all", "destination": {"subscriber": "all"}}],
        }
        with a_broker(config) as broker:

            def understood() -> tuple[Mapping[str, str], bytes]:
                broker.settled()
                last = subscriber.received[-1]
                return attributes_of(last), last.body

            yield Target(broker.port, "/", understood)


TARGETS: dict[str, Callable[[], AbstractContextManager[Target]]] = {"broker": the_broker}


def attributes_of(received: Received) -> dict[str, str]:
    attributes = {
        name.removeprefix("ce-"): value
        for name, value in received.headers.items()
        if name.startswith("ce-")
    }
    return attributes | {"datacontenttype": received.headers["content-type"]}


@dataclass
class Scenario:
    """Runs the steps of one scenario; a step that it does not know is an error."""

    target: Target
    request: bytes = b""
    attributes: Mapping[str, str] = field(default_factory=dict)
    data: bytes = b""

    def run(self, step: Mapping[str, Any]) -> None:
        argument = step.get("argument", {})
        match step["text"]:
            case "HTTP Protocol Binding is supported":
                pass
            case "an HTTP request":
                self.request = as_sent(argument["docString"]["content"], self.target)
            case "parsed as HTTP request":
                assert 200 <= post(self.request, self.target.port) < 300
                self.attributes, self.data = self.target.understood()
            case "the attributes are:":
                assert self.attributes == expected_attributes(argument["dataTable"]["rows"])
            case "the data is equal to the following JSON:":
                assert json.loads(self.data) == json.loads(argument["docString"]["content"])
            case unknown:
                pytest.fail(f"unknown step: {unknown}")


def as_sent(text: str, target: Target) -> bytes:
    """The request as written down, to the target's path."""
    head, _, body = text.partition("\n\n")
    _, *headers = head.splitlines()
    lines = [f"POST {target.path} HTTP/1.1", *headers, "", ""]
    return "\r\n".join(lines).encode() + body.encode()


def post(request: bytes, port: int) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        response = http.client.HTTPResponse(connection, method="POST")
        response.begin()
        response.close()
        return response.status


def expected_attributes(rows: list[dict[str, Any]]) -> dict[str, str]:
    _, *cells = [[cell["value"] for cell in row["cells"]] for row in rows]
    return dict(cells)


@pytest.mark.parametrize("target", TARGETS)
def test_the_conformance_scenarios_hold(
    target: str, reference_data: Path, subtests: pytest.Subtests
) -> None:
    with TARGETS[target]() as running:
        run_all(running, reference_data, subtests)


def test_the_conformance_scenarios_hold_for_the_intake(
    database_url: str,
    object_store_server: EmbeddedS3,
    bucket: str,
    tmp_path: Path,
    reference_data: Path,
    subtests: pytest.Subtests,
) -> None:
    """What the intake understood is what it stored. Scenarios share an id: each begins anew."""
    with an_intake(database_url, object_store_server, bucket, tmp_path) as intake:

        def understood() -> tuple[Mapping[str, str], bytes]:
            with psycopg.connect(database_url) as conn:
                ((case, transaction_id),) = intake.rows("SELECT id, transaction_id FROM cases")
                submission = PostgresSubmissions(conn).get(case)
                original = PostgresSubmissions(conn).original(case)
                for table in ("events", "case_log", "submissions", "cases"):
                    conn.execute(f"DELETE FROM {table}".encode())
            document = json.loads(original.data or b"")
            return {
                "id": transaction_id.partition(" ")[2],
                "specversion": "1.0",
                "datacontenttype": document.get("datacontenttype", original.media_type),
                **submission.control_extra["cloudevent"],
            }, json.dumps(document.get("data", document)).encode()

        run_all(Target(intake.port, "/webhook", understood), reference_data, subtests)


def run_all(target: Target, reference_data: Path, subtests: pytest.Subtests) -> None:
    document = Parser().parse((reference_data / FEATURE).read_text(encoding="utf-8"))
    scenarios = Compiler().compile({**document, "uri": FEATURE})
    assert scenarios

    for scenario in scenarios:
        with subtests.test(scenario["name"]):
            runner = Scenario(target)
            for step in scenario["steps"]:
                runner.run(step)
