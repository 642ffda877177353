"""The ways of a case through forward, and what has to have arrived whatever was killed."""

import json
import os
import signal
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from werkzeug.test import EnvironBuilder

from shared.adapters.object_store import S3ObjectStore
from shared.adapters.postgres.pool import DatabaseSettings, open_pool
from shared.domain.events import Event
from shared.runtime.cloud_events import binary
from tests.crash.lines.children import Child, Tell, told_by
from tests.crash.lines.installation import Installation
from tests.crash.lines.kills import Trial
from tests.crash.lines.tracing import Window
from tests.functions.forward.office import Office, tree
from tests.functions.forward.receiver import SECRET, a_receiver

FOLDER, BUCKET, WEBHOOK = "folder", "bucket", "webhook"
FORWARDED = "de.antragslotse.case.forwarded.v1"


@dataclass
class Forwarding:
    """To one destination, which takes the cases whose form has the same name."""

    name: str
    installation: Installation
    app: Any
    events: dict[str, Event] = field(default_factory=dict)
    window = Window("functions/forward/claiming.py", "claim_all")

    def prepare(self, keys: Sequence[str]) -> None:
        def assign(tell: Tell) -> None:
            office = an_office(self.installation)
            for key in keys:
                files = {"Lageplan.pdf": key.encode() * 50}
                event = office.assigned(files=files, transaction_id=key, form_id=self.name)
                tell((key, event))

        self.events.update(told_by(assign))

    def request(self, key: str) -> EnvironBuilder:
        headers, body = binary(self.events[key])
        return EnvironBuilder("/", method="POST", data=body, headers=[*headers.items()])

    def wait(self) -> None:
        """The broker comes again when the lease has ended."""
        told_by(lambda _: an_office(self.installation).lapse())


def an_office(installation: Installation) -> Office:
    pool = open_pool(DatabaseSettings(database_url=installation.database_url))
    return Office(installation.database_url, pool, installation.object_store(), installation.folder)


def forwardings(installation: Installation, webhook: str) -> list[Forwarding]:
    bucket = installation.object_store().s3_bucket
    destinations = {
        FOLDER: {"kind": "folder", "path": "berth"},
        BUCKET: {"kind": "s3", "bucket": bucket, "prefix": "berth"},
        WEBHOOK: {"kind": "webhook", "url": webhook, "secret": "env:WEBHOOK_SECRET"},
    }

    def declare(_: Tell) -> None:
        with an_office(installation) as office:
            for name, settings in destinations.items():
                # Whoever is killed counts as under way until the lease ends.
                office.declare(name, settings, forms=[name], at_once=1000)

    told_by(declare)
    os.environ["WEBHOOK_SECRET"] = SECRET
    app = installation.app("forward")
    return [Forwarding(name, installation, app) for name in destinations]


class SpecialistSystem:
    """Takes webhooks in a process of its own, and says in the end what came."""

    def __init__(self) -> None:
        self._child = Child(_take_webhooks, daemon=True)
        self.url: str = self._child.next()

    def end(self) -> list[tuple[str, bytes]]:
        """Message ids and bodies."""
        self._child.terminate()
        (requests,) = self._child.end().told
        found: list[tuple[str, bytes]] = requests
        return found


def _take_webhooks(tell: Tell) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    with a_receiver() as receiver:
        tell(receiver.url)
        signal.sigwait({signal.SIGTERM})
        tell(receiver.requests)


def audit(
    installation: Installation,
    trials: list[tuple[Forwarding, Trial]],
    requests: Iterable[tuple[str, bytes]],
) -> Iterator[str]:
    """One sentence for each thing that is not as it was promised."""
    cases = _cases(installation)
    arrived = {
        FOLDER: _packages(tree(installation.folder / "berth")),
        BUCKET: _packages(_objects(installation)),
        WEBHOOK: _messages(requests),
    }
    for forwarding, trial in trials:
        case = cases[trial.key]
        for fault in _faults(trial, case):
            yield f"{trial.where}: {fault}"
        for message in case["messages"] or ():
            found = arrived[forwarding.name].pop(message, None)
            if found is None or len(found) != 1 or not _complete(found[0], trial.key):
                what = "nothing" if found is None else f"{len(found)}, not the one whole message"
                yield f"{trial.where}: {what} arrived in {forwarding.name}"
    known = {message for case in cases.values() for message in case["messages"] or ()}
    for name, rest in arrived.items():
        for message in rest.keys() - known:
            yield f"a message of no case, {message}, arrived in {name}"


def _cases(installation: Installation) -> dict[str, dict[str, Any]]:
    """By transaction id."""
    with installation.connect() as conn:
        rows = conn.execute(
            """
            SELECT c.transaction_id, c.stage, c.next_wake_at IS NOT NULL,
                   (SELECT array_agg(id::text) FROM events WHERE case_id = c.id AND type = %s),
                   (SELECT array_agg(message_id::text) FROM forwardings WHERE case_id = c.id),
                   (SELECT array_agg(state) FROM forwardings WHERE case_id = c.id)
              FROM cases c
            """,
            [FORWARDED],
        ).fetchall()
    names = ("stage", "wakes", "events", "messages", "states")
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def _faults(trial: Trial, case: dict[str, Any]) -> Iterator[str]:
    if case["stage"] != "forwarded" or case["wakes"]:
        yield f"the case is {case['stage']}, will be woken: {case['wakes']}"
    if case["states"] != ["accepted"]:
        yield f"forwardings: {case['states']}"
    if len(case["events"] or ()) != 1:
        yield f"{len(case['events'] or ())} events say that it was forwarded"
    elif trial.answer is None or trial.answer.headers.get("ce-id") != case["events"][0]:
        yield "the last answer was not the event that it was forwarded"


def _objects(installation: Installation) -> dict[str, bytes]:
    objects = S3ObjectStore(installation.object_store())
    return {key: b"".join(objects.read(key)) for key in objects.keys("berth/")}


def _packages(files: dict[str, bytes]) -> dict[str, list[dict[str, bytes]]]:
    """Message id -> each folder with files of that message, left-overs included."""
    folders: dict[str, dict[str, bytes]] = defaultdict(dict)
    for path, data in files.items():
        authority, _, rest = path.removeprefix("berth/").partition("/")
        name, _, inner = rest.partition("/")
        folders[f"{authority}/{name}"][inner] = data
    found = defaultdict(list)
    for folder, content in folders.items():
        found[folder.rpartition("_")[2].partition(".")[0]].append(content)
    return found


def _messages(requests: Iterable[tuple[str, bytes]]) -> dict[str, list[dict[str, bytes]]]:
    """Message id -> each different body that came under it."""
    bodies: dict[str, set[bytes]] = defaultdict(set)
    for message, body in requests:
        bodies[message].add(body)
    return {message: [{"": body} for body in one] for message, one in bodies.items()}


def _complete(content: dict[str, bytes], key: str) -> bool:
    """With a manifest, everything that it lists, and nothing else."""
    if "" in content:
        return bool(json.loads(content[""])["data"]["transaction_id"] == key)
    if "manifest.json" not in content:
        return False
    manifest = json.loads(content["manifest.json"])
    listed = {one["path"]: one["sha256"] for one in manifest["files"]}
    there = {path: sha256(data).hexdigest() for path, data in content.items()}
    del there["manifest.json"]
    return there == listed and manifest["transaction_id"] == key
