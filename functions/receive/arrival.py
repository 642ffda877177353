"""One request at the door: its bytes, its headers, and who is admitted with it."""

from collections.abc import Callable
from dataclasses import replace

from functions.receive.incoming import CHUNK, Headers, Incoming
from functions.receive.proofs import Evidence, SignedBody, Token
from functions.receive.senders import identify
from shared.domain.configuration.senders import Sender, Signature


class AdmittedArrival:
    """The port `Arrival`. `candidates` are the senders that this address can stand for."""

    transaction_id: str | None = None

    def __init__(
        self,
        stream: Incoming,
        headers: Headers,
        evidence: Evidence,
        candidates: Callable[[], list[Sender]],
        take: Callable[[Sender], None],
    ) -> None:
        self.stream = stream
        self.headers = headers
        self.content_type = headers.get("Content-Type")
        self._evidence = evidence
        self._candidates = candidates
        self._take = take
        self._signed: SignedBody | None = None
        self.admitted: Sender | None = None

    @property
    def sender(self) -> Sender:
        return self.admitted or self.admit(None)

    def admit(self, token: Token | None) -> Sender:
        evidence = replace(self._evidence, token=token) if token else self._evidence
        sender = identify(self._candidates(), evidence)
        if isinstance(sender.authentication, Signature) and evidence.signature is not None:
            self._signed = SignedBody(evidence.signature, sender.authentication)
            self.stream.watch(self._signed.update)
        self._take(sender)
        self.admitted = sender
        return sender

    def finish(self) -> None:
        """Read what is left, and raise Refused (401) if the whole was not signed."""
        while self.stream.read(CHUNK):
            pass
        if self._signed is not None:
            self._signed.check()
