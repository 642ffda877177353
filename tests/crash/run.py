"""One run of the crash test: an installation, clients, chaos, quiet, and the audit."""

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from infra.configuration.load import load
from infra.configuration.store import apply
from infra.directory.importing import import_files
from infra.local.demonstration import DEMO, DEMO_DIRECTORY, DEMO_SOURCE
from infra.local.installation import Installation
from shared.adapters.postgres.pool import Connection
from tests.crash.audit import Verdict, audit, unfinished
from tests.crash.breaks import HASTY_RECEIVE, Break, forget_wakes
from tests.crash.chaos import Chaos
from tests.crash.clients import Application, Clients, applications
from tests.crash.receiver import Receiver

UNITS = ["197008", "197009", "197010"]
SETTLE_SECONDS = 240
BROKEN_SETTLE_SECONDS = 15
WEBHOOK_SECRET = "whsec_Y3Jhc2gtdGVzdC1zZWNyZXQtMDEyMzQ1Njc4OQ=="

DESTINATIONS = """
[[destinations]]
id = "crash-folder"
when = "on_assignment"
settings = {{ kind = "folder", path = "crash" }}
retry = {{ first_delay_seconds = 0.5, max_delay_seconds = 3 }}

[[destinations]]
id = "crash-webhook"
when = "on_assignment"
authorities = ["foerdetal-gewerbe"]
retry = {{ first_delay_seconds = 0.5, max_delay_seconds = 3 }}

[destinations.settings]
kind = "webhook"
url = "{url}"
secret = "env:CRASH_WEBHOOK_SECRET"
inline_limit_bytes = 33554432

[[destinations]]
id = "crash-store"
when = "on_assignment"
authorities = ["foerdetal-bau"]
settings = {{ kind = "s3", bucket = "antragslotse", prefix = "destinations/crash" }}
retry = {{ first_delay_seconds = 0.5, max_delay_seconds = 3 }}
"""


@dataclass
class Report:
    verdict: Verdict
    killed: Counter[str] = field(default_factory=Counter)
    disk_filled: bool = False
    fsync: str = ""


def crash_run(
    *,
    seed: int,
    count: int,
    kills: int,
    broken: Break | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Report:
    """`kills`: how often each part dies at least."""
    receiver = Receiver(seed)
    state = Path(tempfile.mkdtemp(prefix="crash-"))
    try:
        return _run(state, receiver, seed, count, kills, broken, say)
    finally:
        receiver.close()
        shutil.rmtree(state, ignore_errors=True)


def _run(
    state: Path,
    receiver: Receiver,
    seed: int,
    count: int,
    kills: int,
    broken: Break | None,
    say: Callable[[str], None],
) -> Report:
    folder = state / "delivered"
    folder.mkdir()
    installation = Installation(
        state / "installation",
        wake_after_seconds=2,
        ping_every=1,
        s3_capacity_mb=200 + count,
        environment={
            "DESTINATIONS_ROOT": str(folder),
            "CRASH_WEBHOOK_SECRET": WEBHOOK_SECRET,
            # Expired while clients may still be sending: that, too, must lose nothing.
            "UPLOAD_EXPIRES_AFTER_SECONDS": "20",
            "UPLOAD_SWEPT_AGAIN_AFTER_SECONDS": "20",
        },
        sources=HASTY_RECEIVE if broken is Break.ACK_BEFORE_COMMIT else {},
        prepare=_prepare(state, receiver),
    )
    with installation:
        report = Report(Verdict())
        with installation.connection() as conn:
            (report.fsync,) = conn.execute("SHOW fsync").fetchone() or ("",)
        if broken is Break.FORGET_WAKE:
            forget_wakes(installation)
        batch = list(applications(seed, count, UNITS))
        chaos = Chaos(installation, seed, kills)
        if broken is None:
            _with_full_disk_once(installation, chaos, report)
        _traffic(installation, batch, seed, chaos, say)
        report.killed = chaos.killed
        _settle(installation, say, SETTLE_SECONDS if broken is None else BROKEN_SETTLE_SECONDS)
        report.verdict = audit(batch, installation, folder, receiver)
    return report


def _traffic(
    installation: Installation,
    batch: list[Application],
    seed: int,
    chaos: Chaos,
    say: Callable[[str], None],
) -> None:
    clients = Clients(f"{installation.intake_url}/antrag", seed, chaos.wait_for, say)
    chaos.start()
    clients.deliver(batch)
    say(f"{clients.answered} of {len(batch)} applications were answered")
    chaos.stop()


def _with_full_disk_once(installation: Installation, chaos: Chaos, report: Report) -> None:
    """The server is left alone meanwhile: filling it again after each kill would never end."""

    def fill() -> None:
        try:
            installation.wait_until_running("s3")
            with installation.embedded_s3.filled("antragslotse"):
                time.sleep(2)
            report.disk_filled = True
        finally:
            chaos.spared = None

    chaos.spared = "s3"
    threading.Timer(2, fill).start()


def _settle(installation: Installation, say: Callable[[str], None], seconds: float) -> None:
    end = time.monotonic() + seconds
    while (left := unfinished(installation)) and time.monotonic() < end:
        say(f"{left} cases are still on their way")
        time.sleep(1)


def _prepare(state: Path, receiver: Receiver) -> Callable[[Connection], None]:
    config = state / "config"

    def prepare(conn: Connection) -> None:
        shutil.copytree(DEMO / "config", config)
        destinations = config / "foerdetal" / "destinations.toml"
        destinations.write_text(DESTINATIONS.format(url=receiver.url), encoding="utf-8")
        apply(conn, load(config))
        import_files(conn, [DEMO_DIRECTORY], source=DEMO_SOURCE, activate=True)

    return prepare
