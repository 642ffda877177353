"""What others read about our events is what the code says."""

from pathlib import Path

import pytest

from infra.event_documents import ROOT, documents


@pytest.mark.parametrize("path", list(documents()), ids=lambda path: path.name)
def test_the_generated_document_is_up_to_date(path: Path) -> None:
    written = path.read_text(encoding="utf-8")

    assert written == documents()[path], (
        f"{path.relative_to(ROOT)} is out of date: run `python -m infra.event_documents`"
    )
