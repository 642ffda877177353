"""The SOAP header: who sends, by a UsernameToken, and what else we would have to understand."""

from functions.receive.platforms.intelliform.names import (
    NEXT_ACTOR,
    PASSWORD_DIGEST,
    PASSWORD_TEXT,
    SOAP,
    WSSE,
    WSU,
    split,
)
from functions.receive.proofs import Token
from functions.receive.refusal import Refused, invalid

_SECURITY = f"{{{WSSE}}}Security"
_TOKEN = f"{{{WSSE}}}UsernameToken"
_PASSWORD = f"{{{WSSE}}}Password"
_PARTS = {
    f"{{{WSSE}}}Username": "username",
    _PASSWORD: "password",
    f"{{{WSSE}}}Nonce": "nonce",
    f"{{{WSU}}}Created": "created",
}
_UNDERSTOOD = (_TOKEN, f"{{{WSU}}}Timestamp")
_LONGEST = 4096


class Header:
    """An `XmlHandler` for what stands inside of soap:Header; `token` is complete at its end."""

    def __init__(self) -> None:
        self.token: Token | None = None
        self._path: list[str] = []
        self._is_required = False
        self._securities = 0
        self._parts: dict[str, str] | None = None
        self._is_digest = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) == 1:
            self._start_block(name, attributes)
        elif self._path[0] == _SECURITY and len(self._path) == 2:
            self._start_security_part(name)
        elif self._is_in_token and name == _PASSWORD:
            self._is_digest = _is_digest(attributes.get("Type"))

    def data(self, text: str) -> None:
        part = _PARTS.get(self._path[2]) if self._is_in_token else None
        if part is None or self._parts is None:
            return
        self._parts[part] = self._parts.get(part, "") + text
        if len(self._parts[part]) > _LONGEST:
            raise invalid("text-too-long", "The token is too long.", f"header.{part}")

    def end(self, name: str) -> None:
        if self._path == [_SECURITY, _TOKEN]:
            self._end_token()
        self._path.pop()

    @property
    def _is_in_token(self) -> bool:
        return len(self._path) == 3 and self._path[:2] == [_SECURITY, _TOKEN]

    def _start_block(self, name: str, attributes: dict[str, str]) -> None:
        is_ours = attributes.get(f"{{{SOAP}}}actor", NEXT_ACTOR) in ("", NEXT_ACTOR)
        required = attributes.get(f"{{{SOAP}}}mustUnderstand", "").strip() in ("1", "true")
        self._is_required = is_ours and required
        if name != _SECURITY:
            self._check_understood(name)
        elif not is_ours:
            self._path[0] = ""
        else:
            self._securities += 1
            if self._securities > 1:
                raise invalid("token-twice", "Send one header Security.", "header.Security")

    def _start_security_part(self, name: str) -> None:
        if name not in _UNDERSTOOD:
            self._check_understood(name)
        if name == _TOKEN:
            if self.token is not None:
                raise invalid("token-twice", "Send one UsernameToken.", "header.Security")
            self._parts, self._is_digest = {}, False

    def _end_token(self) -> None:
        parts, self._parts = self._parts or {}, None
        self.token = Token(
            username=parts.get("username", "").strip(),
            password=parts.get("password", ""),
            is_digest=self._is_digest,
            nonce=parts.get("nonce"),
            created=parts.get("created", "").strip() or None,
        )

    def _check_understood(self, name: str) -> None:
        if self._is_required:
            detail = "A header that must be understood is not understood here."
            raise Refused(422, "must-understand", detail, place=f"header.{split(name)[1]}")


def _is_digest(type_: str | None) -> bool:
    if type_ in (None, "", PASSWORD_TEXT):
        return False
    if type_ == PASSWORD_DIGEST:
        return True
    detail = "A password is sent as PasswordText or PasswordDigest."
    raise invalid("token-unknown", detail, "header.Password")
