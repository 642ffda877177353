"""A deposit of intelliForm, read without a process, a database or a store."""

import io
from dataclasses import replace
from typing import Any

import pytest

from functions.receive.delivery import Delivery
from functions.receive.platforms.intelliform import read
from functions.receive.refusal import Refused
from shared.domain.configuration.intelliform import Intelliform
from shared.domain.configuration.senders import Sender, TrustedNetwork
from shared.domain.submission import FormField, Submission
from tests.functions.receive.bodies import LIMITS, ArrivalInMemory, FilesInMemory
from tests.functions.receive.deposits import (
    DATA_SET,
    XML,
    File,
    a_data_set,
    a_deposit,
)

SENDER = Sender(
    id="afm", platform="intelliform", authentication=TrustedNetwork(kind="trusted_network")
)


def deliver(
    body: str | bytes,
    content_type: str = XML,
    files: FilesInMemory | None = None,
    settings: Intelliform | None = None,
    limits: Any = LIMITS,
) -> Delivery:
    data = body.encode() if isinstance(body, str) else body
    sender = SENDER.model_copy(update={"intelliform": settings})
    arrival = ArrivalInMemory(io.BytesIO(data), content_type, sender)
    return read(arrival, files or FilesInMemory(), limits)


def submit(*files: File, **more: Any) -> Submission:
    settings = more.pop("settings", None)
    return deliver(a_deposit(*files, **more), settings=settings).submission


def fields(content: str, *others: File) -> tuple[FormField, ...]:
    return submit(replace(DATA_SET, content=a_data_set(content)), *others).fields


def refusal(body: str | bytes, content_type: str = XML, limits: Any = LIMITS) -> Refused:
    with pytest.raises(Refused) as caught:
        deliver(body, content_type, limits=limits)
    return caught.value
