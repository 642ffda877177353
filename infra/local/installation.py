"""One running installation on this machine: its servers, its functions, the broker, the timer."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from infra.local.backing import OwnS3, database, directory, object_store
from infra.local.broker.faults import Faults
from infra.local.errors import LocalError
from infra.local.manifests import render
from infra.local.parts import BROKER, url_of
from infra.local.pipeline import INTAKE, Options, Servers, pipeline, referred_names
from infra.local.ports import free_port, require_free
from infra.local.runtime import Runtime, write_runtime
from infra.local.s3 import EmbeddedS3
from infra.local.supervisor import Part, PartStatus, Supervisor
from infra.migrations import migrate
from shared.adapters.object_store import ObjectStoreSettings
from shared.adapters.postgres.pool import Connection

# What is stopped last, because the others need it to answer what they have begun.
_SERVERS = {"postgres", "s3", "ldap"}

Say = Callable[[str], None]
Prepare = Callable[[Connection], None]


def _silent(_: str) -> None: ...


class Installation:
    """`prepare` fills the migrated database (as the operator) before the functions start.

    What is not given in the environment (DATABASE_URL, S3_ENDPOINT_URL, LDAP_URL) is embedded, with
    its data in `state`. `environment` is added to that of every function; `sources` replaces
    a function's main module.
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
        sources: Mapping[str, str] | None = None,
        prepare: Prepare | None = None,
        say: Say = _silent,
    ) -> None:
        self.state = state.absolute()
        self._port = port
        self._options = Options(
            wake_after_seconds, ping_every, faults, dict(environment or {}), dict(sources or {})
        )
        self._s3_capacity_mb = s3_capacity_mb
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
        except psycopg.Error as exc:
            self.stop()
            raise LocalError(
                f"the database does not do what is asked ({type(exc).__name__}, SQLSTATE "
                f"{exc.sqlstate}); its user has to be allowed to create and become roles"
            ) from exc
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End every process; the data stay."""
        self._stopping.set()
        names = {part.name for part in self._supervisor.status()}
        for group in (names - _SERVERS, names & _SERVERS):
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
        return self._servers.database.url(role)

    @contextmanager
    def connection(self, role: str = "lotse_operator") -> Iterator[Connection]:
        """One transaction."""
        with psycopg.connect(self.database_url(role), connect_timeout=5) as conn:
            yield conn

    def object_store(self) -> ObjectStoreSettings:
        return self._servers.object_store.settings()

    @property
    def embedded_s3(self) -> EmbeddedS3:
        """To fill its disk, for example; raise LocalError if the store is a given one."""
        store = self._servers.object_store
        if isinstance(store, OwnS3):
            return store.server
        raise LocalError("the object store is not an embedded one")

    def _start(self) -> None:
        self.ports[INTAKE] = free_port() if self._port is None else require_free(self._port)
        self._servers = Servers(
            database(self.state),
            object_store(self.state, self._s3_capacity_mb),
            directory(self.state),
        )
        self._together(self._start_object_store, self._start_directory, self._start_pipeline)
        write_runtime(
            self.state,
            Runtime(
                pid=os.getpid(),
                intake_url=self.intake_url,
                broker_url=self.broker_url,
                operator_database_url=self.database_url(),
                ports=self.ports,
                environment=self._environment,
            ),
        )

    def _start_object_store(self) -> None:
        with self._timed("S3", self._servers.object_store.where):
            self._servers.object_store.start(self._supervisor)

    def _start_directory(self) -> None:
        with self._timed("LDAP", self._servers.directory.where):
            self._servers.directory.start(self._supervisor)

    def _start_database(self) -> None:
        with self._timed("Postgres", self._servers.database.where):
            self._servers.database.start(self._supervisor)
        with self._timed("schema", "brought to the newest version"):
            migrate(self._servers.database.owner_url())
        if self._prepare is not None:
            with self._timed("configuration", "brought in"), self.connection() as conn:
                self._prepare(conn)

    def _start_pipeline(self) -> None:
        rendering = self._workers.submit(render)
        self._start_database()
        with self.connection() as conn:
            referred = referred_names(conn)
        made = pipeline(
            self.state,
            self.ports[INTAKE],
            self._servers,
            self._options,
            rendering.result(),
            referred,
        )
        self.ports = made.ports
        self._environment = made.environment
        self._together(*map(self._starting, made.parts))

    def _starting(self, part: Part) -> Callable[[], None]:
        def start() -> None:
            port = self.ports.get(part.name)
            with self._timed(part.name, f"port {port}" if port else "set"):
                self._supervisor.start(part)

        return start

    def _together(self, *steps: Callable[[], None]) -> None:
        """The first that fails is raised; `stop` ends the others."""
        for done in as_completed([self._workers.submit(step) for step in steps]):
            done.result()

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
