"""What a mail server gets from us, and what becomes of a mail on its bad days."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from functions.assign.mailing.ports import Mail, NoAddress, NotSent, Refused
from functions.assign.mailing.smtp import SmtpDoor
from infra.local.ports import HOST, free_port
from shared.domain.configuration.mail import MailServer
from tests.directories.certificates import Certificate, issue
from tests.functions.assign.notices.post_office import (
    PASSWORD,
    SENDER,
    PostOffice,
    open_office,
)

ANNA, BERND = "anna@amt.example", "bernd@amt.example"
ID = UUID("5c6a0d3e-6a0f-4d1f-9a0e-3f4f6f0f7c11")


def a_mail(to: str = ANNA) -> Mail:
    return Mail(id=ID, to=to, subject="2 neue Vorgänge warten", text="Behörde: Straßenbau\n.\n")


def send(declared: MailServer, *mails: Mail, answer_seconds: float = 5.0) -> None:
    with closing(SmtpDoor(declared, answer_seconds)) as door:
        for mail in mails:
            door.send(mail)


def not_sent(declared: MailServer, answer_seconds: float = 5.0) -> NotSent:
    with pytest.raises(NotSent) as caught:
        send(declared, a_mail(), answer_seconds=answer_seconds)
    return caught.value


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return issue(tmp_path_factory.mktemp("mail") / "certificate")


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with open_office() as office:
        yield office


def test_a_mail_arrives_as_it_was_written_and_says_what_sent_it(office: PostOffice) -> None:
    send(office.declared(), a_mail())

    (mail,) = office.mails
    assert office.envelopes == [(SENDER, [ANNA])]
    assert (mail["From"], mail["To"]) == (SENDER, ANNA)
    assert mail["Subject"] == "2 neue Vorgänge warten"
    assert mail["Message-ID"] == f"<{ID}@amt.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"] is not None
    assert mail["Reply-To"] is None
    assert mail.get_content().splitlines() == ["Behörde: Straßenbau", "."]
    assert mail.as_bytes().isascii()


def test_mails_of_a_run_share_a_connection_also_after_one_was_refused(office: PostOffice) -> None:
    office.answers[BERND] = "550 5.1.1 who?"

    with closing(SmtpDoor(office.declared())) as door:
        door.send(a_mail())
        with pytest.raises(Refused, match="smtp_550"):
            door.send(a_mail(BERND))
        door.send(a_mail())

    assert office.recipients == [ANNA, ANNA]
    assert office.connections == 1


@pytest.mark.parametrize(
    ("at", "answer", "code", "server"),
    [
        (ANNA, "451 4.2.0 later", "smtp_451", False),
        (ANNA, "421 4.3.2 going down", "smtp_421", True),
        (ANNA, "530 5.7.0 who are you?", "smtp_530", True),
        ("data", "452 4.3.1 full", "smtp_452", False),
        ("data", "421 4.3.2 going down", "smtp_421", True),
    ],
)
def test_what_may_pass_is_not_sent_yet(
    office: PostOffice, at: str, answer: str, code: str, *, server: bool
) -> None:
    office.answers[at] = answer

    failure = not_sent(office.declared())

    assert (failure.code, failure.server, failure.unsure) == (code, server, False)


def test_a_mail_that_the_server_does_not_want_is_refused(office: PostOffice) -> None:
    office.answers["data"] = "554 5.7.1 no"

    with pytest.raises(Refused, match="smtp_554"):
        send(office.declared(), a_mail())


def test_when_the_connection_ends_after_the_text_nobody_knows(office: PostOffice) -> None:
    office.answers["data"] = "drop"

    failure = not_sent(office.declared())

    assert (failure.server, failure.unsure) == (True, True)
    assert len(office.mails) == 1


def test_a_connection_that_the_server_has_ended_meanwhile_is_replaced(office: PostOffice) -> None:
    with closing(SmtpDoor(office.declared())) as door:
        door.send(a_mail())
        office.answers["data"] = "drop"
        with pytest.raises(NotSent):
            door.send(a_mail())
        office.answers.clear()
        door.send(a_mail())

    assert office.connections == 2


def test_a_server_that_is_away_or_silent_is_tried_later() -> None:
    away = PostOffice(port=free_port()).declared()
    assert not_sent(away).code == "connection"

    with socket.create_server((HOST, 0)) as silent:
        hanging = PostOffice(port=silent.getsockname()[1]).declared()
        assert not_sent(hanging, answer_seconds=0.2).code == "timeout"


def test_start_tls_comes_before_the_password(
    certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    with open_office(start_tls=certificate, logs_in=True) as office:
        declared = office.declared(
            start_tls=True,
            allow_plain=False,
            ca_file=str(certificate.ca_file),
            user="lotse",
            password=f"env:{PASSWORD}",
        )

        send(declared, a_mail())

        assert office.encrypted == [True]
        assert office.logins == [(b"lotse", b"geheim")]
        monkeypatch.setenv(PASSWORD, "falsch")
        assert not_sent(declared).code == "login_refused"
        monkeypatch.delenv(PASSWORD)
        assert not_sent(declared).code == "secret_missing"


def test_smtps_checks_the_certificate_by_its_issuer_and_its_name(
    certificate: Certificate, tmp_path: Path
) -> None:
    wrong = issue(tmp_path / "wrong", "DNS:other")

    def declared(office: PostOffice, trusted: Certificate | None) -> MailServer:
        ca_file = str(trusted.ca_file) if trusted else None
        server = f"smtps://{HOST}:{office.port}"
        return office.declared(server=server, allow_plain=False, ca_file=ca_file)

    with open_office(smtps=certificate) as office:
        send(declared(office, trusted=certificate), a_mail())
        assert office.encrypted == [True]
        assert not_sent(declared(office, trusted=None)).code == "tls"
    with open_office(smtps=wrong) as office:
        assert not_sent(declared(office, trusted=wrong)).code == "tls"


def test_a_server_without_start_tls_gets_neither_password_nor_mail(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "geheim")
    declared = office.declared(start_tls=True, user="lotse", password=f"env:{PASSWORD}")

    assert not_sent(declared).code == "not_offered"
    assert (office.logins, office.mails) == ([], [])


def test_a_server_named_in_the_environment_may_not_lower_the_guard(
    office: PostOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_SMTP_URL", f"smtp://{HOST}:{office.port}")
    named = office.declared(server="env:TEST_SMTP_URL")

    send(named, a_mail())
    assert not_sent(named.model_copy(update={"allow_plain": False})).code == "not_encrypted"
    monkeypatch.delenv("TEST_SMTP_URL")
    assert not_sent(named).code == "server_unknown"


def test_an_umlaut_in_an_address_is_for_servers_that_take_it() -> None:
    müller = "müller@förde.example"
    with open_office() as office:
        send(office.declared(), a_mail(müller))
        assert office.recipients == [müller]
    with open_office(utf8=False) as office:
        with closing(SmtpDoor(office.declared())) as door:
            with pytest.raises(NoAddress):
                door.send(a_mail(müller))
            door.send(a_mail())
        assert office.recipients == [ANNA]


def test_nothing_of_smtp_is_imported_before_the_first_mail() -> None:
    code = (
        "import sys, functions.assign.mailing.run, functions.assign.mailing.delivery;"
        "sys.exit('smtplib' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
