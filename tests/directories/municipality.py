"""The people, units and groups of an Amt that does not exist, as every server holds them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from ldap3.utils.dn import escape_rdn

DOMAIN = "DC=amt,DC=example"
BASE = f"OU=Amt Burg-St. Michaelisdonn,{DOMAIN}"
NEIGHBOUR = f"OU=Nachbaramt,{DOMAIN}"  # not below the base

BUILDING = rf"OU=Bauen\, Planen und Umwelt,{BASE}"
STREETS = f"OU=Größe & Straße,{BUILDING}"
STREETS_ORDER = f"OU=Ordnungsamt,{STREETS}"
ORDER = f"OU=Ordnungsamt,{BASE}"
TRADE = f"OU=Gewerbe,{ORDER}"
RESTAURANTS = f"OU=Gaststätten,{TRADE}"
ODD_UNIT = rf"OU=\#1 \+ \"Mitte\" \<a\=b\>\; \\ Nord,{BASE}"
SPACES = rf"OU=\ Leerzeichen\ ,{BASE}"
NOBODY_THERE = f"OU=Unbesetzt,{BASE}"
GROUPS = f"OU=Gruppen,{BASE}"
ACCOUNTS = f"OU=Dienstkonten,{BASE}"
MANY = f"OU=Rechenzentrum,{BASE}"
# Each after the one that it lies in.
UNITS = (
    *(BASE, NEIGHBOUR, BUILDING, STREETS, STREETS_ORDER, ORDER, TRADE, RESTAURANTS),
    *(ODD_UNIT, SPACES, NOBODY_THERE, GROUPS, ACCOUNTS, MANY),
)

LONG_AGO = datetime(2020, 3, 31, tzinfo=UTC)
SERVICE_PASSWORD = "Nur-Lesen-Passw0rt"
ADMIN_PASSWORD = "Verwaltung-Passw0rt"
# The same attributes on each server: neither of the two has one that is meant for these.
CAPACITY, ABSENCE = "employeeType", "businessCategory"


def below(unit: str, name: str) -> str:
    return f"CN={escape_rdn(name)},{unit}"


def leaf(dn: str) -> str:
    """The name within the unit, as people read it."""
    value = re.match(r"[A-Z]+=((?:\\.|[^,])*)", dn)
    assert value is not None
    return re.sub(r"\\(.)", r"\1", value[1])


@dataclass(frozen=True)
class Person:
    """`expires` and `locked` end an account, too; `capacity` is a percentage."""

    dn: str
    login: str
    enabled: bool = True
    expires: datetime | None = None
    locked: bool = False
    capacity: int | None = None
    absent: bool = False
    manager: str | None = None
    deputy: str | None = None
    service: bool = False

    def workload(self) -> dict[str, str | None]:
        """The attributes of which a municipality has to say what they mean."""
        return {
            CAPACITY: None if self.capacity is None else str(self.capacity),
            ABSENCE: "abwesend" if self.absent else None,
        }

    @property
    def mail(self) -> str:
        return f"{self.login}@amt.example"


@dataclass(frozen=True)
class Group:
    dn: str
    members: tuple[str, ...] = ()


LEA = below(BASE, "Lea Leitung")
ANTON = below(ORDER, "Anton Abteilung")
OTTO = below(ORDER, "Otto Ordnung")
GERDA = below(TRADE, "Gerda Gewerbe")
AENNE = below(RESTAURANTS, "Änne Größtenteils-Öhr")
BERTA = below(BUILDING, "Berta Bau")
PAUL = below(STREETS, "Paul Plan")
NORA = below(STREETS_ORDER, "Nora Nord")
KARL = below(ODD_UNIT, "Karl Kreis")
KLARA = below(SPACES, "Klara Kreis")
STAR = below(TRADE, r"Stern* (Süd) \ Schräg #+")
DISABLED = below(BUILDING, "Dora Deaktiviert")
EXPIRED = below(BUILDING, "Erwin Ehemals")
LOCKED = below(BUILDING, "Lola Gesperrt")
DELETED = below(BUILDING, "Gero Gegangen")
NELE = below(NEIGHBOUR, "Nele Nachbar")
SCANNER = below(ACCOUNTS, "svc-scanner")
READER = below(ACCOUNTS, "svc-lotse")
COMPUTER = below(ACCOUNTS, "PC-0815")
CONTACT = below(ACCOUNTS, "Konrad Kontakt")
MANAGED_ACCOUNT = below(ACCOUNTS, "msa-backup")  # on Active Directory only

PEOPLE = (
    Person(LEA, "lleitung"),
    Person(ANTON, "aabteilung", manager=LEA),
    Person(OTTO, "oordnung", manager=ANTON, capacity=100),
    Person(GERDA, "ggewerbe", manager=OTTO, deputy=OTTO, absent=True),
    Person(AENNE, "agroesst", manager=OTTO, deputy=GERDA),
    Person(BERTA, "bbau", capacity=100),
    Person(PAUL, "pplan", capacity=50, deputy=BERTA),
    Person(NORA, "nnord"),
    Person(KARL, "kkreis", manager=KLARA, deputy=KLARA),
    Person(KLARA, "klkreis", manager=KARL, deputy=KARL),
    Person(STAR, "sschraeg"),
    Person(DISABLED, "ddeakt", enabled=False),
    Person(EXPIRED, "eehemals", expires=LONG_AGO),
    Person(LOCKED, "lgesperrt", locked=True),
    Person(NELE, "nnachbar"),
    Person(SCANNER, "svc-scanner", service=True),
    Person(READER, "svc-lotse", service=True),
)
LEAVER = Person(DELETED, "ggegangen")  # was a member of TEAM_BUILDING
CROWD = tuple(Person(below(MANY, f"Kraft {n:04}"), f"kraft{n:04}") for n in range(1100))

TEAM_BUILDING = below(GROUPS, "Team Bauen")
TEAM_TRADE = below(GROUPS, "Team Gewerbe")
ODD_TEAM = below(GROUPS, "Team (alle) * Süd, West")
NESTED = (below(GROUPS, "Ebene 1"), below(GROUPS, "Ebene 2"), below(GROUPS, "Ebene 3"))
CYCLE = (below(GROUPS, "Ring A"), below(GROUPS, "Ring B"))
EMPTY_GROUP = below(GROUPS, "Niemand")
PRIMARY_GROUP = below(GROUPS, "Stammpersonal")
PRIMARY_MEMBERS = (OTTO, BERTA)  # Active Directory does not list them as its members
MIXED_GROUP = below(GROUPS, "Gemischt")
CROWD_GROUP = below(GROUPS, "Alle Kräfte")
GROUPS_OF_ALL = (
    Group(TEAM_BUILDING, (BERTA, PAUL, DISABLED, EXPIRED, LOCKED)),
    Group(TEAM_TRADE, (GERDA, AENNE, STAR)),
    Group(ODD_TEAM, (AENNE,)),
    Group(NESTED[0], (BERTA, NESTED[1])),
    Group(NESTED[1], (NESTED[2],)),
    Group(NESTED[2], (OTTO, GERDA)),
    Group(CYCLE[0], (KARL, CYCLE[1])),
    Group(CYCLE[1], (KLARA, CYCLE[0])),
    Group(EMPTY_GROUP),
    Group(PRIMARY_GROUP, (NORA, *PRIMARY_MEMBERS)),
    Group(MIXED_GROUP, (OTTO, NELE, SCANNER, COMPUTER, CONTACT)),
    Group(CROWD_GROUP, tuple(person.dn for person in CROWD)),
)
