"""Multipart bodies of python-multipart's own tests: read as they expect, and never a 5xx."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import yaml

from functions.receive.multipart import MultipartLimits, read_parts
from functions.receive.part_headers import Part
from functions.receive.refusal import Refused
from tests.functions.receive.bodies import a_part
from tests.functions.receive.intake import NOTHING, Intake

LIMITS = MultipartLimits(parts=50, part=1_000_000)
MEBIBYTE = 1024 * 1024
# Its delimiter line is `--boundary`; python-multipart leaves this example out of that test itself.
_CORRECTED = {"single_field_blocks": "boundary"}


@dataclass
class Example:
    name: str
    body: bytes
    boundary: str
    expected: Any

    @property
    def content_type(self) -> str:
        return f'multipart/form-data; boundary="{self.boundary}"'


class Collected:
    def __init__(self, part: Part) -> None:
        self.part = part
        self.data = b""

    def write(self, data: bytes) -> None:
        self.data += data

    def close(self) -> None:
        pass

    def abort(self) -> None:
        pass


def _examples(reference_data: Path) -> Iterator[Example]:
    files = sorted((reference_data / "hostile/multipart/python-multipart").glob("*.yaml"))
    assert len(files) > 10
    for file in files:
        described = yaml.safe_load(file.read_text("utf-8"))
        body = file.with_suffix(".http").read_bytes()
        boundary = _CORRECTED.get(file.stem, described["boundary"])
        yield Example(file.stem, body, boundary, described["expected"])


def _read(example: Example) -> list[Collected]:
    parts: list[Collected] = []

    def open_part(part: Part) -> Collected:
        parts.append(Collected(part))
        return parts[-1]

    read_parts(BytesIO(example.body), example.content_type, LIMITS, open_part)
    return parts


def test_bodies_are_read_as_expected(reference_data: Path) -> None:
    for example in _examples(reference_data):
        if isinstance(example.expected, dict):
            with pytest.raises(Refused) as caught:
                _read(example)
            assert caught.value.status == 400, example.name
            continue
        found = [(part.part.name, part.part.file_name, part.data) for part in _read(example)]
        assert found == [
            (part["name"], part.get("file_name"), part["data"]) for part in example.expected
        ], example.name


def test_the_running_intake_refuses_them_and_keeps_nothing(
    intake: Intake, reference_data: Path
) -> None:
    # The client of the object store is loaded with the first file; that is no growth.
    intake.deliver(a_part("attachment", b"x", "warm.txt"))
    before = intake.resident()
    examples = list(_examples(reference_data))  # none of them is an application

    for example in examples:
        assert intake.post(example.body, example.content_type)[0] == 400, example.name
        for cut in range(0, len(example.body), 97):
            assert intake.post(example.body[:cut], example.content_type)[0] == 400, example.name

    assert intake.left_behind() == NOTHING
    assert intake.resident() - before <= 16 * MEBIBYTE
