"""The HTTP dialects in OpenAPI 3.1, for form vendors: what to send, and every answer to it."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from functions.receive.platforms import PLATFORMS, Platform
from functions.receive.refusal import PROBLEM_JSON

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
_SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_INTEGER: Schema = {"type": "integer", "minimum": 0}

PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457. `retryable` says whether the same again, unchanged, can help.",
    "required": ["type", "title", "status", "detail", "retryable"],
    "properties": {
        "type": {"type": "string", "examples": ["/problems/wrong-type"]},
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": {**TEXT, "description": "What to mend. It never quotes what was sent."},
        "retryable": {"type": "boolean"},
        "place": {**TEXT, "examples": ["formData[3].dateValue"]},
    },
}
RECEIPT: Schema = {
    "type": "object",
    "description": "The same for every repeat, as it was at the first delivery.",
    "required": ["transactionId", "caseId", "caseNumber", "receivedAt", "test", "parts"],
    "properties": {
        "transactionId": TEXT,
        "caseId": {"type": "string", "format": "uuid"},
        "caseNumber": {"type": "string", "examples": ["100-0002"]},
        "receivedAt": {"type": "string", "format": "date-time"},
        "test": {"type": "boolean"},
        "parts": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["kind", "name", "size", "sha256"],
                "properties": {
                    "kind": {"enum": ["original", "attachment", "representation"]},
                    "name": TEXT,
                    "size": _INTEGER,
                    "sha256": {**_SHA256, "description": "Of the part as it was sent."},
                },
            },
        },
    },
}
TRANSACTION: Schema = {
    "type": "object",
    "required": ["transactionId", "state"],
    "properties": {
        "transactionId": TEXT,
        "state": {"enum": ["stored", "refused", "unknown"]},
        "receipt": {"$ref": "#/components/schemas/Receipt"},
        "refusal": {
            "type": "object",
            "properties": {
                "status": {"type": "integer"},
                "code": TEXT,
                "at": {"type": "string", "format": "date-time"},
            },
        },
    },
}
LIMITS: Schema = {
    "type": "object",
    "properties": dict.fromkeys(
        (
            "requestBytes",
            "fileBytes",
            "formBytes",
            "parts",
            "fields",
            "nesting",
            "fieldCharacters",
        ),
        _INTEGER,
    ),
}
_REFUSALS = {
    400: "It cannot be read.",
    401: "It is not proven who sends it.",
    403: "This sender may not send this, or not from there.",
    404: "Nothing is known of it.",
    409: "Other content was delivered under this transaction id before; nothing was changed.",
    413: "It is larger than `/limits` allows.",
    415: "It is of a media type that is not taken here.",
    422: "A value cannot be taken; `place` says which.",
    429: "Too many requests; `Retry-After` says when to come again.",
    503: "It could not be stored now and nothing is lost: send the same again.",
}


def openapi() -> Mapping[str, Any]:
    paths: dict[str, Any] = {"/limits": {"get": _limits()}}
    for platform in PLATFORMS:
        if platform.dialect is not None:
            paths[f"{platform.path}/{{sender}}"] = {"post": _deliver(platform, ["sender"])}
            paths[platform.path] = {"post": _deliver(platform, [])}
        for names in (["id"], ["sender", "id"]):
            sender = "/{sender}" if "sender" in names else ""
            path = f"{platform.path}{sender}/transactions/{{id}}"
            paths[path] = {"get": _transaction(platform, names)}
    paths["/receipts/{tenant}/{destination}"] = {"post": _receipt()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Antragslotse: intake",
            "version": version("antragslotse"),
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
            "description": "How form servers deliver applications. A success answer is given only "
            "once the application and all its files are durable; a repeat gets the same answer.",
        },
        "paths": paths,
        "components": {
            "schemas": {
                "Problem": PROBLEM,
                "Receipt": RECEIPT,
                "Transaction": TRANSACTION,
                "Limits": LIMITS,
            },
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic"},
                "bearer": {"type": "http", "scheme": "bearer"},
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "webhook-signature",
                    "description": "Standard Webhooks: HMAC-SHA256 over webhook-id, "
                    "webhook-timestamp and the body.",
                },
                "certificate": {"type": "mutualTLS"},
            },
        },
        "security": [{"basic": []}, {"bearer": []}, {"signature": []}, {"certificate": []}, {}],
    }


def _deliver(platform: Platform, names: list[str]) -> dict[str, Any]:
    dialect = platform.dialect
    assert dialect is not None  # noqa: S101 - the caller has looked
    test = {
        "name": "test",
        "in": "query",
        "description": "A test goes the whole way, marked, and reaches no real destination.",
        "schema": {"type": "string", "enum": ["true", "false"]},
    }
    answers: dict[str, Any] = {
        str(dialect.status): {
            "description": "Stored, with every file.",
            "content": {"application/json": {"schema": dialect.accepted}},
        }
    }
    return {
        "operationId": f"deliver_{platform.name}{'_as_sender' if names else ''}",
        "summary": dialect.summary,
        "tags": [platform.name],
        "parameters": [*map(_parameter, names), test],
        "requestBody": {
            "required": True,
            "content": {name: {"schema": schema} for name, schema in dialect.bodies.items()},
        },
        "responses": answers | _refusals(status for status in _REFUSALS if status != 404),
    }


def _transaction(platform: Platform, names: list[str]) -> dict[str, Any]:
    return {
        "operationId": f"transaction_{platform.name}{'_of_sender' if len(names) > 1 else ''}",
        "summary": "What became of a delivery, for a sender that got no answer.",
        "tags": [platform.name],
        "parameters": [_parameter(name) for name in names],
        "responses": {"200": _document("Stored, refused or unknown.", "Transaction")}
        | _refusals((401, 403, 429, 503)),
    }


def _receipt() -> dict[str, Any]:
    data: Schema = {
        "type": "object",
        "required": ["message_id"],
        "properties": {
            "message_id": {"type": "string", "format": "uuid"},
            "id": {**TEXT, "maxLength": 200, "description": "Of the case, at the destination."},
            "reason": {**TEXT, "maxLength": 500, "description": "Why it is rejected, for people."},
        },
    }
    body: Schema = {
        "type": "object",
        "required": ["type", "data"],
        "properties": {
            "type": {"enum": ["case.accepted.v1", "case.rejected.v1"]},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": data,
        },
    }
    stored: Schema = {"type": "object", "properties": {"state": {"const": "stored"}}}
    return {
        "operationId": "receipt",
        "summary": "What a destination that answered 202 says later of a message.",
        "tags": ["destinations"],
        "security": [{"signature": []}],
        "parameters": [_parameter("tenant"), _parameter("destination")],
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {
                "description": "Stored; also if it was before.",
                "content": {"application/json": {"schema": stored}},
            }
        }
        | _refusals((400, 401, 404, 413, 422, 503)),
    }


def _limits() -> dict[str, Any]:
    return {
        "operationId": "limits",
        "summary": "How large an application may be.",
        "security": [{}],
        "responses": {"200": _document("In bytes, or counted.", "Limits")},
    }


def _parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": TEXT}


def _refusals(statuses: Iterable[int]) -> dict[str, Any]:
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": _REFUSALS[status], "content": problem} for status in statuses
    }


def _document(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}
