"""Deliver events to their subscribers: retries, replies, dead letters."""

import asyncio
import base64
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import structlog

from infra.local.broker.client import Answer, Client, Unreachable
from infra.local.broker.config import BrokerConfig, Delivery, Destination, Trigger
from infra.local.broker.event import Event, NotACloudEvent
from infra.local.broker.faults import Misfortune

_RETRIED = frozenset({404, 408, 409, 429})
# As Knative's: so much of a failed answer's body goes into the dead letter, encoded.
_MAX_ERROR_DATA = 1024

_logger = structlog.get_logger()


class Failed(Exception):
    """An attempt that was not accepted; `retried` says whether another one may be."""

    def __init__(self, reason: str, answer: Answer | None = None, *, retried: bool = True) -> None:
        super().__init__(reason)
        self.answer = answer
        self.retried = retried


class Deliveries:
    """Everything under way. In memory only: whoever kills the process loses it, on purpose."""

    def __init__(self, config: BrokerConfig, misfortune: Callable[[], Misfortune]) -> None:
        self.counts: Counter[str] = Counter()
        self._config = config
        self._misfortune = misfortune
        self._clients = {name: Client(to.url) for name, to in config.subscribers.items()}
        self._slots = {
            name: asyncio.Semaphore(to.concurrency) for name, to in config.subscribers.items()
        }
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> int:
        return len(self._tasks)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def accept(self, event: Event) -> None:
        """Start a delivery for each trigger that selects the event."""
        self.counts["accepted"] += 1
        selected = [trigger for trigger in self._config.triggers if selects(trigger, event)]
        if not selected:
            self.counts["unmatched"] += 1
        for trigger in selected:
            waits = self._misfortune().deliveries()
            if not waits:
                self.counts["dropped"] += 1
            for wait in waits:
                self._start(self._deliver(trigger, event, wait))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, trigger: Trigger, event: Event, wait: float) -> None:
        if wait:
            await asyncio.sleep(wait)
        loses_the_reply = self._misfortune().loses_the_reply()
        log = _logger.bind(trigger=trigger.name, event_id=event.attributes["id"])

        async def attempt() -> None:
            answer = await self._post(trigger.destination, event, trigger.delivery)
            reply = _reply(answer)
            if reply is None:
                if answer.body:
                    log.info("answer_ignored", status=answer.status)
            elif loses_the_reply:
                raise Failed("reply_lost", answer)
            else:
                self.counts["replies"] += 1
                self.accept(reply)

        try:
            await self._retrying(trigger.delivery, attempt)
            self.counts["delivered"] += 1
        except Failed as failure:
            log.warning("event_undeliverable", reason=str(failure))
            self._dead_letter(trigger, event, failure)

    def _dead_letter(self, trigger: Trigger, event: Event, failure: Failed) -> None:
        self.counts["dead_lettered"] += 1
        sink = trigger.dead_letter
        if sink is None:
            self.counts["dead_letters_lost"] += 1
            return
        url = self._config.subscribers[trigger.destination.subscriber].url
        letter = event.with_extensions(**_error(url + trigger.destination.path, failure.answer))
        for _ in range(self._misfortune().faults.dead_letter_copies):
            self._start(self._deliver_dead_letter(trigger, sink, letter))

    async def _deliver_dead_letter(
        self, trigger: Trigger, sink: Destination, letter: Event
    ) -> None:
        async def attempt() -> None:
            await self._post(sink, letter, trigger.delivery)

        try:
            await self._retrying(trigger.delivery, attempt)
            self.counts["dead_letters_delivered"] += 1
        except Failed as failure:
            self.counts["dead_letters_lost"] += 1
            _logger.error(
                "dead_letter_lost",
                trigger=trigger.name,
                event_id=letter.attributes["id"],
                reason=str(failure),
            )

    async def _retrying(
        self, delivery: Delivery, attempt: Callable[[], Coroutine[Any, Any, None]]
    ) -> None:
        """Raise Failed when the last attempt did, or one that is final."""
        for number in range(delivery.retry):
            try:
                return await attempt()
            except Failed as failure:
                if not failure.retried:
                    raise
                self.counts["retried"] += 1
                wait = max(delivery.wait(number), retry_after(failure.answer, delivery))
            await asyncio.sleep(wait)
        return await attempt()

    async def _post(self, to: Destination, event: Event, delivery: Delivery) -> Answer:
        """The slot is held for the attempt only: what waits for a retry holds nobody back."""
        client = self._clients[to.subscriber]
        async with self._slots[to.subscriber]:
            try:
                answer = await client.post(to.path, event.headers(), event.data, delivery.timeout)
            except Unreachable as exc:
                raise Failed(str(exc)) from None
        if 200 <= answer.status < 300:
            return answer
        raise Failed(
            str(answer.status),
            answer,
            retried=answer.status >= 500 or answer.status in _RETRIED,
        )


def selects(trigger: Trigger, event: Event) -> bool:
    return all(event.attributes.get(name) == value for name, value in trigger.attributes.items())


def _reply(answer: Answer) -> Event | None:
    if answer.status == 202:
        return None
    try:
        return Event.from_http(answer.headers, answer.body)
    except NotACloudEvent as exc:
        raise Failed(f"invalid reply: {exc}", answer) from None


def _error(destination: str, answer: Answer | None) -> dict[str, str]:
    extensions = {"knativeerrordest": destination}
    if answer is not None:
        extensions["knativeerrorcode"] = str(answer.status)
        if answer.body:
            encoded = base64.b64encode(answer.body).decode()
            extensions["knativeerrordata"] = encoded[:_MAX_ERROR_DATA]
    return extensions


def retry_after(answer: Answer | None, delivery: Delivery) -> float:
    if answer is None or answer.status not in {429, 503}:
        return 0.0
    wait = _seconds(answer.header(b"retry-after") or "")
    return wait if delivery.retry_after_max is None else min(wait, delivery.retry_after_max)


def _seconds(text: str) -> float:
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
