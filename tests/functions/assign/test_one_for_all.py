"""What one question, one password or one document must not do to everything else."""

import json
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from functions.assign.answers import Answer, Answers
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.mailing.ports import Mail, NotSent
from functions.assign.mailing.smtp import SmtpDoor
from infra.commands.directories import away
from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.caseworkers import Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.mail import MailServer
from shared.domain.errors import NotAnswered, Unavailable
from shared.domain.identifiers import TenantId, UnitId
from tests.functions.assign.directories import PASSWORD, at, group
from tests.functions.assign.test_ldap_refusals import ask, refusing

T = TenantId("t")
HUGE, SMALL = group("CN=Alle,DC=amt"), group("CN=Team,DC=amt")


class CutsShort(InMemoryCaseworkerDirectory):
    def members(self, directory: Directory, target: Target) -> Members | None:
        if target == HUGE:
            raise NotAnswered("directory ad: it cuts its answer short")
        return Members(unit=UnitId("u"))


class NothingKept:
    def keep(self, tenant: TenantId, directory: Directory, target: Target, answer: Answer) -> None:
        pass

    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        return None


def test_a_question_that_is_refused_does_not_make_the_directory_away_for_the_others() -> None:
    answers = Answers(CutsShort({}), NothingKept())
    directory = at("ldaps://unused")

    with pytest.raises(Unavailable, match=r"^directory ad"):
        answers.members(T, directory, HUGE)

    assert answers.members(T, directory, SMALL).members is not None


def test_many_at_once_send_a_wrong_password_once(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "falsch")
    with refusing(thinks=0.2) as server, ThreadPoolExecutor(8) as threads:
        asked = [
            threads.submit(ask, caseworkers, server.url, name=f"team-{number}")
            for number in range(8)
        ]
        assert all("wrong bind_dn or password" in each.result() for each in asked)

        assert server.binds == 1


def test_status_stands_a_directory_that_this_version_cannot_read(
    conn: psycopg.Connection[tuple[object, ...]],
) -> None:
    document = json.dumps({**at("ldaps://unused").model_dump(mode="json"), "of_tomorrow": 1})
    conn.execute("INSERT INTO tenants (id, document) VALUES ('t', '{}')")
    conn.execute(
        "INSERT INTO directories (tenant, id, document) VALUES ('t', 'ad', %s)", [document]
    )
    conn.execute(
        "INSERT INTO directory_checks (tenant, directory, due_at, failure)"
        " VALUES ('t', 'ad', now(), 'away')"
    )

    assert any("t/ad" in line for line in away(conn))


def test_a_ca_file_that_is_not_there_is_told_as_such() -> None:
    server = MailServer(
        server="smtps://mail.amt.example", sender="lotse@amt.example", ca_file="/not/there.pem"
    )

    with pytest.raises(NotSent) as failed:
        SmtpDoor(server).send(Mail(id=uuid4(), to="a@b.example", subject="", text=""))

    assert failed.value.code == "tls"  # docs/notices.md: `ca_file`


def test_a_password_that_stays_wrong_is_tried_less_and_less_often(
    caseworkers: LdapCaseworkerDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PASSWORD, "falsch")
    now = [1000.0]
    monkeypatch.setattr("functions.assign.directory.connections.time.monotonic", lambda: now[0])
    tried_at = []
    with refusing() as server:
        for minute in range(10):
            now[0] = 1000.0 + 60 * minute + 1
            before = server.binds
            assert "wrong bind_dn or password" in ask(caseworkers, server.url)
            if server.binds > before:
                tried_at.append(minute)

    assert tried_at == [0, 1, 3, 7]
