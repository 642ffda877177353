"""A real mail server for the tests, which can be told to misbehave."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from infra.local.ports import HOST, free_port
from shared.domain.configuration.mail import MailServer
from tests.directories.certificates import Certificate

SENDER = "lotse@amt.example"
PASSWORD = "TEST_SMTP_PASSWORD"


@dataclass
class PostOffice:
    """`answers` are given to RCPT by address, and to DATA under "data"; "drop" is none."""

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    connections: int = 0
    encrypted: list[bool] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    def forget(self) -> None:
        for each in (self.answers, self.mails, self.envelopes, self.encrypted, self.logins):
            each.clear()
        self.connections = 0

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, server: SMTP, session: Session, envelope: Envelope, name: str, answers: list[str]
    ) -> list[str]:
        self.connections += session.ssl is None
        session.host_name = name
        return answers

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        transport = server.transport
        assert isinstance(transport, asyncio.WriteTransport)
        answer = self.answers.get("data", "250 OK")
        if answer in ("drop", "250 OK"):
            assert isinstance(envelope.content, bytes)
            mail = message_from_bytes(envelope.content, policy=policy.SMTPUTF8)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
            self.envelopes.append((str(envelope.mail_from), list(envelope.rcpt_tos)))
            self.encrypted.append(transport.get_extra_info("ssl_object") is not None)
        if answer == "drop":
            transport.abort()
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"geheim", handled=False)

    @property
    def subjects(self) -> list[str]:
        return [mail["Subject"] for mail in self.mails]

    @property
    def recipients(self) -> list[str]:
        return sorted(address for _, addresses in self.envelopes for address in addresses)

    @property
    def ids(self) -> list[str]:
        return [mail["Message-ID"] for mail in self.mails]

    def declared(self, **changes: Any) -> MailServer:
        """In the clear, if nothing else is said."""
        plain = {"server": f"smtp://{HOST}:{self.port}", "allow_plain": True, "sender": SENDER}
        return MailServer.model_validate(plain | changes)


@contextmanager
def open_office(
    *,
    smtps: Certificate | None = None,
    start_tls: Certificate | None = None,
    logs_in: bool = False,
    utf8: bool = True,
) -> Iterator[PostOffice]:
    """With these certificates."""
    office = PostOffice(port=free_port())
    controller = Controller(
        office,
        hostname=HOST,
        port=office.port,
        ready_timeout=30,
        ssl_context=_context(smtps),
        tls_context=_context(start_tls),
        require_starttls=start_tls is not None,
        enable_SMTPUTF8=utf8,
        auth_required=logs_in,
        auth_require_tls=logs_in,
        authenticator=office.authenticate if logs_in else None,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def _context(certificate: Certificate | None) -> ssl.SSLContext | None:
    if certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.chain, certificate.key)
    return context
