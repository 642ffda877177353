"""A SOAP 1.1 envelope as it is read: the header first, then whoever reads the body."""

from collections.abc import Callable

from functions.receive.platforms.intelliform.names import BACKEND, SOAP, split
from functions.receive.platforms.intelliform.security import Header
from functions.receive.proofs import Token
from functions.receive.refusal import Refused, invalid
from functions.receive.safe_xml import XmlHandler

DEPOSIT = f"{{{BACKEND}}}deposit"
PREFILL = f"{{{BACKEND}}}prefill"


class Envelope:
    """An `XmlHandler`. `admit` is called once, before anything of the body is read."""

    def __init__(self, admit: Callable[[Token | None], object], deposit: XmlHandler) -> None:
        self._admit = admit
        self._deposit = deposit
        self._depth = 0
        self._header: Header | None = None
        self._had_body = self._is_in_body = False
        self._inner: XmlHandler | None = None
        self._inner_depth = 0
        self.had_deposit = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._inner is not None:
            self._inner.start(name, attributes)
        elif self._depth == 1:
            _check_envelope(name)
        elif self._depth == 2:
            self._start_part(name)
        elif self._depth == 3 and self._is_in_body:
            self._start_operation(name)

    def data(self, text: str) -> None:
        if self._inner is not None:
            self._inner.data(text)

    def end(self, name: str) -> None:
        if self._inner is not None and self._depth > self._inner_depth:
            self._inner.end(name)
        elif self._inner is not None:
            self._inner = None
        if self._depth == 2:
            self._is_in_body = False
        self._depth -= 1

    def _start_part(self, name: str) -> None:
        if name == f"{{{SOAP}}}Body":
            if self._had_body:
                raise invalid("body-twice", "An envelope has one Body.", "Body")
            self._had_body = self._is_in_body = True
            self._admit(None if self._header is None else self._header.token)
        elif name == f"{{{SOAP}}}Header":
            if self._header is not None or self._had_body:
                raise invalid("header-misplaced", "One Header, before the Body.", "Header")
            self._header = Header()
            self._hand_over(self._header)

    def _start_operation(self, name: str) -> None:
        if name == PREFILL:
            detail = "prefill is not offered here: nothing is told of applications."
            raise invalid("prefill-not-offered", detail, "Body")
        if name != DEPOSIT or self.had_deposit:
            raise invalid("unknown-operation", "The Body holds one deposit.", "Body")
        self.had_deposit = True
        self._hand_over(self._deposit)

    def _hand_over(self, inner: XmlHandler) -> None:
        self._inner, self._inner_depth = inner, self._depth


def _check_envelope(name: str) -> None:
    namespace, local = split(name)
    if local != "Envelope" or not namespace:
        raise Refused(400, "not-soap", "Send a SOAP 1.1 envelope.")
    if namespace != SOAP:
        raise Refused(422, "soap-version", "Send SOAP 1.1; another version is not spoken here.")
