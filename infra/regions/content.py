"""What a version says of the regions, and what it says after new lists have been read."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from infra.directory.entries import Report
from infra.directory.errors import DirectoryFileError
from infra.regions.entries import Change, Region, RegionRow, is_municipality
from infra.regions.gazetteer import Gazetteer, NotMatched
from infra.regions.postcodes import ListKind, PostcodeList
from infra.regions.succession import Known, successors_in
from shared.domain.place_names import name_key

Postcode = tuple[str, str]
"""A postcode, and the ARS of a municipality that it may stand for."""


@dataclass(frozen=True)
class Content:
    """Regions by ARS; the ARS that former keys became; postcodes by the kind of list."""

    regions: Mapping[str, RegionRow] = field(default_factory=dict)
    successors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    postcodes: Mapping[ListKind, frozenset[Postcode]] = field(default_factory=dict)


@dataclass(frozen=True)
class Lists:
    """What one import has read. Without a directory, the regions stay as they are."""

    directory: tuple[Region, ...] = ()
    changes: tuple[Change, ...] = ()
    postcodes: tuple[PostcodeList, ...] = ()


def renewed(base: Content, lists: Lists, report: Report) -> Content:
    """A list replaces what the same kind of list has said before, and nothing else.

    Raise DirectoryFileError if nothing of a list fits: it would replace what was said by nothing.
    """
    regions = dict(base.regions)
    if lists.directory:
        regions = _directory(base, lists.directory)
    for change in lists.changes:
        _date(regions, base, change)
    known = Known(base.regions, base.successors)
    successors = successors_in(regions, known, lists.changes, report)
    content = Content(regions, successors, _carried(base.postcodes, regions, successors, report))
    content = replace(content, postcodes=_postcodes(content, lists, report))
    _tell_ended(base, content, report)
    return content


def _directory(base: Content, directory: Iterable[Region]) -> dict[str, RegionRow]:
    """Validity stays: an edition has none, it lists what there was on one day."""
    found = {ars: row for ars, row in base.regions.items() if row.valid_to is not None}
    for region in directory:
        known = base.regions.get(region.ars)
        ended = known is not None and known.valid_to is not None and known.valid_to < region.as_of
        found[region.ars] = RegionRow(
            region.ars,
            region.ags,
            region.name,
            name_key(region.name) if is_municipality(region.ars) else None,
            region.kind,
            known.valid_from if known else None,
            known.valid_to if known and not ended else None,
        )
    return found


def _date(regions: dict[str, RegionRow], base: Content, change: Change) -> None:
    """A change with a day: until the day before the former municipality counts, then the new.

    What the directory still lists has not ended, whatever is said of it.
    """
    if change.since is None:
        return
    for row in base.regions.values():
        listed = regions.get(row.ars)
        if change.former_key not in (row.ars, row.ags) or (listed and listed.valid_to is None):
            continue
        regions[row.ars] = row._replace(valid_to=change.since - timedelta(days=1))
        if change.ars in regions and change.ars not in base.regions:
            regions[change.ars] = regions[change.ars]._replace(valid_from=change.since)


def _carried(
    postcodes: Mapping[ListKind, frozenset[Postcode]],
    regions: Mapping[str, RegionRow],
    successors: Mapping[str, frozenset[str]],
    report: Report,
) -> dict[ListKind, frozenset[Postcode]]:
    """Postcodes of earlier lists follow the keys that have changed since."""
    carried: dict[ListKind, set[Postcode]] = {kind: set() for kind in postcodes}
    for kind, listed in postcodes.items():
        for postcode, ars in listed:
            current = {ars, *successors.get(ars, ())} & regions.keys()
            carried[kind] |= {(postcode, each) for each in current}
            if not current:
                report.skip("postcodes of municipalities that have ended", f"{postcode} {ars}")
    return {kind: frozenset(rows) for kind, rows in carried.items()}


def _postcodes(
    content: Content, lists: Lists, report: Report
) -> dict[ListKind, frozenset[Postcode]]:
    ending = {ars for ars, row in content.regions.items() if row.valid_to is not None}
    fresh: dict[ListKind, set[Postcode]] = defaultdict(set)
    if lists.directory:
        fresh[ListKind.DIRECTORY] |= {
            (region.postcode, region.ars) for region in lists.directory if region.postcode
        }
    own = fresh.get(ListKind.DIRECTORY, content.postcodes.get(ListKind.DIRECTORY, frozenset()))
    gazetteer = Gazetteer(
        content.regions.values(), content.successors, {ars: postcode for postcode, ars in own}
    )
    for each in lists.postcodes:
        matched = set(_matched(each, gazetteer, report))
        if not matched:
            raise DirectoryFileError(
                f"of the {each.kind} not one belongs to a municipality that is listed"
            )
        fresh[each.kind] |= matched
    for kind, rows in fresh.items():
        rows |= {row for row in content.postcodes.get(kind, ()) if row[1] in ending}
    return {**content.postcodes, **{kind: frozenset(rows) for kind, rows in fresh.items()}}


def _matched(listed: PostcodeList, gazetteer: Gazetteer, report: Report) -> Iterator[Postcode]:
    for entry in listed.entries:
        try:
            for ars in gazetteer.municipalities(entry):
                yield entry.postcode, ars
        except NotMatched as exc:
            said = f"{entry.postcode} {entry.key or entry.place}"
            report.skip(f"postcodes of {exc}", f"{listed.kind}, line {entry.line}: {said}")


def _tell_ended(base: Content, content: Content, report: Report) -> None:
    ended = [
        ars
        for ars in sorted(base.regions.keys() - content.regions.keys())
        if is_municipality(ars) and ars not in content.successors
    ]
    for ars in ended:
        report.skip(
            "municipalities that are not listed any more, and nothing says what they became", ars
        )
