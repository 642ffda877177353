"""The documents of a message: what of the case's files it names, and what it brings with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID, uuid5

from functions.forward.destination import Contents
from functions.forward.formats.xdomea.codes import extension_of, format_code
from functions.forward.formats.xdomea.form_data import write_form_data
from functions.forward.manifest import File, files_of
from functions.forward.packing import ascii_name

FORM_DATA = "Formulardaten.xml"


@dataclass(frozen=True, slots=True)
class Document:
    """`file_name` is the primary document's in the container; None if it is withheld."""

    id: UUID
    number: int
    name: str
    kind: str
    extension: str
    file_name: str | None
    file: File

    @property
    def format_code(self) -> str:
        return format_code(self.extension)


def documents_of(contents: Contents) -> tuple[Document, ...]:
    """The form data as XML first, then the original and every file in the order of delivery."""
    files = list(files_of(contents))
    data = write_form_data(contents, files)
    form_data = File(
        path=FORM_DATA,
        kind="fields",
        name=FORM_DATA,
        media_type="application/xml",
        size=len(data),
        sha256=sha256(data).hexdigest(),
        version=1,
        data=data,
    )
    return tuple(_documents(contents, [form_data, *files]))


def _documents(contents: Contents, files: list[File]) -> Iterator[Document]:
    for number, file in enumerate(files, start=1):
        # The case's document stays the same in every message; so does a file of the same content.
        about = f"{file.path}\n{file.version}"
        file_id = uuid5(contents.case.id, f"xdomea file\n{about}\n{file.sha256}")
        extension = extension_of(file.name, file.detected_media_type, file.media_type)
        stem = file.name.rpartition(".")[0] or file.name
        file_name = f"{file_id}_{ascii_name(stem)}.{extension}"
        yield Document(
            id=uuid5(contents.case.id, f"xdomea document\n{about}"),
            number=number,
            name=file.original_name or file.name,
            kind=file.kind,
            extension=extension,
            file_name=None if file.withheld else file_name,
            file=file,
        )
