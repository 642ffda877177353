"""`lotse forwardings`: what is on its way to a destination, and what did not arrive."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import datetime, timedelta

import click

from functions.forward.again import request, send_again, waive
from functions.forward.ports import Stores
from functions.forward.transaction import stores_over
from functions.forward.words import in_words
from infra.commands.connection import operator_connection
from infra.commands.counting import counted
from infra.commands.destination_choice import applied_destinations, chosen_destination
from infra.commands.naming import named_case, operator
from infra.commands.options import DAY, as_json
from infra.commands.saying import said_plainly
from infra.forwardings_listed import FAILED, OPEN, Listed, entrust, forwardings_listed
from infra.story import read_case
from shared.adapters.postgres.forwardings import PostgresForwardings
from shared.adapters.postgres.pool import Connection
from shared.domain.forwarding import Attempt, Forwarding

_of_tenant = click.option("--tenant", metavar="ID", help="Only this tenant's.")
_at_destination = click.option("--destination", metavar="ID", help="Only to this destination.")


@click.group(invoke_without_command=True)
@click.option("--failed", is_flag=True, help="Only what waits for a person.")
@_of_tenant
@_at_destination
@as_json
@click.pass_context
def forwardings(
    ctx: click.Context, tenant: str | None, destination: str | None, *, failed: bool, as_json: bool
) -> None:
    """List what is on its way to a destination or failed there; send again, or go on without."""
    if ctx.invoked_subcommand is not None:
        return
    states = FAILED if failed else (*FAILED, *OPEN)
    with operator_connection() as conn:
        listed = forwardings_listed(conn, states, tenant, destination)
    if as_json:
        documents = [{"number": each.number, **asdict(each)} for each in listed]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2, default=str))
        return
    for each in listed:
        click.echo(_line(each))
    if not listed:
        click.echo("nothing failed" if failed else "nothing is on its way, and nothing failed")


def _line(each: Listed) -> str:
    name = f"{each.number:<10} {each.tenant}/{each.destination:<20}"
    if each.state not in FAILED:
        waits = f", waits for the {each.held_by}" if each.held_by else ""
        return f"{name} {each.state}, due {_time(each.due_at)}, {each.attempts} so far{waits}"
    owner = f", {each.owner or 'nobody yet'} sees to it"
    until = f" until {_time(each.task_due_at)}" if each.task_due_at else ""
    reason = f' ("{each.reason}")' if each.reason else ""
    return f"{name} {_state(each)}: {in_words(each.code)}{reason}{owner}{until}"


def _state(each: Listed) -> str:
    return each.state.replace("_", " ")


def _time(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


@forwardings.command()
@click.argument("number", metavar="CASE")
def show(number: str) -> None:
    """Show every attempt for a case, with its answer, how long it took, and the other side's id."""
    with operator_connection() as conn, said_plainly(number):
        of_case = PostgresForwardings(conn)
        for forwarding in of_case.of_case(named_case(conn, number)):
            attempts = of_case.attempts(forwarding.id)
            click.echo("\n  ".join(_shown(forwarding, attempts)))


def _shown(forwarding: Forwarding, attempts: Iterable[Attempt]) -> Iterator[str]:
    waived = f", waived by {forwarding.waived_by}" if forwarding.waived_by else ""
    their_id = f", there {forwarding.external_id}" if forwarding.external_id else ""
    yield (
        f"round {forwarding.round}, {forwarding.destination}: {forwarding.state}{their_id}{waived} "
        f"(message {forwarding.message_id})"
    )
    for attempt in attempts:
        what = "asked" if attempt.asked else "sent"
        yield f"{attempt.number}. {what} {_time(attempt.started_at)}: {_ended(attempt)}"
    if forwarding.reason:
        yield f'they say: "{forwarding.reason}"'


def _ended(attempt: Attempt) -> str:
    if attempt.ended_at is None:
        return "under way, or cut off: whether it arrived is not known"
    took = (attempt.ended_at - attempt.started_at).total_seconds()
    why = f", {in_words(attempt.code)}" if attempt.code else ""
    status = f", HTTP {attempt.status}" if attempt.status and not attempt.code else ""
    their_id = f", there {attempt.external_id}" if attempt.external_id else ""
    return f"{attempt.outcome} after {took:.1f} s{status}{why}{their_id}"


@forwardings.command("send-again")
@click.argument("numbers", metavar="[CASE]...", nargs=-1)
@_of_tenant
@_at_destination
@click.option("--all", "every", is_flag=True, help="All that failed; with the options, of those.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
def send_again_(
    numbers: tuple[str, ...],
    tenant: str | None,
    destination: str | None,
    *,
    every: bool,
    dry_run: bool,
) -> None:
    """Send what failed again: of these cases, or all of it; the same message with the same id."""
    done = 0
    for each in _chosen(numbers, tenant, destination, every=every):
        if not dry_run:
            with operator_connection() as conn:
                if not send_again(_forwarding(conn, each), operator(), _stores(conn)):
                    click.echo(f"{each.number} to {each.destination}: is sent again already")
                    continue
        click.echo(f"{each.number} to {each.destination}: {_said('sent again', dry_run=dry_run)}")
        done += 1
    click.echo(f"{counted(done, 'message')} {_said('sent again', dry_run=dry_run)}")


@forwardings.command("waive")
@click.argument("numbers", metavar="CASE...", nargs=-1, required=True)
@_at_destination
@click.option("--reason", required=True, metavar="TEXT", help="For the record of the case.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
def waive_(
    numbers: tuple[str, ...], destination: str | None, reason: str, *, dry_run: bool
) -> None:
    """Let cases go on without what failed."""
    for each in _chosen(numbers, None, destination, every=False):
        if not dry_run:
            with operator_connection() as conn:
                waive(_forwarding(conn, each), operator(), reason, _stores(conn))
        said = _said("given up", dry_run=dry_run)
        click.echo(f"{each.number} to {each.destination}: {said}")


@forwardings.command("request")
@click.argument("number", metavar="CASE")
@click.argument("destination", metavar="DESTINATION")
def request_(number: str, destination: str) -> None:
    """Send a case to a destination of its tenant now: a new message with a new id."""
    with operator_connection() as conn, said_plainly(number):
        case = read_case(conn, named_case(conn, number))
        declared = [each for each in applied_destinations(conn) if each.tenant == case.tenant]
        one = chosen_destination(declared, destination)
        event = request(case.id, one.id, operator(), _stores(conn))
    if event is None:
        raise click.ClickException(f"case {number} is {case.stage}: it has to be assigned first")
    click.echo(f"{case.number}: will be sent to {one.name}")


@forwardings.command("entrust")
@click.argument("numbers", metavar="CASE...", nargs=-1, required=True)
@_at_destination
@click.option("--to", "owner", required=True, metavar="WHO", help="A person or an office.")
@click.option("--until", type=DAY, metavar="DAY", help="Without it the date stays as it is.")
def entrust_(
    numbers: tuple[str, ...], destination: str | None, owner: str, until: datetime | None
) -> None:
    """Say who sees to what failed, and until when."""
    for each in _chosen(numbers, None, destination, every=False):
        with operator_connection() as conn:
            entrust(conn, each.id, owner, until.astimezone() if until else None)
        click.echo(f"{each.number} to {each.destination}: {owner} sees to it")


def _chosen(
    numbers: tuple[str, ...], tenant: str | None, destination: str | None, *, every: bool
) -> list[Listed]:
    """What failed, of these cases or of all."""
    if every == bool(numbers):
        raise click.UsageError("name cases, or say --all")
    with operator_connection() as conn:
        if every:
            return forwardings_listed(conn, FAILED, tenant, destination)
        found: list[Listed] = []
        for number in numbers:
            with said_plainly(number):
                case_id = named_case(conn, number)
            failed = forwardings_listed(conn, FAILED, tenant, destination, case_id)
            if not failed:
                raise click.ClickException(f"nothing of case {number} failed")
            found += failed
        return found


def _forwarding(conn: Connection, listed: Listed) -> Forwarding:
    known = PostgresForwardings(conn).of_case(listed.case_id)
    return next(each for each in known if each.id == listed.id)


def _stores(conn: Connection) -> Stores:
    return stores_over(conn, timedelta())


def _said(what: str, *, dry_run: bool) -> str:
    return f"would be {what}" if dry_run else what
