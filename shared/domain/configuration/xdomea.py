"""What an xdomea message has to be told: version of the standard, who sends it, and to whom."""

from typing import Annotated, Literal

from pydantic import StringConstraints

from shared.domain.configuration.base import Part, Text

Version = Literal["2.4.0", "3.0.0", "3.1.0"]


class Organisation(Part):
    """An authority (Behörde), by name; `key` is its code (Behördenschlüssel) of the list
    `key_list` in the version `key_list_version`."""

    name: Text
    short_name: Text | None = None
    unit: Text | None = None
    key: Text | None = None
    key_list: str = ""
    key_list_version: str = ""


class Xdomea(Part):
    """One container with the message Abgabe.Abgabe.0401, the complete export of a case.

    `sender` and `recipient` are the organisations of its head, `file_plan_code` the unit of the
    recipient's file plan (Aktenplaneinheit), `acknowledged` whether its receipt is asked for.
    """

    format: Literal["xdomea"]
    version: Version
    sender: Organisation
    recipient: Organisation
    file_plan_code: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    confidentiality: Literal["open", "internal", "confidential"] = "open"
    acknowledged: bool = False
