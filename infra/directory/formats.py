"""What is no list, feed or table at all, told by its first bytes."""

from infra.directory.errors import DirectoryFileError

_OTHERS = {
    b"%PDF": "it is a PDF, not a file of data: ask whoever provides it for the data themselves",
    b"PK\x03\x04": "this is a zip archive: unpack it, and give the list in it; "
    "if it is a spreadsheet, save it as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "it is an old spreadsheet: save it as CSV in UTF-8",
}


def refuse_other_formats(first: bytes) -> None:
    """Raise DirectoryFileError."""
    if not first:
        raise DirectoryFileError("it is empty: fetch it again")
    for mark, said in _OTHERS.items():
        if first.startswith(mark):
            raise DirectoryFileError(said)
