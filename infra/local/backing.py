"""The servers the functions need: the ones the environment names, or else embedded ones."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from botocore.exceptions import BotoCoreError, ClientError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.local.errors import LocalError
from infra.local.ldap import PASSWORD, EmbeddedLdap
from infra.local.ports import free_port
from infra.local.postgres import EmbeddedPostgres
from infra.local.s3 import REGION, EmbeddedS3
from infra.local.supervisor import Supervisor
from shared.adapters.object_store import ObjectStoreSettings, S3ObjectStore

BUCKET = "antragslotse"


class Database(Protocol):
    where: str

    def start(self, supervisor: Supervisor) -> None: ...

    def owner_url(self) -> str:
        """Of the role that may change the schema."""
        ...

    def url(self, role: str) -> str:
        """Of a function's own role."""
        ...


class ObjectStore(Protocol):
    where: str

    def start(self, supervisor: Supervisor) -> None: ...

    def settings(self) -> ObjectStoreSettings: ...


class Directory(Protocol):
    where: str

    def start(self, supervisor: Supervisor) -> None: ...

    def environment(self) -> dict[str, str]:
        """What the configuration may refer to as `env:NAME`."""
        ...


class OwnPostgres:
    """Embedded: its data lie in the state directory."""

    def __init__(self, state: Path) -> None:
        self.server = EmbeddedPostgres(state, free_port())
        self.where = f"embedded, port {self.server.port}"

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start(self.server.part())
        self.server.ensure_database()

    def owner_url(self) -> str:
        return self.server.url()

    def url(self, role: str) -> str:
        return self.server.url(role)


class GivenPostgres:
    """A server of one's own. Its login has to be allowed to become each function's role."""

    where = "yours, from DATABASE_URL"

    def __init__(self, url: str) -> None:
        self._url = url

    def start(self, supervisor: Supervisor) -> None:
        pass

    def owner_url(self) -> str:
        return self._url

    def url(self, role: str) -> str:
        options = f"{conninfo_to_dict(self._url).get('options', '')} -c role={role}"
        return make_conninfo(self._url, options=options.strip())


class OwnS3:
    """Embedded: its data lie in the state directory."""

    def __init__(self, state: Path, capacity_mb: int | None) -> None:
        self.server = EmbeddedS3(state, free_port(), capacity_mb)
        self.where = f"embedded, port {self.server.port}"

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start(self.server.part())
        self.server.ensure_bucket(BUCKET)

    def settings(self) -> ObjectStoreSettings:
        return ObjectStoreSettings(
            s3_endpoint_url=self.server.endpoint_url,
            s3_bucket=BUCKET,
            s3_region=REGION,
            aws_access_key_id=self.server.credentials.access_key,
            aws_secret_access_key=self.server.credentials.secret_key,
        )


class GivenS3:
    """A store of one's own, with its bucket."""

    where = "yours, from S3_ENDPOINT_URL"

    def __init__(self, environment: Mapping[str, str]) -> None:
        missing = [
            name
            for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
            if not environment.get(name)
        ]
        if missing:
            raise LocalError(f"S3_ENDPOINT_URL is set, so {' and '.join(missing)} has to be, too")
        self._environment = environment

    def start(self, supervisor: Supervisor) -> None:
        """Nothing to start, but it is better to know now that it cannot be used."""
        settings = self.settings()
        try:
            S3ObjectStore(settings).client.head_bucket(Bucket=settings.s3_bucket)
        except (BotoCoreError, ClientError, ValueError) as exc:  # ValueError: no address at all
            raise LocalError(
                f"the bucket {settings.s3_bucket} at {settings.s3_endpoint_url} cannot be used "
                f"({type(exc).__name__}); S3_BUCKET names another one"
            ) from None

    def settings(self) -> ObjectStoreSettings:
        given = self._environment
        return ObjectStoreSettings(
            s3_endpoint_url=given["S3_ENDPOINT_URL"],
            s3_bucket=given.get("S3_BUCKET", BUCKET),
            s3_region=given.get("S3_REGION", REGION),
            aws_access_key_id=given["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=given["AWS_SECRET_ACCESS_KEY"],
        )


class OwnDirectory:
    """The demo municipality's LDAP directory."""

    def __init__(self, state: Path) -> None:
        self.server = EmbeddedLdap(state, free_port())
        self.where = f"embedded, port {self.server.port}"

    def start(self, supervisor: Supervisor) -> None:
        supervisor.start(self.server.part())

    def environment(self) -> dict[str, str]:
        return {"LDAP_URL": self.server.url, PASSWORD: self.server.password}


class GivenDirectory:
    """A directory of one's own; the configuration says how to log in."""

    where = "yours, from LDAP_URL"

    def __init__(self, url: str) -> None:
        self._url = url

    def start(self, supervisor: Supervisor) -> None:
        pass

    def environment(self) -> dict[str, str]:
        return {"LDAP_URL": self._url}


def directory(state: Path) -> Directory:
    url = os.environ.get("LDAP_URL")
    if url and not url.startswith(("ldap://", "ldaps://")):
        raise LocalError("LDAP_URL has to begin with ldap:// or ldaps://")
    return GivenDirectory(url) if url else OwnDirectory(state)


def database(state: Path) -> Database:
    url = os.environ.get("DATABASE_URL")
    return GivenPostgres(url) if url else OwnPostgres(state)


def object_store(state: Path, capacity_mb: int | None = None) -> ObjectStore:
    if os.environ.get("S3_ENDPOINT_URL"):
        return GivenS3(os.environ)
    return OwnS3(state, capacity_mb)
