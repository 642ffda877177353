"""The stand-in runs what the manifests say, and says what it cannot run."""

import copy
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.local.manifests import read, render
from infra.local.specs import Deployment, ManifestError, Target

FUNCTIONS = ["assign", "forward", "receive", "recover", "route"]
SECRETS = {
    f"database-{name}": {"url": f"postgresql://{name}@localhost/lotse"} for name in FUNCTIONS
}
SECRETS["object-store"] = {"access-key-id": "id", "secret-access-key": "key"}
CONFIG_MAPS = {"lotse": {"s3-endpoint-url": "http://127.0.0.1:1"}}

Documents = list[dict[str, Any]]


@pytest.fixture(scope="module")
def rendered() -> Documents:
    return render()


@pytest.fixture
def documents(rendered: Documents) -> Documents:
    return copy.deepcopy(rendered)


@pytest.fixture
def deployment(documents: Documents) -> Deployment:
    return read(documents, CONFIG_MAPS, SECRETS)


def the(documents: Documents, kind: str, name: str) -> dict[str, Any]:
    return next(one for one in documents if (one["kind"], one["metadata"]["name"]) == (kind, name))


def container(documents: Documents, function: str) -> dict[str, Any]:
    found: dict[str, Any] = the(documents, "Service", function)["spec"]["template"]["spec"][
        "containers"
    ][0]
    return found


def test_every_function_is_found(deployment: Deployment) -> None:
    assert sorted(function.name for function in deployment.functions) == FUNCTIONS


def test_the_environment_is_put_together_from_config_maps_and_secrets(
    deployment: Deployment,
) -> None:
    env = deployment.function("forward").env

    assert env["DATABASE_URL"] == "postgresql://forward@localhost/lotse"
    assert env["S3_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert env["S3_BUCKET"] == "antragslotse"
    assert env["THREADS"] == str(deployment.function("forward").concurrency)


def test_secrets_of_the_configuration_reach_the_functions_that_need_them(
    documents: Documents,
) -> None:
    deployment = read(documents, CONFIG_MAPS, {**SECRETS, "lotse-secrets": {"webhook": "w"}})

    with_secret = [each.name for each in deployment.functions if "webhook" in each.env]
    mounted = [
        each.name
        for each in deployment.functions
        if "lotse-secrets" in {mount.source for mount in each.mounts}
    ]

    assert sorted(with_secret) == sorted(mounted) == ["assign", "forward", "receive"]


def test_the_command_is_mapped_to_this_machine(deployment: Deployment) -> None:
    assert deployment.function("route").local_argv(8081) == [
        str(Path(sys.executable).with_name("functions-framework")),
        "--source=functions/route/main.py",
        "--target=handle",
        "--host",
        "127.0.0.1",
        "--port",
        "8081",
    ]


def test_those_who_publish_are_bound_to_the_broker(deployment: Deployment) -> None:
    bound = {function.name: function.sink for function in deployment.functions if function.sink}

    assert bound == {"receive": "lotse", "recover": "lotse"}


def test_the_timer_wakes_who_has_to_be_woken(deployment: Deployment) -> None:
    pings = {ping.name: (ping.schedule, ping.sink) for ping in deployment.pings}

    assert pings == {
        "recover-every-minute": ("* * * * *", Target("recover")),
        "receive-polls-every-minute": ("* * * * *", Target("receive", "/polls")),
        "assign-upkeep-every-minute": ("* * * * *", Target("assign", "/timer")),
    }


def test_the_broker_is_told_what_the_triggers_say(deployment: Deployment) -> None:
    urls = {name: f"http://127.0.0.1:{port}" for port, name in enumerate(FUNCTIONS, 8000)}

    config = deployment.broker_config(urls)

    trigger = next(each for each in config.triggers if each.name == "route-case-received")
    assert trigger.attributes == {"type": "de.antragslotse.case.received.v1"}
    assert trigger.destination.subscriber == "route"
    assert (trigger.delivery.retry, trigger.delivery.backoff_delay) == (5, 0.2)
    assert trigger.delivery.timeout == 30
    assert trigger.dead_letter is not None
    assert (trigger.dead_letter.subscriber, trigger.dead_letter.path) == (
        "recover",
        "/dead-letters",
    )
    assert config.subscribers["forward"].concurrency == 8


def test_a_trigger_without_delivery_has_the_brokers(documents: Documents) -> None:
    del the(documents, "Trigger", "route-case-received")["spec"]["delivery"]

    deployment = read(documents, CONFIG_MAPS, SECRETS)

    trigger = next(each for each in deployment.triggers if each.name == "route-case-received")
    assert trigger.delivery == deployment.broker.delivery


def test_a_missing_secret_is_named(documents: Documents) -> None:
    secrets = {name: values for name, values in SECRETS.items() if name != "database-route"}

    with pytest.raises(
        ManifestError,
        match="route: DATABASE_URL needs 'url' of secret 'database-route', which is missing",
    ):
        read(documents, CONFIG_MAPS, secrets)


def test_a_missing_config_map_is_named(documents: Documents) -> None:
    documents.remove(the(documents, "ConfigMap", "lotse"))

    with pytest.raises(ManifestError, match="of configMap 'lotse', which is missing"):
        read(documents, CONFIG_MAPS, SECRETS)


def test_what_is_not_known_is_an_error(documents: Documents) -> None:
    documents.append({"kind": "Sequence", "metadata": {"name": "steps"}})

    with pytest.raises(ManifestError, match="cannot run on one machine: Sequence"):
        read(documents, CONFIG_MAPS, SECRETS)


def test_an_unknown_command_is_an_error(documents: Documents) -> None:
    container(documents, "route")["command"] = ["java"]

    with pytest.raises(ManifestError, match="route: do not know how to run 'java'"):
        read(documents, CONFIG_MAPS, SECRETS).function("route").local_argv(1)


def test_a_volume_that_this_machine_does_not_have_is_an_error(documents: Documents) -> None:
    spec = the(documents, "Service", "forward")["spec"]["template"]["spec"]
    spec["volumes"].append({"name": "cases", "persistentVolumeClaim": {"claimName": "cases"}})
    container(documents, "forward")["volumeMounts"].append({"name": "cases", "mountPath": "/c"})

    with pytest.raises(ManifestError, match="forward: do not know how to mount 'cases'"):
        read(documents, CONFIG_MAPS, SECRETS)


@pytest.mark.parametrize(
    ("kind", "name", "path", "value", "message"),
    [
        ("Trigger", "route-case-received", "broker", "other", "no Broker is called 'other'"),
        ("Trigger", "route-case-received", "filters", [], "only exact filters are known"),
        (
            "Trigger",
            "route-case-received",
            "subscriber",
            {"ref": {"name": "nobody"}},
            "no Service is called 'nobody'",
        ),
        (
            "PingSource",
            "recover-every-minute",
            "sink",
            {"ref": {"name": "nobody"}},
            "no Service is called 'nobody'",
        ),
        ("Broker", "lotse", "delivery", {"backoffDelay": "2 s"}, "not a duration: '2 s'"),
    ],
)
def test_a_reference_into_nowhere_is_an_error(
    kind: str, name: str, path: str, value: object, message: str, documents: Documents
) -> None:
    the(documents, kind, name)["spec"][path] = value

    with pytest.raises(ManifestError, match=message):
        read(documents, CONFIG_MAPS, SECRETS)


def test_a_folder_that_does_not_render_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="does not render"):
        render(tmp_path)
