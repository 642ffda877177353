"""The authority directory (Zuständigkeitsfinder): who is responsible for what, and where."""

from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import AuthorityId, LeikaKey, RegionKey, TenantId, is_leika_key

RESPONSIBLE = "responsible"
"""The one role that decides; any other (a contact point, say) is listed and loses."""

FEDERATION = RegionKey("000000000000")

_AREA_DIGITS = (
    12,
    9,
    5,
    3,
    2,
)  # municipality, association (Amt), district, government region, state
_LEVELS = {14: "detail", 11: "procedure", 8: "object", 5: "group"}


class Authority(BaseModel):
    """`tenant` is None for an authority that takes no part in this installation."""

    model_config = ConfigDict(frozen=True)

    id: AuthorityId
    tenant: TenantId | None = None
    name: str


class Responsibility(BaseModel):
    """One authority is responsible for one service in one region, from day to day inclusive."""

    model_config = ConfigDict(frozen=True)

    leika_key: LeikaKey
    region: RegionKey
    authority: Authority
    role: str = RESPONSIBLE
    valid_from: date | None = None
    valid_to: date | None = None

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_to is None or day <= self.valid_to
        )


class DirectoryExtract(BaseModel):
    """All that one version of the directory says about an application, in no particular order."""

    model_config = ConfigDict(frozen=True)

    version: int
    name: str
    named: tuple[Authority, ...] = ()  # what the sender's unit stands for
    responsibilities: tuple[Responsibility, ...] = ()
    services: dict[LeikaKey, str] = {}  # the services asked for that it knows, with their names

    def tenants(self) -> set[TenantId]:
        """Everyone the application might come to belong to."""
        authorities = [*self.named, *(entry.authority for entry in self.responsibilities)]
        return {authority.tenant for authority in authorities if authority.tenant is not None}


def is_full_region(region: str) -> bool:
    """An ARS down to the municipality: a shorter one cannot tell who is responsible within it."""
    return len(region) == 12 and region.isascii() and region.isdigit()


def region_prefixes(region: RegionKey) -> list[RegionKey]:
    """The areas that contain a municipality, the narrowest first, the federation last."""
    return [*(RegionKey(region[:digits]) for digits in _AREA_DIGITS), FEDERATION]


def region_digits(region: RegionKey) -> int:
    """How narrow an area is."""
    return 0 if region == FEDERATION else len(region)


def broader_keys(key: LeikaKey) -> list[LeikaKey]:
    """The key itself, then its procedure, object and group: the narrowest first.

    What is no key stands for itself only: cut or filled to its length it would be a guess.
    """
    if not is_leika_key(key):
        return [key]
    keys = (LeikaKey(key[:digits].ljust(14, "0")) for digits in _LEVELS)
    return list(dict.fromkeys(keys))


def service_digits(key: LeikaKey) -> int:
    """How narrow a service is: 14 digits for a detail, 5 for a group."""
    return next(digits for digits in (5, 8, 11, 14) if set(key[digits:]) <= {"0"})


def service_level(key: LeikaKey) -> str:
    """In words: detail, procedure, object or group."""
    return _LEVELS[service_digits(key)]
