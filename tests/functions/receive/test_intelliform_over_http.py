"""The running intake of intelliForm: SOAP in, SOAP out, and what lies in the stores afterwards."""

import base64
import hashlib
import os
import threading
import time
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import zeep
from lxml import etree
from pydantic import ValidationError
from zeep.wsse.username import UsernameToken

from functions.receive.platforms.intelliform.names import (
    BACKEND,
    PASSWORD_DIGEST,
    PASSWORD_TEXT,
    SOAP,
    WSSE,
    WSU,
)
from infra.local.ports import HOST
from infra.local.s3 import EmbeddedS3
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.configuration.intelliform import Intelliform
from shared.domain.configuration.senders import Sender
from shared.domain.identifiers import SenderId, case_id
from tests.functions.receive.bodies import a_body
from tests.functions.receive.deposits import (
    DATA_SET,
    LOGIN,
    MTOM,
    PDF,
    TOKENS,
    XML,
    File,
    a_data_set,
    a_deposit,
    an_envelope,
    as_mtom,
    as_part,
    content_part,
    root_part,
)
from tests.functions.receive.intake import NOTHING, REPOSITORY, Intake, running_intake

MEBIBYTE = 1024 * 1024
WITH_TOKEN = {
    "id": "afm",
    "platform": "intelliform",
    "authentication": {"kind": "username_token", "username": "afm", "passwords": ["env:AFM"]},
}


@pytest.fixture
def guarded(
    database_url: str, object_store_server: EmbeddedS3, bucket: str, tmp_path: Path
) -> Iterator[Intake]:
    with running_intake(
        database_url, object_store_server, bucket, tmp_path, (WITH_TOKEN,), {"AFM": "geheim"}
    ) as running:
        yield running


def post(intake: Intake, body: Any, content_type: str = XML, **headers: str) -> tuple[int, bytes]:
    answer = intake.http.request(
        "POST",
        f"http://{HOST}:{intake.port}/intelliform",
        body=body.encode() if isinstance(body, str) else body,
        headers={"Content-Type": content_type, "SOAPAction": '""', **headers},
    )
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    return answer.status, answer.data


def fault(answer: tuple[int, bytes]) -> tuple[int, str, str | None]:
    """Status, faultcode and faultId."""
    root = etree.fromstring(answer[1])
    code = root.findtext(".//faultcode")
    assert code is not None
    return answer[0], code, root.findtext(".//faultId")


def a_token(password: str = "geheim", *, digest: bool = False, created: str | None = None) -> str:
    nonce, created = os.urandom(8), created or datetime.now(UTC).isoformat()
    shown, kind = password, PASSWORD_TEXT
    if digest:
        sha1 = hashlib.sha1(nonce + created.encode() + password.encode())
        shown, kind = base64.b64encode(sha1.digest()).decode(), PASSWORD_DIGEST
    return (
        f'<w:Security xmlns:w="{WSSE}" xmlns:u="{WSU}" xmlns:soap="{SOAP}" '
        'soap:mustUnderstand="1"><w:UsernameToken><w:Username>afm</w:Username>'
        f'<w:Password Type="{kind}">{shown}</w:Password>'
        f"<w:Nonce>{base64.b64encode(nonce).decode()}</w:Nonce>"
        f"<u:Created>{created}</u:Created></w:UsernameToken></w:Security>"
    )


def test_a_deposit_becomes_a_case_and_a_repeat_gets_the_same_bytes(soap: Intake) -> None:
    first = post(soap, a_deposit())

    assert first[0] == 200
    told = etree.fromstring(first[1])
    entries = {
        entry.findtext("key"): entry.findtext("value") for entry in told.iter("customParameters")
    }
    assert entries["caseId"] == str(case_id(SenderId("afm"), "20270102000000000001"))
    assert entries["sha256:original"] == hashlib.sha256(DATA_SET.content).hexdigest()
    assert entries["sha256:Antrag.pdf"] == hashlib.sha256(PDF.content).hexdigest()
    assert post(soap, as_mtom(), MTOM) == first
    assert soap.count("cases") == 1
    assert len(soap.objects()) == soap.count("attachments") == 1


def test_a_repeat_with_a_pdf_rendered_anew_adds_a_version(soap: Intake) -> None:
    first = post(soap, a_deposit())

    assert post(soap, a_deposit(DATA_SET, replace(PDF, content=b"%PDF anew"))) == first

    assert soap.rows("SELECT version FROM attachments ORDER BY 1") == [(1,), (2,)]


def test_other_content_under_a_known_id_is_a_fault(soap: Intake) -> None:
    post(soap, a_deposit())
    other = replace(DATA_SET, content=a_data_set("<vorname>Anders</vorname>"))

    answer = post(soap, a_deposit(other, PDF))

    assert fault(answer) == (500, "soap:Client", "transaction-id-reused")
    assert b"Anders" not in answer[1]


@pytest.mark.parametrize("digest", [False, True])
def test_a_token_in_the_header_opens_the_door(guarded: Intake, digest: bool) -> None:
    assert post(guarded, a_deposit(header=a_token(digest=digest)))[0] == 200


def test_without_a_fitting_token_nothing_is_stored(guarded: Intake) -> None:
    plan = File(b"x" * 200_000, "x", "x.bin", None)
    old = a_token(digest=True, created="2020-01-01T00:00:00Z")
    for header in ("", a_token("falsch"), a_token("falsch", digest=True), old):
        answer = post(guarded, a_deposit(plan, DATA_SET, header=header))
        assert fault(answer) == (500, "wsse:FailedAuthentication", None)
    late = as_mtom(plan, DATA_SET, root_last=True, header=a_token())
    assert fault(post(guarded, late, MTOM)) == (500, "wsse:FailedAuthentication", None)
    twice = a_deposit(header=a_token() + a_token())
    assert fault(post(guarded, twice)) == (500, "soap:Client", "token-twice")

    assert guarded.left_behind() == NOTHING


def test_the_same_password_opens_the_door_in_the_header_of_http(guarded: Intake) -> None:
    basic = "Basic " + base64.b64encode(b"afm:geheim").decode()

    assert post(guarded, as_mtom(root_last=True), MTOM, Authorization=basic)[0] == 200


def test_what_soap_asks_of_a_receiver_is_answered(soap: Intake) -> None:
    unknown = f'<x:To xmlns:x="urn:x" xmlns:soap="{SOAP}" soap:mustUnderstand="1"/>'
    other = a_deposit().replace(SOAP, "http://www.w3.org/2003/05/soap-envelope")
    prefill = an_envelope(f'<b:prefill xmlns:b="{BACKEND}"/>')

    assert fault(post(soap, a_deposit(header=unknown))) == (500, "soap:MustUnderstand", None)
    assert fault(post(soap, other)) == (500, "soap:VersionMismatch", None)
    assert fault(post(soap, prefill)) == (500, "soap:Client", "prefill-not-offered")
    assert fault(post(soap, "{}", "application/json")) == (415, "soap:Client", "not-soap")
    assert post(soap, a_deposit(header=unknown.replace('"1"', '"0"')))[0] == 200


def test_what_breaks_off_or_is_wrong_leaves_nothing(soap: Intake) -> None:
    plan = File(b"x" * 200_000, "x", "x.bin", None)
    bomb = "<!DOCTYPE b [<!ENTITY a 'xxxxxxxxxx'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>" for n in range(9)
    )
    inner = replace(DATA_SET, content=f"{bomb}]><b>&j;</b>".encode())
    for body in (
        a_deposit(plan)[:-90],
        a_deposit(plan, replace(PDF, inline="!")),
        f"{bomb}]>{a_deposit(plan)}",
        a_deposit(plan, inner),
        a_deposit(plan, replace(DATA_SET, content=b"<a")),
    ):
        assert post(soap, body)[0] in (400, 500)
    assert post(soap, as_mtom(plan, DATA_SET)[:-200], MTOM)[0] == 400

    assert soap.left_behind() == NOTHING


def test_a_hundred_attachments_are_kept_in_their_order(soap: Intake) -> None:
    files = [File(b"%d" % at, "same", f"{at}.txt", "text/plain") for at in range(100)]

    assert post(soap, a_deposit(DATA_SET, *files))[0] == 200

    names = soap.rows("SELECT name, size FROM attachments ORDER BY position")
    assert names == [(f"{at}.txt", len(str(at))) for at in range(100)]


def everything_in(intake: Intake) -> bytes:
    """All rows of all tables as text and in binary, all objects, and the log."""
    query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    found = []
    with psycopg.connect(intake.database_url) as conn:
        for (table,) in conn.execute(query).fetchall():
            for row in conn.execute(f'SELECT * FROM "{table}"'.encode()).fetchall():
                found += [bytes(v) if isinstance(v, bytes) else str(v).encode() for v in row]
    client = intake.s3.client()
    for key in intake.objects():
        found.append(client.get_object(Bucket=intake.bucket, Key=key)["Body"].read())
    return b"\n".join([*found, intake.log.read_bytes()])


def test_no_token_of_a_login_is_anywhere_afterwards(soap: Intake) -> None:
    mirrored = "".join(f"<{name}>{value}</{name}>" for name, value in LOGIN.items())
    data_set = replace(DATA_SET, content=a_data_set("<ort>Förde</ort>", LOGIN))
    raw = replace(data_set, content=a_data_set(f"<user>{mirrored}</user>", LOGIN), name="Roh.xml")

    assert post(soap, a_deposit(data_set, raw, PDF))[0] == 200
    assert post(soap, as_mtom(data_set, raw, PDF, id="2"), MTOM)[0] == 200

    stored = everything_in(soap)
    assert "Förde".encode() in stored
    assert b"postkorb-4711" in stored
    assert [token for token in TOKENS if token.encode() in stored] == []
    sent = hashlib.sha256(raw.content).digest()
    flags = soap.rows("SELECT sent_sha256, flags FROM attachments WHERE name = 'Roh.xml'")
    assert flags == [(sent, ["login-data-removed"])] * 2


def test_the_captured_message_is_stored_without_its_tokens(
    soap: Intake, reference_data: Path
) -> None:
    body = (reference_data / "cit-intelliform/example-soap-message.xml").read_bytes()
    sent = (reference_data / "cit-intelliform/decoded-1-XML-Daten.xml").read_bytes()

    status, answer = post(soap, body)

    assert status == 200
    assert hashlib.sha256(sent).hexdigest().encode() in answer
    stored = everything_in(soap)
    login = {
        str(name).rpartition("}")[2]: value
        for name, value in etree.fromstring(sent).attrib.items()
        if "intelliform/user" in str(name)
    }
    for name in ("bPK", "bPK2", "username", "Role", "lhmExtID", "postkorbMailAddress"):
        assert str(login[name]).encode() not in stored, name
    assert str(login["legacyPostkorbHandle"]).encode() in stored


@pytest.mark.parametrize("as_part_", [False, True], ids=["inline", "mtom"])
def test_a_large_attachment_never_lies_in_memory(soap: Intake, as_part_: bool) -> None:
    large = File(b"@@", "x", "groß.bin", None, inline=None if as_part_ else "@@")
    warm = replace(large, content=b"x" * 9 * MEBIBYTE, inline=None)
    assert post(soap, a_deposit(DATA_SET, warm, id="warm"))[0] == 200
    if as_part_:
        large = as_part(large)
        parts = root_part(a_deposit(DATA_SET, large)), content_part(large)
        message, content_type, piece = a_body(*parts), MTOM, b"x" * MEBIBYTE
    else:
        piece = base64.b64encode(b"x" * (MEBIBYTE * 3 // 4))
        message, content_type = a_deposit(DATA_SET, large).encode(), XML
    head, tail = message.split(b"@@")
    before = peak = soap.resident()

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(100):
            yield piece
        yield tail

    answers: list[int] = []
    thread = threading.Thread(target=lambda: answers.append(post(soap, body(), content_type)[0]))
    thread.start()
    while thread.is_alive():
        peak = max(peak, soap.resident())
        time.sleep(0.01)

    assert answers == [200]
    assert soap.rows("SELECT max(size) FROM attachments")[0][0] >= 75 * MEBIBYTE
    assert peak - before <= 32 * MEBIBYTE


def test_the_service_describes_itself_with_the_address_it_was_asked_at(soap: Intake) -> None:
    for query in ("", "?wsdl", "?WSDL"):
        answer = soap.http.request(
            "GET",
            f"http://{HOST}:{soap.port}/intelliform/afm{query}",
            headers={"Host": "lotse.example", "X-Forwarded-Proto": "https"},
        )

        assert answer.status == 200
        assert b'<soap:address location="https://lotse.example/intelliform/afm"/>' in answer.data


def test_a_client_made_from_our_description_delivers(guarded: Intake) -> None:
    client = zeep.Client(
        f"http://{HOST}:{guarded.port}/intelliform?wsdl",
        wsse=UsernameToken("afm", "geheim", use_digest=True),
    )
    files = [
        {
            "content": file.content,
            "contentType": file.content_type,
            "id": file.id,
            "name": file.name,
        }
        for file in (DATA_SET, PDF)
    ]
    data = {
        "attachments": files,
        "form": "Hundesteuer",
        "id": "1",
        "primaryDataAttachmentId": "daten",
    }

    told = {entry["key"]: entry["value"] for entry in client.service.deposit(data).customParameters}
    with pytest.raises(zeep.exceptions.Fault) as caught:
        client.service.deposit({**data, "id": " "})

    assert told["caseId"] == str(case_id(SenderId("afm"), "1"))
    assert caught.value.code == "soap:Client"
    assert caught.value.detail.findtext(".//faultId") == "member-missing"
    with psycopg.connect(guarded.database_url) as conn:
        submission = PostgresSubmissions(conn).get(case_id(SenderId("afm"), "1"))
    assert [field.value for field in submission.fields] == ["Erika", "Musterstadt"]


def test_the_documented_example_and_settings_work(guarded: Intake) -> None:
    page = (REPOSITORY / "docs/platforms/intelliform.md").read_text("utf-8")
    example = page.partition("```xml\n")[2].partition("```")[0]
    (declared,) = tomllib.loads(page.partition("```toml\n")[2].partition("```")[0])["senders"]
    basic = "Basic " + base64.b64encode(b"afm:geheim").decode()

    sender = Sender.model_validate(declared)

    assert post(guarded, example, Authorization=basic)[0] == 200
    assert sender.intelliform is not None
    assert sender.intelliform.model_copy(update={"forms": {}}) == Intelliform()
    with pytest.raises(ValidationError, match="settings for intelliform"):
        Sender.model_validate({**declared, "platform": "ozg_cloud"})


def test_answers_and_messages_keep_to_both_schemas(soap: Intake, reference_data: Path) -> None:
    theirs = etree.XMLSchema(etree.parse(reference_data / "cit-intelliform/ApplicationService.xsd"))
    description = soap.http.request("GET", f"http://{HOST}:{soap.port}/intelliform").data
    schema = etree.fromstring(description).find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert schema is not None
    ours = etree.XMLSchema(schema)
    captured = (reference_data / "cit-intelliform/example-soap-message.xml").read_bytes()
    messages = [captured, a_deposit().encode(), post(soap, captured)[1]]
    faults = [post(soap, a_deposit(id=None))[1], post(soap, "<a/>")[1]]

    for message in messages:
        body = etree.fromstring(message).find(f"{{{SOAP}}}Body")
        assert body is not None
        ours.assertValid(body[0])
        theirs.assertValid(body[0])
    for message in faults:
        detail = etree.fromstring(message).find(".//detail")
        assert detail is not None
        ours.assertValid(detail[0])
        theirs.assertValid(detail[0])
