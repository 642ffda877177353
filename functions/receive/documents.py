"""What a form vendor may read without asking us: the limits, and the HTTP dialects in OpenAPI."""

from collections.abc import Callable, Mapping
from functools import partial

from functions.receive.answers import Answer, json_answer
from functions.receive.delivery import Limits
from functions.receive.openapi import openapi


def documents(limits: Limits) -> Mapping[str, Callable[[], Answer]]:
    return {"/limits": partial(_limits, limits), "/openapi.json": _openapi}


def _openapi() -> Answer:
    return json_answer(200, openapi())


def _limits(limits: Limits) -> Answer:
    return json_answer(
        200,
        {
            "requestBytes": limits.body,
            "fileBytes": limits.file,
            "formBytes": limits.form,
            "parts": limits.parts,
            "nesting": limits.depth,
            "fieldCharacters": limits.field_length,
            "fields": limits.fields,
        },
    )
