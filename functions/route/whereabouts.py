"""Which place an application is about: what its sender states, or the fields its form names."""

import re
from collections.abc import Iterable, Mapping

from shared.domain.case import Case
from shared.domain.configuration.forms import Form, Whereabouts
from shared.domain.filled_in import FilledIn, filled_in
from shared.domain.identifiers import RegionKey
from shared.domain.regions import Place, is_ags, is_area, is_full_region
from shared.domain.submission import FormField

# The last postcode of a line and the town behind it.
_POSTCODE_AND_TOWN = re.compile(r".*(?<!\d)(\d{5})\s+([^\d,;]+)", re.DOTALL)
_COUNTRY = re.compile(r"^[A-Z]{1,2}\s*-\s*")


def stated_place(case: Case, form: Form | None, fields: Iterable[FormField]) -> Place:
    """A municipality's key from the sender counts; a wider one narrows what the form says."""
    stated = _digits(case.region) if case.region else None
    if stated and (is_full_region(stated) or is_ags(stated)):
        return Place(region=RegionKey(stated))
    place = _of_form(form, tuple(fields)) if form is not None else None
    if place is None:
        return Place(region=RegionKey(stated) if stated else None)
    if place.region is None and stated and is_area(stated):
        return place.model_copy(update={"region": RegionKey(stated)})
    return place


def _of_form(form: Form, fields: tuple[FormField, ...]) -> Place | None:
    """The first place that is filled in, even if it turns out to be none we know."""
    for number, where in enumerate(form.where, start=1):
        found = {part: filled_in(fields, path) for part, path in _paths(where).items()}
        if any(found.values()):
            stated_by = f"the {where.of}'s place of form {form.id} (where, entry {number})"
            return _place(found, stated_by)
    return None


def _paths(where: Whereabouts) -> dict[str, str]:
    return where.model_dump(exclude={"of"}, exclude_none=True)


def _place(found: Mapping[str, list[FilledIn]], stated_by: str) -> Place:
    """Filled in twice and differently, it states no place; nor do the parts of two rows."""
    single = _single(found)
    if single is None:
        return Place(stated_by=stated_by)
    postcode, name = single.get("postcode"), single.get("name")
    in_address = _POSTCODE_AND_TOWN.match(single.get("address", ""))
    if in_address is not None:
        postcode = postcode or in_address[1]
        name = name or in_address[2].strip()
    region = single.get("region")
    return Place(
        region=RegionKey(_digits(region)) if region else None,
        postcode=_COUNTRY.sub("", postcode).strip() if postcode else None,
        name=name,
        stated_by=stated_by,
    )


def _single(found: Mapping[str, list[FilledIn]]) -> dict[str, str] | None:
    """A value for each part; None if two rows of a group say different things."""
    groups: dict[tuple[str, ...], dict[tuple[int, ...], set[tuple[str, str]]]] = {}
    for part, filled in found.items():
        for each in filled:
            rows = groups.setdefault(each.groups, {})
            rows.setdefault(each.row, set()).add((part, each.value))
    stated: set[tuple[str, str]] = set()
    for rows in groups.values():
        said = {frozenset(row) for row in rows.values()}
        if len(said) > 1:
            return None
        stated |= said.pop()
    single = dict(stated)
    return single if len(single) == len(stated) else None


def _digits(key: str) -> str:
    """A key as it is looked up: people write them in groups."""
    return re.sub(r"[\s./-]", "", key)
