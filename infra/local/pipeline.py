"""From the rendered manifests to the programs of this machine, with what they need to know."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.configuration.kinds import KINDS
from infra.local import receiver
from infra.local.backing import Database, Directory, ObjectStore
from infra.local.broker.faults import Faults
from infra.local.manifests import read
from infra.local.parts import BROKER, broker_part, function_part, ping_part, url_of
from infra.local.ports import free_ports
from infra.local.specs import Deployment
from infra.local.supervisor import Part
from shared.adapters.postgres.pool import Connection

INTAKE = "receive"
_REFERENCE = re.compile(r'"env:([A-Z][A-Z0-9_]*)"')


PASSED_ON = ("CLAMD_URL", "S3_PUBLIC_URL", "SCHEMAS_ROOT", "XDOMEA_SCHEMAS")
"""Optional settings that the functions get from the environment of `lotse up`."""


@dataclass(frozen=True)
class Servers:
    """What the functions talk to."""

    database: Database
    object_store: ObjectStore
    directory: Directory


@dataclass(frozen=True)
class Options:
    """`ping_every` goes before the timer's schedule; `environment` is every function's, too.

    `sources` runs another program in a function's place: name -> its main module.
    """

    wake_after_seconds: float = 60
    ping_every: float | None = None
    faults: Faults | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pipeline:
    """`ports` has an entry for each part that listens; `environment` is what commands have to
    know of that of the functions."""

    parts: list[Part]
    ports: dict[str, int]
    environment: dict[str, str]


def pipeline(
    state: Path,
    intake_port: int,
    servers: Servers,
    options: Options,
    manifests: list[dict[str, Any]],
    referred: set[str],
) -> Pipeline:
    """`referred` are the names that the configuration refers to as `env:NAME`."""
    known = {**os.environ, **servers.directory.environment()}
    parts: list[Part] = []
    ports = {INTAKE: intake_port}
    if receiver.URL in referred - known.keys():
        stand_in = receiver.DemoReceiver(state)
        known |= stand_in.environment()
        parts.append(stand_in.part())
        ports["receiver"] = stand_in.port
    secrets = {name: known[name] for name in referred & known.keys()}
    destinations = state / "destinations"
    destinations.mkdir(parents=True, exist_ok=True)
    deployment = _deployment(manifests, servers, options, secrets, destinations)
    others = [each.name for each in deployment.functions if each.name != INTAKE] + [BROKER]
    ports |= dict(zip(others, free_ports(len(others)), strict=True))
    sink = url_of(ports[BROKER])
    # On a cluster the operator mounts a volume there; a function that has no use for it ignores it.
    environment = {"DESTINATIONS_ROOT": str(_destinations(state)), **options.environment}
    parts.append(broker_part(deployment, state, ports, options.faults))
    parts += [
        function_part(
            each.with_source(options.sources.get(each.name)),
            state,
            ports[each.name],
            sink,
            environment,
        )
        for each in deployment.functions
    ]
    parts += [ping_part(each, state, ports, options.ping_every) for each in deployment.pings]
    store = servers.object_store.settings().model_dump(exclude={"log_level"}, exclude_none=True)
    told = {name.upper(): value for name, value in store.items()}
    return Pipeline(
        parts,
        ports,
        {**servers.directory.environment(), **secrets, **told, **_passed_on(), **environment},
    )


def referred_names(conn: Connection) -> set[str]:
    return {
        name
        for kind in KINDS
        for (text,) in conn.execute(f"SELECT document::text FROM {kind.name}")  # noqa: S608
        for name in _REFERENCE.findall(text)
    }


def _deployment(
    manifests: list[dict[str, Any]],
    servers: Servers,
    options: Options,
    lotse_secrets: Mapping[str, str],
    destinations: Path,
) -> Deployment:
    store = servers.object_store.settings()
    config_map = {
        "destinations-root": str(destinations),
        "wake-after-seconds": str(options.wake_after_seconds),
        "s3-endpoint-url": store.s3_endpoint_url or "",
        "s3-bucket": store.s3_bucket,
        "s3-region": store.s3_region,
    }
    given = _passed_on().items()
    config_map |= {name.lower().replace("_", "-"): value for name, value in given}
    secrets: dict[str, Mapping[str, str]] = {
        "object-store": {
            "access-key-id": store.aws_access_key_id,
            "secret-access-key": store.aws_secret_access_key,
        },
        "lotse-secrets": lotse_secrets,
    }
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        secrets[f"database-{name}"] = {"url": servers.database.url(f"lotse_{name}")}
    return read(manifests, {"lotse": config_map}, secrets)


def _passed_on() -> dict[str, str]:
    return {name: os.environ[name] for name in PASSED_ON if os.environ.get(name)}


def _destinations(state: Path) -> Path:
    folder = state / "destinations"
    folder.mkdir(exist_ok=True)
    return folder
