"""What is hostile in the reference data, for any endpoint of the intake."""

from collections.abc import Iterator
from pathlib import Path

from infra.local.ports import HOST
from tests.functions.receive.intake import Intake


def hostile_files(reference_data: Path, kind: str, pattern: str, least: int) -> list[Path]:
    """Files below `hostile/{kind}`, sorted; fails if there are fewer than there should be."""
    files = sorted((reference_data / "hostile" / kind).rglob(pattern))
    assert len(files) >= least
    return files


def truncations(data: bytes, step: int = 97) -> Iterator[bytes]:
    return (data[:cut] for cut in range(0, len(data), step))


def send(intake: Intake, path: str, body: bytes, content_type: str) -> int:
    """The status, after at most 60 s."""
    url = f"http://{HOST}:{intake.port}{path}"
    headers = {"Content-Type": content_type}
    return int(intake.http.request("POST", url, body=body, headers=headers).status)
