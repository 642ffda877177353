"""What destinations are sent keeps to the published schema."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from functions.forward.destination import Contents
from functions.forward.packing import unpack
from shared.adapters.object_links import S3Links
from shared.adapters.object_store import ObjectStoreSettings
from shared.domain.malware import MalwareVerdict
from tests.functions.forward.rigs import Rig, a_message

REPOSITORY = Path(__file__).parents[3]
SCHEMA = json.loads((REPOSITORY / "docs/schemas/antragslotse-delivery-1.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(
    SCHEMA, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
)


@pytest.fixture
def withheld(contents: Contents) -> Contents:
    """One of its files is kept back."""
    first, *others = contents.attachments
    kept_back = first.model_copy(update={"malware_verdict": MalwareVerdict.WITHHELD})
    return replace(contents, attachments=[kept_back, *others])


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_manifest_of_a_file_store_keeps_to_it(
    make_rig: Callable[[str], Rig], withheld: Contents
) -> None:
    rig = make_rig("folder")
    packing_list = unpack(a_message(rig, withheld).body)
    (manifest,) = packing_list.last.pieces(rig.means.objects)

    VALIDATOR.validate(json.loads(manifest))


@pytest.mark.parametrize("files", ["inline", "links"])
def test_a_webhooks_data_keep_to_it(
    make_rig: Callable[[str], Rig],
    withheld: Contents,
    object_store_settings: ObjectStoreSettings,
    files: str,
) -> None:
    rig = make_rig("webhook")
    rig.means = replace(rig.means, link=S3Links(object_store_settings, None).link)
    rig.settings["files"] = files

    VALIDATOR.validate(json.loads(a_message(rig, withheld).body)["data"])


@pytest.mark.parametrize(
    "change", [{"format": "antragslotse-delivery/2"}, {"message_id": 7}, {"files": [{}]}]
)
def test_what_does_not_keep_to_it_would_show(
    make_rig: Callable[[str], Rig], contents: Contents, change: dict[str, Any]
) -> None:
    data = json.loads(a_message(make_rig("webhook"), contents).body)["data"]

    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**data, **change})
