"""XML of the operator's own: which element gets what of a case, as data."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.domain.configuration.addresses import path_inside
from shared.domain.configuration.base import Part, Text
from shared.domain.configuration.field_mapping import Path

XmlName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$")]
CaseMember = Literal[
    "id",
    "number",
    "round",
    "message_id",
    "received",
    "authority",
    "form_id",
    "form_name",
    "leika_key",
    "region",
    "transaction_id",
    "sender",
]
FileMember = Literal["path", "name", "original_name", "media_type", "size", "sha256", "kind"]


def _date_format(text: str) -> str:
    if "%" not in text or not date(2026, 3, 2).strftime(text).strip():
        raise ValueError("a date's format, such as %d.%m.%Y")
    return text


class XmlElement(Part):
    """One element, or with `attribute` one attribute of the element it is in.

    Its text is a `constant`, a `field` of the form by its path (within `for_each` by its path in
    the group), a member of the case (`from_case`) or of a file (`from_file`); or it has `elements`.
    `for_each` repeats it for each row of a group, `for_each_file` for each file. What is empty is
    left out, unless it is `required`: then the case is refused for this destination.
    """

    name: XmlName
    attribute: bool = False
    constant: str | None = None
    field: Path | None = None
    from_case: CaseMember | None = None
    from_file: FileMember | None = None
    elements: tuple["XmlElement", ...] = ()
    for_each: Path | None = None
    for_each_file: bool = False
    date: Annotated[str, AfterValidator(_date_format)] | None = None
    decimal: bool = False
    words: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None
    required: bool = False

    @model_validator(mode="after")
    def _has_one_content(self) -> Self:
        sources = (self.constant, self.field, self.from_case, self.from_file)
        given = sum(source is not None for source in sources)
        if given + bool(self.elements) != 1:
            raise ValueError(
                "takes one of constant, field, from_case, from_file and elements, and just one"
            )
        if self.attribute and self.elements:
            raise ValueError("an attribute has no elements")
        if (self.for_each or self.for_each_file) and not self.elements:
            raise ValueError("for_each and for_each_file are for what has elements")
        if self.for_each and self.for_each_file:
            raise ValueError("takes either for_each or for_each_file")
        if self.otherwise is not None and not self.words:
            raise ValueError("otherwise belongs to words")
        return self


class MappedXml(Part):
    """An XML document that the operator describes, beside the files of the case.

    `xsd` is one below the operator's SCHEMAS_ROOT; nothing is sent that does not keep to it.
    """

    format: Literal["xml"]
    file_name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")] = "antrag.xml"
    root: XmlName
    namespace: Text | None = None
    elements: Annotated[tuple[XmlElement, ...], Field(min_length=1)]
    xsd: Annotated[str, AfterValidator(path_inside)] | None = None

    @model_validator(mode="after")
    def _asks_for_files_within_files(self) -> Self:
        for element in self.elements:
            _check(element, within_file=False)
        return self


def _check(element: XmlElement, *, within_file: bool) -> None:
    if element.from_file is not None and not within_file:
        raise ValueError(f"{element.name}: from_file is for elements within for_each_file")
    for each in element.elements:
        _check(each, within_file=within_file or element.for_each_file)
