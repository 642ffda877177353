"""`secureData`: who was logged in with BundID or the company account, as Form-Solutions has it."""

import re
from contextlib import suppress
from datetime import datetime
from typing import Any

from functions.receive.platforms.form_solutions.values import scalar
from shared.domain.submission import FieldKind, FormField, Mailbox, ServiceAccount

_OF_THE_ACCOUNT = frozenset({"Origin", "StorkQaaLevel", "PostkorbId"})
_TYPES = {"BUNDID": "bundid", "MUK": "muk"}
_DATE = re.compile(r"[0-9]{2}\.[0-9]{2}\.[0-9]{4}")
_LABELS = {
    "AcademicTitle": "Akademischer Titel",
    "Titel": "Anrede",
    "FirstName": "Vorname",
    "LastName": "Nachname",
    "BirthName": "Geburtsname",
    "DateOfBirth": "Geburtsdatum",
    "BirthPlace": "Geburtsort",
    "Street": "Straße und Hausnummer",
    "ZipCode": "Postleitzahl",
    "City": "Ort",
    "Country": "Land",
    "Email": "E-Mail",
    "Phone": "Telefon",
    "CompanyName": "Firma",
    "CompanyAddressStreet": "Straße",
    "CompanyAddressStreetNumber": "Hausnummer",
    "CompanyAddressPostCode": "Postleitzahl",
    "CompanyAddressLocality": "Ort",
    "CompanyAddressCountry": "Land",
    "TypeOfLegalPerson": "Art der Rechtsperson",
    "RegisterType": "Registerart",
    "RegisterNumber": "Registernummer",
    "RegisterCourt": "Registergericht",
    "Occupation": "Tätigkeit (Schlüssel)",
    "OccupationText": "Tätigkeit",
}


def secure_data(value: Any, flags: set[str]) -> tuple[ServiceAccount | None, FormField | None]:
    """The account, and the rest as a group of fields; neither for what is no object."""
    if value is None:
        return None, None
    if not isinstance(value, dict) or not all(_is_text(value.get(m)) for m in _OF_THE_ACCOUNT):
        flags.add("secure-data-unknown")
        return None, None
    items = tuple(
        _field(name, given) for name, given in value.items() if name not in _OF_THE_ACCOUNT
    )
    group = FormField(
        name="secureData", label="Angaben aus dem Servicekonto", kind=FieldKind.GROUP, items=items
    )
    return _account(value, flags), group


def _account(value: dict[str, Any], flags: set[str]) -> ServiceAccount:
    origin, mailbox = value.get("Origin"), value.get("PostkorbId")
    if origin not in _TYPES:
        flags.add("service-account-unknown")
    return ServiceAccount(
        type=_TYPES.get(origin or "", origin and origin.lower()),
        assurance_level=value.get("StorkQaaLevel"),
        mailbox=Mailbox(identifier=mailbox) if mailbox else None,
    )


def _field(name: str, value: Any) -> FormField:
    found = scalar(value)
    label = _LABELS.get(name, name)
    if found is None:
        return FormField(name=name, label=label, kind=FieldKind.EMPTY, extra={"value": value})
    kind, literal = found
    return FormField(name=name, label=label, kind=kind, value=literal, extra=_date(value))


def _date(value: Any) -> dict[str, Any]:
    """The value stays as it was sent (dd.mm.yyyy); what it means stands beside it."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        with suppress(ValueError):
            day = datetime.strptime(value, "%d.%m.%Y")  # noqa: DTZ007 - a day has no time zone
            return {"isoDate": day.date().isoformat()}
    return {}


def _is_text(value: Any) -> bool:
    return value is None or type(value) is str
