"""Form-Solutions (Antragsmanagement): what its forms mean here, and where they are fetched."""

import re
from string import Formatter
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from shared.domain.configuration.addresses import web_address
from shared.domain.configuration.base import Part, SecretRef

Text = Annotated[str, StringConstraints(min_length=1)]
Status = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z_]*$")]

PLACES = frozenset({"tenant", "form", "transaction", "status"})


def server_address(text: str) -> str:
    """Raise ValueError if it is none: an address of a server, perhaps with a path."""
    address = web_address(text)
    if urlsplit(address).query:
        raise ValueError("an address without a question mark: what is asked is added to it")
    return address.rstrip("/")


def _path(template: str) -> str:
    """`/a/{tenant}/{form}`; whatever is put in is escaped."""
    try:
        places = {name for _, name, *_ in Formatter().parse(template) if name is not None}
    except ValueError:
        raise ValueError("a path in which { and } stand around a name") from None
    fixed = re.sub(r"\{[^}]*\}", "x", template)
    if not re.fullmatch(r"(/[A-Za-z0-9._~-]+)+", fixed) or "/." in fixed:
        raise ValueError("a path that begins with / and has plain names between them")
    if unknown := places - PLACES:
        known = ", ".join(sorted(PLACES))
        raise ValueError(f"a path with {known} in braces; {', '.join(sorted(unknown))} is not")
    return template


Path = Annotated[str, AfterValidator(_path)]


class Form(Part):
    """What all applications of this form have in common, where the form does not say it itself."""

    id: Text
    name: Text | None = None
    leika_keys: tuple[Annotated[str, StringConstraints(pattern=r"^99\d{12}$")], ...] = ()
    unit: Text | None = None
    region: Annotated[str, StringConstraints(pattern=r"^\d{12}$")] | None = None


class Carriers(Part):
    """The fields, by name or label, that tell where an application belongs."""

    unit: Text | None = None
    region: Text | None = None
    leika_key: Text | None = None


class Paths(Part):
    """What is not public of the interface; without it the ones of the platform's page."""

    list: Path | None = None
    detail: Path | None = None
    status: Path | None = None


class Pull(Part):
    """Where the submissions of all `forms` are fetched, and what is told when they are stored.

    `v2` is the Submission-API, `retrieve` the older service. `report` is the status that is set
    after the commit; without it the platform is told nothing.
    """

    base_url: SecretRef | Annotated[str, AfterValidator(server_address)]
    api: Literal["v2", "retrieve"] = "v2"
    tenant: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]+$")]
    api_key: SecretRef
    statuses: tuple[Status, ...] = ("NEW",)
    report: Status | None = None
    only_modified: bool = False
    overlap_seconds: int = Field(default=3600, ge=60)
    every_seconds: int = Field(default=50, ge=1)
    timeout_seconds: float = Field(default=10, gt=0, le=60)
    call_seconds: float = Field(default=60, gt=0, le=240)
    ca_file: Text | None = None
    allow_plain: bool = False
    paths: Paths = Paths()

    @model_validator(mode="after")
    def _protects_the_key(self) -> Self:
        if not self.may_call(self.base_url):
            raise ValueError(
                "http:// would send the key in the clear: choose https://"
                " (or, on one's own machine, allow_plain = true)"
            )
        return self

    @model_validator(mode="after")
    def _reports_something_else_than_it_fetches(self) -> Self:
        if self.report in self.statuses:
            raise ValueError("report is one of statuses: what is stored would be listed for ever")
        return self

    def may_call(self, address: str) -> bool:
        """Whether the key may be sent to this address."""
        return self.allow_plain or not address.startswith("http://")


class FormSolutions(Part):
    """Settings of a sender of the platform `form_solutions`."""

    forms: tuple[Form, ...] = ()
    carriers: Carriers = Carriers()
    pull: Pull | None = None

    @model_validator(mode="after")
    def _names_each_form_once(self) -> Self:
        ids = [form.id for form in self.forms]
        if len(set(ids)) < len(ids):
            raise ValueError("a form is declared twice; give each id once")
        if self.pull is not None and not self.forms:
            raise ValueError("forms is empty: name the forms whose submissions are fetched")
        return self

    def form(self, form_id: str | None) -> Form | None:
        return next((form for form in self.forms if form.id == form_id), None)
