"""Senders: the form servers that deliver, declared by the operator of the installation."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Literal, Self, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from shared.domain.configuration.base import Entry, SecretRef
from shared.domain.configuration.field_mapping import FieldMapping
from shared.domain.configuration.form_solutions import FormSolutions
from shared.domain.configuration.intelliform import Intelliform

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError("an address or a network, such as 192.0.2.7 or 192.0.2.0/24") from None
    return text


Secrets = Annotated[tuple[SecretRef, ...], Field(min_length=1, max_length=2)]
"""Two while one is being replaced."""

Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256 of a certificate in DER, as `openssl x509 -fingerprint -sha256` has it without colons."""


class _Proof(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TrustedNetwork(_Proof):
    """No proof of identity: whoever reaches the endpoint is this sender. Has to be chosen."""

    kind: Literal["trusted_network"]


class BasicAuthentication(_Proof):
    """HTTP Basic (RFC 7617)."""

    kind: Literal["basic"]
    username: str
    passwords: Secrets


class BearerToken(_Proof):
    """A fixed token in the Authorization header (RFC 6750)."""

    kind: Literal["bearer"]
    tokens: Secrets


class Signature(_Proof):
    """HMAC-SHA256 over id, time and body after the Standard Webhooks scheme.

    A secret is what comes after `whsec_`, in Base64; with or without that beginning.
    """

    kind: Literal["signature"]
    secrets: Secrets
    tolerance_seconds: int = Field(default=300, ge=1, le=3600)


class UsernameToken(_Proof):
    """WS-Security UsernameToken 1.0, password as text or as digest; without SOAP, HTTP Basic."""

    kind: Literal["username_token"]
    username: str
    passwords: Secrets
    tolerance_seconds: int = Field(default=300, ge=1, le=3600)


class ClientCertificate(_Proof):
    """TLS ends at the ingress, which passes on whose certificate it was."""

    kind: Literal["client_certificate"]
    fingerprints: Annotated[tuple[Fingerprint, ...], Field(min_length=1, max_length=2)]


class Polled(_Proof):
    """Nothing is taken from it over HTTP: its applications are fetched."""

    kind: Literal["polled"]


Authentication = Annotated[
    TrustedNetwork
    | BasicAuthentication
    | BearerToken
    | Signature
    | UsernameToken
    | ClientCertificate
    | Polled,
    Field(discriminator="kind"),
]


class Rate(_Proof):
    """So many requests a minute, `burst` of them at once; counted by each process on its own."""

    per_minute: float = Field(gt=0)
    burst: int = Field(default=10, ge=1)


class Sender(Entry):
    """`platform` names the wire format: one of the intake's table of platforms.

    A sender marked `is_test` only ever makes test cases. Without `addresses` it may call from
    anywhere, without `forms` it may send every form.
    """

    platform: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    authentication: Authentication
    is_test: bool = False
    addresses: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    forms: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    rate: Rate | None = None
    intelliform: Intelliform | None = None
    form_solutions: FormSolutions | None = None
    formcycle: FieldMapping | None = None
    webhook: FieldMapping | None = None

    @model_validator(mode="after")
    def _has_the_settings_of_its_platform(self) -> Self:
        for platform in ("intelliform", "form_solutions", "formcycle", "webhook"):
            if platform != self.platform and getattr(self, platform) is not None:
                raise ValueError(f"settings for {platform} belong to a sender of that platform")
        pull = self.form_solutions and self.form_solutions.pull
        if isinstance(self.authentication, Polled) != (pull is not None):
            raise ValueError(
                'authentication = { kind = "polled" } and the settings of where to fetch'
                " (form_solutions.pull) come together or not at all"
            )
        return self

    @model_validator(mode="after")
    def _takes_the_id_from_what_is_signed(self) -> Self:
        mapping = self.formcycle or self.webhook
        source = mapping and mapping.transaction_id
        named = ((source and source.header) or "webhook-id").lower()
        if isinstance(self.authentication, Signature) and named != "webhook-id":
            raise ValueError(
                "a signature covers the body and webhook-id, but no other header: a transaction_id "
                "from another could be exchanged"
            )
        return self

    @field_validator("id")
    @classmethod
    def _is_no_word_of_an_address(cls, id_: str) -> str:
        if id_ == "transactions":
            raise ValueError("is a word in the intake's addresses; choose another")
        return id_

    def may_call_from(self, address: Address | None) -> bool:
        if not self.addresses:
            return True
        return address is not None and any(address in ip_network(net) for net in self.addresses)


class UnreadableSender(BaseModel):
    """Declared by a newer version, or an older one."""

    model_config = ConfigDict(frozen=True)

    id: str
