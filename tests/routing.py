"""A directory as it is asked for one case, and what is decided from it."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from functions.route.decision import decide
from functions.route.question import Question, stated_services
from functions.route.whereabouts import stated_place
from shared.domain.directory import DirectoryExtract, Responsibility, Unit
from shared.domain.identifiers import AuthorityId, LeikaKey, RegionKey, TenantId, UnitId
from shared.domain.locating import locate
from shared.domain.regions import Location
from shared.domain.routing import RoutingDecision
from shared.domain.rulebook import Rulebook, TenantPolicy
from tests.factories import TENANT, TRADE_REGISTRATION, a_case

TODAY = date(2026, 3, 2)
TOWN = RegionKey("019990001001")
DETAIL = LeikaKey("99050012104001")
RESIDENCE = LeikaKey("99115005104000")
UNIT = UnitId("197008")
OTHER_TENANT = TenantId("ostersund")
CONSENTING = Rulebook(tenants={TENANT: TenantPolicy()})


def a_unit(id_: str, tenant: str | None = TENANT, authority: str | None = None) -> Unit:
    """`authority` is called like the unit unless it is given; without a tenant there is none."""
    return Unit(
        id=UnitId(id_),
        name=id_,
        authority=AuthorityId(authority or id_) if tenant else None,
        tenant=TenantId(tenant) if tenant else None,
    )


TRADE = a_unit("trade")
BUILDING = a_unit("building")


def held(
    by: Unit = TRADE, key: str = TRADE_REGISTRATION, region: str = "019990001", **more: Any
) -> Responsibility:
    return Responsibility(leika_key=LeikaKey(key), region=RegionKey(region), unit=by, **more)


def decided(
    *entries: Responsibility,
    named: Iterable[Unit] = (),
    rulebook: Rulebook = CONSENTING,
    location: Location | None = None,
    fields: Iterable[Any] = (),
    **of_the_case: Any,
) -> RoutingDecision:
    """Without `location` the case's region is one that no imported region lists."""
    case = a_case(**{"region": TOWN, **of_the_case})
    place = stated_place(case, rulebook.form, fields)
    question = Question(case, stated_services(case.leika_keys), place, TODAY, tuple(fields))
    extract = DirectoryExtract(
        version=7,
        name="test",
        location=location or locate(place, []),
        named=tuple(named),
        responsibilities=entries,
        services=dict.fromkeys(case.leika_keys, "a service"),
    )
    return decide(question, extract, rulebook)


def lost(decision: RoutingDecision) -> dict[str, str | None]:
    """Why each candidate lost; None for who is left."""
    return {candidate.bearer: candidate.lost for candidate in decision.candidates}
