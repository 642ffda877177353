"""Who delivers: a sender that is declared, and that proves to be it."""

import base64
import binascii
import time
from collections.abc import Callable, Iterable
from hmac import compare_digest

from functions.receive.refusal import Refused
from shared.domain.configuration.senders import (
    BasicAuthentication,
    BearerToken,
    Sender,
    TrustedNetwork,
)
from shared.domain.errors import Unavailable
from shared.secrets import resolve

REFRESH_SECONDS = 15.0


class Senders:
    """The declared senders, read again every few seconds."""

    def __init__(self, load: Callable[[], list[Sender]]) -> None:
        self._load = load
        self._senders: list[Sender] = []
        self._stale_at = 0.0

    def current(self) -> list[Sender]:
        """Raise Unavailable if they cannot be read."""
        if time.monotonic() >= self._stale_at:
            # Without a lock: while Postgres is away, requests would wait for each other's timeout.
            self._senders = self._load()
            self._stale_at = time.monotonic() + REFRESH_SECONDS
        return self._senders


def identify(senders: Iterable[Sender], platform: str, authorization: str | None) -> Sender:
    """Raise Refused (401) for nobody we know; a wrong proof never falls back to no proof.

    Raise Unavailable for a proof that fits nobody while a secret is missing: it may be that one.
    """
    candidates = [sender for sender in senders if sender.platform == platform]
    if authorization:
        missing: Unavailable | None = None
        for sender in candidates:
            try:
                if _proves(authorization, sender):
                    return sender
            except Unavailable as exc:
                missing = exc
        if missing is not None:
            raise missing
        raise _unknown(candidates, "These credentials are not known here.")
    trusted = [s for s in candidates if isinstance(s.authentication, TrustedNetwork)]
    if len(trusted) == 1:
        return trusted[0]
    raise _unknown(candidates, "Say who you are in the header Authorization.")


def _proves(authorization: str, sender: Sender) -> bool:
    scheme, _, proof = authorization.partition(" ")
    match sender.authentication:
        case BearerToken(tokens=tokens):
            return scheme.lower() == "bearer" and _is_one_of(proof.strip().encode(), tokens)
        case BasicAuthentication(username=username, passwords=passwords):
            if scheme.lower() != "basic":
                return False
            name, _, password = _decoded(proof).partition(b":")
            # Both are compared in any case: the time it takes tells nothing.
            right_name = compare_digest(name, username.encode())
            return _is_one_of(password, passwords) and right_name
        case _:
            return False


def _is_one_of(proof: bytes, references: Iterable[str]) -> bool:
    """Raise Unavailable if none fits and one is missing. An empty secret, or proof, is none."""
    found = False
    missing: Unavailable | None = None
    for reference in references:
        try:
            found |= compare_digest(proof, resolve(reference).encode()) and proof != b""
        except Unavailable as exc:
            missing = exc
    if missing is not None and not found:
        raise missing
    return found


def _decoded(proof: str) -> bytes:
    try:
        return base64.b64decode(proof.strip(), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _unknown(candidates: list[Sender], detail: str) -> Refused:
    schemes = {
        "Basic": any(isinstance(s.authentication, BasicAuthentication) for s in candidates),
        "Bearer": any(isinstance(s.authentication, BearerToken) for s in candidates),
    }
    challenges = [f'{scheme} realm="antragslotse"' for scheme, used in schemes.items() if used]
    headers = {"WWW-Authenticate": ", ".join(challenges) or 'Bearer realm="antragslotse"'}
    return Refused(401, "not-authenticated", detail, headers=headers)
