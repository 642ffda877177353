"""Who delivers: a sender that is declared, and that proves to be it."""

import time
from collections.abc import Callable, Iterable, Sequence

from functions.receive.proofs import Evidence, proves
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import (
    BasicAuthentication,
    BearerToken,
    Sender,
    Signature,
    TrustedNetwork,
    UnreadableSender,
    UsernameToken,
)
from shared.domain.errors import Unavailable

REFRESH_SECONDS = 15.0


class Senders:
    """The declared senders, read again every few seconds."""

    def __init__(self, load: Callable[[], Sequence[Sender | UnreadableSender]]) -> None:
        self._load = load
        self._senders: list[Sender] = []
        self._stale_at = 0.0
        self.unreadable: list[str] = []

    def current(self) -> list[Sender]:
        """Raise Unavailable if they cannot be read."""
        if time.monotonic() >= self._stale_at:
            # Without a lock: while Postgres is away, requests would wait for each other's timeout.
            loaded = self._load()
            self._senders = [each for each in loaded if isinstance(each, Sender)]
            self.unreadable = [each.id for each in loaded if not isinstance(each, Sender)]
            self._stale_at = time.monotonic() + REFRESH_SECONDS
        return self._senders

    def identify(self, candidates: list[Sender], evidence: Evidence) -> Sender:
        """As below; but while a sender cannot be read, a proof that fits nobody may be its."""
        try:
            return identify(candidates, evidence)
        except Refused as refused:
            if refused.code == "not-authenticated" and self.unreadable:
                raise Unavailable(
                    f"sender {self.unreadable[0]} is declared in a way not known here"
                ) from None
            raise


def identify(candidates: list[Sender], evidence: Evidence) -> Sender:
    """Raise Refused (401) for nobody we know; a wrong proof never falls back to no proof.

    Raise Unavailable for a proof that fits nobody while a secret is missing: it may be that one.
    """
    if _says_nothing(candidates, evidence):
        trusted = [
            sender
            for sender in candidates
            if isinstance(sender.authentication, TrustedNetwork)
            and sender.may_call_from(evidence.address)
        ]
        if len(trusted) == 1:
            return trusted[0]
        raise _unknown(candidates, "Say who you are in the header Authorization.")
    sender = _proven(candidates, evidence)
    if not sender.may_call_from(evidence.address):
        detail = "This sender may not call from this address."
        raise Refused(403, "address-not-allowed", detail)
    return sender


def _says_nothing(candidates: Iterable[Sender], evidence: Evidence) -> bool:
    """An ingress may name everybody's certificate, and a signature may be meant for others."""
    kinds = {sender.authentication.kind for sender in candidates}
    return not (
        evidence.authorization
        or evidence.token
        or (evidence.certificate is not None and "client_certificate" in kinds)
        or (evidence.signature and "signature" in kinds)
    )


def _proven(candidates: list[Sender], evidence: Evidence) -> Sender:
    missing: Unavailable | None = None
    found: list[Sender] = []
    for sender in candidates:
        try:
            if proves(evidence, sender):
                found.append(sender)
        except Unavailable as exc:
            missing = exc
    certain = [sender for sender in found if not isinstance(sender.authentication, Signature)]
    if len(certain or found) == 1:
        return (certain or found)[0]
    if found:
        detail = "That may be several senders: name yours at the end of the address."
        raise Refused(401, "sender-not-named", detail)
    if missing is not None:
        raise missing
    raise _unknown(candidates, "These credentials are not known here.")


def _unknown(candidates: list[Sender], detail: str) -> Refused:
    kinds = {type(sender.authentication) for sender in candidates}
    schemes = {
        "Basic": kinds & {BasicAuthentication, UsernameToken},
        "Bearer": kinds & {BearerToken},
    }
    challenges = [f'{scheme} realm="antragslotse"' for scheme, used in schemes.items() if used]
    headers = {"WWW-Authenticate": ", ".join(challenges) or 'Bearer realm="antragslotse"'}
    return Refused(401, "not-authenticated", detail, headers=headers)
