"""What a sender of the platform intelliform may declare: which parameter of its forms means what.

Own design: how a form is to name these is not published.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(min_length=1)]
Leika = Annotated[str, StringConstraints(pattern=r"^99[0-9]{12}$")]


class FormDefaults(BaseModel):
    """What counts for a form whose parameters say nothing of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    leika_keys: tuple[Leika, ...] = ()
    unit: Text | None = None


class Intelliform(BaseModel):
    """Names of custom parameters, as they stand in the forms; `forms` by form id."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit_parameter: Text = "OrganisationsEinheitID"
    leika_parameter: Text = "LeikaID"
    region_parameter: Text = "ARS"
    mailbox_parameter: Text = "PostfachHandle"
    assurance_level_parameter: Text = "Vertrauensniveau"
    test_parameter: Text = "Testantrag"
    forms: dict[str, FormDefaults] = {}
