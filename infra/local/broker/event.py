"""CloudEvents 1.0 on HTTP, read strictly: binary and structured mode, JSON format."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from email.message import Message
from typing import Any, Never, Self
from urllib.parse import quote, unquote_to_bytes, urlsplit

Headers = Iterable[tuple[bytes, bytes]]

STRUCTURED = "application/cloudevents+json"
REQUIRED = ("id", "source", "type")

_NAME = re.compile(r"[a-z0-9]+")
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~\w-]+/[!#$%&'*+.^_`|~\w-]+\s*(;.*)?", re.ASCII)
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)",
    re.ASCII,
)
_BAD_CHARACTER = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Everything printable in ASCII but space, double quote and percent (HTTP binding, 3.1.3.2).
_SENT_AS_IS = "".join(chr(c) for c in range(0x21, 0x7F) if chr(c) not in '"%')


class NotACloudEvent(Exception):
    """The message is not a valid CloudEvent; the text says why."""


class UnsupportedMode(NotACloudEvent):
    """It may be one, in a format that this broker does not take."""


@dataclass(frozen=True)
class Event:
    """One event: attributes by name (without `datacontenttype`), content type, data."""

    attributes: Mapping[str, str]
    content_type: str | None
    data: bytes

    @classmethod
    def from_http(cls, headers: Headers, body: bytes) -> Self | None:
        """Return None if the message does not claim to be an event, raise if it does wrongly."""
        content_type, attributes = _read_headers(headers)
        media_type = _media_type(content_type) if content_type else ""
        if media_type == STRUCTURED:
            _check_charset(content_type or "")
            return cls(*_read_structured(body))
        if media_type.startswith("application/cloudevents"):
            raise UnsupportedMode(
                f"{media_type} is not supported, only binary mode and {STRUCTURED}"
            )
        if not attributes:
            return None
        if content_type is not None and not _MEDIA_TYPE.fullmatch(content_type):
            raise NotACloudEvent("Content-Type is not a media type")
        return cls(_checked(attributes), content_type, body)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The event in binary mode; its data is the body."""
        headers = [
            (b"ce-" + name.encode(), quote(value, safe=_SENT_AS_IS).encode())
            for name, value in self.attributes.items()
        ]
        if self.content_type is not None:
            headers.append((b"content-type", self.content_type.encode("latin-1")))
        return headers

    def with_extensions(self, **extensions: str) -> Self:
        return replace(self, attributes={**self.attributes, **extensions})


def _read_headers(headers: Headers) -> tuple[str | None, dict[str, str]]:
    content_type: str | None = None
    attributes: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name = raw_name.lower()
        if name == b"content-type":
            content_type = raw_value.decode("latin-1").strip()
        elif name.startswith(b"ce-"):
            attribute = name[3:].decode("latin-1")
            if attribute in attributes:
                raise NotACloudEvent(f"ce-{attribute} occurs twice")
            attributes[attribute] = _decoded(attribute, raw_value.decode("latin-1").strip())
    return content_type, attributes


def _decoded(name: str, value: str) -> str:
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    if "%" not in value and value.isascii():
        return value
    try:
        return unquote_to_bytes(value.encode("latin-1")).decode()
    except UnicodeDecodeError:
        raise NotACloudEvent(f"ce-{name} is not percent-encoded UTF-8") from None


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _check_charset(content_type: str) -> None:
    message = Message()
    message["content-type"] = content_type
    charset = message.get_content_charset("utf-8")
    if charset not in {"utf-8", "us-ascii"}:
        raise UnsupportedMode("a structured event is sent as UTF-8")


def _read_structured(body: bytes) -> tuple[dict[str, str], str | None, bytes]:
    members = _json_object(body)
    content_type = members.pop("datacontenttype", None)
    if content_type is not None and not (
        isinstance(content_type, str) and _MEDIA_TYPE.fullmatch(content_type)
    ):
        raise NotACloudEvent("datacontenttype is not a media type")
    encoded = members.pop("data_base64", None)
    has_data = "data" in members
    data = members.pop("data", None)
    if has_data and encoded is not None:
        raise NotACloudEvent("data and data_base64 exclude each other")
    attributes = _checked(
        {name: _as_text(name, value) for name, value in members.items() if value is not None}
    )
    if encoded is not None:
        return attributes, content_type, _from_base64(encoded)
    if not has_data:
        return attributes, content_type, b""
    content_type = content_type or "application/json"
    if isinstance(data, str) and not _is_json(content_type):
        return attributes, content_type, _utf8(data)
    # Lone surrogates have no UTF-8 form: they stay escaped, as they came.
    return attributes, content_type, json.dumps(data, separators=(",", ":")).encode()


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(
            body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_without_duplicates
        )
    except (ValueError, RecursionError):
        raise NotACloudEvent("the body is not a JSON object in UTF-8") from None
    if not isinstance(value, dict):
        raise NotACloudEvent("the body is not a JSON object in UTF-8")
    return value


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name occurs twice")
    return members


def _as_text(name: str, value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and -(2**31) <= value < 2**31:
        return str(value)
    raise NotACloudEvent(f"{name[:20]!a} is neither text, nor a 32-bit integer, nor a boolean")


def _from_base64(encoded: object) -> bytes:
    try:
        if isinstance(encoded, str):
            return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise NotACloudEvent("data_base64 is not base64")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise NotACloudEvent("data holds a lone surrogate") from None


def _is_json(content_type: str) -> bool:
    media_type = _media_type(content_type)
    return media_type.endswith(("/json", "+json"))


def _checked(attributes: dict[str, str]) -> dict[str, str]:
    for name, value in attributes.items():
        if not _NAME.fullmatch(name) or name == "data":
            raise NotACloudEvent(
                f"{name[:20]!a} is no attribute name: lower-case letters and digits only"
            )
        if _BAD_CHARACTER.search(value):
            raise NotACloudEvent(f"{name} holds a control character")
    version = attributes.get("specversion")
    if version != "1.0":
        said = "is missing" if version is None else "is not 1.0"
        raise NotACloudEvent(f"specversion {said}")
    for name in REQUIRED:
        if not attributes.get(name):
            raise NotACloudEvent(f"{name} is missing")
    _check_forms(attributes)
    return attributes


def _check_forms(attributes: dict[str, str]) -> None:
    if not _is_uri_reference(attributes["source"]):
        raise NotACloudEvent("source is not a URI reference")
    if "subject" in attributes and not attributes["subject"]:
        raise NotACloudEvent("subject is empty")
    schema = attributes.get("dataschema")
    if schema is not None and not (_is_uri_reference(schema) and urlsplit(schema).scheme):
        raise NotACloudEvent("dataschema is not an absolute URI")
    time = attributes.get("time")
    if time is not None and not _is_time(time):
        raise NotACloudEvent("time is not a timestamp of RFC 3339")


def _is_uri_reference(text: str) -> bool:
    try:
        urlsplit(text)
    except ValueError:
        return False
    return not re.search(r'[\s<>"{}|\\^`]', text)


def _is_time(text: str) -> bool:
    if not _TIME.fullmatch(text):
        return False
    try:
        # Python 3.11 reads six digits of a second's fraction, RFC 3339 allows any number.
        datetime.fromisoformat(re.sub(r"(\.\d{1,6})\d*", r"\1", text.upper()))
    except ValueError:
        return False
    return True
