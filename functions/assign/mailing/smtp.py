"""A mail server over SMTP."""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from urllib.parse import SplitResult, urlsplit

from functions.assign.mailing.ports import Mail, NoAddress, NotSent, Refused
from shared.domain.configuration.mail import MailServer
from shared.domain.errors import Unavailable
from shared.secrets import resolve

ANSWER_SECONDS = 5.0
"""For each step of the conversation."""

# Not about this recipient: it is about to end, or wants to know first who we are.
_OF_THE_SERVER = (421, 530, 538)


class SmtpDoor:
    def __init__(self, declared: MailServer, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._declared = declared
        self._answer_seconds = answer_seconds
        self._connection: smtplib.SMTP | None = None

    def send(self, mail: Mail) -> None:
        if self._connection is None or not self._still_there(self._connection):
            self._connect()
        connection = self._connection
        assert connection is not None  # noqa: S101 - connected above
        utf8 = not mail.to.isascii()
        if utf8 and not connection.has_extn("smtputf8"):
            raise NoAddress
        with self._failures():
            options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
            code, _ = connection.mail(self._declared.sender, options)
            if code != 250:
                raise smtplib.SMTPResponseException(code, b"")
            code, _ = connection.rcpt(mail.to)
        self._judge(connection, code)
        with self._failures(unsure=True):
            code = _handed_over(connection, _message(mail, self._declared.sender, utf8=utf8))
        self._judge(connection, code)

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(smtplib.SMTPException, OSError):
                connection.quit()
            connection.close()

    def _still_there(self, connection: smtplib.SMTP) -> bool:
        """A server may end a connection after so many mails, which is no failure."""
        try:
            return connection.noop()[0] == 250
        except (smtplib.SMTPException, OSError):
            return False

    def _connect(self) -> None:
        self.close()
        declared = self._declared
        with self._failures():
            self._connection = connection = self._opened(self._address())
            if declared.user is not None and declared.password is not None:
                connection.login(declared.user, resolve(declared.password))
            connection.ehlo_or_helo_if_needed()

    def _opened(self, address: SplitResult) -> smtplib.SMTP:
        name, us = address.hostname or "", self._declared.sender.rpartition("@")[2]
        wait = self._answer_seconds
        context = self._trusted()
        if address.scheme == "smtps":
            return smtplib.SMTP_SSL(name, address.port or 465, us, timeout=wait, context=context)
        if not self._declared.start_tls:
            return smtplib.SMTP(name, address.port or 25, us, timeout=wait)
        connection = smtplib.SMTP(name, address.port or 587, us, timeout=wait)
        try:
            connection.starttls(context=context)
        except BaseException:
            connection.close()
            raise
        return connection

    def _trusted(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._declared.ca_file)
        except (OSError, ValueError):  # the file is not there, or holds no certificate
            raise NotSent("tls") from None

    def _address(self) -> SplitResult:
        kind, _, name = self._declared.server.partition(":")
        address = os.environ.get(name, "") if kind == "env" else self._declared.server
        if not address.startswith(("smtp://", "smtps://")):
            raise NotSent("server_unknown")
        if not self._declared.may_send_to(address):
            raise NotSent("not_encrypted")
        return urlsplit(address)

    @contextmanager
    def _failures(self, *, unsure: bool = False) -> Iterator[None]:
        """The connection is of no use after any of them."""
        try:
            yield
        except (smtplib.SMTPException, OSError, ValueError, Unavailable) as exc:
            self.close()
            raise NotSent(_code(exc), unsure=unsure) from None

    def _judge(self, connection: smtplib.SMTP, code: int) -> None:
        if 200 <= code < 300:
            return
        if code in _OF_THE_SERVER:
            self.close()
            raise NotSent(f"smtp_{code}")
        with suppress(smtplib.SMTPException, OSError):
            connection.rset()
        if code >= 500:
            raise Refused(f"smtp_{code}")
        raise NotSent(f"smtp_{code}", server=False)


def _handed_over(connection: smtplib.SMTP, message: bytes) -> int:
    try:
        return connection.data(message)[0]
    except smtplib.SMTPDataError as exc:  # before it was on its way
        return exc.smtp_code


def _message(mail: Mail, sender: str, *, utf8: bool) -> bytes:
    policy = SMTPUTF8 if utf8 else SMTP
    message = EmailMessage(policy)
    message["From"] = sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "OOF, AutoReply"  # Exchange does not know the other
    message.set_content(mail.text, cte="quoted-printable")
    # Headers are not folded: a long Message-ID would be encoded.
    return message.as_bytes(policy=policy.clone(max_line_length=900))


def _code(exc: Exception) -> str:
    """In one word; never what the server wrote, which may quote an address."""
    if isinstance(exc, Unavailable):
        return "secret_missing"
    if isinstance(exc, ssl.SSLError):
        return "tls"
    if isinstance(exc, TimeoutError) or isinstance(exc.__context__, TimeoutError):
        return "timeout"
    if isinstance(exc, smtplib.SMTPNotSupportedError):
        return "not_offered"
    if isinstance(exc, smtplib.SMTPAuthenticationError):
        return "login_refused"
    if isinstance(exc, smtplib.SMTPResponseException):
        return f"smtp_{exc.smtp_code}"
    return "unusable" if isinstance(exc, ValueError) else "connection"
