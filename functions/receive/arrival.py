"""One request at the door: its bytes, its headers, and who is admitted with it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from functions.receive.delivery import MAX_TRANSACTION_ID
from functions.receive.incoming import CHUNK, Headers, Incoming
from functions.receive.proofs import Evidence, SignedBody, Token
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender, Signature
from shared.domain.errors import LotseError


class AdmittedArrival:
    """The port `Arrival`. `identify` tells who offers such a proof.

    Who signs is only taken for the sender, its rate and its record once the whole was read.
    """

    def __init__(
        self,
        stream: Incoming,
        headers: Headers,
        evidence: Evidence,
        identify: Callable[[Evidence], Sender],
        take: Callable[[Sender], None],
    ) -> None:
        self.stream = stream
        self.headers = headers
        self.content_type = headers.get("Content-Type")
        self._evidence = evidence
        self._identify = identify
        self._take = take
        self._signed: SignedBody | None = None
        self._sender: Sender | None = None
        self._transaction_id: str | None = None
        self._is_proven = False

    @property
    def sender(self) -> Sender:
        return self._sender or self.admit(None)

    @property
    def transaction_id(self) -> str | None:
        return self._transaction_id

    @transaction_id.setter
    def transaction_id(self, id_: str | None) -> None:
        """For the record, which people read and which is looked up: one that could not be stored
        with an application is not stored with its refusal either."""
        if id_ is not None and id_.isprintable() and len(id_) <= MAX_TRANSACTION_ID:
            self._transaction_id = id_

    def admit(self, token: Token | None) -> Sender:
        evidence = replace(self._evidence, token=token) if token else self._evidence
        sender = self._identify(evidence)
        if isinstance(sender.authentication, Signature) and evidence.signature is not None:
            self._signed = SignedBody(evidence.signature, sender.authentication)
            self.stream.watch(self._signed.update)
        else:
            self._take(sender)
            self._is_proven = True
        self._sender = sender
        return sender

    def finish(self) -> None:
        """Read what is left, and raise Refused (401, 429) if the whole was not signed."""
        while self.stream.read(CHUNK):
            pass
        if self._signed is not None and not self._is_proven:
            self._signed.check()
            self._is_proven = True
            self._take(self.sender)

    def proven(self) -> Sender | None:
        """Who it was for sure; of a signed request that was read to its end, too."""
        if self._signed is not None and self.stream.ended:
            with suppress(Refused, LotseError):
                self._signed.check()
                self._is_proven = True
        return self._sender if self._is_proven else None
