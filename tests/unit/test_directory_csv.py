"""What is read from a CSV table of responsibilities or services, and what is left out and why."""

import io
from datetime import date

import pytest

from infra.directory.csv_table import read_csv
from infra.directory.entries import Entry, Report, Responsibility, Service, Unit
from infra.directory.errors import DirectoryFileError
from shared.domain.directory import RESPONSIBLE

TRADE = "99050012104000"
OTHER = "99050012104001"
HELD = Responsibility(
    f"{TRADE}|019990001|foerdetal-gewerbe|responsible",
    TRADE,
    ("019990001",),
    "foerdetal-gewerbe",
    RESPONSIBLE,
)


def read(table: str | bytes) -> tuple[list[Entry], Report]:
    report = Report()
    data = table.encode() if isinstance(table, str) else table
    return list(read_csv(io.BytesIO(data), report)), report


def held(
    *rows: str, header: str = "service;region;authority"
) -> tuple[list[Responsibility], Report]:
    found, report = read("\n".join((header, *rows)))
    return [entry for entry in found if isinstance(entry, Responsibility)], report


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_table_is_read_however_a_spreadsheet_saved_it(
    delimiter: str, mark: bytes, end: str
) -> None:
    rows = [
        ["Service", "REGION", "authority", "authority_name", "service_name"],
        [TRADE, "019990001", "foerdetal-gewerbe", "Amt Fördetal", "Gewerbeanmeldung"],
    ]
    table = end.join(delimiter.join(row) for row in rows) + end

    found, report = read(mark + table.encode())

    assert found == [
        Unit("foerdetal-gewerbe", "foerdetal-gewerbe", "Amt Fördetal"),
        Service(TRADE, "Gewerbeanmeldung", (TRADE,)),
        HELD,
    ]
    assert report.read == {"organizational_units": 1, "public_services": 1, "responsibilities": 1}


def test_a_unit_and_a_service_come_once_and_again_with_a_name() -> None:
    found, _ = read(
        "leika_key,region,authority,authority_name\n"
        f"{TRADE},019990001,foerdetal,\n"
        f"{TRADE},019990002,foerdetal,\n"
        f"{TRADE},019990003,foerdetal,Amt Fördetal\n"
        f"{TRADE},019990004,foerdetal,\n"
    )

    assert [entry for entry in found if not isinstance(entry, Responsibility)] == [
        Unit("foerdetal", "foerdetal", "foerdetal"),
        Service(TRADE, TRADE, (TRADE,)),
        Unit("foerdetal", "foerdetal", "Amt Fördetal"),
    ]


def test_a_cell_may_list_services_and_regions() -> None:
    row = f'"{TRADE}, {OTHER}","019990001 01999;01999044",foerdetal-gewerbe'

    found, _ = held(row, header="service,region,authority")

    pairs = [(entry.service, *entry.regions) for entry in found]
    assert pairs == [
        (service, region)
        for service in (TRADE, OTHER)
        for region in ("019990001", "01999", "01999044")
    ]


def test_a_row_may_say_its_role_and_from_when_to_when() -> None:
    found, _ = held(
        f"{TRADE};019990001;foerdetal-gewerbe;contact;2026-01-01;31.12.2026",
        header="service;region;authority;role;valid_from;valid_to",
    )

    assert found == [
        HELD._replace(
            id=f"{TRADE}|019990001|foerdetal-gewerbe|contact|2026-01-01..2026-12-31",
            role="contact",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
        )
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("01 999 0001", ["019990001"]),
        ("01 9 99 0044 044", ["019990044044"]),
        ("01.999.044", ["01999044"]),
        ("01/9/99/0044/044", ["019990044044"]),
        ("01-999; 01999 01998", ["01999", "01998"]),
        ("01999\n01998", ["01999", "01998"]),
    ],
)
def test_a_region_in_groups_of_digits_is_one_and_several_whole_ones_are_a_list(
    cell: str, expected: list[str]
) -> None:
    found, report = held(f'{TRADE};"{cell}";foerdetal-gewerbe')

    assert [region for entry in found for region in entry.regions] == expected
    assert not report.skipped


@pytest.mark.parametrize("cell", ["01 02", "010 0199", "01 ganz", "01999 bis 01998", "01999 1"])
def test_words_that_are_neither_a_region_nor_a_list_of_them_are_skipped_as_a_whole(
    cell: str,
) -> None:
    """`01` is a state: one office would become responsible for all of it."""
    found, report = held(f"{TRADE};{cell};foerdetal-gewerbe")

    assert not found
    assert report.skipped == {"a region is neither ARS nor AGS": 1}


@pytest.mark.parametrize(
    "stated", ["", "responsible", " Responsible", "ZUSTÄNDIG", "zuständige Stelle"]
)
def test_the_role_that_decides_is_understood_however_it_is_written(stated: str) -> None:
    row = f"{TRADE};019990001;foerdetal-gewerbe;{stated}"

    assert held(row, header="service;region;authority;role")[0] == [HELD]


def test_until_a_day_and_from_that_day_on_are_two_entries() -> None:
    found, _ = held(
        f"{TRADE};019990001;foerdetal-gewerbe;;2026-06-30",
        f"{TRADE};019990001;foerdetal-gewerbe;2026-06-30;",
        header="service;region;authority;valid_from;valid_to",
    )

    assert found == [
        HELD._replace(id=f"{HELD.id}|..2026-06-30", valid_to=date(2026, 6, 30)),
        HELD._replace(id=f"{HELD.id}|2026-06-30..", valid_from=date(2026, 6, 30)),
    ]


def test_another_cut_between_authority_and_role_is_another_entry() -> None:
    found, _ = held(
        f"{TRADE};019990001;Amt;Nord Süd",
        f"{TRADE};019990001;Amt Nord;Süd",
        header="service;region;authority;role",
    )

    assert [(entry.unit, entry.role) for entry in found] == [
        ("Amt", "Nord Süd"),
        ("Amt Nord", "Süd"),
    ]


def test_a_column_that_is_not_read_is_told_once() -> None:
    row = f"{TRADE};019990001;foerdetal-gewerbe;2020-12-31;;"

    found, report = held(row, row, header="service;region;authority;valid_until;Note;")

    assert found == [HELD]
    assert report.skipped == {"a column that is not read": 2}
    assert report.examples == {"a column that is not read": ["valid_until", "note"]}


@pytest.mark.parametrize(
    ("header", "twice"),
    [
        ("service;region;authority;Region", "region"),
        ("leika_key;region;authority;leika_key", "service"),
        ("service;name;name", "name"),
    ],
)
def test_a_column_that_comes_twice_is_refused(header: str, twice: str) -> None:
    with pytest.raises(DirectoryFileError, match=f"column {twice} comes twice"):
        read(f"{header}\n{TRADE};019990001;foerdetal;01\n")


def test_the_same_row_has_the_same_id_wherever_it_stands() -> None:
    one, other = f"{TRADE};019990001;foerdetal-gewerbe", f"{OTHER};01999;foerdetal-gewerbe"

    assert sorted(held(one, other)[0]) == sorted(held(other, one)[0])


def test_a_row_that_comes_again_is_read_once() -> None:
    row = f"{TRADE};019990001;foerdetal-gewerbe"

    assert held(row, row)[0] == [HELD]


def test_empty_rows_are_nothing() -> None:
    found, report = held(f"{TRADE};019990001;foerdetal-gewerbe", "", ";;")

    assert found == [HELD]
    assert not report.skipped


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{TRADE};019990001;", "it names no authority"),
        (f"{TRADE};;foerdetal", "it names no region"),
        (";019990001;foerdetal", "it names no service"),
        (f"{TRADE}", "it names no authority"),
        ("9905;019990001;foerdetal", "a service is no LeiKa key"),
        (f"{TRADE} im LeiKa;019990001;foerdetal", "a service is no LeiKa key"),
        ("9,9050012104E+13;01;foerdetal", "a spreadsheet has made a number of the service key"),
        ("9.9E+13;01;foerdetal", "a spreadsheet has made a number of the service key"),
        (f"{TRADE};1,9990044044E+10;foerdetal", "a spreadsheet has made a number of the region"),
        (f"{TRADE};Fördetal;foerdetal", "a region is neither ARS nor AGS"),
        (f"{TRADE};urn:rs:01999;foerdetal", "a region is neither ARS nor AGS"),
        (f"{TRADE};00;foerdetal", "a region is neither ARS nor AGS"),
        (f"{TRADE};19990044044;foerdetal", "a spreadsheet has eaten the zero"),
        (f"{TRADE};1999044;foerdetal", "a spreadsheet has eaten the zero"),
        (f"{TRADE};1999;foerdetal", "a spreadsheet has eaten the zero"),
        (f"{TRADE};1;foerdetal", "a spreadsheet has eaten the zero"),
        (f"{TRADE};19990001;foerdetal", "a spreadsheet has eaten the zero"),
        (f"{TRADE};019990001;foerdetal;2026-02-30", "valid_from or valid_to is no date"),
        (f"{TRADE};019990001;foerdetal;;x", "it has more cells than the header"),
    ],
)
def test_a_row_that_cannot_be_used_is_skipped_with_its_line_and_the_reason(
    row: str, reason: str
) -> None:
    good = f"{TRADE};019990001;foerdetal-gewerbe"
    found, report = held(good, row, header="service;region;authority;valid_from")

    assert found == [HELD]
    ((stated, count),) = report.skipped.items()
    assert stated.startswith(reason)
    assert count == 1
    assert report.examples[stated] == ["line 3"]


def test_what_is_wrong_in_a_list_does_not_take_the_rest_with_it() -> None:
    found, report = held(f"{TRADE}, 9905;019990001, 1999;foerdetal-gewerbe")

    assert found == [HELD]
    assert report.skipped.total() == 2


def test_a_catalogue_of_services_keeps_what_has_no_usable_key_and_reports_it() -> None:
    found, report = read(
        "leika_key,name,legal_basis\n"
        f"{TRADE},Gewerbeanmeldung,§ 14 GewO\n"
        f'"{OTHER}, 99050012104002",Gewerbe,\n'
        "nicht im LeiKa,Hundemarke,\n"
        "3233,Probe,\n"
        ",,x\n"
    )

    assert found == [
        Service(TRADE, "Gewerbeanmeldung", (TRADE,)),
        Service(OTHER, "Gewerbe", (OTHER,)),
        Service("99050012104002", "Gewerbe", ("99050012104002",)),
        Service("nicht im LeiKa: Hundemarke", "Hundemarke"),
        Service("3233", "Probe", ("3233",)),
    ]
    assert report.skipped == {
        "it has no service key, and is kept without": 1,
        "malformed service key, kept as stated": 1,
        "it has neither a service key nor a name": 1,
    }


def test_a_good_key_in_a_row_of_the_catalogue_is_kept_without_a_bad_one() -> None:
    found, report = read(f'service,name\n"{TRADE}, 9905",Gewerbe\n')

    assert found == [Service(TRADE, "Gewerbe", (TRADE,))]
    assert report.skipped == {"a service is no LeiKa key: 99 and twelve more digits": 1}


@pytest.mark.parametrize(
    "header",
    [
        "",
        "service;region",
        "service;authority;name",
        "name;region;authority",
        f"{TRADE};019990001;foerdetal",
        '"service',
    ],
)
def test_another_header_is_refused_with_the_columns_that_are_expected(header: str) -> None:
    with pytest.raises(DirectoryFileError, match=r"service \(or leika_key\), region and authority"):
        read(f"{header}\n{TRADE};019990001;foerdetal\n")


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-16-le"])
def test_another_encoding_is_refused_by_name(encoding: str) -> None:
    table = f"service;region;authority\n{TRADE};019990001;fördetal\n"

    with pytest.raises(DirectoryFileError, match=r"Line \d is not UTF-8"):
        read(table.encode(encoding))


def test_what_is_no_csv_is_refused_with_the_line() -> None:
    with pytest.raises(DirectoryFileError, match="no CSV from line 2 on"):
        read(f'service;region;authority\n{TRADE};"019"990001;foerdetal\n')


class Endless(io.RawIOBase):
    """What it begins with, then a line of 64 MiB, of which `taken` have been read."""

    def __init__(self, first: bytes) -> None:
        self.first = first
        self.taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        said, self.first = self.first, b""
        count = min(len(buffer), 64 * 1024**2 - self.taken)
        piece = said or b"x" * count
        self.taken += len(piece)
        buffer[: len(piece)] = piece
        return len(piece)


@pytest.mark.parametrize("first", [b"", b"service;region;authority\n"])
def test_a_line_without_an_end_is_given_up_before_it_fills_the_memory(first: bytes) -> None:
    endless = Endless(first)

    with pytest.raises(DirectoryFileError, match=r"Line \d goes on for more than 1 MiB"):
        list(read_csv(io.BufferedReader(endless), Report()))

    assert endless.taken < 2 * 1024**2
