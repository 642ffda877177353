"""Find who is responsible by service and place."""

from functions.route.bearers import listed, losing, responsible_by_place
from shared.domain.identifiers import AuthorityId
from shared.domain.regions import Located, Location, Municipality
from shared.domain.routing import RoutingDecision, Rule, Warn

_NO_MUNICIPALITY = "0" * 7
_NOT_CERTAIN = {
    Located.NOT_STATED: "No unit that the directory knows, and no place stated clearly.",
    Located.UNKNOWN: "The place stated is none that the imported regions know.",
    Located.KEY_TOO_SHORT: "The region stated is wider than one municipality.",
    Located.KEY_NOT_LISTED: "The region stated is none of the municipalities known in its state.",
    Located.POSTCODE_ALONE: "A postcode without a municipality's name decides nothing.",
    Located.SEVERAL: "The place stated may be one of several municipalities.",
    Located.CONTRADICTORY: "The place's name and its postcode do not fit together.",
}


def find(undecided: RoutingDecision) -> RoutingDecision:
    keys = undecided.leika_keys
    if Warn.SERVICE_MALFORMED in undecided.warnings:
        return undecided.to_clearing_office(
            "No unit that the directory knows, and what is stated as a service is no key."
        )
    if not keys:
        return undecided.to_clearing_office("No unit that the directory knows, and no service.")
    if not undecided.located.is_certain:
        return undecided.to_clearing_office(_uncertain(undecided))
    ((place, responsible),) = responsible_by_place(undecided).items()
    asked = f"{listed(keys)} in {place}"
    if len(responsible) > 1:
        return undecided.to_clearing_office(
            f"{listed(responsible)} are equally responsible for {asked}."
        )
    if not responsible:
        nobody = "Nobody is responsible for"
        if len(keys) > 1:
            nobody = "No one authority is responsible for several services together,"
        return undecided.to_clearing_office(f"{nobody} {asked}.")
    (bearer,) = responsible
    if _may_be_wider(undecided, bearer):
        return undecided.to_clearing_office(
            f"{bearer} is responsible for {asked}, but that key may be a district's, filled with "
            "zeros: the regions that would tell are not imported."
        )
    return undecided.model_copy(
        update={
            "rule": Rule.SERVICE_AND_REGION,
            "authority": AuthorityId(bearer),
            "reason": f"{bearer} is the only one responsible for {asked}.",
            "candidates": losing(
                undecided.candidates, bearer, "not responsible for every service asked for"
            ),
        }
    )


def _may_be_wider(undecided: RoutingDecision, bearer: str) -> bool:
    """A town that is its own district has such a key, too; then the directory may have it."""
    (municipality,) = undecided.located.municipalities
    return (
        undecided.located.how is Located.BY_UNLISTED_KEY
        and municipality.ars.endswith(_NO_MUNICIPALITY)
        and not all(
            candidate.region == municipality.ars
            for candidate in undecided.candidates
            if candidate.bearer == bearer and candidate.lost is None
        )
    )


def _uncertain(undecided: RoutingDecision) -> str:
    """Also who it would be in each place, so that a person need not look that up."""
    location = undecided.located
    reason = _NOT_CERTAIN[location.how]
    if not location.municipalities:
        return reason
    by_place = responsible_by_place(undecided)
    if len(by_place) > 1 and len(set(by_place.values())) == 1:
        everywhere = listed(next(iter(by_place.values()))) or "nobody"
        return f"{reason} In each of {_places(location)}, {everywhere} is responsible."
    told = "; ".join(
        f"in {_place(each)} {listed(by_place[each.ars]) or 'nobody'}"
        for each in location.municipalities
    )
    return f"{reason} Responsible would be: {told}."


def _places(location: Location) -> str:
    return ", ".join(map(_place, location.municipalities))


def _place(municipality: Municipality) -> str:
    name = f" ({municipality.name})" if municipality.name else ""
    return f"{municipality.ars}{name}"
