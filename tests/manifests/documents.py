"""Find one's way in rendered manifests."""

from typing import Any, TypeAlias

from infra.local.manifests import read
from infra.local.specs import Deployment

Document: TypeAlias = dict[str, Any]


def of_kind(documents: list[Document], kind: str) -> list[Document]:
    found = [document for document in documents if document["kind"] == kind]
    assert found, f"there is no {kind}"
    return found


def name_of(document: Document) -> str:
    return str(document["metadata"]["name"])


def pod_of(service: Document) -> dict[str, Any]:
    pod: dict[str, Any] = service["spec"]["template"]["spec"]
    return pod


def container_of(service: Document) -> dict[str, Any]:
    (container,) = pod_of(service)["containers"]
    found: dict[str, Any] = container
    return found


def plain_environment(service: Document) -> dict[str, str]:
    return {
        variable["name"]: variable["value"]
        for variable in container_of(service)["env"]
        if "value" in variable
    }


def deployed(documents: list[Document]) -> Deployment:
    """As the one-machine stand-in reads it, with values for every secret."""
    names = [name_of(service) for service in of_kind(documents, "Service")]
    secrets = {f"database-{name}": {"url": "postgresql://localhost/lotse"} for name in names}
    secrets["object-store"] = {"access-key-id": "id", "secret-access-key": "key"}
    return read(documents, {"lotse": {"s3-endpoint-url": "http://127.0.0.1:1"}}, secrets)
