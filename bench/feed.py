"""A generated XZuFi feed: as many responsibilities as wanted, of services in municipalities."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_AGENCY = 'schemeAgencyID="L100099" schemeID="{}"'
_DISTRICTS, _ASSOCIATIONS, _MUNICIPALITIES = 15, 6, 12
_EDITORS = 3  # each describes a service of its own under the same key
UNITS_PER_MUNICIPALITY = 5


def municipalities() -> list[str]:
    """Their ARS: about as many as Schleswig-Holstein has."""
    return [
        f"010{district:02}{association:04}{municipality:03}"
        for district in range(51, 51 + _DISTRICTS)
        for association in range(1, 1 + _ASSOCIATIONS)
        for municipality in range(1, 1 + _MUNICIPALITIES)
    ]


@dataclass(frozen=True)
class Feed:
    """`entries` counts everything that the file says. Each key has somebody everywhere."""

    path: Path
    entries: int
    responsibilities: int
    leika_keys: list[str]


def write_feed(path: Path, responsibilities: int) -> Feed:
    """In the order a feed has it: services, units, then who is responsible."""
    regions = municipalities()
    services = -(-responsibilities // len(regions))
    keys = [
        f"99{1 + number // 400:03}{1 + number // 20 % 20:03}{1 + number % 20:03}000"
        for number in range(-(-services // _EDITORS))
    ]
    entries = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<transfer xmlns="http://xoev.de/schemata/xzufi/2_2_0" xzufiVersion="2.2.0">\n')
        for written in _all(services, regions, keys, responsibilities):
            entries += 1
            file.write(f"<schreibe>{written}</schreibe>\n")
        file.write("</transfer>\n")
    return Feed(path, entries, responsibilities, keys[:-1])


def _all(services: int, regions: list[str], keys: list[str], most: int) -> Iterator[str]:
    for service in range(services):
        yield (
            f"<leistung>{_id('id', 'LB', service)}"
            f"<referenzLeiKa><code xmlns=''>{keys[service // _EDITORS]}</code></referenzLeiKa>"
            "<modulText><inhalt languageCode='de'>Leistung "
            f"{service}</inhalt><leikaTextmodul><code xmlns=''>02</code></leikaTextmodul>"
            "</modulText></leistung>"
        )
    for unit in range(len(regions) * UNITS_PER_MUNICIPALITY):
        yield (
            f"<organisationseinheit>{_id('id', 'OE', unit)}"
            f"<name><name languageCode='de'>Amt {unit}</name></name></organisationseinheit>"
        )
    for number in range(most):
        service, region = divmod(number, len(regions))
        unit = region * UNITS_PER_MUNICIPALITY + service % UNITS_PER_MUNICIPALITY
        yield (
            "<zustaendigkeitTransferObjekt>"
            f"{_id('uebergeordnetesObjektID', 'OE', unit)}<zustaendigkeit>"
            f"{_id('id', 'ZS', number)}{_id('leistungID', 'LB', service)}"
            f"<gebietID schemeID='ARS'>{regions[region]}</gebietID>"
            "<rolle><code xmlns=''>01</code></rolle>"
            "</zustaendigkeit></zustaendigkeitTransferObjekt>"
        )


def _id(name: str, kind: str, number: int) -> str:
    return f"<{name} {_AGENCY.format(kind)}>L100099.{kind}.{number}</{name}>"
