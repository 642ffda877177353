"""What every `Rulebooks` adapter promises, run against each of them."""

import json
from collections.abc import Callable, Collection
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from functions.route.rulebooks import PostgresRulebooks
from shared.adapters.memory import InMemoryRulebooks
from shared.domain.configuration.conditions import FieldCondition
from shared.domain.configuration.forms import Form, Whereabouts
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.tenants import Tenant
from shared.domain.identifiers import LeikaKey, TenantId
from shared.domain.routing import NotResponsible, Precedence
from shared.domain.rulebook import Rulebook, TenantPolicy, TenantsRule
from shared.ports import Rulebooks
from tests.factories import FORMSERVER, TENANT, a_case

Connection = psycopg.Connection[Any]
OTHER_TENANT = TenantId("ostersund")
TAKES = Tenant(id=TENANT, name="Fördetal", senders=("other", FORMSERVER))
TAKES_TOO = Tenant(
    id=OTHER_TENANT,
    name="Ostersund",
    senders=(FORMSERVER,),
    precedence=Precedence.SERVICE,
    not_responsible=NotResponsible.CLEARING_OFFICE,
)
TAKES_NOTHING = Tenant(id="nordtal", name="Nordtal", senders=("formserver2",))
WHERE = (Whereabouts(of="matter", postcode="plz"),)

Declared = Callable[..., Rulebooks]


def a_rule(id_: str, tenant: str = TENANT, **conditions: Any) -> TenantsRule:
    return TenantsRule(
        TenantId(tenant), RoutingRule(id=id_, authority="foerdetal-gewerbe", **conditions)
    )


def a_form(id_: str, form: str = "Gewerbeanmeldung", senders: tuple[str, ...] = ()) -> Form:
    return Form(id=id_, form=form, senders=senders, where=WHERE)


def rules(rulebook: Rulebook) -> list[tuple[str, str]]:
    return [(each.tenant, each.rule.id) for each in rulebook.rules]


@pytest.fixture(params=["memory", "postgres"])
def declared(request: pytest.FixtureRequest) -> Declared:
    """Makes rulebooks of tenants, rules and forms."""
    if request.param == "memory":
        return InMemoryRulebooks
    conn = request.getfixturevalue("conn")

    def declare(
        tenants: Collection[Tenant] = (),
        rules: Collection[TenantsRule] = (),
        forms: Collection[Form] = (),
    ) -> Rulebooks:
        for tenant in tenants:
            insert(conn, "tenants", tenant.id, tenant.model_dump_json())
        for each in rules:
            document = each.rule.model_dump_json(exclude_none=True)
            insert(conn, "routing_rules", each.rule.id, document, each.tenant)
        for form in forms:
            insert(conn, "forms", form.id, form.model_dump_json(exclude_none=True))
        return PostgresRulebooks(conn)

    return declare


def test_where_nothing_is_declared_there_is_nothing(declared: Declared) -> None:
    assert declared().for_case(a_case()) == Rulebook()


def test_the_tenants_that_take_from_the_sender_come_with_their_policy(declared: Declared) -> None:
    rulebook = declared([TAKES, TAKES_TOO, TAKES_NOTHING]).for_case(a_case())

    assert rulebook.tenants == {
        TENANT: TenantPolicy(Precedence.REGION, NotResponsible.FOLLOW),
        OTHER_TENANT: TenantPolicy(Precedence.SERVICE, NotResponsible.CLEARING_OFFICE),
    }


def test_rules_are_those_of_the_tenants_that_take_from_the_sender(declared: Declared) -> None:
    rulebook = declared(
        [TAKES, TAKES_TOO, TAKES_NOTHING],
        [
            a_rule("b", OTHER_TENANT, region="01"),
            a_rule("b", region="01"),
            a_rule("a", region="02"),
            a_rule("a", "nordtal", region="01"),
        ],
    ).for_case(a_case())

    assert rules(rulebook) == [(TENANT, "a"), (TENANT, "b"), (OTHER_TENANT, "b")]


def test_a_rule_comes_back_as_it_was_declared(declared: Declared) -> None:
    rule = a_rule(
        "a",
        form="Gewerbeanmeldung",
        leika_prefix="99050012",
        region="019990001",
        field=FieldCondition(path="betrieb.branche", values=("Gastronomie",)),
    )

    assert declared([TAKES], [rule]).for_case(a_case()).rules == (rule,)


def test_rules_for_other_forms_and_services_are_left_out(declared: Declared) -> None:
    keys = (LeikaKey("99115005104000"), LeikaKey("99050012104000, 99001001001000"))
    rulebooks = declared(
        [TAKES],
        [
            a_rule("form", form="Gewerbeanmeldung"),
            a_rule("other-form", form="Gewerbe"),
            a_rule("service", leika_prefix="99050"),
            a_rule("third-service", leika_prefix="99001001001000"),
            a_rule("other-service", leika_prefix="99051"),
            a_rule("region", region="01"),
        ],
    )

    asked = rulebooks.for_case(a_case(leika_keys=keys))
    without = rulebooks.for_case(a_case(leika_keys=(), form_id=None))

    assert [id_ for _, id_ in rules(asked)] == ["form", "region", "service", "third-service"]
    assert [id_ for _, id_ in rules(without)] == ["region"]


def test_the_form_is_that_of_the_case_and_its_senders_own_first(declared: Declared) -> None:
    own = a_form("z", senders=("other", FORMSERVER))
    everybodys = a_form("a")
    others = [a_form("b", senders=("other",)), a_form("c", form="Gewerbe", senders=(FORMSERVER,))]

    assert declared(forms=[everybodys, own, *others]).for_case(a_case()).form == own


def test_a_form_that_names_no_sender_is_everybodys(declared: Declared) -> None:
    rulebooks = declared(forms=[a_form("a"), a_form("b", senders=("other",))])

    assert rulebooks.for_case(a_case()).form == a_form("a")
    assert rulebooks.for_case(a_case(form_id=None)).form is None


@pytest.mark.parametrize(
    ("kind", "tenant", "document"),
    [
        ("tenants", "newer", {"id": "newer", "senders": [FORMSERVER], "precedence": "moon"}),
        ("tenants", "newer", {"id": "newer", "senders": [FORMSERVER], "not_responsible": 1}),
        ("routing_rules", TENANT, {"id": "newer", "authority": "a", "region": "01", "new": 1}),
        ("forms", None, {"id": "newer", "form": "Gewerbeanmeldung", "where": [{"of": "moon"}]}),
    ],
)
def test_in_postgres_what_cannot_be_read_is_logged_by_its_id_and_stops_nothing(
    conn: Connection, kind: str, tenant: str | None, document: dict[str, Any]
) -> None:
    insert(conn, "tenants", TENANT, TAKES.model_dump_json())
    insert(conn, "routing_rules", "a", a_rule("a", region="01").rule.model_dump_json(), TENANT)
    insert(conn, "forms", "a", a_form("a").model_dump_json())
    insert(conn, kind, "newer", json.dumps(document), None if kind == "tenants" else tenant)

    with capture_logs() as log:
        rulebook = PostgresRulebooks(conn).for_case(a_case())

    assert set(rulebook.tenants) == {TENANT}
    assert rules(rulebook) == [(TENANT, "a")]
    assert rulebook.form == a_form("a")
    assert log == [
        {
            "event": "declaration_unreadable",
            "log_level": "error",
            "kind": kind,
            "tenant": tenant,
            "id": "newer",
        }
    ]


def test_in_postgres_a_setting_of_a_newer_version_takes_no_consent_away(conn: Connection) -> None:
    document = {"id": "newer", "name": "N", "senders": [FORMSERVER], "new": 1}
    insert(conn, "tenants", "newer", json.dumps(document))

    assert PostgresRulebooks(conn).for_case(a_case()).tenants == {"newer": TenantPolicy()}


def insert(
    conn: Connection, table: str, id_: str, document: str, tenant: str | None = None
) -> None:
    columns = "id, document" if tenant is None else "id, document, tenant"
    values = [id_, document] if tenant is None else [id_, document, tenant]
    places = ", ".join(["%s"] * len(values))
    conn.execute(f"INSERT INTO {table} ({columns}) VALUES ({places})".encode(), values)
