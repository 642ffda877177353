"""What the manifests say, as far as it matters on one machine."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from infra.local.broker.config import BrokerConfig, Delivery, Destination, Subscriber, Trigger
from infra.local.errors import LocalError


class ManifestError(LocalError):
    """A manifest that the stand-in cannot run; the text says which and why."""


@dataclass(frozen=True)
class Mount:
    """`source` is the name of the secret, or None for an empty directory."""

    path: str
    source: str | None


@dataclass(frozen=True)
class FunctionSpec:
    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    concurrency: int
    mounts: tuple[Mount, ...]
    # The broker whose address the function gets in K_SINK.
    sink: str | None = None

    def with_source(self, source: str | None) -> "FunctionSpec":
        """The same with another main module; None changes nothing."""
        if source is None:
            return self
        argv = [f"--source={source}" if a.startswith("--source=") else a for a in self.argv]
        return replace(self, argv=tuple(argv))

    def local_argv(self, port: int) -> list[str]:
        """The container's command as one of this machine's."""
        program, *arguments = self.argv
        if program != "functions-framework":
            raise ManifestError(f"{self.name}: do not know how to run {program!r}")
        installed = Path(sys.executable).with_name(program)
        return [str(installed), *arguments, "--host", "127.0.0.1", "--port", str(port)]


@dataclass(frozen=True)
class Target:
    function: str
    path: str = "/"


@dataclass(frozen=True)
class DeliverySpec:
    delivery: Delivery
    dead_letter: Target | None


@dataclass(frozen=True)
class BrokerSpec:
    name: str
    delivery: DeliverySpec


@dataclass(frozen=True)
class TriggerSpec:
    name: str
    attributes: Mapping[str, str]
    subscriber: Target
    delivery: DeliverySpec


@dataclass(frozen=True)
class PingSpec:
    name: str
    schedule: str
    sink: Target
    content_type: str | None = None
    data: str = ""


@dataclass(frozen=True)
class Deployment:
    functions: tuple[FunctionSpec, ...]
    broker: BrokerSpec
    triggers: tuple[TriggerSpec, ...]
    pings: tuple[PingSpec, ...]

    def broker_config(self, urls: Mapping[str, str]) -> BrokerConfig:
        """What the local broker needs to know, given each function's address."""
        return BrokerConfig(
            subscribers={
                function.name: Subscriber(url=urls[function.name], concurrency=function.concurrency)
                for function in self.functions
            },
            triggers=tuple(
                Trigger(
                    name=trigger.name,
                    attributes=dict(trigger.attributes),
                    destination=_destination(trigger.subscriber),
                    delivery=trigger.delivery.delivery,
                    dead_letter=trigger.delivery.dead_letter
                    and _destination(trigger.delivery.dead_letter),
                )
                for trigger in self.triggers
            ),
        )

    def function(self, name: str) -> FunctionSpec:
        return next(function for function in self.functions if function.name == name)


def _destination(target: Target) -> Destination:
    return Destination(subscriber=target.function, path=target.path)
