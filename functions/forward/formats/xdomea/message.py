"""The message Abgabe.Abgabe.0401 of xdomea 2.4.0, 3.0.0 and 3.1.0.

The order of elements is the schemas'; where the versions differ, `_Writer` says so.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from functions.forward.destination import Contents
from functions.forward.formats.text import clean_for
from functions.forward.formats.xdomea.codes import CONFIDENTIALITY, ELECTRONIC, OTHER_FORMAT
from functions.forward.formats.xdomea.documents import Document
from functions.forward.formats.xdomea.form_data import form_data_element
from functions.forward.formats.xdomea.history import history_line
from shared.domain.case import LoggedEntry
from shared.domain.configuration.xdomea import Organisation, Xdomea
from shared.domain.submission import FormField

if TYPE_CHECKING:
    from lxml import etree

_AUTHORITIES_TIME = ZoneInfo("Europe/Berlin")
_LISTS = "urn:xoev-de:xdomea:codeliste"
_KINDS = {
    "fields": "Formulardaten",
    "original": "Formulardaten, wie empfangen",
    "representation": "Antrag",
    "attachment": "Anlage",
}


def write_message(contents: Contents, documents: Sequence[Document], settings: Xdomea) -> bytes:
    from lxml import etree

    writer = _Writer(settings)
    root = writer.root()
    writer.head(root, contents)
    object_ = writer.add(root, "Schriftgutobjekt")
    writer.case(writer.add(object_, "Vorgang"), contents, documents)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


class _Writer:
    def __init__(self, settings: Xdomea) -> None:
        self._settings = settings
        self._clean = clean_for(settings.version)
        self._is_2 = settings.version.startswith("2.")
        self._namespace = f"urn:xoev-de:xdomea:schema:{settings.version}"

    def root(self) -> "etree._Element":
        from lxml import etree

        # The standard asks for this very prefix.
        return etree.Element(
            f"{{{self._namespace}}}Abgabe.Abgabe.0401", nsmap={"xdomea": self._namespace}
        )

    def add(self, parent: "etree._Element", name: str, text: str | None = None) -> "etree._Element":
        from lxml import etree

        element = etree.SubElement(parent, f"{{{self._namespace}}}{name}")
        if text is not None:
            element.text = self._clean(text)
        return element

    def maybe(self, parent: "etree._Element", name: str, text: str | None) -> None:
        if text:
            self.add(parent, name, text)

    def code(
        self, parent: "etree._Element", name: str, list_: str, version: str, code: str
    ) -> None:
        from lxml import etree

        element = self.add(parent, name)
        element.set("listURI", list_)
        element.set("listVersionID", version)
        etree.SubElement(element, "code").text = code  # in no namespace

    def head(self, root: "etree._Element", contents: Contents) -> None:
        head = self.add(root, "Kopf")
        self.add(head, "ProzessID", str(contents.message_id))
        version = "1.0" if self._is_2 else "2.0"
        self.code(head, "Nachrichtentyp", f"{_LISTS}:nachrichtentyp", version, "0401")
        self.add(head, "Erstellungszeitpunkt", _moment(contents.occasion_at))
        self._organisation(head, "Absender", self._settings.sender)
        self._organisation(head, "Empfaenger", self._settings.recipient)
        self.add(self.add(head, "SendendesSystem"), "Produktname", "Antragslotse")
        self.add(head, "Importbestaetigung", "1")
        if not self._is_2:
            self.add(head, "Empfangsbestaetigung", "1" if self._settings.acknowledged else "0")

    def case(
        self, element: "etree._Element", contents: Contents, documents: Sequence[Document]
    ) -> None:
        case, submission = contents.case, contents.submission
        self.add(self.add(element, "Identifikation"), "ID", str(case.id))
        subject = submission.form_name or submission.form_id or "Antrag"
        self._metadata(element, subject, case.number, case.authority)
        self.add(element, "Typ", "Antrag")
        self.add(self.add(element, "Laufzeit"), "Beginn", _day(case.received_at))
        for entry in contents.history:
            self._history(element, entry)
        for document in documents:
            self._document(self.add(element, "Dokument"), contents, document)
        self._form_data(element, contents, documents)

    def _organisation(
        self, parent: "etree._Element", name: str, organisation: Organisation
    ) -> None:
        contact = self.add(parent, name)
        if organisation.key is not None:
            identity = self.add(contact, "Behoerdenkennung")
            key = "Kennung" if self._is_2 else "Behoerdenschluessel"
            lists = (organisation.key_list, organisation.key_list_version)
            self.code(identity, key, *lists, organisation.key)
        institution = self.add(contact, "Institution")
        self.add(institution, "Name", organisation.name)
        self.maybe(institution, "Kurzbezeichnung", organisation.short_name)
        if organisation.unit is not None:
            self.add(self.add(contact, "Organisationseinheit"), "Name", organisation.unit)

    def _metadata(
        self, parent: "etree._Element", subject: str, number: str, authority: str | None
    ) -> None:
        metadata = self.add(parent, "AllgemeineMetadaten")
        self.add(metadata, "Betreff", subject)
        self.add(metadata, "Kennzeichen", number)
        self.maybe(metadata, "Federfuehrung", authority)
        level = CONFIDENTIALITY[self._settings.confidentiality]
        self.code(
            metadata, "Vertraulichkeitsstufe", f"{_LISTS}:vertraulichkeitsstufe", "1.0", level
        )
        self.code(metadata, "Medium", f"{_LISTS}:medium", "1.0", ELECTRONIC)
        if self._settings.file_plan_code is not None:
            unit = self.add(metadata, "Aktenplaneinheit")
            self.add(unit, "Kennzeichen", self._settings.file_plan_code)

    def _history(self, parent: "etree._Element", entry: LoggedEntry) -> None:
        line = history_line(entry)
        element = self.add(parent, "HistorienProtokollInformation")
        self.add(element, "Akteur", line.actor)
        self.add(element, "DatumUhrzeit", _moment(entry.at))
        self.maybe(element, "Bemerkung", line.remark)
        self.add(element, "Aktion", line.action)

    def _document(self, element: "etree._Element", contents: Contents, document: Document) -> None:
        identity = self.add(element, "Identifikation")
        self.add(identity, "ID", str(document.id))
        self.add(identity, "NummerImUebergeordnetenContainer", str(document.number))
        metadata = self.add(element, "AllgemeineMetadaten")
        self.add(metadata, "Betreff", document.name)
        if document.file_name is None:
            self.add(metadata, "Bemerkung", "Zurückgehalten, nicht übermittelt")
        self.code(metadata, "Medium", f"{_LISTS}:medium", "1.0", ELECTRONIC)
        self.add(element, "Posteingangsdatum", _day(contents.case.received_at))
        self.add(element, "Typ", _KINDS.get(document.kind, document.kind))
        if document.file_name is not None:
            self._version(element, document)
        self._checksum(element, document)

    def _version(self, parent: "etree._Element", document: Document) -> None:
        version = self.add(parent, "Version")
        self.add(version, "Nummer", str(document.file.version))
        format_ = self.add(version, "Format")
        self.code(format_, "Name", f"{_LISTS}:dateiformat", "1.0", document.format_code)
        if document.format_code == OTHER_FORMAT:
            self.add(format_, "SonstigerName", document.extension)
        self.add(format_, "Version", "unbekannt")
        primary = self.add(format_, "Primaerdokument")
        self.add(primary, "Dateiname", document.file_name)
        if not self._is_2:
            self.add(primary, "DateinameOriginal", document.name)

    def _checksum(self, parent: "etree._Element", document: Document) -> None:
        """Up to 3.1 the standard has no place for it."""
        extension = self.add(parent, "AnwendungsspezifischeErweiterung")
        self.add(extension, "Kennung", "urn:antragslotse:file:1")
        self.add(extension, "Name", "Prüfsumme der Datei")
        self._field(extension, "SHA-256", document.file.sha256)
        self._field(extension, "Bytes", str(document.file.size))

    def _form_data(
        self, element: "etree._Element", contents: Contents, documents: Sequence[Document]
    ) -> None:
        """The fields are in a document of their own as well, which every version can hold."""
        if self._is_2:
            extension = self.add(element, "AnwendungsspezifischeErweiterung")
            self.add(extension, "Kennung", "urn:antragslotse:form-data:1")
            self.add(extension, "Name", "Formulardaten")
            # Groups come before single fields here.
            fields = contents.submission.fields
            for field in (each for each in fields if each.items):
                self._group(extension, "Feldgruppe", field)
            for field in (each for each in fields if not each.items):
                self._field(extension, field.name, field.value, field.label)
        else:
            xml = self.add(element, "AnwendungsspezifischeErweiterungXML")
            files = [each.file for each in documents if each.kind != "fields"]
            xml.append(form_data_element(contents, files))

    def _group(self, parent: "etree._Element", name: str, field: FormField) -> None:
        group = self.add(parent, name)
        self.add(group, "Name", field.name)
        self.add(group, "Beschreibung", field.label)
        for item in (each for each in field.items if each.items):
            self._group(group, "Unterfeldgruppe", item)
        for item in (each for each in field.items if not each.items):
            self._field(group, item.name, item.value, item.label)

    def _field(
        self, parent: "etree._Element", name: str, value: str | None, label: str | None = None
    ) -> None:
        field = self.add(parent, "Feld")
        self.add(field, "Name", name)
        self.maybe(field, "Beschreibung", label)
        if value is not None:
            self.add(field, "Wert", value)


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _day(at: datetime) -> str:
    return at.astimezone(_AUTHORITIES_TIME).date().isoformat()
