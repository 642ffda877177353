"""A small country as the lists have it: written for the tests, line by line."""

import io
from pathlib import Path

EDITION = "20240101"


def line(record: str, key: str, name: str, *, kind: str = "", postcode: str = "") -> str:
    """`key` in the order of the line: state to association, or AGS and association."""
    head = f"{record}{EDITION}{key:<12}{name:<50}{name if record == '40' else '':<50}"
    return f"{head}{kind:<43}{postcode:<54}"


def municipality(ags: str, association: str, name: str, postcode: str, kind: str = "64") -> str:
    return line("60", ags + association, name, kind=kind, postcode=postcode)


STATE = line("10", "01", "Nordland")
DISTRICT = line("40", "01051", "Westkreis", kind="43")
OTHER_DISTRICT = line("40", "01061", "Ostkreis", kind="43")
ASSOCIATION = line("50", "01051   5163", "Moorland", kind="51")
ADORF = municipality("01051001", "5163", "Adorf", "25701")
BEHAUSEN = municipality("01051002", "5163", "Behausen, Stadt", "25702", kind="63")
NEUDORF = municipality("01051003", "5163", "Neudorf", "25703")
OTHER_NEUDORF = municipality("01061003", "5134", "Neudorf (Ost)", "25503")
WILDERNESS = municipality("01061501", "9501", "Großer Forst, gemfr. Gebiet", "", kind="66")
COUNTRY = (
    STATE,
    DISTRICT,
    OTHER_DISTRICT,
    ASSOCIATION,
    ADORF,
    BEHAUSEN,
    NEUDORF,
    OTHER_NEUDORF,
    WILDERNESS,
)
ADORF_ARS, BEHAUSEN_ARS, NEUDORF_ARS = "010515163001", "010515163002", "010515163003"
OTHER_NEUDORF_ARS = "010615134003"


def stream(*lines: str, encoding: str = "utf-8", end: str = "\n") -> io.BytesIO:
    return io.BytesIO("".join(f"{each}{end}" for each in lines).encode(encoding))


def file(path: Path, *lines: str) -> Path:
    path.write_bytes(stream(*lines).getvalue())
    return path
