"""To which address a notice goes, and what it says there: pure."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from functions.assign.mailing.batches import Batch, address_of, is_wanted
from functions.assign.mailing.text import write
from shared.domain.configuration.mail import MailServer, Notices
from shared.domain.identifiers import CaseId, format_case_number
from shared.domain.notice import DueNotice, Notice, Recipient
from tests.factories import TENANT, TRADE_OFFICE

TRAY, POST = "team@amt.example", "post@amt.example"
EVERYBODY = Notices(people=True, team_tray=TRAY, post_room=POST)
LINK = "https://desk.amt.example/cases/{number}?from=mail"


def a_batch(
    *sequence_numbers: int,
    kind: Recipient = Recipient.ACCOUNT,
    recipient: str | None = "a-1",
    is_test: bool = False,
    attempts: int = 1,
    id_: UUID | None = None,
) -> Batch:
    notice = Notice(
        case_id=CaseId(uuid4()),
        round=1,
        tenant=TENANT,
        authority=TRADE_OFFICE,
        kind=kind,
        recipient=recipient,
    )
    batch = id_ or uuid4()
    return Batch(
        batch,
        tuple(
            DueNotice(
                id=number,
                batch=batch,
                notice=notice,
                attempts=attempts,
                sequence_number=number,
                is_test=is_test,
                perhaps_sent=False,
                in_place=True,
            )
            for number in sequence_numbers or (100000,)
        ),
    )


def test_one_case_is_named_with_its_authority_and_a_link() -> None:
    number = format_case_number(100000)

    mail = write(a_batch(100000), TRAY, "Ordnungsamt\nFördetal", LINK)

    assert mail.subject == "Ein neuer Vorgang wartet"
    assert "Behörde: Ordnungsamt Fördetal\n" in mail.text
    assert f"{number}: https://desk.amt.example/cases/{number}?from=mail\n" in mail.text
    assert write(a_batch(100000), TRAY, "Amt", None).text.count("http") == 0


def test_of_many_cases_twenty_are_named_and_the_others_counted() -> None:
    mail = write(a_batch(*range(100100, 100000, -1)), TRAY, "Amt", LINK)

    lines = [line for line in mail.text.splitlines() if "https" in line]
    assert mail.subject == "100 neue Vorgänge warten"
    assert [line.partition(":")[0] for line in lines] == [
        format_case_number(number) for number in range(100001, 100021)
    ]
    assert "und 80 weitere\n" in mail.text


def test_a_case_that_was_noted_twice_is_named_once() -> None:
    assert write(a_batch(100000, 100000), TRAY, "Amt", LINK).subject == "Ein neuer Vorgang wartet"


def test_test_cases_are_marked() -> None:
    mail = write(a_batch(100000, 100001, is_test=True), TRAY, "Amt", LINK)

    assert mail.subject == "[Test] 2 neue Vorgänge warten"
    assert "Test" in mail.text


@pytest.mark.parametrize(
    ("declared", "kind", "address"),
    [
        (EVERYBODY, Recipient.ACCOUNT, "anna@amt.example"),
        (EVERYBODY, Recipient.UNIT, "anna@amt.example"),
        (EVERYBODY, Recipient.TEAM_TRAY, TRAY),
        (EVERYBODY, Recipient.POST_ROOM, POST),
        (Notices(team_tray=TRAY), Recipient.ACCOUNT, None),
        (Notices(team_tray=TRAY), Recipient.UNIT, TRAY),
        (Notices(team_tray=TRAY), Recipient.POST_ROOM, None),
        (Notices(people=True), Recipient.TEAM_TRAY, None),
        (Notices(), Recipient.UNIT, None),
    ],
)
def test_only_who_is_wanted_to_be_told_has_an_address(
    declared: Notices, kind: Recipient, address: str | None
) -> None:
    batch = a_batch(kind=kind)

    assert address_of(batch, declared, {"a-1": "anna@amt.example"}) == address
    assert is_wanted(batch, declared) == (address is not None)


@pytest.mark.parametrize(
    "found",
    [
        "",
        "anna",
        "anna@amt.example\nBcc: all@amt.example",
        "anna@amt.example\r\n",
        "anna@amt.example, bernd@amt.example",
        "anna@amt.example;bernd@amt.example",
        "Anna <anna@amt.example>",
        "<anna@amt.example>",
        '"a b"@amt.example',
        "anna(x)@amt.example",
        "anna@bernd@amt.example",
        "anna@amt.example ",
        "anna..x@amt.example",
        "anna@-amt.example",
        "anna@amt\u2028.example",
        "anna@amt.example\x00",
        f"{'a' * 250}@amt.example",
    ],
)
def test_what_is_no_plain_address_is_none_and_a_team_has_the_tray(found: str) -> None:
    anna, team = a_batch(), a_batch(kind=Recipient.UNIT)

    assert address_of(anna, EVERYBODY, {"a-1": found}) is None
    assert address_of(team, EVERYBODY, {"a-1": found}) == TRAY


@pytest.mark.parametrize("found", ["o'neil+x@amt.example", "müller@förde.example", "a@intern"])
def test_unusual_addresses_are_addresses(found: str) -> None:
    assert address_of(a_batch(), EVERYBODY, {"a-1": found}) == found


def test_attempts_grow_apart_up_to_an_hour_and_do_not_all_come_at_once() -> None:
    low, high = UUID(int=0), UUID(int=999)

    delays = [a_batch(attempts=n, id_=low).delay.total_seconds() for n in (1, 2, 3, 7, 99)]

    assert delays == [45, 90, 180, 2700, 2700]
    assert a_batch(id_=high).delay.total_seconds() == pytest.approx(75, abs=0.1)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"server": "smtp://mail"}, "in the clear"),
        ({"start_tls": True}, "start_tls goes with smtp://"),
        ({"server": "mail.amt.example"}, "pattern"),
        ({"server": "smtps://lotse:geheim@mail"}, "pattern"),
        ({"user": "lotse"}, "go together"),
        ({"password": "geheim", "user": "lotse"}, "pattern"),
        ({"sender": "Lotse <lotse@amt.example>"}, "no plain mail address"),
        ({"sender": "lotse@förde.example"}, "not every mail server"),
        ({"link": "javascript:alert(1)"}, "pattern"),
    ],
)
def test_mail_that_would_not_work_or_not_be_safe_is_refused(
    changes: dict[str, Any], complaint: str
) -> None:
    safe = {"server": "smtps://mail.amt.example", "sender": "lotse@amt.example"}
    assert MailServer.model_validate(safe)

    with pytest.raises(ValidationError, match=complaint):
        MailServer.model_validate(safe | changes)
