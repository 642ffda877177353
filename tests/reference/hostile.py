"""The hostile sets of the reference data, and one way to throw them at an endpoint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import yaml

from tests.functions.receive.bodies import CONTENT_TYPE, a_body, a_part
from tests.functions.receive.intake import EMPTY, Intake


class Body(NamedTuple):
    name: str
    data: bytes
    content_type: str


def json_bodies(reference_data: Path) -> Iterator[Body]:
    for file in _some(reference_data, "hostile/json/*/*.json", 150):
        yield Body(file.name, file.read_bytes(), "application/json")


def xml_bodies(reference_data: Path) -> Iterator[Body]:
    for file in _some(reference_data, "hostile/xml/*.x*", 10):
        yield Body(file.name, file.read_bytes(), "application/xml")


def multipart_bodies(reference_data: Path) -> Iterator[Body]:
    for file in _some(reference_data, "hostile/multipart/python-multipart/*.yaml", 10):
        boundary = yaml.safe_load(file.read_text("utf-8"))["boundary"]
        data = file.with_suffix(".http").read_bytes()
        yield Body(file.stem, data, f'multipart/form-data; boundary="{boundary}"')
        yield Body(f"{file.stem}, cut", data[: len(data) // 2], CONTENT_TYPE)


def pdf_attachments(reference_data: Path) -> Iterator[bytes]:
    """Each as the part of a form that a file is."""
    for file in _some(reference_data, "hostile/pdf/**/*.pdf", 5):
        yield a_part("nachweis", file.read_bytes(), "nachweis.pdf", "application/pdf")


def posted(intake: Intake, path: str, body: Body, headers: Mapping[str, str] = EMPTY) -> int:
    """The status; what makes the endpoint fail, or answer in no words of ours, is an error."""
    status, answer = intake.post_to(path, body.data, body.content_type, headers)
    assert status < 500, body.name
    assert status < 300 or answer["status"] == status, body.name
    return status


def a_form_with(*files: bytes, fields: Mapping[str, str]) -> Body:
    parts = [a_part(name, value) for name, value in fields.items()]
    return Body("form", a_body(*parts, *files), CONTENT_TYPE)


def _some(reference_data: Path, pattern: str, least: int) -> list[Path]:
    files = sorted(reference_data.glob(pattern))
    assert len(files) >= least
    return files
