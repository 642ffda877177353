"""What of a free form means what: names of fields to the terms of a submission."""

import codecs
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    StringConstraints,
    model_validator,
)

from shared.domain.configuration.base import Part

_ASCII = bytes(range(0x20, 0x7F))
# Text encodings for Python, but none that a form is sent in: they read more into ASCII.
_NOT_FOR_FORMS = frozenset({"idna", "unicode_escape", "raw_unicode_escape", "utf_8_sig"})


def charset_named(name: str) -> str:
    """Python's name of a charset that leaves ASCII as it is; raise ValueError for any other.

    In UTF-16 and the like the characters between two fields could not be told from their values.
    """
    wrong = ValueError("a charset that Python knows and that contains ASCII, such as utf-8")
    try:
        codec = codecs.lookup(name).name.replace("-", "_")
        if codec in _NOT_FOR_FORMS or _ASCII.decode(codec) != _ASCII.decode("ascii"):
            raise wrong
    except (LookupError, ValueError):  # of these, UnicodeError is one
        raise wrong from None
    return codec


Charset = Annotated[str, AfterValidator(charset_named)]
Path = Annotated[str, StringConstraints(min_length=1)]
"""A field's name as it is sent; within groups, the names with dots between: `person.name`."""


class TransactionIdSource(Part):
    """A field, which is then not among the form's, or a header."""

    field: Path | None = None
    header: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]+$")] | None = None

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.field is None) == (self.header is None):
            raise ValueError("takes either field or header")
        return self


class Source(Part):
    """A field, or what is always the same; the field leaves the form's unless `keep` is set."""

    field: Path | None = None
    constant: Annotated[str, StringConstraints(min_length=1)] | None = None
    keep: bool = False

    @model_validator(mode="after")
    def _is_one_of_them(self) -> Self:
        if (self.field is None) == (self.constant is None):
            raise ValueError("takes either field or constant")
        if self.keep and self.field is None:
            raise ValueError("keep is for fields")
        return self


class ServiceAccountSources(Part):
    type: Source | None = None
    assurance_level: Source | None = None
    mailbox: Source | None = None
    mailbox_type: Source | None = None


class FieldMapping(Part):
    """Everything may be left out: then a form's fields are stored as they are named.

    `charset` counts where a request names none. `representations` are the fields whose files are
    the rendered form, `ignore` the ones that are never stored. `group_separator` makes a group of
    neighbours that begin alike: `person.name`, `person.town`.
    """

    charset: Charset = "utf_8"
    transaction_id: TransactionIdSource | None = None
    form_id: Source | None = None
    form_name: Source | None = None
    leika_keys: Source | None = None
    region: Source | None = None
    named_unit: Source | None = None
    service_account: ServiceAccountSources = ServiceAccountSources()
    is_test: Source | None = None
    labels: dict[Path, str] = Field(default_factory=dict)
    kinds: dict[Path, Literal["number", "date", "boolean"]] = Field(default_factory=dict)
    group_separator: Annotated[str, StringConstraints(min_length=1, max_length=8)] | None = None
    ignore: tuple[Path, ...] = ()
    representations: tuple[Path, ...] = ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        if self.is_test is not None and self.is_test.field is None:
            raise ValueError("is_test takes a field; a sender that only tests is marked itself")
        wanted = {*self.fields, *self.labels, *self.kinds, *self.representations}
        if wanted & set(self.ignore):
            raise ValueError("ignore names a field that is also used")
        return self

    @property
    def fields(self) -> dict[str, bool]:
        """Those that tell something of the application, and whether they stay in the form."""
        account = self.service_account
        found: dict[str, bool] = {}
        for source in (
            self.form_id,
            self.form_name,
            self.leika_keys,
            self.region,
            self.named_unit,
            self.is_test,
            account.type,
            account.assurance_level,
            account.mailbox,
            account.mailbox_type,
        ):
            if source is not None and source.field is not None:
                found[source.field] = source.keep or found.get(source.field, False)
        if self.transaction_id is not None and self.transaction_id.field is not None:
            found[self.transaction_id.field] = False
        return found
