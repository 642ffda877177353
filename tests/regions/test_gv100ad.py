"""The municipality directory GV100AD: what is read, and what is refused."""

import gzip
import io
from datetime import date

import pytest

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.entries import Region
from infra.regions.gv100ad import read_gv100ad
from tests.regions.lists import ADORF, BEHAUSEN, COUNTRY, STATE, WILDERNESS, line, stream


def read(stream_: io.BytesIO) -> list[Region]:
    return list(read_gv100ad(stream_, Report()))


def test_the_keys_of_a_municipality_are_put_together_from_the_parts_of_its_line() -> None:
    (found,) = read(stream(BEHAUSEN))

    assert found == Region(
        ars="010515163002",
        name="Behausen, Stadt",
        as_of=date(2024, 1, 1),
        ags="01051002",
        kind="Stadt",
        postcode="25702",
    )


def test_every_kind_of_area_has_the_key_of_its_length() -> None:
    areas = (
        line("20", "032", "Statistische Region"),
        *COUNTRY,
        line("30", "0811", "Region without a key of its own"),
    )

    report = Report()
    found = {region.name: region.ars for region in read_gv100ad(stream(*areas), report)}

    assert found["Nordland"] == "01"
    assert found["Statistische Region"] == "032"
    assert found["Westkreis"] == "01051"
    assert found["Moorland"] == "010515163"
    assert found["Adorf"] == "010515163001"
    assert len(found) == len(areas) - 1
    assert report.read["municipalities"] == 5


def test_an_uninhabited_area_has_no_postcode() -> None:
    assert read(stream(WILDERNESS))[0].postcode is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "iso-8859-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_editions_of_any_encoding_and_line_end_say_the_same(encoding: str, end: str) -> None:
    assert read(stream(*COUNTRY, encoding=encoding, end=end)) == read(stream(*COUNTRY))


def test_lines_without_their_blanks_at_the_end_say_the_same() -> None:
    cut = [each.rstrip() for each in COUNTRY]

    assert read(stream(*cut)) == read(stream(*COUNTRY))


def test_a_packed_directory_is_unpacked() -> None:
    packed = io.BytesIO(gzip.compress(stream(*COUNTRY).getvalue()))

    assert read(packed) == read(stream(*COUNTRY))


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["plz,ort", "24937,Flensburg"], "fixed width"),
        ([], "it is empty"),
        ([ADORF[1:]], "fixed width"),
        ([ADORF, "6020240101"], "line 2"),
        ([ADORF, BEHAUSEN.replace("010510025163", "01051002   1")], "line 2: the key"),
        ([ADORF, BEHAUSEN.replace("25702", "2570 ")], "line 2: the key or the postcode"),
        ([ADORF, BEHAUSEN.replace("20240101", "20241301")], "line 2: the day"),
        ([ADORF, ADORF], "line 2: 010515163001 is listed a second time"),
        ([STATE], "no municipality"),
    ],
)
def test_what_cannot_be_read_to_the_end_is_refused_as_a_whole(lines: list[str], said: str) -> None:
    with pytest.raises(DirectoryFileError, match=said):
        read(stream(*lines))


def test_a_damaged_archive_is_refused() -> None:
    packed = io.BytesIO(gzip.compress(stream(*COUNTRY).getvalue())[:-20])

    with pytest.raises(DirectoryFileError, match="fetch it again"):
        read(packed)


def test_a_zip_archive_is_refused_with_what_to_do() -> None:
    with pytest.raises(DirectoryFileError, match="unpack it"):
        read(io.BytesIO(b"PK\x03\x04..."))
