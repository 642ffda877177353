"""One running installation on this machine: its servers, its functions, the broker, the timer."""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from infra.configuration.kinds import KINDS
from infra.local.backing import OwnS3, database, directory, object_store
from infra.local.broker.faults import Faults
from infra.local.errors import LocalError
from infra.local.manifests import read, render
from infra.local.parts import BROKER, broker_part, function_part, ping_part, url_of
from infra.local.ports import free_port, free_ports, require_free
from infra.local.runtime import Runtime, write_runtime
from infra.local.s3 import EmbeddedS3
from infra.local.specs import Deployment
from infra.local.supervisor import Part, PartStatus, Supervisor
from infra.migrations import migrate
from shared.adapters.object_store import ObjectStoreSettings
from shared.adapters.postgres.pool import Connection

INTAKE = "receive"
_SECRET = re.compile(r'"env:([A-Z][A-Z0-9_]*)"')

Say = Callable[[str], None]
Prepare = Callable[[Connection], None]


def _silent(_: str) -> None: ...


class Installation:
    """`prepare` fills the migrated database (as the operator) before the functions start.

    What is not given in the environment (DATABASE_URL, S3_ENDPOINT_URL, LDAP_URL) is embedded, with
    its data in `state`. `environment` is added to that of every function.
    """

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        wake_after_seconds: float = 60,
        ping_every: float | None = None,
        faults: Faults | None = None,
        s3_capacity_mb: int | None = None,
        environment: Mapping[str, str] | None = None,
        prepare: Prepare | None = None,
        say: Say = _silent,
    ) -> None:
        self.state = state.absolute()
        self._port = port
        self._wake_after_seconds = wake_after_seconds
        self._ping_every = ping_every
        self._faults = faults
        self._s3_capacity_mb = s3_capacity_mb
        self._environment = dict(environment or {})
        self._prepare = prepare
        self._say = say
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(max_workers=16, thread_name_prefix="starting")
        self.ports: dict[str, int] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Raise LocalError, with nothing left running, if a part cannot be started."""
        self._supervisor = Supervisor(self.state)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process; the data stay."""
        self._stopping.set()
        # What answers requests before what it needs to answer them.
        servers = {"postgres", "s3", "ldap"}
        names = {part.name for part in self._supervisor.status()}
        for group in (names - servers, names & servers):
            with ThreadPoolExecutor() as stopping:
                stopping.map(self._stop, group)
        self._workers.shutdown()
        self._supervisor.close()

    def kill(self, part: str) -> None:
        """As a crash; it is restarted. `receive`, `route`, ..., `broker`, `postgres`, `s3`."""
        self._supervisor.kill(part)

    def wait_until_running(self, part: str, timeout: float = 60.0) -> None:
        self._supervisor.wait_until_running(part, timeout)

    def status(self) -> list[PartStatus]:
        return self._supervisor.status()

    @property
    def intake_url(self) -> str:
        return url_of(self.ports[INTAKE])

    @property
    def broker_url(self) -> str:
        return url_of(self.ports[BROKER])

    def database_url(self, role: str = "lotse_operator") -> str:
        return self._database.url(role)

    @contextmanager
    def connection(self, role: str = "lotse_operator") -> Iterator[Connection]:
        """One transaction."""
        with psycopg.connect(self.database_url(role), connect_timeout=5) as conn:
            yield conn

    def object_store(self) -> ObjectStoreSettings:
        return self._object_store.settings()

    @property
    def embedded_s3(self) -> EmbeddedS3:
        """To fill its disk, for example; raise LocalError if the store is a given one."""
        if isinstance(self._object_store, OwnS3):
            return self._object_store.server
        raise LocalError("the object store is not an embedded one")

    def _start(self) -> None:
        self.ports[INTAKE] = free_port() if self._port is None else require_free(self._port)
        self._database = database(self.state)
        self._object_store = object_store(self.state, self._s3_capacity_mb)
        self._directory = directory(self.state)
        self._together(self._start_object_store, self._start_directory, self._start_pipeline)
        write_runtime(
            self.state,
            Runtime(
                pid=os.getpid(),
                intake_url=self.intake_url,
                broker_url=self.broker_url,
                operator_database_url=self.database_url(),
                ports=self.ports,
            ),
        )

    def _start_database(self) -> None:
        with self._timed("Postgres", self._database.where):
            self._database.start(self._supervisor)
        with self._timed("schema", "brought to the newest version"):
            migrate(self._database.owner_url())
        if self._prepare is not None:
            with self._timed("configuration", "brought in"), self.connection() as conn:
                self._prepare(conn)

    def _start_object_store(self) -> None:
        with self._timed("S3", self._object_store.where):
            self._object_store.start(self._supervisor)

    def _start_directory(self) -> None:
        with self._timed("LDAP", self._directory.where):
            self._directory.start(self._supervisor)

    def _start_pipeline(self) -> None:
        rendering = self._workers.submit(render)
        self._start_database()
        deployment = self._deployment(rendering.result())
        names = [function.name for function in deployment.functions]
        others = [*(name for name in names if name != INTAKE), BROKER]
        self.ports |= dict(zip(others, free_ports(len(others)), strict=True))
        parts = [broker_part(deployment, self.state, self.ports, self._faults)]
        for function in deployment.functions:
            port = self.ports[function.name]
            parts.append(
                function_part(function, self.state, port, self.broker_url, self._environment)
            )
        parts += [
            ping_part(ping, self.state, self.ports, self._ping_every) for ping in deployment.pings
        ]
        self._together(*map(self._starting, parts))

    def _starting(self, part: Part) -> Callable[[], None]:
        def start() -> None:
            port = self.ports.get(part.name)
            with self._timed(part.name, f"port {port}" if port else "set"):
                self._supervisor.start(part)

        return start

    def _deployment(self, documents: list[dict[str, Any]]) -> Deployment:
        store = self.object_store()
        config_map = {
            "wake-after-seconds": str(self._wake_after_seconds),
            "s3-endpoint-url": store.s3_endpoint_url or "",
            "s3-bucket": store.s3_bucket,
            "s3-region": store.s3_region,
        }
        secrets = {
            "object-store": {
                "access-key-id": store.aws_access_key_id,
                "secret-access-key": store.aws_secret_access_key,
            },
            "lotse-secrets": self._secrets(),
        }
        for document in documents:
            name = document["metadata"]["name"]
            secrets[f"database-{name}"] = {"url": self.database_url(f"lotse_{name}")}
        return read(documents, {"lotse": config_map}, secrets)

    def _secrets(self) -> dict[str, str]:
        """What the configuration refers to as `env:NAME`, as far as it is there."""
        known = {**os.environ, **self._directory.environment()}
        with self.connection() as conn:
            names = {
                name
                for kind in KINDS
                for (text,) in conn.execute(f"SELECT document::text FROM {kind.name}")  # noqa: S608
                for name in _SECRET.findall(text)
            }
        return {name: known[name] for name in names if name in known}

    def _together(self, *steps: Callable[[], None]) -> None:
        """The first that fails is raised; `stop` ends the others."""
        for step in [self._workers.submit(step) for step in steps]:
            step.result()

    def _stop(self, part: str) -> None:
        # A part that was still being started may go by itself: then there is nothing to stop.
        with suppress(LocalError, KeyError):
            self._supervisor.stop(part)

    @contextmanager
    def _timed(self, what: str, how: str) -> Iterator[None]:
        if self._stopping.is_set():
            raise LocalError("stopped while it was starting")
        began = time.monotonic()
        yield
        self._say(f"  {what:<20} {how} ({time.monotonic() - began:.1f} s)")
