"""`lotse route`: why a case went where it went, and sending it elsewhere."""

import json
from collections.abc import Iterator
from datetime import timedelta

import click

from functions.route.authorities import PostgresAuthorities
from functions.route.explain import explain_rounds
from functions.route.ports import Stores
from functions.route.reroute import reroute as reroute_to
from functions.route.reroutings import PostgresReroutings
from functions.route.routings import PostgresRoutings
from functions.route.rulebooks import PostgresRulebooks
from infra.commands.attempt import attempt
from infra.commands.connection import operator_connection
from infra.commands.naming import named_case, operator
from infra.commands.options import as_json
from infra.commands.replay import replay
from infra.commands.saying import said_plainly
from infra.commands.waiting import waiting
from infra.story import read_case
from infra.suggestions import suggested
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.forwardings import PostgresForwardings
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.errors import (
    UnknownAuthority,
)
from shared.domain.forwarding import ForwardingState
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId

_CANNOT_BE_CALLED_BACK = {
    ForwardingState.ACCEPTED: "has the case already",
    ForwardingState.SENDING: "is being sent the case at this moment",
}


@click.group()
def route() -> None:
    """Tell what waits and why a case went where it went; try, replay and re-route."""


for _command in (waiting, attempt, replay):
    route.add_command(_command)


@route.command()
@click.argument("number", metavar="NUMBER|ID")
@as_json
def explain(number: str, *, as_json: bool) -> None:
    """Derive where a case went: rule, candidates, why each lost. The latest round comes last."""
    with operator_connection() as conn, said_plainly(number):
        case = read_case(conn, named_case(conn, number))
        decisions = PostgresRoutings(conn).of_case(case.id)
    if as_json:
        stored = [
            {"round": round_, "decision": decision.model_dump(mode="json", exclude_none=True)}
            for round_, decision in decisions
        ]
        click.echo(json.dumps(stored, ensure_ascii=False, indent=2))
        return
    for round_, lines in explain_rounds(decisions).items():
        click.echo(f"Round {round_}: " + "\n  ".join(lines))
    if not decisions:
        click.echo("it is not routed yet")


@route.command()
@click.argument("number", metavar="NUMBER|ID")
@click.option("--to", required=True, metavar=f"AUTHORITY|{CLEARING_OFFICE}")
@click.option("--reason", required=True, help="Why; it goes on the record. No names in it.")
def reroute(number: str, to: str, reason: str) -> None:
    """Send a case to another authority. The former one has it no more, and its work starts anew."""
    with operator_connection() as conn, said_plainly(number):
        case = read_case(conn, named_case(conn, number))
        with_it = list(_not_to_be_called_back(conn, case))
        try:
            event = reroute_to(case.id, AuthorityId(to), reason, operator(), _stores(conn))
        except UnknownAuthority as exc:
            said = "\n  ".join(suggested(conn, to))
            raise click.ClickException(f"{exc}; {said}") from None
    click.echo(f"{case.number}: {case.authority} → {event.authority}, round {event.round}")
    for line in with_it:
        click.echo(f"  note: {line}; it cannot be called back")
    if to == CLEARING_OFFICE:
        click.echo("  it waits there for a person")
    else:
        click.echo("  it goes on with the next run of recover, within a minute")


def _not_to_be_called_back(conn: Connection, case: Case) -> Iterator[str]:
    for forwarding in PostgresForwardings(conn).of_case(case.id):
        if said := _CANNOT_BE_CALLED_BACK.get(forwarding.state):
            yield f"{forwarding.destination} of {forwarding.authority} {said}"


def _stores(conn: Connection) -> Stores:
    return Stores(
        PostgresCases(conn, timedelta()),
        PostgresRoutings(conn),
        PostgresRulebooks(conn),
        PostgresAuthorities(conn),
        PostgresReroutings(conn),
    )
