"""The functions in this process, as functions-framework serves them, and their servers."""

import gc
import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import functions_framework
import psycopg

from infra.local.ports import HOST, free_port
from shared.adapters import object_store
from shared.adapters.object_store import ObjectStoreSettings
from tests.crash.lines.tracing import REPOSITORY
from tests.roles import as_role


@dataclass(frozen=True, slots=True)
class Installation:
    """`database_url` is a superuser's; how to reach the S3 server stands in the environment.

    `folder` is where forward's folders begin.
    """

    database_url: str
    folder: Path

    def app(self, function: str) -> Any:
        """It connects to nothing before the first request, so it can be forked."""
        self._set(function)
        return functions_framework.create_app(
            "handle", str(REPOSITORY / "functions" / function / "main.py")
        )

    def connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.database_url, autocommit=True)

    def object_store(self) -> ObjectStoreSettings:
        return ObjectStoreSettings.from_environment()

    def recover(self) -> None:
        """Its timer, with every upload overdue, until nothing changes any more."""
        self._set("recover")
        endpoint = importlib.import_module("functions.recover.main").build()
        unfinished = -1
        while unfinished != (unfinished := self._unfinished()):
            endpoint.run()  # one to expire
            endpoint.run()  # and one to remove

    def _unfinished(self) -> int:
        with self.connect() as conn:
            rows = conn.execute("SELECT count(*) FROM uploads WHERE state <> 'consumed'")
            ((count,),) = rows.fetchall()
        return int(count)

    def _set(self, function: str) -> None:
        os.environ.update(
            DATABASE_URL=as_role(self.database_url, f"lotse_{function}"),
            LOG_LEVEL="CRITICAL",
            K_SINK=f"http://{HOST}:{free_port()}",  # nobody is there
            DESTINATIONS_ROOT=str(self.folder),
            UPLOAD_EXPIRES_AFTER_SECONDS="0",
            UPLOAD_SWEPT_AGAIN_AFTER_SECONDS="0",
        )


def warm_up(installation: Installation) -> None:
    """Most of a child's time would go to boto3 making its client. One that never connected can be
    forked, so all get that; whatever is garbage by then is not looked at again in each of them."""
    client = vars(object_store)["connect"](installation.object_store())
    vars(object_store)["connect"] = lambda _: client
    gc.freeze()
