"""The manifests' functions and the broker between them, as programs of this machine."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import urllib3

from infra.local.broker.faults import Faults
from infra.local.ports import HOST
from infra.local.specs import Deployment, FunctionSpec, PingSpec
from infra.local.supervisor import Part

PROJECT = Path(__file__).parents[2]
BROKER = "broker"

_http = urllib3.PoolManager(retries=False, timeout=2)


def url_of(port: int) -> str:
    return f"http://{HOST}:{port}"


def answers_readyz(port: int) -> bool:
    try:
        return _http.request("GET", f"{url_of(port)}/readyz").status == 200
    except urllib3.exceptions.HTTPError:
        return False


def function_part(
    spec: FunctionSpec, state: Path, port: int, sink: str, environment: Mapping[str, str]
) -> Part:
    env = _environment(state, spec.name) | dict(spec.env) | dict(environment)
    if spec.sink is not None:
        env["K_SINK"] = sink
    return Part(
        name=spec.name,
        argv=spec.local_argv(port),
        env=env,
        cwd=PROJECT,
        log=state / "log" / f"{spec.name}.log",
        ready=lambda: answers_readyz(port),
    )


def broker_part(
    deployment: Deployment, state: Path, ports: Mapping[str, int], faults: Faults | None
) -> Part:
    config = state / "broker.json"
    urls = {function.name: url_of(ports[function.name]) for function in deployment.functions}
    told = deployment.broker_config(urls).model_copy(update={"faults": faults or Faults()})
    config.write_text(told.model_dump_json())
    port = ports[BROKER]
    return Part(
        name=BROKER,
        argv=[sys.executable, "-m", "infra.local.broker", f"--port={port}", f"--config={config}"],
        env=_environment(state, BROKER),
        cwd=PROJECT,
        log=state / "log" / f"{BROKER}.log",
        ready=lambda: answers_readyz(port),
    )


def ping_part(ping: PingSpec, state: Path, ports: Mapping[str, int], every: float | None) -> Part:
    when = f"--schedule={ping.schedule}" if every is None else f"--every={every}"
    argv = [sys.executable, "-m", "infra.local.ping", when, f"--name={ping.name}"]
    argv += [f"--sink={url_of(ports[ping.sink.function])}{ping.sink.path}", f"--data={ping.data}"]
    if ping.content_type:
        argv.append(f"--content-type={ping.content_type}")
    return Part(
        name=ping.name,
        argv=argv,
        env=_environment(state, ping.name),
        cwd=PROJECT,
        log=state / "log" / f"{ping.name}.log",
        ready=lambda: True,
    )


def _environment(state: Path, part: str) -> dict[str, str]:
    """Nothing of the caller's: what a function gets is in its manifest."""
    scratch = state / "tmp" / part
    scratch.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "TMPDIR": str(scratch),
        "LC_ALL": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
    }
