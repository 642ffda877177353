"""Every Knative object fits Knative's schema, unknown fields refused."""

import copy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.manifests.crds import Key, errors_in, strict_schemas
from tests.manifests.documents import Document, of_kind

Schemas = dict[Key, Draft202012Validator]


@pytest.fixture(scope="module")
def schemas(reference_data: Path) -> Schemas:
    return strict_schemas(reference_data / "knative-crds")


def test_every_knative_object_is_valid(rendered: list[Document], schemas: Schemas) -> None:
    objects = [document for document in rendered if "knative.dev/" in document["apiVersion"]]

    assert objects
    assert [error for one in objects for error in errors_in(one, schemas)] == []


@pytest.mark.parametrize(
    ("kind", "path", "wrong"),
    [
        ("Trigger", ["spec"], "subscribr"),
        ("Trigger", ["spec", "delivery"], "backofDelay"),
        ("Broker", ["spec", "delivery", "deadLetterSink"], "url"),
        ("Service", ["spec", "template", "spec"], "containerConcurency"),
        ("Service", ["spec", "template", "spec", "containers", 0], "enviroment"),
        ("PingSource", ["spec"], "shedule"),
    ],
)
def test_a_misspelt_field_would_be_noticed(
    kind: str, path: list[str | int], wrong: str, base: list[Document], schemas: Schemas
) -> None:
    document = copy.deepcopy(of_kind(base, kind)[0])
    place: Any = document
    for step in path:
        place = place[step]
    place[wrong] = "x"

    (error,) = errors_in(document, schemas)
    assert wrong in error
