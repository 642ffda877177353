"""Form servers as they are: impatient, forgetful, and sure that one more try cannot hurt."""

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any
from uuid import UUID

import urllib3
from urllib3.fields import RequestField
from urllib3.filepost import encode_multipart_formdata


class Habit(StrEnum):
    """What a client does when it got no answer."""

    FAITHFUL = "faithful"  # sends the same bytes under the same transaction id
    REDRAWING = "redrawing"  # draws a new transaction id for every try
    RERENDERING = "rerendering"  # renders its PDF anew for every try
    IMPATIENT = "impatient"  # gives up waiting early, and tries again beside its own first try


HABITS = (Habit.FAITHFUL, Habit.FAITHFUL, Habit.REDRAWING, Habit.RERENDERING, Habit.IMPATIENT)


@dataclass(frozen=True)
class Try:
    """One request, and the success answer to it, if one came."""

    transaction_id: str
    files: tuple[tuple[str, str], ...]  # kind, SHA-256
    answer: dict[str, Any] | None


@dataclass
class Application:
    index: int
    habit: Habit
    unit: str
    size: int
    fields: list[dict[str, Any]]
    tries: list[Try] = field(default_factory=list)
    refusals: list[int] = field(default_factory=list)

    @property
    def acknowledged(self) -> list[Try]:
        return [one for one in self.tries if one.answer is not None]


def applications(seed: int, count: int, units: list[str]) -> Iterator[Application]:
    """The same seed always gives the same applications."""
    draw = random.Random(f"{seed} applications")
    for index in range(count):
        yield Application(
            index=index,
            habit=HABITS[index % len(HABITS)],
            unit=draw.choice(units),
            size=draw.choice(
                (0, 0, 900, 60_000, 60_000, 300_000, 9_000_000 if index % 50 == 7 else 0)
            ),
            fields=[
                {"name": "nachname", "label": "Nachname", "stringValue": f"Muster-Größe {index}"},
                {
                    "name": "betrieb",
                    "label": "Betrieb",
                    "formItems": [
                        {"name": "art", "label": "Art", "stringValue": f"Nr. {draw.random()}"},
                        {"name": "beginn", "label": "Beginn", "dateValue": "2027-01-31"},
                    ],
                },
            ],
        )


class Clients:
    """Several clients at once; `deliver` returns when each has its answer or has given up.

    `wait_for` is called before each application, with the fraction of them that went before.
    """

    def __init__(
        self,
        url: str,
        seed: int,
        wait_for: Callable[[float], None],
        say: Callable[[str], None],
        *,
        at_once: int = 6,
        patience: float = 120,
    ) -> None:
        self._url = url
        self._seed = seed
        self._wait_for = wait_for
        self._say = say
        self._at_once = at_once
        self._patience = patience
        self._pool = urllib3.PoolManager(maxsize=2 * at_once, retries=False)
        self.answered = 0
        self._lock = threading.Lock()

    def deliver(self, batch: list[Application]) -> None:
        with ThreadPoolExecutor(self._at_once) as threads:
            fractions = (number / len(batch) for number in range(len(batch)))
            list(threads.map(self._deliver_one, batch, fractions))

    def _deliver_one(self, application: Application, fraction: float) -> None:
        self._wait_for(fraction)
        draw = random.Random(f"{self._seed} {application.index}")
        transaction_id = str(UUID(int=draw.getrandbits(128)))
        give_up = time.monotonic() + self._patience
        wait = 0.1
        number = 0
        while time.monotonic() < give_up:
            if application.habit is Habit.REDRAWING:
                transaction_id = str(UUID(int=draw.getrandbits(128)))
            if self._try(application, transaction_id, number):
                break
            number += 1
            time.sleep(wait * draw.uniform(0.5, 1.5))
            wait = min(wait * 1.6, 3)
        with self._lock:
            self.answered += bool(application.acknowledged)
            if application.index % 25 == 24:
                self._say(f"{self.answered} applications were answered")

    def _try(self, application: Application, transaction_id: str, number: int) -> bool:
        rendering = number if application.habit is Habit.RERENDERING else 0
        files = list(_files(application, rendering))
        patience = 0.4 if application.habit is Habit.IMPATIENT and number < 3 else 30
        answer = None
        try:
            body, content_type = encode_multipart_formdata(
                [_part("formData", _form(application, transaction_id), "application/json")]
                + [_part(kind, data, "application/pdf", f"{kind}.pdf") for kind, data in files]
            )
            response = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers={"content-type": content_type},
                timeout=urllib3.Timeout(connect=5, read=patience),
            )
            if response.status == 200:
                answer = response.json()
            elif response.status < 500:
                application.refusals.append(response.status)
        except (urllib3.exceptions.HTTPError, ValueError):
            pass
        hashes = tuple((kind, sha256(data).hexdigest()) for kind, data in files)
        application.tries.append(Try(transaction_id, hashes, answer))
        return answer is not None


def _part(name: str, data: bytes, content_type: str, file_name: str | None = None) -> RequestField:
    part = RequestField(name, data, filename=file_name)
    part.make_multipart(content_type=content_type)
    return part


def _form(application: Application, transaction_id: str) -> bytes:
    control = {
        "transactionId": transaction_id,
        "zustaendigeStelle": application.unit,
        "formId": "Gewerbeanmeldung",
        "name": "Antrag auf Gewerbeanmeldung",
        "leikaIds": [],
    }
    return json.dumps({"control": control, "formData": application.fields}).encode()


def _files(application: Application, rendering: int) -> Iterator[tuple[str, bytes]]:
    if not application.size:
        return
    draw = random.Random(f"{application.index}")
    yield "attachment", draw.randbytes(application.size)
    yield "representation", b"%PDF-1.7 " + f"{application.index} {rendering}".encode() * 50
