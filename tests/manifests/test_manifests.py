"""Rules that Knative's schemas do not know: limits, security, references."""

import re

import pytest

from infra.local.manifests import BASE
from tests.manifests.documents import (
    Document,
    container_of,
    deployed,
    name_of,
    of_kind,
    plain_environment,
    pod_of,
)

ROOT = BASE.parents[2]
# What the database of a site has to offer: Postgres' max_connections, less some for operators.
CONNECTIONS = 190


def test_every_manifest_file_is_part_of_the_base(base: list[Document]) -> None:
    files = {
        str(path.relative_to(BASE))
        for path in BASE.rglob("*.yaml")
        if not path.name.startswith("kustom")
    }
    listed = re.findall(r"^  - (\S+\.yaml)$", (BASE / "kustomization.yaml").read_text(), re.M)

    assert files == set(listed)


def test_a_function_gets_no_more_requests_than_threads_and_connections(
    rendered: list[Document],
) -> None:
    for service in of_kind(rendered, "Service"):
        concurrency = str(pod_of(service)["containerConcurrency"])
        env = plain_environment(service)
        assert (env["THREADS"], env["DATABASE_POOL_SIZE"]) == (concurrency, concurrency)


def test_all_functions_together_stay_within_the_databases_connections(
    rendered: list[Document],
) -> None:
    most = 0
    for service in of_kind(rendered, "Service"):
        annotations = service["spec"]["template"]["metadata"]["annotations"]
        env = plain_environment(service)
        replicas = int(annotations["autoscaling.knative.dev/max-scale"])
        assert replicas >= int(annotations["autoscaling.knative.dev/min-scale"])
        most += replicas * int(env.get("WORKERS", 1)) * int(env["DATABASE_POOL_SIZE"])

    assert most <= CONNECTIONS


def test_whoever_the_broker_waits_for_gives_up_before_the_broker_does(
    base: list[Document],
) -> None:
    deployment = deployed(base)
    timeouts = {
        name_of(service): pod_of(service)["timeoutSeconds"] for service in of_kind(base, "Service")
    }

    for trigger in deployment.triggers:
        dead_letter = trigger.delivery.dead_letter
        assert dead_letter is not None
        for function in (trigger.subscriber.function, dead_letter.function):
            assert timeouts[function] < trigger.delivery.delivery.timeout


def test_only_receive_can_be_reached_from_outside(rendered: list[Document]) -> None:
    inside = {
        pod_of(service)["serviceAccountName"].removeprefix("other-"): service["metadata"][
            "labels"
        ].get("networking.knative.dev/visibility")
        for service in of_kind(rendered, "Service")
    }

    assert {name for name, visibility in inside.items() if visibility != "cluster-local"} == {
        "receive"
    }


def test_no_function_runs_with_more_rights_than_it_needs(rendered: list[Document]) -> None:
    for service in of_kind(rendered, "Service"):
        assert container_of(service)["securityContext"] == {
            "runAsNonRoot": True,
            "runAsUser": 65532,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert pod_of(service)["automountServiceAccountToken"] is False


def test_every_function_has_its_own_account_and_database_role(rendered: list[Document]) -> None:
    services = of_kind(rendered, "Service")
    accounts = {name_of(account) for account in of_kind(rendered, "ServiceAccount")}
    roles = {
        variable["valueFrom"]["secretKeyRef"]["name"]
        for service in services
        for variable in container_of(service)["env"]
        if variable["name"] == "DATABASE_URL"
    }

    assert {pod_of(service)["serviceAccountName"] for service in services} == accounts
    assert len(accounts) == len(roles) == len(services)


def test_every_function_has_requests_limits_a_probe_and_a_place_to_write(
    rendered: list[Document],
) -> None:
    for service in of_kind(rendered, "Service"):
        container = container_of(service)
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}
        assert set(container["resources"]["limits"]) == {"cpu", "memory"}
        assert container["readinessProbe"]["httpGet"] == {"path": "/readyz"}
        assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_the_image_is_named_by_its_digest_in_the_overlay(
    base: list[Document], overlay: list[Document]
) -> None:
    assert {container_of(service)["image"] for service in of_kind(base, "Service")} == {
        "antragslotse"
    }
    for service in of_kind(overlay, "Service"):
        assert re.fullmatch(r"\S+/antragslotse@sha256:[0-9a-f]{64}", container_of(service)["image"])


def test_the_overlay_puts_everything_into_its_namespace(overlay: list[Document]) -> None:
    (namespace,) = of_kind(overlay, "Namespace")

    assert {
        document["metadata"]["namespace"] for document in overlay if document["kind"] != "Namespace"
    } == {name_of(namespace)}


def test_every_reference_leads_somewhere(rendered: list[Document]) -> None:
    exists = {(document["kind"], name_of(document)) for document in rendered}
    for trigger in of_kind(rendered, "Trigger"):
        spec = trigger["spec"]
        assert ("Broker", spec["broker"]) in exists
        assert ("Service", spec["subscriber"]["ref"]["name"]) in exists
    for owner in of_kind(rendered, "Trigger") + of_kind(rendered, "Broker"):
        assert ("Service", owner["spec"]["delivery"]["deadLetterSink"]["ref"]["name"]) in exists
    for ping in of_kind(rendered, "PingSource"):
        assert ("Service", ping["spec"]["sink"]["ref"]["name"]) in exists
    for binding in of_kind(rendered, "SinkBinding"):
        assert ("Service", binding["spec"]["subject"]["name"]) in exists
        assert ("Broker", binding["spec"]["sink"]["ref"]["name"]) in exists
    for service in of_kind(rendered, "Service"):
        for variable in container_of(service)["env"]:
            if reference := variable.get("valueFrom", {}).get("configMapKeyRef"):
                assert ("ConfigMap", reference["name"]) in exists


def test_every_trigger_is_named_after_its_function_and_event(base: list[Document]) -> None:
    for trigger in of_kind(base, "Trigger"):
        spec = trigger["spec"]
        event_type = spec["filter"]["attributes"]["type"]
        what = event_type.removeprefix("de.antragslotse.").removesuffix(".v1").replace(".", "-")
        assert name_of(trigger) == f"{spec['subscriber']['ref']['name']}-{what}"


def test_every_trigger_repeats_the_brokers_delivery(rendered: list[Document]) -> None:
    (broker,) = of_kind(rendered, "Broker")

    for trigger in of_kind(rendered, "Trigger"):
        assert trigger["spec"]["delivery"] == broker["spec"]["delivery"]


@pytest.mark.parametrize("secret", ["DATABASE_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_no_secret_is_written_into_a_manifest(secret: str, rendered: list[Document]) -> None:
    for service in of_kind(rendered, "Service"):
        for variable in container_of(service)["env"]:
            if variable["name"] == secret:
                assert set(variable["valueFrom"]) == {"secretKeyRef"}


def test_every_source_file_exists(base: list[Document]) -> None:
    for service in of_kind(base, "Service"):
        (source,) = [
            argument.removeprefix("--source=")
            for argument in container_of(service)["args"]
            if argument.startswith("--source=")
        ]
        assert source == f"functions/{name_of(service)}/main.py"
        assert (ROOT / source).is_file(), source
