"""A deposit that was read, made into what is stored: the Submission, the original, the files."""

from dataclasses import dataclass, field
from typing import Any

from functions.receive.delivery import Arrival, Delivery, Files, Limits
from functions.receive.part_headers import Part
from functions.receive.platforms.intelliform.content import Content, is_marked
from functions.receive.platforms.intelliform.data_set import DataSet, Hint, Path, hints_of
from functions.receive.platforms.intelliform.deposit import AttachmentAsSent, Deposit
from functions.receive.platforms.intelliform.document import Document
from functions.receive.platforms.intelliform.file_description import FileDescription
from functions.receive.platforms.intelliform.login_data import FLAG
from functions.receive.platforms.intelliform.routing import Routing
from functions.receive.refusal import Refused, invalid
from shared.domain.configuration.intelliform import Intelliform
from shared.domain.identifiers import SenderId
from shared.domain.submission import Submission

MAX_TRANSACTION_ID = 255
_OF_PERSON = ("display_name", "given_name", "surname", "title", "organization")
_FORM_ID, _FORM, _ID = "formId", "form", "id"
_DATA_ID, _REPRESENTATION_ID = "primaryDataAttachmentId", "primaryFormAttachmentId"
# The user name is a handle of the login, and the case needs none.
_NOT_KEPT = (_FORM_ID, _FORM, _ID, _DATA_ID, _REPRESENTATION_ID, "username")


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
            self._store(content, FileDescription.of_part(part, name))
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
        document = Document.of(data, self.limits.depth, place)
        if document.sent is not None:
            self.flags.add(FLAG)
        return document

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
            extra |= document.control_data()
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
                self._store(attachment.content, FileDescription.of(attachment, is_form))

    def _store(self, content: Content | None, description: FileDescription) -> None:
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
