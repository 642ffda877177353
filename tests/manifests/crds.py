"""Knative's own schemas, made strict: a field they do not declare is refused."""

from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

# Behind a feature flag that is on by default, and therefore not in the schema.
_DELIVERY_EXTRAS = {"timeout": {"type": "string"}, "retryAfterMax": {"type": "string"}}

# The API server knows these itself; not every CRD repeats them.
_KNOWN_ANYWAY: dict[str, Any] = {"apiVersion": {}, "kind": {}, "metadata": {}}

Key = tuple[str, str]


def strict_schemas(folder: Path) -> dict[Key, Draft202012Validator]:
    """By apiVersion and kind."""
    schemas: dict[Key, Draft202012Validator] = {}
    for path in folder.rglob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document and document["kind"] == "CustomResourceDefinition":
                spec = document["spec"]
                for version in spec["versions"]:
                    key = (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
                    schema = strict(version["schema"]["openAPIV3Schema"])
                    if "properties" in schema:
                        schema["properties"] = _KNOWN_ANYWAY | schema["properties"]
                    schemas[key] = Draft202012Validator(schema)
    return schemas


def strict(schema: dict[str, Any], name: str = "") -> dict[str, Any]:
    """Knative marks whole specs as open to unknown fields: here only those without any declared."""
    result = dict(schema)
    if "properties" in schema:
        properties = schema["properties"] | (_DELIVERY_EXTRAS if name == "delivery" else {})
        result["properties"] = {key: strict(value, key) for key, value in properties.items()}
        result["additionalProperties"] = False
    elif isinstance(schema.get("additionalProperties"), dict):
        result["additionalProperties"] = strict(schema["additionalProperties"])
    if "items" in schema:
        result["items"] = strict(schema["items"])
    return result


def errors_in(document: dict[str, Any], schemas: dict[Key, Draft202012Validator]) -> list[str]:
    validator = schemas[document["apiVersion"], document["kind"]]
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(document)]
