"""What counts as a proof: signatures, tokens in a message, certificates; and for how long."""

import base64
import hmac
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha1

import pytest
from standardwebhooks import Webhook

from functions.receive.proofs import Evidence, SignatureHeaders, SignedBody, Token
from functions.receive.refusal import Refused
from functions.receive.senders import identify
from shared.domain.configuration.senders import Sender, Signature
from shared.domain.errors import Unavailable

BODY = b'{"name": "value"}'
OLD = base64.b64encode(b"o" * 32).decode()
NEW = base64.b64encode(b"n" * 32).decode()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD", f"whsec_{OLD}")
    monkeypatch.setenv("NEW", NEW)
    monkeypatch.setenv("PASSWORD", "geheim")
    monkeypatch.setenv("EMPTY", "")


def a_sender(id_: str = "afm", **authentication: object) -> Sender:
    return Sender.model_validate(
        {"id": id_, "platform": "ozg_cloud", "authentication": authentication}
    )


def signed(secret: str, at: datetime | None = None, body: bytes = BODY) -> SignatureHeaders:
    at = at or datetime.now(UTC)
    signature = Webhook(secret).sign("msg-1", at, body.decode())
    return SignatureHeaders("msg-1", str(int(at.timestamp())), signature)


def check(headers: SignatureHeaders, body: bytes = BODY, *secrets: str) -> None:
    declared = Signature(kind="signature", secrets=secrets or ("env:OLD", "env:NEW"))
    judged = SignedBody(headers, declared)
    for at in range(len(body)):
        judged.update(body[at : at + 1])
    judged.check()


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_both_secrets_sign_while_one_is_replaced(secret: str) -> None:
    check(signed(secret))


def test_one_of_several_signatures_is_enough() -> None:
    headers = signed(NEW)

    check(SignatureHeaders(headers.id, headers.timestamp, f"v1,AAAA v2,x {headers.signatures}"))


def test_what_was_not_signed_so_is_refused() -> None:
    right = signed(OLD)
    for wrong in (
        signed(base64.b64encode(b"x" * 32).decode()),
        signed(OLD, body=BODY + b" "),
        replace(right, id="msg-2"),
        replace(right, timestamp=str(int(right.timestamp) + 1)),
        replace(right, signatures=right.signatures.replace("v1", "v2")),
        replace(right, signatures=""),
    ):
        with pytest.raises(Refused, match="signature-wrong"):
            check(wrong)


@pytest.mark.parametrize("minutes", [-6, 6])
def test_a_signature_is_good_for_some_minutes_only(minutes: int) -> None:
    with pytest.raises(Refused, match="too-old"):
        check(signed(OLD, datetime.now(UTC) + timedelta(minutes=minutes)))


@pytest.mark.parametrize("timestamp", ["", "now", "-1", "\u0661", "9" * 400, "nan"])
def test_a_time_that_is_none_is_refused(timestamp: str) -> None:
    with pytest.raises(Refused, match="too-old"):
        check(SignatureHeaders("msg-1", timestamp, signed(OLD).signatures))


def test_a_missing_secret_may_be_the_one() -> None:
    check(signed(OLD), BODY, "env:OLD", "env:NOT_MOUNTED")
    with pytest.raises(Unavailable, match="NOT_MOUNTED"):
        check(signed(NEW), BODY, "env:OLD", "env:NOT_MOUNTED")


def test_an_empty_secret_signs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARE", "whsec_")
    stamp = str(int(time.time()))
    code = hmac.digest(b"", f"msg-1.{stamp}.".encode() + BODY, "sha256")
    headers = SignatureHeaders("msg-1", stamp, f"v1,{base64.b64encode(code).decode()}")

    for secret in ("env:EMPTY", "env:BARE"):
        with pytest.raises(Refused, match="signature-wrong"):
            check(headers, BODY, secret)


def test_a_secret_that_is_no_secret_is_the_operators_to_mend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BROKEN", "whsec_not Base64")

    with pytest.raises(Unavailable, match="not Base64"):
        check(signed(OLD), BODY, "env:BROKEN")


def token(**parts: object) -> Evidence:
    given = {"username": "afm", "password": "geheim", "is_digest": False, **parts}
    return Evidence(token=Token(**given))  # type: ignore[arg-type]


def digest(created: str, password: str = "geheim", nonce: bytes = b"0123456789abcdef") -> Evidence:
    digested = sha1(nonce + created.encode() + password.encode(), usedforsecurity=False).digest()
    return token(
        password=base64.b64encode(digested).decode(),
        is_digest=True,
        nonce=base64.b64encode(nonce).decode(),
        created=created,
    )


def a_time(seconds: float = 0) -> str:
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat().replace("+00:00", "Z")


AFM = a_sender(kind="username_token", username="afm", passwords=["env:EMPTY", "env:PASSWORD"])


def test_a_username_token_proves_by_text_digest_or_without_soap_by_basic() -> None:
    for evidence in (
        token(),
        token(created=a_time(-60)),
        digest(a_time()),
        Evidence(authorization="Basic YWZtOmdlaGVpbQ=="),
    ):
        assert identify([AFM], evidence).id == "afm"


def test_a_wrong_or_old_username_token_proves_nothing() -> None:
    for evidence in (
        token(password="falsch"),
        token(username="other"),
        token(password=""),
        token(created=a_time(-900)),
        digest(a_time(), "falsch"),
        digest(a_time(), ""),
        digest(a_time(-900)),
        digest("2026-01-01"),
        token(is_digest=True),
        Evidence(authorization="Basic YWZtOmZhbHNjaA=="),
    ):
        with pytest.raises(Refused) as caught:
            identify([AFM], evidence)
        assert caught.value.status == 401


def test_a_certificate_is_known_by_its_fingerprint() -> None:
    sender = a_sender(kind="client_certificate", fingerprints=["a" * 64, "b" * 64])

    assert identify([sender], Evidence(certificate="b" * 64)).id == "afm"
    for shown in ("c" * 64, None):
        with pytest.raises(Refused, match="not-authenticated"):
            identify([sender], Evidence(certificate=shown))


def test_a_certificate_that_nobody_declared_does_not_stand_in_the_way_of_others() -> None:
    """An ingress may pass on every client's, also where nobody proves anything by it."""
    trusted = a_sender(kind="trusted_network")

    assert identify([trusted], Evidence(certificate="c" * 64)).id == "afm"


def test_a_polled_sender_delivers_nothing_itself() -> None:
    pull = {"base_url": "https://forms.example/", "tenant": "1", "api_key": "env:OLD"}
    polled = Sender.model_validate(
        {
            "id": "fetched",
            "platform": "form_solutions",
            "authentication": {"kind": "polled"},
            "form_solutions": {"pull": pull, "forms": [{"id": "AS_1"}]},
        }
    )

    for evidence in (Evidence(), Evidence(authorization="Bearer x"), token()):
        with pytest.raises(Refused, match="not-authenticated"):
            identify([polled], evidence)


def test_of_two_that_sign_the_address_has_to_name_one() -> None:
    headers = signed(OLD)
    both = [a_sender(id_, kind="signature", secrets=["env:OLD"]) for id_ in ("first", "second")]

    with pytest.raises(Refused, match="sender-not-named"):
        identify(both, Evidence(signature=headers))
    assert identify(both[1:], Evidence(signature=headers)).id == "second"
