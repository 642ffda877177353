"""The identifiers everything is found by, and how those that are computed are computed."""

import re
from typing import NewType
from uuid import UUID, uuid5

CaseId = NewType("CaseId", UUID)
EventId = NewType("EventId", UUID)
UploadId = NewType("UploadId", UUID)
SenderId = NewType("SenderId", str)
TenantId = NewType("TenantId", str)
AuthorityId = NewType("AuthorityId", str)
UnitId = NewType("UnitId", str)
AccountId = NewType("AccountId", str)
DestinationId = NewType("DestinationId", str)
LeikaKey = NewType("LeikaKey", str)
RegionKey = NewType("RegionKey", str)

CLEARING_OFFICE = AuthorityId("clearing-office")
"""Clearingstelle: where people decide what could not be decided. No directory lists it."""

POST_ROOM = UnitId("post-room")
"""Poststelle of an authority: where its cases lie that no rule of it counts for."""

_NAMESPACE = UUID("5c6a0d3e-6a0f-5d1f-9a0e-3f4f6f0f7c11")
_LEIKA_KEY = re.compile(r"99[0-9]{12}")

# Damm's quasigroup of order 10: finds every wrong digit and every swap of neighbours.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


def case_id(sender: SenderId, transaction_id: str) -> CaseId:
    """The same delivery always gets the same case."""
    return CaseId(uuid5(_NAMESPACE, f"{sender}\n{transaction_id}"))


def event_id(case: CaseId, event_type: str, sequence: int) -> EventId:
    """The same step of a case always gets the same event id."""
    return EventId(uuid5(case, f"{event_type}\n{sequence}"))


def is_leika_key(key: str) -> bool:
    """LeiKa-Schlüssel: 99 and twelve more digits."""
    return _LEIKA_KEY.fullmatch(key) is not None


def format_case_number(sequence: int) -> str:
    """Vorgangsnummer, as people read it out: digits in groups of four, the last one checks.

    Own design, no public source: 100017 becomes 100-0170 (or the like).
    """
    digits = f"{sequence}{_check_digit(str(sequence))}"
    head = len(digits) % 4
    groups = [digits[:head]] if head else []
    groups += [digits[at : at + 4] for at in range(head, len(digits), 4)]
    return "-".join(groups)


def parse_case_number(text: str) -> int:
    """The sequence behind a number as typed by a person; raise ValueError if it cannot be one."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{2,19}", digits):
        raise ValueError("not a case number: one consists of digits, such as 100-0002")
    if _check_digit(digits) != "0":
        raise ValueError("not a case number: its check digit does not fit; was it mistyped?")
    return int(digits[:-1])


def _check_digit(digits: str) -> str:
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)
