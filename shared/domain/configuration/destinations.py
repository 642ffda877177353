"""Destinations (Zustellpunkte): where a tenant's cases go, when, and how long it is tried."""

from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from shared.domain.case import Case
from shared.domain.configuration.base import Entry, SecretRef


def _inside(path: str) -> str:
    parts = PurePosixPath(path).parts
    if not parts or parts[0] == "/" or ".." in parts or "\0" in path:
        raise ValueError("a relative path without '..': the operator mounts where it begins")
    return path


def web_address(url: str) -> str:
    """Raise ValueError if it is none, or holds a password."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.fragment:
        raise ValueError("an address that begins with https:// (or http://)")
    if parts.username is not None:
        raise ValueError("an address without a password in it")
    return url


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Folder(_Part):
    """A folder below the one that the operator mounts; each authority gets its own within."""

    kind: Literal["folder"]
    path: Annotated[str, AfterValidator(_inside)]
    timeout_seconds: float = Field(default=20, gt=0, le=600)


class S3(_Part):
    """A bucket with a prefix; without `endpoint_url` in our own store, with our own key."""

    kind: Literal["s3"]
    bucket: Annotated[str, StringConstraints(min_length=3, max_length=63)]
    prefix: Annotated[str, StringConstraints(pattern=r"^[^/\s]+(/[^/\s]+)*$")]
    endpoint_url: Annotated[str, AfterValidator(web_address)] | None = None
    region: str = "us-east-1"
    access_key_id: SecretRef | None = None
    secret_access_key: SecretRef | None = None
    timeout_seconds: float = Field(default=20, gt=0, le=600)

    @model_validator(mode="after")
    def _comes_with_its_own_key(self) -> Self:
        given = {self.endpoint_url is None, self.access_key_id is None}
        if len(given | {self.secret_access_key is None}) == 2:
            raise ValueError(
                "endpoint_url, access_key_id and secret_access_key come together or not at all"
            )
        return self


class Webhook(_Part):
    """A signed POST after the Standard Webhooks scheme, with the files inline up to a limit.

    The address may be a reference, for one that holds a token or differs from place to place.
    """

    kind: Literal["webhook"]
    url: SecretRef | Annotated[str, AfterValidator(web_address)]
    secret: SecretRef
    inline_limit_bytes: int = Field(default=5 * 1024 * 1024, ge=0, le=64 * 1024 * 1024)
    timeout_seconds: float = Field(default=10, gt=0, le=600)


DestinationSettings = Annotated[Folder | S3 | Webhook, Field(discriminator="kind")]


class When(StrEnum):
    ON_ASSIGNMENT = "on_assignment"
    ON_CLOSING = "on_closing"
    ON_REQUEST = "on_request"


class Retry(_Part):
    """The delay grows by `factor` up to its maximum; when the window ends, a person is told."""

    first_delay_seconds: float = Field(default=30, gt=0)
    factor: float = Field(default=2, ge=1, le=100)
    max_delay_seconds: float = Field(default=3600, gt=0)
    give_up_after_seconds: float = Field(default=3 * 24 * 3600, ge=0)


class Destination(Entry):
    """Without authorities, services or forms it takes the cases of all of them.

    A service may be given by the beginning of its LeiKa key. A test case only reaches a
    destination that says it takes them.
    """

    settings: DestinationSettings
    when: When
    authorities: tuple[str, ...] = ()
    leika_keys: tuple[Annotated[str, StringConstraints(pattern=r"^99\d{0,12}$")], ...] = ()
    forms: tuple[str, ...] = ()
    accepts_test_cases: bool = False
    retry: Retry = Retry()

    def takes(self, case: Case) -> bool:
        return (
            (self.accepts_test_cases or not case.is_test)
            and (not self.authorities or case.authority in self.authorities)
            and (not self.leika_keys or any(k.startswith(self.leika_keys) for k in case.leika_keys))
            and (not self.forms or case.form_id in self.forms)
        )
