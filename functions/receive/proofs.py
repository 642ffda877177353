"""What a request offers as proof of who sent it, and whether that is what a sender declared."""

import base64
import binascii
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha1
from hmac import HMAC, compare_digest

from functions.receive.refusal import Refused
from shared.domain.configuration.senders import (
    Address,
    BasicAuthentication,
    BearerToken,
    ClientCertificate,
    Sender,
    Signature,
    UsernameToken,
)
from shared.domain.errors import Unavailable
from shared.secrets import resolve


@dataclass(frozen=True, slots=True)
class Token:
    """A UsernameToken as it stood in the message; `nonce` still in Base64, `created` as written."""

    username: str
    password: str
    is_digest: bool
    nonce: str | None = None
    created: str | None = None


@dataclass(frozen=True, slots=True)
class SignatureHeaders:
    """The headers webhook-id, webhook-timestamp and webhook-signature."""

    id: str
    timestamp: str
    signatures: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """`certificate` is the SHA-256 of it in hexadecimal, `address` the caller's."""

    authorization: str | None = None
    certificate: str | None = None
    signature: SignatureHeaders | None = None
    address: Address | None = None
    token: Token | None = None


def proves(evidence: Evidence, sender: Sender) -> bool:
    """Raise Unavailable if a secret is missing that it may have been.

    Of a signature nothing is known before the body is read: it counts when `SignedBody` says so.
    """
    match sender.authentication:
        case BearerToken(tokens=tokens):
            scheme, _, proof = (evidence.authorization or "").partition(" ")
            return scheme.lower() == "bearer" and _is_one_of(_bytes(proof.strip()), tokens)
        case BasicAuthentication(username=username, passwords=passwords):
            return _proves_by_password(evidence.authorization, username, passwords)
        case UsernameToken() as declared:
            return _proves_by_token(evidence, declared)
        case ClientCertificate(fingerprints=fingerprints):
            shown = (evidence.certificate or "").encode()
            fits = [compare_digest(shown, each.encode()) for each in fingerprints]
            return any(fits)
        case Signature():
            return evidence.signature is not None
        case _:
            return False


def _proves_by_password(authorization: str | None, username: str, passwords: Iterable[str]) -> bool:
    scheme, _, proof = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return False
    name, _, password = _decoded(proof).partition(b":")
    # Both are compared in any case: the time it takes tells nothing.
    right_name = compare_digest(name, username.encode())
    return _is_one_of(password, passwords) and right_name


def _proves_by_token(evidence: Evidence, declared: UsernameToken) -> bool:
    token = evidence.token
    if token is None:
        return _proves_by_password(evidence.authorization, declared.username, declared.passwords)
    right_name = compare_digest(token.username.encode(), declared.username.encode())
    if not token.is_digest:
        right_password = _is_one_of(token.password.encode(), declared.passwords)
    else:
        right_password = _is_one_of_digests(token, declared.passwords)
    if not (right_name and right_password):
        return False
    if token.created is not None or token.is_digest:
        _check_age(_seconds_of(token.created), declared.tolerance_seconds)
    return True


def _is_one_of_digests(token: Token, references: Iterable[str]) -> bool:
    """UsernameToken Profile 1.0: Base64 of SHA-1 over nonce, created and password."""
    begin = _decoded(token.nonce or "") + (token.created or "").encode()
    shown = _decoded(token.password)
    secrets = _Secrets(references)
    # SHA-1 is what the profile prescribes.
    digests = [sha1(begin + each, usedforsecurity=False).digest() for each in secrets.present]
    return secrets.settle([compare_digest(shown, each) for each in digests])


def _is_one_of(proof: bytes, references: Iterable[str]) -> bool:
    secrets = _Secrets(references)
    return secrets.settle([compare_digest(proof, each) for each in secrets.present])


class _Secrets:
    """What is behind references; an empty one is none, since it would let in an empty proof."""

    def __init__(self, references: Iterable[str]) -> None:
        self.present: list[bytes] = []
        self.missing: Unavailable | None = None
        for reference in references:
            try:
                secret = resolve(reference).encode()
            except Unavailable as exc:
                self.missing = exc
            else:
                self.present += [secret] if secret else []

    def settle(self, fits: list[bool]) -> bool:
        """Raise Unavailable if none fits and one is missing: it may be that one."""
        if self.missing is not None and not any(fits):
            raise self.missing
        return any(fits)


class SignedBody:
    """Checks a signature over a body that is never held: fed piece by piece, judged at its end."""

    def __init__(self, headers: SignatureHeaders, declared: Signature) -> None:
        """Raise Refused (401) if it is too old."""
        _check_age(_unix_seconds(headers.timestamp), declared.tolerance_seconds)
        head = _bytes(f"{headers.id}.{headers.timestamp}.")
        self._shown = [
            _decoded(signature)
            for version, _, signature in (
                each.partition(",") for each in headers.signatures.split()
            )
            if version == "v1"
        ]
        self._secrets = _Secrets(declared.secrets)
        keys = [key for secret in self._secrets.present if (key := self._key(secret))]
        self._codes = [HMAC(key, head, "sha256") for key in keys]

    def update(self, data: bytes) -> None:
        for code in self._codes:
            code.update(data)

    def _key(self, secret: bytes) -> bytes:
        """Empty for a secret that is none: the operator has to mend it."""
        encoded = secret.removeprefix(b"whsec_").rstrip(b"=")
        try:
            return base64.b64decode(encoded + b"=" * (-len(encoded) % 4), validate=True)
        except binascii.Error:
            self._secrets.missing = Unavailable("a signature's secret is not Base64")
            return b""

    def check(self) -> None:
        """Raise Refused (401) if no signature is by one of the secrets, Unavailable if one of
        these is missing."""
        expected = [code.digest() for code in self._codes]
        fits = [compare_digest(shown, each) for shown in self._shown for each in expected]
        if not self._secrets.settle(fits):
            detail = "The signature does not fit the body, the id and the time."
            raise Refused(401, "signature-wrong", detail, place="header webhook-signature")


def _bytes(header: str) -> bytes:
    """As they came: the server reads headers as Latin-1."""
    return header.encode("latin-1", "replace")


def _check_age(sent_at: float | None, tolerance: int) -> None:
    if sent_at is None or abs(time.time() - sent_at) > tolerance:
        detail = f"The message says no time, or one that is not within {tolerance} s of ours."
        raise Refused(401, "too-old", detail)


def _unix_seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def _seconds_of(created: str | None) -> float | None:
    try:
        moment = datetime.fromisoformat(created or "")
    except ValueError:
        return None
    return None if moment.tzinfo is None else moment.timestamp()


def _decoded(proof: str) -> bytes:
    try:
        return base64.b64decode(proof.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""
