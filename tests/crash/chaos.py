"""What goes wrong while applications arrive: kills, a broker that misbehaves."""

import json
import random
import threading
import time
from collections import Counter
from contextlib import suppress

import urllib3

from infra.local.errors import LocalError
from infra.local.installation import Installation

VICTIMS = ("receive", "route", "assign", "forward", "recover", "broker", "postgres", "s3")
FAULTS = {
    "drop": 0.05,
    "copies": 0.1,
    "delay_ms": [0, 150],
    "reorder": 0.2,
    "producer_500": 0.1,
    "reply_lost": 0.05,
    "dead_letter_copies": 3,
}


class Chaos:
    """Kills with SIGKILL, in rounds of random order, until each part died often enough."""

    def __init__(self, installation: Installation, seed: int, kills: int) -> None:
        self._installation = installation
        self._draw = random.Random(f"{seed} chaos")
        self._kills = kills
        self._traffic_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="chaos")
        self._http = urllib3.PoolManager(retries=False, timeout=2)
        self.killed: Counter[str] = Counter()
        self.spared: str | None = None

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Returns when every part has been killed often enough, and runs again."""
        self._traffic_over.set()
        self._thread.join()
        for victim in VICTIMS:
            self._installation.wait_until_running(victim)
        self._misbehave({})

    def wait_for(self, fraction: float) -> None:
        """Until so much of the killing is done: applications arrive all the time it goes on."""
        while sum(self.killed.values()) < fraction * self._kills * len(VICTIMS):
            time.sleep(0.05)

    def _run(self) -> None:
        while not self._enough() or not self._traffic_over.is_set():
            victims = list(VICTIMS)
            self._draw.shuffle(victims)
            for victim in victims:
                if victim != self.spared:
                    self._kill(victim)
                time.sleep(self._draw.uniform(0.2, 1.2))
            self._misbehave(FAULTS)

    def _enough(self) -> bool:
        return all(self.killed[victim] >= self._kills for victim in VICTIMS)

    def _kill(self, victim: str) -> None:
        # A part that is being restarted just now dies in the next round.
        with suppress(LocalError):
            self._installation.wait_until_running(victim, timeout=30)
            self._installation.kill(victim)
            self.killed[victim] += 1

    def _misbehave(self, faults: dict[str, object]) -> None:
        """The broker forgets its faults, too, when it is killed: they are set in every round."""
        with suppress(urllib3.exceptions.HTTPError, LocalError):
            self._installation.wait_until_running("broker", timeout=30)
            self._http.request(
                "PUT", f"{self._installation.broker_url}/faults", body=json.dumps(faults)
            )
