"""What has to be decided: a case, the services it asks for, and the place it is about."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shared.domain.case import Case
from shared.domain.directory import single_keys
from shared.domain.identifiers import LeikaKey, is_leika_key
from shared.domain.regions import Place
from shared.domain.submission import FormField


@dataclass(frozen=True)
class Services:
    """`malformed`: something else than keys was stated, too. It is not repeated: who knows what."""

    keys: tuple[LeikaKey, ...]
    malformed: bool = False


@dataclass(frozen=True)
class Question:
    """`on` is the day that validity is judged by. `fields` are empty if no rule asks for them."""

    case: Case
    services: Services
    place: Place
    on: date
    fields: tuple[FormField, ...] = ()


def stated_services(keys: Iterable[LeikaKey]) -> Services:
    single = single_keys(keys)
    well_formed = tuple(key for key in single if is_leika_key(key))
    return Services(well_formed, malformed=len(well_formed) < len(single))
