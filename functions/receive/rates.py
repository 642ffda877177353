"""How often a sender may call: a bucket of tokens for each, in this process."""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


class Rates:
    """Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, sender: Sender) -> None:
        """Raise Refused (429) with the seconds to wait."""
        rate = sender.rate
        if rate is None:
            return
        per_second = rate.per_minute / 60
        with self._lock:
            now = self._clock()
            bucket = self._buckets.setdefault(sender.id, _Bucket(rate.burst, now))
            grown = bucket.tokens + (now - bucket.filled_at) * per_second
            bucket.tokens, bucket.filled_at = min(rate.burst, grown), now
            if bucket.tokens >= 1:
                bucket.tokens -= 1
                return
            wait = math.ceil((1 - bucket.tokens) / per_second)
        detail = f"This sender may send {rate.per_minute:g} requests a minute."
        headers = {"Retry-After": str(wait)}
        raise Refused(429, "too-many-requests", detail, retry=True, headers=headers)
