"""The running intake's door: who gets in, what is asked of it, and what is told."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import Webhook

from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_field, a_form, a_part, form_part
from tests.functions.receive.intake import NOTHING, Intake, running_intake

SECRET = base64.b64encode(b"s" * 32).decode()
CERTIFICATE = "ab" * 32


def a_sender(id_: str, kind: str, **more: Any) -> dict[str, Any]:
    authentication = {"kind": kind, **more.pop("with_", {})}
    return {"id": id_, "platform": "ozg_cloud", "authentication": authentication, **more}


SENDERS = (
    a_sender(
        "signing",
        "signature",
        with_={"secrets": ["env:SECRET"]},
        rate={"per_minute": 0.1, "burst": 4},
    ),
    a_sender("certified", "client_certificate", with_={"fingerprints": [CERTIFICATE]}),
    a_sender("bearer", "bearer", with_={"tokens": ["env:TOKEN"]}, forms=["Gewerbeanmeldung"]),
    a_sender(
        "far",
        "basic",
        with_={"username": "far", "passwords": ["env:TOKEN"]},
        addresses=["192.0.2.0/24"],
    ),
    a_sender(
        "slow",
        "basic",
        with_={"username": "slow", "passwords": ["env:TOKEN"]},
        rate={"per_minute": 0.1, "burst": 1},
    ),
)
SETTINGS = {
    "SECRET": f"whsec_{SECRET}",
    "TOKEN": "t0ken",
    "CLIENT_CERTIFICATE_HEADER": "X-Forwarded-Client-Cert",
    "TRUSTED_PROXIES": "127.0.0.0/8",
}
BEARER = {"Authorization": "Bearer t0ken"}


def basic(name: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:t0ken".encode()).decode()}


@pytest.fixture
def door(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, SENDERS, SETTINGS
    ) as running:
        yield running


def ask(
    intake: Intake, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, Any]]:
    answer = intake.http.request(method, f"http://{HOST}:{intake.port}{path}", headers=headers)
    return answer.status, json.loads(answer.data)


def post(
    intake: Intake, body: bytes, headers: dict[str, str], path: str = "/antrag"
) -> tuple[int, dict[str, Any]]:
    answer = intake.http.request(
        "POST",
        f"http://{HOST}:{intake.port}{path}",
        body=body,
        headers={"Content-Type": CONTENT_TYPE, **headers},
    )
    return answer.status, json.loads(answer.data)


def signed(body: bytes, signed_body: bytes | None = None) -> dict[str, str]:
    now = datetime.now(UTC)
    signature = Webhook(SECRET).sign("msg", now, (signed_body or body).decode())
    return {
        "webhook-id": "msg",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": signature,
    }


def senders(intake: Intake) -> list[str]:
    return [row[0] for row in intake.rows("SELECT sender FROM cases ORDER BY sequence_number")]


def test_each_kind_of_proof_opens_the_door_to_its_sender(door: Intake) -> None:
    body = a_body(form_part())
    proofs = [
        signed(body),
        {"X-Forwarded-Client-Cert": f"By=x;Hash={CERTIFICATE}"},
        BEARER,
        {**basic("far"), "X-Forwarded-For": "192.0.2.7"},
    ]

    assert [post(door, body, proof)[0] for proof in proofs] == [200] * 4
    assert senders(door) == ["signing", "certified", "bearer", "far"]


def test_a_wrong_signature_leaves_nothing_of_what_was_streamed_before(door: Intake) -> None:
    body = a_body(a_part("attachment", "x" * 200_000, "a.txt"), form_part())

    status, problem = post(door, body, signed(body, body + b" "))

    assert (status, problem["type"]) == (401, "/problems/signature-wrong")
    assert door.left_behind() == NOTHING
    assert door.rows("SELECT sender, transaction_id, code, size, sha256 FROM refusals") == [
        (None, "4e4b5a3c-0001", "signature-wrong", len(body), sha256(body).digest())
    ]


def test_a_forged_signature_costs_the_sender_nothing(door: Intake) -> None:
    """Neither its rate, nor what it is told of its own transaction."""
    body = a_body(form_part())
    broken = a_body(form_part(a_form({"name": "x", "dateValue": "31.12."}, transactionId="own")))
    for _ in range(3):
        assert post(door, body, signed(body, body + b" "))[0] == 401

    told = ask(door, "/antrag/transactions/4e4b5a3c-0001", **signed(b""))[1]
    assert told["state"] == "unknown"
    assert post(door, broken, signed(broken))[0] == 422
    assert ask(door, "/antrag/transactions/own", **signed(b""))[1]["state"] == "refused"


def test_a_sender_stays_within_its_addresses_forms_and_rate(door: Intake) -> None:
    body = a_body(form_part())
    other = a_body(form_part(a_form(formId="Hundesteuer")))

    assert post(door, body, basic("far"))[1]["type"] == "/problems/address-not-allowed"
    assert post(door, other, BEARER)[1]["type"] == "/problems/form-not-allowed"
    assert door.left_behind() == NOTHING
    assert post(door, body, basic("slow"))[0] == 200
    answer = door.http.request(
        "POST",
        f"http://{HOST}:{door.port}/antrag",
        body=body,
        headers={"Content-Type": CONTENT_TYPE, **basic("slow")},
    )
    assert answer.status == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 600


def test_the_address_may_name_the_sender_and_then_nobody_else_is_meant(door: Intake) -> None:
    body = a_body(form_part())

    assert post(door, body, BEARER, "/antrag/bearer")[0] == 200
    assert post(door, body, BEARER, "/antrag/signing")[0] == 401
    assert post(door, body, BEARER, "/antrag/nobody")[0] == 401
    assert post(door, body, BEARER, "/antrag/bearer/more")[0] == 404


def test_whoever_got_no_answer_can_ask_what_became_of_it(door: Intake) -> None:
    file = b"content"
    form = json.dumps(a_form(transactionId="a/b 1")).encode()
    post(door, a_body(form_part(form), a_part("attachment", file, "a.txt")), BEARER)
    broken = json.dumps(a_form({"name": "x", "dateValue": "31.12."}, transactionId="refused"))
    post(door, a_body(form_part(broken.encode())), BEARER)

    status, stored = ask(door, "/antrag/transactions/a%2Fb%201", **BEARER)

    assert (status, stored["state"], stored["transactionId"]) == (200, "stored", "a/b 1")
    receipt = stored["receipt"]
    assert receipt["caseId"] == str(case_id(SenderId("bearer"), "a/b 1"))
    assert receipt["parts"] == [
        {
            "kind": "original",
            "name": "original",
            "size": len(form),
            "sha256": sha256(form).hexdigest(),
        },
        {
            "kind": "attachment",
            "name": "a.txt",
            "size": len(file),
            "sha256": sha256(file).hexdigest(),
        },
    ]
    refused = ask(door, "/antrag/transactions/refused", **BEARER)[1]
    assert refused["state"] == "refused"
    assert refused["refusal"]["code"] == "not-a-date"
    assert ask(door, "/antrag/bearer/transactions/none", **BEARER)[1]["state"] == "unknown"


def test_nobody_hears_of_anothers_transactions(door: Intake) -> None:
    post(door, a_body(form_part(a_form(transactionId="mine"))), BEARER)
    other = {"X-Forwarded-Client-Cert": f"Hash={CERTIFICATE}"}

    assert ask(door, "/antrag/transactions/mine", **other)[1]["state"] == "unknown"
    assert ask(door, "/antrag/transactions/mine")[0] == 401
    assert ask(door, "/antrag/transactions/mine", **signed(b""))[1]["state"] == "unknown"
    assert ask(door, "/antrag/transactions/mine", **signed(b"", b"x"))[0] == 401
    assert ask(door, "/antrag/transactions/mine", "POST", **BEARER)[0] == 405
    assert ask(door, "/antrag/transactions/", **BEARER)[0] == 404
    assert ask(door, "/antrag/transactions/a%00b", **BEARER)[0] == 400


def test_a_test_is_marked_and_never_taken_for_the_application(door: Intake) -> None:
    def deliver(query: str, transaction_id: str) -> int:
        body = a_body(form_part(a_form(transactionId=transaction_id)))
        return post(door, body, BEARER, f"/antrag{query}")[0]

    assert deliver("?test=true", "a") == deliver("?test=true", "a") == 200
    assert deliver("", "a") == 409
    assert deliver("?test=false", "b") == 200
    assert deliver("?test=yes", "c") == deliver("?test=false&test=true", "c") == 400
    assert door.rows("SELECT transaction_id, is_test FROM cases ORDER BY 1") == [
        ("a", True),
        ("b", False),
    ]


def test_limits_are_told_to_everybody(door: Intake) -> None:
    status, limits = ask(door, "/limits")

    assert status == 200
    assert limits["fileBytes"] == 256 * 1024 * 1024


def test_what_was_refused_is_recorded_with_its_hash_but_without_contents(door: Intake) -> None:
    body = a_body(form_part(a_form(a_field(stringValue="Muster", numberValue=1))))

    assert post(door, body, BEARER)[0] == 422

    ((row,),) = door.rows("SELECT row_to_json(refusals) FROM refusals")
    assert (row["sender"], row["transaction_id"]) == ("bearer", "4e4b5a3c-0001")
    assert (row["code"], row["size"]) == ("several-values", len(body))
    assert row["sha256"] == "\\x" + sha256(body).hexdigest()
    assert "Muster" not in json.dumps(row)
