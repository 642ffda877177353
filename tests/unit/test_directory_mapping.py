"""A declared mapping is checked when it is read, and says what to mend."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.domain.configuration.directory_mapping import ACTIVE_DIRECTORY
from tests.functions.assign.directories import at

OTHER = {"id": "employeeNumber", "people": ["person"]}


@pytest.mark.parametrize(
    ("kind", "mapping", "said"),
    [
        ("other", {}, "mapping has to say at least id and people"),
        ("other", {"id": "uid"}, "mapping has to say at least id and people"),
        ("other", OTHER | {"groups": ["team"]}, "no attribute that holds their members"),
        ("openldap", {"capacity": "(uid=*)"}, "capacity"),
        ("openldap", {"expires": {"attribute": "x", "format": "epoch"}}, "'filetime', 'days'"),
        ("active_directory", {"gruppen": ["x"]}, "gruppen"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused(
    kind: str, mapping: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValidationError, match=said):
        at("ldaps://dc.example", kind=kind, mapping=mapping)


def test_a_kind_may_be_declared_otherwise_in_single_attributes() -> None:
    directory = at("ldaps://dc.example", mapping={"deputy": "secretary"})

    assert directory.mapped == ACTIVE_DIRECTORY.model_copy(update={"deputy": "secretary"})


def test_another_kind_has_only_what_its_mapping_says() -> None:
    directory = at("ldaps://dc.example", kind="other", mapping=OTHER)

    assert (directory.mapped.id, directory.mapped.groups, directory.mapped.disabled) == (
        *("employeeNumber", (), ()),
    )
    assert hash(directory) == hash(at("ldaps://dc.example", kind="other", mapping=OTHER))
