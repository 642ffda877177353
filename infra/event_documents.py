"""What others read about our events, made from the event classes.

`python -m infra.event_documents` writes docs/events.md, docs/asyncapi.yaml and the Knative
EventTypes; a test compares them.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from shared.domain.events import EVENT_TYPES, Event

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "tests" / "events"

_HEAD = """# Events

CloudEvents 1.0, binary mode over HTTP. `source` is the function's path, `subject` and the
extension `partitionkey` are the case's id, `round` counts the passes through the stages,
`traceparent` is passed on. Data holds ids and codes, never a person's data. Unknown members of
data are ignored; a version only ever gains optional ones; consumers are deployed before
producers. The id of an event is computed from its case, type and sequence, so a redelivery is
recognised by `source` and `id`.

This page, `asyncapi.yaml` and `infra/knative/base/event-types.yaml` are made from
`shared/domain/events.py` by `python -m infra.event_documents`.
"""


def documents() -> dict[Path, str]:
    """Path -> text of every generated document."""
    return {
        ROOT / "docs" / "events.md": _page(),
        ROOT / "docs" / "asyncapi.yaml": _yaml(_asyncapi()),
        ROOT / "infra" / "knative" / "base" / "event-types.yaml": "---\n".join(
            _yaml(_event_type(event)) for event in EVENT_TYPES.values()
        ),
    }


def short_name(event: type[Event]) -> str:
    """`case.received.v1` of `de.antragslotse.case.received.v1`."""
    return event.type.removeprefix("de.antragslotse.")


def data_schema(event: type[Event]) -> dict[str, Any]:
    """JSON schema of the event's data: its own fields, and the two that every event repeats."""
    schema = event.model_json_schema()
    travelling = {"case_id", "sequence"} | (set(event.model_fields) - set(Event.model_fields))
    return {
        "type": "object",
        "properties": {
            name: {key: value for key, value in property_.items() if key != "title"}
            for name, property_ in schema["properties"].items()
            if name in travelling
        },
        "required": [name for name in schema["required"] if name in travelling],
    }


def _page() -> str:
    parts = [_HEAD]
    for event in EVENT_TYPES.values():
        example = json.loads((EXAMPLES / f"{short_name(event)}.json").read_text(encoding="utf-8"))
        parts += [
            f"## `{event.type}`\n",
            f"{event.__doc__}\n",
            f"From `{event.source}`. Recorded, in structured mode:\n",
            f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n",
        ]
    return "\n".join(parts)


def _asyncapi() -> dict[str, Any]:
    messages = {
        short_name(event): {
            "name": event.type,
            "summary": event.__doc__,
            "contentType": "application/json",
            "headers": {
                "type": "object",
                "properties": {
                    "ce-type": {"const": event.type},
                    "ce-source": {"const": event.source},
                    "ce-round": {"type": "string", "pattern": "^[0-9]+$"},
                },
                "required": ["ce-type", "ce-source", "ce-id", "ce-specversion", "ce-round"],
            },
            "payload": data_schema(event),
        }
        for event in EVENT_TYPES.values()
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Antragslotse events", "version": "1"},
        "channels": {
            "broker": {
                "address": "/",
                "description": "The Knative broker between the functions.",
                "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
            }
        },
        "components": {"messages": messages},
    }


def _event_type(event: type[Event]) -> dict[str, Any]:
    return {
        "apiVersion": "eventing.knative.dev/v1beta3",
        "kind": "EventType",
        "metadata": {"name": event.type},
        "spec": {
            "description": event.__doc__,
            "reference": {
                "apiVersion": "eventing.knative.dev/v1",
                "kind": "Broker",
                "name": "lotse",
            },
            "attributes": [
                {"name": "specversion", "required": True, "value": "1.0"},
                {"name": "type", "required": True, "value": event.type},
                {"name": "source", "required": True, "value": event.source},
                {"name": "subject", "required": True, "value": "{case_id}"},
                {"name": "round", "required": True, "value": "{round}"},
                {"name": "partitionkey", "required": True, "value": "{case_id}"},
                {"name": "traceparent", "required": False},
            ],
        },
    }


def _yaml(document: dict[str, Any]) -> str:
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def main() -> None:
    for path, text in documents().items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
