"""Through which server a tenant's notices go, and which of its authorities want them."""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, model_validator

from shared.domain.configuration.base import SecretRef, Text

# Narrower than the standards: no quotes, comments or names, nothing that could be two addresses.
_ADDRESS = re.compile(
    r"[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@\w([\w-]*\w)?(\.\w([\w-]*\w)?)*"
)
_LONGEST_ADDRESS = 254


def is_mail_address(text: str) -> bool:
    """Umlauts are letters, too; whether a server takes them is another question."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def _address(text: str) -> str:
    if not is_mail_address(text):
        raise ValueError("no plain mail address, such as team@amt.example")
    return text


def _sender(text: str) -> str:
    if not text.isascii():
        raise ValueError("has a letter that not every mail server takes")
    return text


MailAddress = Annotated[str, AfterValidator(_address)]
Link = Annotated[str, StringConstraints(pattern=r"^https?://\S+$")]

SmtpUrl = Annotated[str, StringConstraints(pattern=r"^(smtps?://[^/?#@\s]+|env:[A-Z][A-Z0-9_]*)$")]
"""`smtps://host`, `smtp://host:587`, or `env:NAME` where the installation knows the address."""


class MailServer(BaseModel):
    """`link` leads to a case in the caseworkers' desk: `{number}` stands for the case's number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    server: SmtpUrl
    start_tls: bool = False
    allow_plain: bool = False
    ca_file: Text | None = None
    sender: Annotated[MailAddress, AfterValidator(_sender)]
    user: Text | None = None
    password: SecretRef | None = None
    link: Link | None = None

    @model_validator(mode="after")
    def _is_encrypted(self) -> Self:
        if self.start_tls and self.server.startswith("smtps://"):
            raise ValueError(
                "start_tls goes with smtp:// only; smtps:// is encrypted from the start"
            )
        if not self.may_send_to(self.server):
            raise ValueError(
                "smtp:// sends in the clear: choose smtps://, or start_tls = true"
                " (or, on one's own machine, allow_plain = true)"
            )
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password go together")
        return self

    def may_send_to(self, server: str) -> bool:
        return self.start_tls or self.allow_plain or not server.startswith("smtp://")


class Notices(BaseModel):
    """Who of an authority is told of a new case: its people, its trays at these addresses."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    people: bool = False
    team_tray: MailAddress | None = None
    post_room: MailAddress | None = None

    @property
    def wanted(self) -> bool:
        return self.people or self.team_tray is not None or self.post_room is not None
