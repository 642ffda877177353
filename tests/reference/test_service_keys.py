"""The service keys of a whole catalogue (LeiKa, state of 2020), as it is published."""

from pathlib import Path

from infra.directory.csv_table import read_csv
from infra.directory.entries import Report, Service
from shared.domain.identifiers import is_leika_key


def test_every_service_of_the_catalogue_is_read_and_what_has_no_key_is_reported(
    reference_data: Path,
) -> None:
    report = Report()
    with (reference_data / "zufi-fim/leika-nrw-2020/leika_services.csv").open("rb") as table:
        services = [entry for entry in read_csv(table, report) if isinstance(entry, Service)]

    keys = [key for service in services for key in service.leika_keys if is_leika_key(key)]
    assert len(keys) == len(set(keys)) == 4813
    assert len({service.id for service in services}) == len(services)
    assert report.skipped == {
        "it has no service key, and is kept without": 436,
        "malformed service key, kept as stated": 2,
    }
    assert report.examples["malformed service key, kept as stated"] == ["line 5251", "line 5252"]
