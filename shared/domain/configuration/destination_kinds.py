"""The kinds of destination (Zustellpunkt), and what each has to be told."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.domain.configuration.addresses import path_inside, web_address
from shared.domain.configuration.base import Part, SecretRef, Text
from shared.domain.configuration.delivery_formats import Delivery, DeliveryFormat
from shared.domain.configuration.name_template import name_template


class FileStore(Part):
    """Where files are put: each case in a folder (or file) of its own, named by `name`."""

    contents: DeliveryFormat = Delivery()
    name: Annotated[str, AfterValidator(name_template)] = "{authority}/{number}_{message_id}"
    timeout_seconds: float = Field(default=20, gt=0, le=600)


class Folder(FileStore):
    """A folder below the one that the operator mounts."""

    kind: Literal["folder"]
    path: Annotated[str, AfterValidator(path_inside)]


class S3(FileStore):
    """A bucket with a prefix; without `endpoint_url` in our own store, with our own key."""

    kind: Literal["s3"]
    bucket: Annotated[str, StringConstraints(min_length=3, max_length=63)]
    prefix: Annotated[str, StringConstraints(pattern=r"^[^/\s]+(/[^/\s]+)*$")]
    endpoint_url: Annotated[str, AfterValidator(web_address)] | None = None
    region: str = "us-east-1"
    access_key_id: SecretRef | None = None
    secret_access_key: SecretRef | None = None

    @model_validator(mode="after")
    def _comes_with_its_own_key(self) -> Self:
        given = {self.endpoint_url is None, self.access_key_id is None}
        if len(given | {self.secret_access_key is None}) == 2:
            raise ValueError(
                "endpoint_url, access_key_id and secret_access_key come together or not at all"
            )
        return self


class WebDav(FileStore):
    """A folder of a WebDAV server, with a user and password, or a bearer token."""

    kind: Literal["webdav"]
    url: Annotated[str, AfterValidator(web_address)]
    user: Text | None = None
    password: SecretRef | None = None
    token: SecretRef | None = None
    ca_file: Text | None = None

    @model_validator(mode="after")
    def _logs_in_one_way(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password come together")
        if self.token is not None and self.user is not None:
            raise ValueError("either user and password, or a token")
        return self


class Sftp(FileStore):
    """A folder of an SFTP server, with a password or a private key.

    `host_key` is the line that `ssh-keyscan` prints without the host, or `SHA256:` and the key's
    fingerprint: whoever answers with another key gets nothing.
    """

    kind: Literal["sftp"]
    host: Text
    port: int = Field(default=22, ge=1, le=65535)
    user: Text
    password: SecretRef | None = None
    private_key: SecretRef | None = None
    passphrase: SecretRef | None = None
    host_key: Annotated[
        str, StringConstraints(pattern=r"^(SHA256:[A-Za-z0-9+/]{43}=?|\S+ [A-Za-z0-9+/=]+( .*)?)$")
    ]
    path: Text = "."

    @model_validator(mode="after")
    def _logs_in_one_way(self) -> Self:
        if (self.password is None) == (self.private_key is None):
            raise ValueError("either a password or a private_key")
        if self.passphrase is not None and self.private_key is None:
            raise ValueError("a passphrase belongs to a private_key")
        return self


class Webhook(Part):
    """A signed POST after the Standard Webhooks scheme.

    The address may be a reference, for one that holds a token or differs from place to place. The
    files go inline up to a limit, or as links that whoever has them can fetch for some time. Who
    answers 202 sends a receipt later, signed with `receipt_secret`, or with the same `secret`.
    """

    kind: Literal["webhook"]
    url: SecretRef | Annotated[str, AfterValidator(web_address)]
    secret: SecretRef
    files: Literal["inline", "links"] = "inline"
    inline_limit_bytes: int = Field(default=5 * 1024 * 1024, ge=0, le=64 * 1024 * 1024)
    links_valid_hours: float = Field(default=96, gt=0, le=168)
    receipt_secret: SecretRef | None = None
    receipt_within_hours: float = Field(default=72, gt=0)
    timeout_seconds: float = Field(default=10, gt=0, le=600)


class Rehearsal(Part):
    """Nothing is sent: it behaves as destinations do on bad days, for operators who rehearse.

    `seconds` is how slow it is, or after how long it says later what became of a message.
    """

    kind: Literal["rehearsal"]
    behaviour: Literal[
        "accepts",
        "fails",
        "sometimes",
        "slow",
        "rejects",
        "accepts_later",
        "accepts_then_rejects",
    ]
    failure_rate: float = Field(default=0.5, ge=0, le=1)
    seconds: float = Field(default=60, gt=0, le=86400)
    timeout_seconds: float = Field(default=10, gt=0, le=600)


DestinationSettings = Annotated[
    Folder | S3 | WebDav | Sftp | Webhook | Rehearsal, Field(discriminator="kind")
]
