"""What all kinds of entries are made of: identifiers, codes, texts in languages."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeAlias

from lxml import etree

from infra.directory.entries import Report, composite_id

Element: TypeAlias = etree._Element
Parts: TypeAlias = dict[str, list[Element]]


class Skipped(Exception):
    """Why an entry cannot be used."""


class NotMeant(Skipped):
    """Nothing like it is ever used."""


@dataclass
class Reading:
    """Where in the message we are, and what the readers of the single kinds need to know."""

    report: Report
    responsible_roles: AbstractSet[str]
    entry: Element | None = None
    number: int = 0

    def skip(self, reason: str, named: str | None) -> None:
        """A feed may be one long line: so the entry's number, too."""
        line = self.entry.sourceline if self.entry is not None else None
        self.report.skip(reason, f"line {line}, entry {self.number}: {named or 'without an id'}")


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def parts(element: Element) -> Parts:
    """Its children by local name: `code` is found with a namespace and without one."""
    found: Parts = {}
    for child in element:
        found.setdefault(child.tag.rpartition("}")[2], []).append(child)
    return found


def text_of(element: Element) -> str:
    return " ".join((element.text or "").split())


def first_text(elements: Iterable[Element]) -> str:
    return next((text for text in map(text_of, elements) if text), "")


def code_of(element: Element) -> str:
    """Of a coded value: its `code`, or its own text, as older messages have it."""
    return first_text(parts(element).get("code", ())) or text_of(element)


def in_german(elements: Sequence[Element]) -> str:
    """The German text, else the first that says no language, else the first there is."""
    texts = [(each.get("languageCode", "").lower(), text_of(each)) for each in elements]
    texts = [(language, text) for language, text in texts if text]
    for wanted in ("de", ""):
        for language, text in texts:
            if language.partition("-")[0] == wanted:
                return text
    return texts[0][1] if texts else ""


def identifier(element: Element) -> str | None:
    text = (element.text or "").strip()
    if not text:
        return None
    agency, scheme = element.get("schemeAgencyID"), element.get("schemeID")
    return composite_id(text, agency and agency.strip(), scheme and scheme.strip())


def identifiers(elements: Iterable[Element]) -> list[str]:
    """Each once."""
    return list(dict.fromkeys(filter(None, map(identifier, elements))))


def first_identifier(elements: Iterable[Element]) -> str | None:
    return next(iter(identifiers(elements)), None)


def entry_id(children: Parts) -> str:
    found = first_identifier(children.get("id", ()))
    if found is None:
        raise Skipped("it has no id")
    return found
