"""What the pages of the form platforms tell operators to declare is valid."""

import re
import tomllib
from pathlib import Path

import pytest

from shared.domain.configuration.senders import Sender

PAGES = Path(__file__).parents[2] / "docs/platforms"
_TOML = re.compile(r"^```toml\n(.*?)^```", re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("platform", ["formcycle", "webhook"])
def test_the_example_of_a_sender_is_valid(platform: str) -> None:
    text = (PAGES / f"{platform}.md").read_text(encoding="utf-8")
    declared = [
        Sender.model_validate(entry)
        for example in _TOML.findall(text)
        for entry in tomllib.loads(example)["senders"]
    ]

    assert [sender.platform for sender in declared] == [platform]
    assert getattr(declared[0], platform) is not None
