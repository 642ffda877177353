"""What pydantic found wrong with an entry, as sentences that say what to mend and quote nothing."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from infra.configuration.declared import Problem


def problems_of(error: ValidationError, file: Path, entry: str) -> list[Problem]:
    details = error.errors(include_input=False, include_url=False)
    return [
        Problem(file, entry, _field(detail["loc"]), _text(detail))
        for detail in details
        if not _follows(detail, details)
    ]


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """A list whose only element is wrong counts as empty, too; one message is enough."""
    place = detail["loc"]
    return detail["type"] == "too_short" and any(
        other["loc"][: len(place)] == place and other is not detail for other in details
    )


def _field(location: tuple[int | str, ...]) -> str:
    """`passwords.0` is the first of the list; people count from 1."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in location)


def _text(detail: ErrorDetails) -> str:
    context: dict[str, Any] = detail.get("ctx", {})
    if detail["type"] == "string_pattern_mismatch":
        return _pattern_text(context["pattern"])
    said = _TEXTS.get(detail["type"])
    return said.format(**context) if said else detail["msg"].removeprefix("Input ")


def _pattern_text(pattern: str) -> str:
    if pattern.startswith("^(env:"):
        return "names where a secret is found, env:NAME or file:/path; never the secret itself"
    if pattern.startswith("^[a-z0-9]"):
        return "has lower-case letters, digits and hyphens only, 63 at most"
    if pattern == "^[0-9a-f]{64}$":
        return "is the SHA-256 of a certificate: 64 digits and letters a to f, without colons"
    if pattern.startswith("^[^=,]+="):
        return "is no distinguished name, such as CN=Gewerbe,OU=Gruppen,DC=amt,DC=example"
    if pattern.startswith("^(ldaps?:"):
        return "is no address of a directory: ldaps://HOST, ldap://HOST:PORT, or env:NAME"
    return f"has to match {pattern}"


_TEXTS = {
    "missing": "is missing",
    "extra_forbidden": "is not known here; is it misspelt?",
    "union_tag_invalid": "has to be of a kind that is known: {expected_tags}",
    "union_tag_not_found": "needs a kind",
    "literal_error": "has to be {expected}",
    "value_error": "{error}",
    "too_short": "needs at least {min_length}",
    "too_long": "takes at most {max_length}",
}
