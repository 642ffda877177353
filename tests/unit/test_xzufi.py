"""What is read from an XZuFi transfer message, and what is left out and why."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.directory.entries import (
    Deleted,
    Entry,
    EntryKind,
    OnlineService,
    Report,
    Responsibility,
    Service,
    Unit,
)
from infra.directory.errors import DirectoryFileError
from infra.directory.xzufi import read_xzufi
from infra.directory.xzufi.stream import children_of_root
from shared.domain.directory import RESPONSIBLE
from tests.xzufi import message

NAMESPACE = "http://xoev.de/schemata/xzufi/2_2_0"
OFFICE = "L01999.OE.7@L01999/OE"
TRADE = "L01999.LB.12@L01999/LB"
ARS = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:rs"
REGION = f'<x:gebietID schemeID="{ARS}">{{}}</x:gebietID>'
AREA = REGION.format("019990001")
HELD = Responsibility("L01999.Z.1", "L01999.LB.12", ("019990001",), "L01999.OE.7", RESPONSIBLE)


def of(*operations: str, namespace: str = NAMESPACE) -> bytes:
    """A message with the prefix `x`, which is as good as any."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><x:uebertragung xmlns:x="{namespace}" '
        f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xzufiVersion="2.2">'
        f"<x:nachrichtenkopf><x:nachrichtUUID>1</x:nachrichtUUID></x:nachrichtenkopf>"
        f"<x:transaktionID>1</x:transaktionID><x:transaktionPosition>1</x:transaktionPosition>"
        f"{''.join(operations)}</x:uebertragung>"
    ).encode()


def writes(content: str) -> str:
    return f"<x:schreibe>{content}</x:schreibe>"


def a_service(inside: str, id_: str = "<x:id>L01999.LB.12</x:id>") -> str:
    return writes(f"<x:leistung>{id_}{inside}</x:leistung>")


def a_unit(inside: str, id_: str = "<x:id>L01999.OE.7</x:id>") -> str:
    return writes(f"<x:organisationseinheit>{id_}{inside}</x:organisationseinheit>")


def held(
    inside: str = AREA,
    id_: str = "<x:id>L01999.Z.1</x:id>",
    service: str = "<x:leistungID>L01999.LB.12</x:leistungID>",
) -> str:
    return f"<x:zustaendigkeit>{id_}{service}{inside}</x:zustaendigkeit>"


def a_transfer(
    responsibility: str = "",
    unit: str = "<x:uebergeordnetesObjektID>L01999.OE.7</x:uebergeordnetesObjektID>",
) -> str:
    inside = f"{unit}{responsibility or held()}"
    return writes(f"<x:zustaendigkeitTransferObjekt>{inside}</x:zustaendigkeitTransferObjekt>")


def valid(begin: str = "", end: str = "") -> str:
    return f"<x:gueltigkeit><x:beginn>{begin}</x:beginn><x:ende>{end}</x:ende></x:gueltigkeit>"


def read(data: bytes, **options: frozenset[str]) -> tuple[list[Entry], Report]:
    report = Report()
    return list(read_xzufi(io.BytesIO(data), report, **options)), report


def skipped(data: bytes) -> dict[str, int]:
    return dict(read(data)[1].skipped)


@pytest.mark.parametrize("version", ["2.1", "2.2"])
def test_a_full_message_of_either_version_is_read(version: str) -> None:
    entries: list[Entry] = [
        Service(TRADE, "Gewerbeanmeldung", ("99050012104000",), valid_from=date(2020, 1, 1)),
        Unit(OFFICE, "L01999.OE.7", "Amt Fördetal, Gewerbeamt", "L01999.OE.1@L01999/OE", "Amt"),
        Responsibility("L01999.Z.1@L01999/Z", TRADE, ("019990001",), OFFICE, RESPONSIBLE),
        OnlineService("L01999.OD.3", "Gewerbe online", ("https://example.org/gewerbe",), "2"),
    ]

    assert read(message(entries, version=version))[0] == entries


def test_a_delta_is_read_in_its_order_in_which_the_later_word_counts() -> None:
    changed = HELD._replace(regions=("019990044044",))
    entries: list[Entry] = [HELD, Deleted(EntryKind.RESPONSIBILITY, HELD.id), changed]

    found, report = read(message(entries))

    assert found == entries
    assert report.read == {"responsibilities": 2, "deletions": 1}


def test_a_deletion_is_read_whether_or_not_there_is_such_an_entry() -> None:
    orphan = '<x:loesche klasse="Zustaendigkeit"><x:id schemeID="Z">gone</x:id></x:loesche>'

    found, report = read(of(orphan))

    assert found == [Deleted(EntryKind.RESPONSIBILITY, "gone@/Z")]
    assert not report.skipped


@pytest.mark.parametrize(
    ("klasse", "kind"),
    [
        ("Zustaendigkeit", EntryKind.RESPONSIBILITY),
        ("zustaendigkeitTransferObjekt", EntryKind.RESPONSIBILITY),
        ("ZustaendigkeitOrganisationseinheit", EntryKind.RESPONSIBILITY),
        ("Leistung", EntryKind.SERVICE),
        ("LEISTUNG", EntryKind.SERVICE),
        ("LeistungSpezialisierung", EntryKind.SERVICE),
        ("Spezialisierung", EntryKind.SERVICE),
        ("Organisationseinheit", EntryKind.UNIT),
        ("Onlinedienst", EntryKind.ONLINE_SERVICE),
        ("OnlineDienst", EntryKind.ONLINE_SERVICE),
    ],
)
def test_what_is_deleted_is_told_by_its_klasse_however_it_is_spelled(
    klasse: str, kind: EntryKind
) -> None:
    deletion = f'<x:loesche klasse="{klasse}"><x:id schemeAgencyID="L01999">1</x:id></x:loesche>'

    assert read(of(deletion))[0] == [Deleted(kind, "1@L01999")]


def test_a_deletion_may_hold_the_id_as_its_own_text() -> None:
    deletion = '<x:loesche klasse="Leistung" schemeID="LB">1</x:loesche>'

    assert read(of(deletion))[0] == [Deleted(EntryKind.SERVICE, "1@/LB")]


def test_a_deletion_of_an_unknown_klasse_or_without_id_is_skipped() -> None:
    data = of('<x:loesche klasse="Kategorie"><x:id>1</x:id></x:loesche>')
    data_without_id = of('<x:loesche klasse="Leistung"/>')

    assert skipped(data) == {"loesche is of no klasse that is known": 1}
    assert skipped(data_without_id) == {"it has no id": 1}


def test_the_same_text_of_another_agency_or_scheme_is_another_id() -> None:
    ids = [
        '<x:id schemeAgencyID="L01999" schemeID="LB"> 7\n</x:id>',
        '<x:id schemeAgencyID="L01998" schemeID="LB">7</x:id>',
        '<x:id schemeAgencyID="L01999" schemeID="OE">7</x:id>',
        "<x:id>7</x:id>",
    ]

    found, _ = read(of(*(a_service("", id_) for id_ in ids)))

    assert [entry.id for entry in found] == ["7@L01999/LB", "7@L01998/LB", "7@L01999/OE", "7"]


def test_a_reference_has_its_agency_and_scheme_too() -> None:
    unit = (
        '<x:uebergeordnetesObjektID schemeAgencyID="L01999" schemeID="OE">L01999.OE.7'
        "</x:uebergeordnetesObjektID>"
    )
    service = '<x:leistungID schemeAgencyID="L01999" schemeID="LB">L01999.LB.12</x:leistungID>'

    found, _ = read(of(a_transfer(held(service=service), unit)))

    assert found == [HELD._replace(unit=OFFICE, service=TRADE)]


def test_codes_are_found_with_and_without_a_namespace() -> None:
    name = (
        "<x:modulText><x:leikaTextmodul>{}</x:leikaTextmodul><x:inhalt>{}</x:inhalt></x:modulText>"
    )
    inside = (
        "<x:referenzLeiKa><code>99050012104000</code></x:referenzLeiKa>"
        "<x:referenzLeiKa><x:code>99050012104001</x:code></x:referenzLeiKa>"
        "<x:referenzLeiKa>99050012104002</x:referenzLeiKa>"
        + name.format("<code>03</code>", "Gewerbe anmelden")
        + name.format("<x:code>02</x:code>", "Gewerbeanmeldung")
    )

    (service,) = read(of(a_service(inside)))[0]

    assert isinstance(service, Service)
    assert service.leika_keys == ("99050012104000", "99050012104001", "99050012104002")
    assert service.name == "Gewerbeanmeldung"


def test_lists_of_service_keys_are_split_and_a_malformed_one_is_kept_and_reported() -> None:
    codes = "99050012104000, 99050012104001;9905 99050012104000 ,99 115 005 104 000"
    inside = f"<x:referenzLeiKa><code>{codes}</code></x:referenzLeiKa>"

    (service,), report = read(of(a_service(inside)))

    assert isinstance(service, Service)
    assert service.leika_keys[:2] == ("99050012104000", "99050012104001")
    assert service.leika_keys[-1] == "99115005104000"
    assert "9905" in " ".join(service.leika_keys)
    assert report.skipped["malformed service key, kept as stated"] > 0


def test_words_instead_of_a_service_key_are_one_malformed_key() -> None:
    """Else any two services `nicht im LeiKa` would have `im` in common."""
    data = of(a_service("<x:referenzLeiKa><code>nicht im LeiKa</code></x:referenzLeiKa>"))

    (service,), report = read(data)

    assert isinstance(service, Service)
    assert service.leika_keys == ("nicht im LeiKa",)
    assert report.skipped == {"malformed service key, kept as stated": 1}


def test_a_german_name_is_preferred() -> None:
    texts = (
        '<x:name languageCode="en">Trade office</x:name><x:name>Gewerbe</x:name>'
        '<x:name languageCode="de-DE">Gewerbeamt</x:name>'
    )

    (unit,) = read(of(a_unit(f"<x:name>{texts}</x:name>")))[0]

    assert isinstance(unit, Unit)
    assert unit.name == "Gewerbeamt"


def test_what_has_no_name_is_named_by_its_id() -> None:
    found, _ = read(of(a_service(""), a_unit("")))

    assert found == [
        Service("L01999.LB.12", "L01999.LB.12"),
        Unit("L01999.OE.7", "L01999.OE.7", "L01999.OE.7"),
    ]


def test_a_specialization_names_what_it_specializes() -> None:
    inside = "<x:id>L01999.LB.12.1</x:id><x:leistungID>L01999.LB.12</x:leistungID>"

    (service,) = read(of(writes(f"<x:spezialisierung>{inside}</x:spezialisierung>")))[0]

    assert service == Service("L01999.LB.12.1", "L01999.LB.12.1", specializes="L01999.LB.12")


def test_how_a_unit_is_reached_is_read_but_not_who_works_there() -> None:
    inside = (
        "<x:anschrift><x:typ><code>001</code></x:typ><x:strasse>Am Markt</x:strasse>"
        "<x:hausnummer>1</x:hausnummer><x:postleitzahl>24999</x:postleitzahl><x:ort>Fördetal</x:ort>"
        "</x:anschrift><x:anschrift><x:postfach>12</x:postfach><x:ort>Fördetal</x:ort></x:anschrift>"
        "<x:erreichbarkeit><x:kanal><code>02</code></x:kanal><x:kennung>04999 10</x:kennung>"
        "</x:erreichbarkeit><x:erreichbarkeit><x:kanal><code>02</code></x:kanal>"
        "<x:kennung>04999 11</x:kennung></x:erreichbarkeit>"
        "<x:kommunikation><x:email>gewerbe@foerdetal.example</x:email></x:kommunikation>"
        "<x:internetadresse><x:uri>https://foerdetal.example</x:uri></x:internetadresse>"
        "<x:kontaktperson><x:familienname>Sommer</x:familienname></x:kontaktperson>"
    )

    (unit,) = read(of(a_unit(inside)))[0]

    assert isinstance(unit, Unit)
    assert unit.contact == {
        "addresses": [
            {
                "type": "001",
                "street": "Am Markt",
                "house_number": "1",
                "postcode": "24999",
                "town": "Fördetal",
            },
            {"po_box": "12", "town": "Fördetal"},
        ],
        "web": "https://foerdetal.example",
        "phone": "04999 10, 04999 11",
        "email": "gewerbe@foerdetal.example",
    }


def test_responsibilities_inside_a_unit_come_with_it() -> None:
    inside = held() + held(id_="") + held(id_="") + held(id_="", inside="")

    found, report = read(of(a_unit(inside)))

    embedded = HELD._replace(container="L01999.OE.7")
    made = "L01999.OE.7#L01999.LB.12#responsible"
    assert found[1:] == [
        embedded,
        embedded._replace(id=made),
        embedded._replace(id=f"{made}#2"),
    ]
    assert report.skipped == {"it names no region": 1}


def test_a_responsibility_for_several_services_is_one_for_each_under_one_id() -> None:
    services = "<x:leistungID>a</x:leistungID><x:leistungID>b</x:leistungID>"

    found, _ = read(of(a_transfer(held(service=services))))

    assert found == [HELD._replace(service="a"), HELD._replace(service="b", continues=True)]


def test_a_responsibility_holds_in_several_regions() -> None:
    stated = ["019990001", "01999", "01999044", "000000000000", "01999"]

    (found,) = read(of(a_transfer(held("".join(map(REGION.format, stated))))))[0]

    assert found == HELD._replace(regions=("019990001", "01999", "01999044", "000000000000"))


def test_a_region_may_be_a_whole_urn() -> None:
    urn = "urn:de:bund:destatis:bevoelkerungsstatistik:schluessel:ags:01999044"

    (found,) = read(of(a_transfer(held(f"<x:gebietID>{urn}</x:gebietID>"))))[0]

    assert found == HELD._replace(regions=("01999044",))


@pytest.mark.parametrize(
    "region",
    [
        "<x:gebietID>1999044044</x:gebietID>",
        "<x:gebietID>1</x:gebietID>",
        "<x:gebietID>00</x:gebietID>",
        "<x:gebietID>DE</x:gebietID>",
        "<x:gebietID>٠١٩٩٩</x:gebietID>",
        "<x:gebietID/>",
        "<x:gebietID>24999</x:gebietID>",
        '<x:gebietID schemeID="urn:de:plz">01999</x:gebietID>',
        '<x:gebietID schemeName="Postleitzahl">01999</x:gebietID>',
        '<x:gebietID schemeID="urn:de:bund:destatis:schluessel:staat">121</x:gebietID>',
        '<x:gebietID schemeURI="urn:x:Staatenschlüssel">121</x:gebietID>',
        '<x:gebietID schemeAgencyID="Staat">121</x:gebietID>',
    ],
)
def test_a_region_that_is_no_key_is_left_out_and_never_padded(region: str) -> None:
    found, report = read(of(a_transfer(held(region + AREA)), a_transfer(held(region))))

    assert found == [HELD, Deleted(EntryKind.RESPONSIBILITY, HELD.id)]
    assert report.skipped["a region is neither ARS nor AGS"] == 2
    assert report.skipped["none of its regions is an ARS or AGS"] == 1


@pytest.mark.parametrize("agency", ["Freistaat Bayern", "Staatskanzlei", "Staatsministerium"])
def test_a_region_may_come_from_whoever_keeps_the_scheme(agency: str) -> None:
    region = f'<x:gebietID schemeAgencyName="{agency}">09</x:gebietID>'

    assert read(of(a_transfer(held(region))))[0] == [HELD._replace(regions=("09",))]


@pytest.mark.parametrize(
    ("stated", "role"),
    [
        ("", RESPONSIBLE),
        ("<x:rolle/>", RESPONSIBLE),
        ("<x:rolle><code>01</code></x:rolle>", RESPONSIBLE),
        ("<x:rolle><code>02</code></x:rolle>", RESPONSIBLE),
        ("<x:rolle>01</x:rolle>", RESPONSIBLE),
        ("<x:rolle><code>03</code><name>Ansprechpunkt</name></x:rolle>", "xzufi:03"),
        ("<x:rolle>Ansprechpunkt</x:rolle>", "xzufi:Ansprechpunkt"),
        ("<x:rolle>03</x:rolle><x:rolle>01</x:rolle>", RESPONSIBLE),
        ("<x:rolle>01</x:rolle><x:rolle>03</x:rolle>", RESPONSIBLE),
        ("<x:rolle>03</x:rolle><x:rolle>04</x:rolle>", "xzufi:03"),
    ],
)
def test_only_some_roles_decide(stated: str, role: str) -> None:
    assert read(of(a_transfer(held(AREA + stated))))[0] == [HELD._replace(role=role)]


def test_which_roles_decide_can_be_said() -> None:
    data = of(a_transfer(held(AREA + "<x:rolle><code>02</code></x:rolle>")))

    assert read(data, responsible_roles=frozenset({"01"}))[0] == [HELD._replace(role="xzufi:02")]


@pytest.mark.parametrize(
    "given",
    [
        held(id_='<x:id schemeID="ZustaendigkeitOnlinedienst">1</x:id>'),
        held().replace("keit>", 'keit xsi:type="x:ZustaendigkeitOnlinedienst">', 1),
    ],
)
def test_the_responsibility_of_an_online_service_is_not_that_of_a_unit(given: str) -> None:
    found, report = read(of(a_transfer(given)))

    assert not found
    assert report.skipped == {"it is the responsibility of an online service or a form": 1}


@pytest.mark.parametrize(
    "kind",
    [
        'schemeID="Onlinedienst"',
        'schemeName="Online-Dienste"',
        'schemeID="urn:x:formular"',
        'xsi:type="x:Onlinedienst"',
    ],
)
def test_what_is_below_an_online_service_or_a_form_is_not_that_of_a_unit(kind: str) -> None:
    parent = f"<x:uebergeordnetesObjektID {kind}>L01999.OD.3</x:uebergeordnetesObjektID>"

    found, report = read(of(a_transfer(unit=parent)))

    assert not found
    assert report.skipped == {"it is the responsibility of an online service or a form": 1}


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("", "", (None, None)),
        ("2024-01-01", "", (date(2024, 1, 1), None)),
        ("", "2024-12-31", (None, date(2024, 12, 31))),
        ("2024-01-01+01:00", "2024-12-31Z", (date(2024, 1, 1), date(2024, 12, 31))),
        ("2024-01-01T00:00:00", "2024-12-31T23:59:59.999", (date(2024, 1, 1), date(2024, 12, 31))),
        ("2023-12-31T23:00:00Z", "2024-12-31T22:59:59Z", (date(2024, 1, 1), date(2024, 12, 31))),
        ("0001-01-01T00:00:00+02:00", "9999-12-31T23:59:59Z", (date.min, date.max)),
        ("2024-12-31", "2024-01-01", (date(2024, 12, 31), date(2024, 1, 1))),
    ],
)
def test_validity_is_from_the_first_to_the_last_day_in_germany(
    begin: str, end: str, expected: tuple[date | None, date | None]
) -> None:
    (found,) = read(of(a_transfer(held(AREA + valid(begin, end)))))[0]

    assert found == HELD._replace(valid_from=expected[0], valid_to=expected[1])


@pytest.mark.parametrize("begin", ["01.01.2024", "2024-02-30", "2024", "12024-01-01", "soon"])
def test_an_entry_with_a_date_that_cannot_be_read_is_not_guessed_at(begin: str) -> None:
    found, report = read(of(a_transfer(held(AREA + valid(begin)))))

    assert found == [Deleted(EntryKind.RESPONSIBILITY, HELD.id)]
    assert report.skipped == {"a date of its validity cannot be read": 1}


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [
        ("", "2026-12-31T24:00:00", (None, date(2026, 12, 31))),
        ("", "2026-12-31T24:00:00.000+01:00", (None, date(2026, 12, 31))),
        ("2026-12-31T24:00:00", "", (date(2027, 1, 1), None)),
        ("9999-12-31T24:00:00", "9999-12-31T24:00:00Z", (date.max, date.max)),
    ],
)
def test_24_hours_are_the_end_of_that_day(
    begin: str, end: str, expected: tuple[date | None, date | None]
) -> None:
    (found,) = read(of(a_transfer(held(AREA + valid(begin, end)))))[0]

    assert found == HELD._replace(valid_from=expected[0], valid_to=expected[1])


@pytest.mark.parametrize(
    ("intervals", "expected"),
    [
        (valid("2024-01-01", "2024-12-31") + valid("2025-01-01"), (date(2024, 1, 1), None)),
        (valid("2025-06-01") + valid("", "2025-06-30"), (None, None)),
        (
            valid("2024-01-01", "2026-12-31") + valid("2025-01-01", "2025-12-31"),
            (date(2024, 1, 1), date(2026, 12, 31)),
        ),
        (
            valid("2024-01-01", "2024-12-31") + valid("2026-01-01", "2025-01-01"),
            (date(2024, 1, 1), date(2024, 12, 31)),
        ),
    ],
)
def test_several_intervals_without_a_gap_are_one(
    intervals: str, expected: tuple[date | None, date | None]
) -> None:
    (found,), report = read(of(a_transfer(held(AREA + intervals))))

    assert found == HELD._replace(valid_from=expected[0], valid_to=expected[1])
    assert not report.skipped


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (valid("2026-01-01", "2026-12-31"), (date(2026, 1, 1), date(2026, 12, 31))),
        (valid("2026-01-01"), (date(2026, 1, 1), None)),
    ],
)
def test_of_intervals_with_a_gap_the_last_one_is_taken_and_the_gap_reported(
    last: str, expected: tuple[date, date | None]
) -> None:
    intervals = last + valid("2024-01-01", "2024-06-30") + valid("2024-07-01", "2024-12-31")

    (found,), report = read(of(a_transfer(held(AREA + intervals))))

    assert found == HELD._replace(valid_from=expected[0], valid_to=expected[1])
    assert report.skipped == {"a gap in its validity, of which only the last part is taken": 1}


def test_every_responsibility_in_a_transfer_object_is_read_and_skipped_alone() -> None:
    second, third = (f"<x:id>L01999.Z.{number}</x:id>" for number in (2, 3))

    found, report = read(of(a_transfer(held() + held("", second) + held(id_=third))))

    assert found == [
        HELD,
        Deleted(EntryKind.RESPONSIBILITY, "L01999.Z.2"),
        HELD._replace(id="L01999.Z.3"),
    ]
    assert report.skipped == {"it names no region": 1}


def test_every_id_of_a_deletion_is_deleted() -> None:
    deletion = '<x:loesche klasse="Leistung"><x:id>1</x:id><x:id schemeID="LB">2</x:id></x:loesche>'

    assert read(of(deletion))[0] == [
        Deleted(EntryKind.SERVICE, "1"),
        Deleted(EntryKind.SERVICE, "2@/LB"),
    ]


@pytest.mark.parametrize(
    ("id_", "found"),
    [("<x:id>1</x:id>", [Deleted(EntryKind.UNIT, "1")]), ("", [])],
)
def test_the_responsibilities_of_a_unit_that_is_skipped_are_counted(
    id_: str, found: list[Entry]
) -> None:
    entries, report = read(of(a_unit(valid("soon") + held() + held(), id_)))

    assert entries == found
    assert report.skipped["it is a responsibility of a unit that is skipped"] == 2
    assert report.skipped.total() == 3


@pytest.mark.parametrize(
    ("operation", "reason"),
    [
        (a_service("", id_=""), "it has no id"),
        (a_unit("", id_="<x:id> </x:id>"), "it has no id"),
        (writes("<x:onlinedienst/>"), "it has no id"),
        (a_transfer(held(id_="")), "it has no id"),
        (a_transfer(unit=""), "it names no unit"),
        (a_transfer(held(service="")), "it names no service"),
        (a_transfer(held(inside="")), "it names no region"),
        (writes("<x:zustaendigkeitTransferObjekt/>"), "it says nothing of a responsibility"),
        (writes("<x:kategorie/>"), "schreibe holds something else than an entry"),
        ("<x:kategorie/>", "it is neither schreibe nor loesche"),
    ],
)
def test_what_lacks_a_part_is_skipped_with_the_reason_and_the_rest_is_read(
    operation: str, reason: str
) -> None:
    found, report = read(of(operation, a_service("")))

    assert found[-1] == Service("L01999.LB.12", "L01999.LB.12")
    assert report.skipped == {reason: 1}


def test_what_is_skipped_is_named_by_its_place_and_id() -> None:
    data = of("\n", a_service(""), "\n", a_transfer(held(inside="")))

    assert read(data)[1].examples == {"it names no region": ["line 3, entry 5: L01999.Z.1"]}


@pytest.mark.parametrize(
    ("namespace", "named"),
    [
        ("http://xoev.de/schemata/xzufi/2_3_0", "http://xoev.de/schemata/xzufi/2_3_0"),
        ("urn:xoev-de:xdomea:schema:3.0.0", "urn:xoev-de:xdomea:schema:3.0.0"),
    ],
)
def test_another_version_or_standard_is_refused_by_name(namespace: str, named: str) -> None:
    with pytest.raises(DirectoryFileError, match=named):
        read(of(a_service(""), namespace=namespace))


def test_a_root_without_a_namespace_is_refused() -> None:
    with pytest.raises(DirectoryFileError, match="no namespace"):
        read(b"<uebertragung><schreibe/></uebertragung>")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"service;region;authority\n",
        of(a_service(""))[:-10],
        of(a_service("<x:name>"), a_service("")),
        of(a_service("&nbsp;")),
        of(a_service("\x01")),
        of("<x:a>" * 1000),
    ],
)
def test_broken_xml_is_refused_with_the_line_and_what_to_do(data: bytes) -> None:
    with pytest.raises(DirectoryFileError, match=r"line \d+.*Nothing was changed"):
        read(data)


def test_what_comes_before_the_broken_part_is_read_so_that_it_must_be_taken_back() -> None:
    many = of(*(a_service("") for _ in range(5000)))
    report = Report()

    with pytest.raises(DirectoryFileError):
        list(read_xzufi(io.BytesIO(many[:-10]), report))

    assert report.read["public_services"] > 0


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE x:uebertragung SYSTEM "http://127.0.0.1:9/xzufi.dtd">',
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>',
        '<!DOCTYPE r [<!ENTITY file SYSTEM "file:///etc/passwd">]>',
        "<!DOCTYPE r [",
    ],
)
def test_a_doctype_is_refused_before_anything_is_made_of_it(doctype: str) -> None:
    data = of(a_service("<x:name>&c;</x:name>")).decode()

    with pytest.raises(DirectoryFileError, match="DOCTYPE"):
        read(data.replace("?>", f"?>{doctype}", 1).encode())


def test_a_head_without_an_end_is_given_up() -> None:
    with pytest.raises(DirectoryFileError, match="first MiB"):
        read(b"<!--" + b"x" * 3_000_000)


def test_what_never_comes_to_an_entrys_end_is_given_up_before_it_fills_the_memory() -> None:
    with pytest.raises(DirectoryFileError, match="kategorie goes on for 32 MiB"):
        read(of("<x:kategorie>" + f"<x:name>{' ' * 1024**2}</x:name>" * 35 + "</x:kategorie>"))


def test_an_entry_is_emptied_before_the_next_one_is_given() -> None:
    """What is taken out of the tree full costs seconds for a unit with 100,000 elements."""
    children = children_of_root(io.BytesIO(of(a_unit(held() * 10), a_service(""))))
    *_, unit = (next(children) for _ in range(4))
    assert len(unit[0]) > 10

    next(children)

    assert len(unit) == 0


def test_another_encoding_is_read_as_it_declares() -> None:
    data = of(a_unit("<x:name><x:name>Fördetal</x:name></x:name>")).decode()
    latin = data.replace("UTF-8", "ISO-8859-1").encode("latin-1")

    (unit,) = read(latin)[0]

    assert isinstance(unit, Unit)
    assert unit.name == "Fördetal"


_TEXT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
_WORD = st.text("abcäß0189.-&<'\"", min_size=1, max_size=6)
_IDS = st.builds(
    lambda text, rest: f"{text}{rest}",
    _WORD,
    st.sampled_from(["", "@L01999", "@L01999/OE", "@/LB", "@a&b/'c\""]),
)
_DAYS = st.none() | st.dates()
_KEYS = st.lists(st.from_regex("99[0-9]{12}", fullmatch=True), unique=True, max_size=3).map(tuple)
_REGIONS = st.lists(
    st.sampled_from(["01", "010", "01999", "019990001", "019990044044", "01999044", "0" * 12]),
    unique=True,
    min_size=1,
).map(tuple)
_ROLES = st.sampled_from([RESPONSIBLE, "xzufi:03", "xzufi:x"])
_SERVICES = st.builds(Service, _IDS, _TEXT, _KEYS, st.none() | _IDS, _DAYS, _DAYS)
_RESPONSIBILITIES = st.builds(
    Responsibility, _IDS, _IDS, _REGIONS, _IDS, _ROLES, _DAYS, _DAYS, st.none(), st.just(False)
)
_CONTACTS = st.none() | st.fixed_dictionaries(
    {"addresses": st.lists(st.fixed_dictionaries({"town": _TEXT}), min_size=1, max_size=2)},
    optional={"email": _TEXT, "phone": _TEXT},
)
_UNITS = st.builds(
    lambda id_, *rest: Unit(id_, id_.partition("@")[0], *rest),
    _IDS, _TEXT, st.none() | _IDS, st.none() | _TEXT, _CONTACTS, _DAYS, _DAYS,
)  # fmt: skip
_ONLINE = st.builds(
    OnlineService, _IDS, _TEXT, st.lists(_TEXT, unique=True).map(tuple), st.none() | _WORD
)
_DELETIONS = st.builds(Deleted, st.sampled_from(EntryKind), _IDS)


@given(st.lists(_SERVICES | _UNITS | _RESPONSIBILITIES | _ONLINE | _DELETIONS, max_size=12))
def test_what_is_written_is_read_back(entries: list[Entry]) -> None:
    found, report = read(message(entries))

    assert found == entries
    assert not report.skipped
    assert report.read.total() == len(entries)


@given(_UNITS, st.lists(_RESPONSIBILITIES, max_size=4))
def test_what_is_embedded_is_read_back(unit: Unit, held_by_it: list[Responsibility]) -> None:
    embedded = [each._replace(unit=unit.id, container=unit.id) for each in held_by_it]

    assert read(message([unit, *embedded]))[0] == [unit, *embedded]
