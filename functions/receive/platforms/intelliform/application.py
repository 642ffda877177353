"""A deposit that was read, made into what is stored: the Submission, the original, the files."""

from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.file_names import safe_file_name
from functions.receive.part_headers import Part
from functions.receive.platforms.intelliform.content import Content, is_marked
from functions.receive.platforms.intelliform.data_set import DataSet, Hint, Path, hints_of
from functions.receive.platforms.intelliform.deposit import AttachmentAsSent, Deposit
from functions.receive.platforms.intelliform.login_data import (
    FLAG,
    take_login_data,
    without_login_data,
)
from functions.receive.platforms.intelliform.names import TRANSACTION, split
from functions.receive.platforms.intelliform.routing import Routing
from functions.receive.refusal import Refused, invalid
from functions.receive.safe_xml import read_xml
from shared.domain.configuration.intelliform import Intelliform
from shared.domain.identifiers import SenderId
from shared.domain.submission import AttachmentKind, PartDigest, Submission

MAX_TRANSACTION_ID = 255
ORIGINAL_NAME = "X-IntelliForm-Original-Name"
SIGNED = "X-IntelliForm-Signed"
_FORM_ID, _FORM, _ID = "formId", "form", "id"
_DATA_ID, _REPRESENTATION_ID = "primaryDataAttachmentId", "primaryFormAttachmentId"
# The user name is a handle of the login, and the case needs none.
_NOT_KEPT = (_FORM_ID, _FORM, _ID, _DATA_ID, _REPRESENTATION_ID, "username")


@dataclass(frozen=True, slots=True)
class Document:
    """XML without login data; `sent` tells what it was if there was any, `login` what is kept."""

    root: Element
    data: bytes
    login: dict[str, str]
    sent: PartDigest | None


@dataclass
class Application:
    arrival: Arrival
    files: Files
    limits: Limits
    deposit: Deposit
    flags: set[str] = field(default_factory=set)

    def delivery(self, unnamed: list[tuple[Part, Content]]) -> Delivery:
        """Raise Refused. Files are stored here as far as they were held until now."""
        self._check_members()
        data_attachment = self._data_attachment()
        document = self._document(data_attachment) if data_attachment else None
        submission = self._submission(document, self._hints(data_attachment))
        self._store_files(data_attachment)
        for part, content in unnamed:
            name = part.file_name or part.content_id
            self._store(content, _Description.of_part(part, name))
        if document is None:
            return Delivery(submission, None, None)
        media_type = data_attachment.members.get("contentType") if data_attachment else None
        return Delivery(submission, document.data, media_type or "text/xml", document.sent)

    def _check_members(self) -> None:
        members = self.deposit.members
        transaction_id = members.get(_ID, "").strip()
        if not transaction_id:
            raise invalid("member-missing", "An application needs an id.", "data.id")
        if len(transaction_id) > MAX_TRANSACTION_ID:
            detail = f"A transaction id has at most {MAX_TRANSACTION_ID} characters."
            raise invalid("text-too-long", detail, "data.id")
        if not (members.get(_FORM, "").strip() or members.get(_FORM_ID, "").strip()):
            raise invalid("member-missing", "Name the form: form or formId.", "data.formId")

    def _data_attachment(self) -> AttachmentAsSent | None:
        """Ids are not unique: the first of this id is the data set."""
        id_ = self.deposit.members.get(_DATA_ID, "").strip()
        if not id_:
            self.flags.add("data-set-missing")
            return None
        for attachment in self.deposit.attachments:
            if attachment.id.strip() == id_:
                return attachment
        detail = "No attachment has the id that primaryDataAttachmentId names."
        raise invalid("data-set-missing", detail, f"data.{_DATA_ID}")

    def _document(self, attachment: AttachmentAsSent) -> Document:
        content = attachment.content
        if content is None or content.xml is None:
            if content is not None and content.was_xml:
                detail = f"The data set is larger than {self.limits.form} bytes."
                raise Refused(413, "too-large", detail, place=attachment.place)
            raise invalid("data-set-malformed", "The data set is not XML.", attachment.place)
        return self._cleaned(content.xml, attachment.place)

    def _cleaned(self, data: bytes, place: str) -> Document:
        """The envelope was well-formed: what is wrong inside of a content is a wrong value."""
        try:
            root = read_xml(data, max_depth=self.limits.depth, place=place)
        except Refused as refused:
            raise invalid(refused.code, refused.detail, place) from None
        login = take_login_data(root)
        if login is None:
            return Document(root, data, {}, None)
        self.flags.add(FLAG)
        return Document(root, without_login_data(data, place), login, PartDigest.of(data))

    def _hints(self, data_attachment: AttachmentAsSent | None) -> dict[Path, Hint]:
        """The raw form has the data set's id too: of a chosen value, it tells the text shown."""
        for attachment in self.deposit.attachments:
            content = attachment.content
            if (
                data_attachment is not None
                and attachment is not data_attachment
                and attachment.id.strip() == data_attachment.id.strip()
                and content is not None
                and content.xml is not None
                and is_marked(content.xml)
            ):
                return hints_of(self._cleaned(content.xml, attachment.place).root)
        return {}

    def _submission(self, document: Document | None, hints: dict[Path, Hint]) -> Submission:
        members = self.deposit.members
        form_id = members.get(_FORM_ID, "").strip() or None
        sender = self.arrival.sender
        routing = Routing(sender.intelliform or Intelliform())
        routing.read(self.deposit.parameters, form_id)
        data_set = DataSet(self.limits, hints)
        fields = data_set.read(document.root) if document else ()
        login = document.login if document else {}
        self.arrival.transaction_id = transaction_id = members[_ID].strip()
        self._flag_missing_representation()
        return Submission(
            sender=SenderId(sender.id),
            transaction_id=transaction_id,
            form_id=form_id or members[_FORM].strip(),
            form_name=members.get(_FORM, "").strip() or None,
            leika_keys=routing.leika_keys,
            region=routing.region,
            named_unit=routing.unit,
            service_account=routing.account(login),
            fields=fields,
            control_extra=self._extra(document, login, routing.others),
            flags=tuple(sorted(self.flags | data_set.flags | routing.flags)),
            is_test=routing.is_test,
        )

    def _extra(
        self, document: Document | None, login: dict[str, str], parameters: dict[str, Any]
    ) -> dict[str, Any]:
        members = self.deposit.members
        extra: dict[str, Any] = {
            name: text for name, text in members.items() if name not in _NOT_KEPT and text
        }
        if parameters:
            extra["customParameters"] = parameters
        if document is not None:
            extra |= _of_root(document.root)
        person = {name: text for name, text in login.items() if name in _OF_PERSON}
        if person:
            extra["user"] = person
        descriptions = [
            {"name": each.members.get("name", each.id), "description": each.members["description"]}
            for each in self.deposit.attachments
            if each.members.get("description")
        ]
        return {**extra, "attachments": descriptions} if descriptions else extra

    def _flag_missing_representation(self) -> None:
        id_ = self.deposit.members.get(_REPRESENTATION_ID, "").strip()
        if id_ and all(each.id.strip() != id_ for each in self.deposit.attachments):
            self.flags.add("representation-missing")

    def _store_files(self, data_attachment: AttachmentAsSent | None) -> None:
        representation = self.deposit.members.get(_REPRESENTATION_ID, "").strip()
        for attachment in self.deposit.attachments:
            if attachment is not data_attachment:
                is_form = bool(representation) and attachment.id.strip() == representation
                self._store(attachment.content, _Description.of(attachment, is_form))

    def _store(self, content: Content | None, description: "_Description") -> None:
        """A part that two attachments refer to is one file, called as the first of them says."""
        if content is not None and content.file is not None:
            if not content.is_described:
                content.is_described = True
                content.file.describe(**description.arguments())
            return
        data = b"" if content is None else content.held
        sent = None
        if is_marked(data):
            document = self._cleaned(data, description.place)
            data, sent = document.data, document.sent
        flags = (FLAG,) if sent else ()
        file = self.files.open(**description.arguments(flags), sent=sent)
        file.write(data)
        file.close()


@dataclass(frozen=True, slots=True)
class _Description:
    kind: AttachmentKind
    name: str
    original_name: str | None
    media_type: str | None
    flags: tuple[str, ...]
    place: str

    @classmethod
    def of(cls, attachment: AttachmentAsSent, is_form: bool) -> "_Description":
        attributes = dict(attachment.attributes)
        given = attachment.members.get("name") or attributes.get(ORIGINAL_NAME)
        flags = ["signed"] if attributes.get(SIGNED, "").strip().lower() == "true" else []
        name = safe_file_name(given or attachment.id, f"attachment-{attachment.number}")
        if name != given:
            flags.append("file-name-changed" if given else "file-name-missing")
        kind = AttachmentKind.REPRESENTATION if is_form else AttachmentKind.ATTACHMENT
        original = attributes.get(ORIGINAL_NAME) or given
        media_type = attachment.members.get("contentType", "").strip() or None
        return cls(kind, name, original, media_type, tuple(flags), attachment.place)

    @classmethod
    def of_part(cls, part: Part, given: str | None) -> "_Description":
        name = safe_file_name(given, f"part-{part.number}")
        kind = AttachmentKind.ATTACHMENT
        media_type = part.content_type or None
        return cls(kind, name, given, media_type, ("part-unreferenced",), part.place)

    def arguments(self, flags: tuple[str, ...] = ()) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "name": self.name,
            "original_name": self.original_name,
            "media_type": self.media_type,
            "flags": (*self.flags, *flags),
        }


_OF_PERSON = ("display_name", "given_name", "surname", "title", "organization")


def _of_root(root: Element) -> dict[str, Any]:
    """The transaction as the data set tells it, which may differ from the envelope's word."""
    transaction, others = {}, {}
    for name, value in root.attrib.items():
        namespace, local = split(name)
        if namespace == TRANSACTION:
            transaction[local] = value
        else:
            others[name] = value
    given = {"dataSet": split(root.tag)[1], "transaction": transaction, "attributes": others}
    return {name: value for name, value in given.items() if value}
