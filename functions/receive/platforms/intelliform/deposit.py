"""The element `deposit` as it is read: small texts are collected, contents go on in pieces."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from functions.receive.delivery import Limits
from functions.receive.platforms.intelliform.content import Base64Content, Content
from functions.receive.platforms.intelliform.names import BACKEND, XOP, split
from functions.receive.refusal import Refused, invalid, too_large

_ATTACHMENT = ("data", "attachments")
_CONTENT = (*_ATTACHMENT, "content")
_INCLUDE = (*_CONTENT, f"{{{XOP}}}Include")
_PARAMETER = ("data", "customParameters")
_OF_ATTACHMENT = (*_ATTACHMENT, "attributes")


@dataclass
class AttachmentAsSent:
    """`cid` names the part that has the content, where it does not stand inline."""

    number: int
    content: Content | None = None
    cid: str | None = None
    members: dict[str, str] = field(default_factory=dict)
    attributes: list[tuple[str, str]] = field(default_factory=list)

    @property
    def place(self) -> str:
        return f"attachments[{self.number - 1}]"

    @property
    def id(self) -> str:
        return self.members.get("id", "")


@dataclass
class Deposit:
    """`members` are the texts below `data`; unknown ones by their path."""

    members: dict[str, str] = field(default_factory=dict)
    attachments: list[AttachmentAsSent] = field(default_factory=list)
    parameters: list[tuple[str, str]] = field(default_factory=list)


class DepositReader:
    """An `XmlHandler` for what stands inside of `deposit`; `identified` gets its id."""

    def __init__(
        self,
        limits: Limits,
        new_content: Callable[[str], Content],
        identified: Callable[[str], None],
    ) -> None:
        self.deposit = Deposit()
        self._limits = limits
        self._new_content = new_content
        self._identified = identified
        self._path: tuple[str, ...] = ()
        self._text: list[str] = []
        self._length = self._total = 0
        self._entry: dict[str, str] = {}
        self._base64: Base64Content | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, local = split(name)
        self._path += (local if namespace in ("", BACKEND) else name,)
        self._text, self._length = [], 0
        if self._path == _ATTACHMENT:
            self._start_attachment()
        elif self._path == _CONTENT:
            self._start_content()
        elif self._path == _INCLUDE:
            self._attachment.cid = _cid(attributes.get("href", ""), self._attachment.place)
        elif self._path in (_PARAMETER, _OF_ATTACHMENT):
            self._entry = {}

    def data(self, text: str) -> None:
        if self._base64 is not None and self._path == _CONTENT:
            self._base64.feed(text)
            return
        self._length += len(text)
        self._total += len(text)
        if self._length > self._limits.field_length:
            detail = f"The text is longer than {self._limits.field_length} characters."
            raise invalid("text-too-long", detail, self._place)
        if self._total > self._limits.form:
            raise too_large("The envelope without contents", self._limits.form)
        self._text.append(text)

    def end(self, name: str) -> None:
        path, text = self._path, "".join(self._text)
        self._text = []
        match path:
            case ("data",) | ("data", "attachments") | ("data", "attachments", "content", _):
                pass
            case ("data", "attachments", "content"):
                self._end_content()
            case ("data", "attachments", "attributes"):
                self._attachment.attributes.append(self._complete_entry())
            case ("data", "customParameters"):
                self.deposit.parameters.append(self._complete_entry())
            case ("data", "attachments", "attributes", key) | ("data", "customParameters", key):
                self._entry[key] = text
            case ("data", "attachments", member):
                self._keep(self._attachment.members, member, text)
            case ("data", *members):
                self._end_member("/".join(members), text)
        self._path = path[:-1]

    def abort(self) -> None:
        if self._base64 is not None:
            self._base64.content.abort()
            self._base64 = None

    @property
    def _attachment(self) -> AttachmentAsSent:
        return self.deposit.attachments[-1]

    @property
    def _place(self) -> str:
        if self._path[:2] == _ATTACHMENT:
            return ".".join([self._attachment.place, *(split(name)[1] for name in self._path[2:])])
        return ".".join(split(name)[1] for name in self._path) or "deposit"

    def _start_attachment(self) -> None:
        number = len(self.deposit.attachments) + 1
        if number > self._limits.parts:
            detail = f"The message has more than {self._limits.parts} attachments."
            raise Refused(413, "too-many-parts", detail)
        self.deposit.attachments.append(AttachmentAsSent(number))

    def _start_content(self) -> None:
        attachment = self._attachment
        if attachment.content is not None:
            raise invalid("content-twice", "An attachment has one content.", attachment.place)
        attachment.content = self._new_content(attachment.place)
        self._base64 = Base64Content(attachment.content, attachment.place)

    def _end_content(self) -> None:
        if self._base64 is None:
            return
        if self._attachment.cid is None:
            self._base64.close()
        else:
            self._attachment.content = None
        self._base64 = None

    def _end_member(self, member: str, text: str) -> None:
        self._keep(self.deposit.members, member, text)
        if member == "id":
            self._identified(text)

    def _keep(self, members: dict[str, str], member: str, text: str) -> None:
        if members.setdefault(member, text) != text:
            raise invalid("repeated-member", "It stands here twice.", self._place)

    def _complete_entry(self) -> tuple[str, str]:
        return self._entry.get("key", ""), self._entry.get("value", "")


def _cid(href: str, place: str) -> str:
    scheme, _, cid = href.partition(":")
    if scheme.lower() != "cid" or not cid:
        detail = "An Include names a part of this message, as cid:..."
        raise invalid("content-missing", detail, f"{place}.content")
    return unquote(cid)
