"""`lotse assign absent`, `present`, `absences` and `capacity`: what is told to us of people."""

from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from functions.assign.configuration import read_rules
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.own_settings import PostgresOwnStatements
from functions.assign.own_statements import StatedAbsence, back, out_of_office
from functions.assign.own_statements import set_capacity as set_capacity_of
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.naming import operator
from infra.local.demo_accounts import demo_accounts
from shared.domain.caseworkers import Absence
from shared.domain.errors import NotAssignable, Unavailable
from shared.domain.identifiers import AccountId, TenantId

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y"])
LIKE_THE_DIRECTORY = "directory"

tenant_option = click.option("--tenant", required=True, metavar="ID", help="Whose account it is.")


@click.command()
@click.argument("account")
@click.option("--from", "starts", type=MOMENT, required=True, help="The first day, or a time.")
@click.option("--until", "ends", type=MOMENT, help="The last day; without it, until `present`.")
@click.option("--deputy", metavar="ACCOUNT", help="Who stands in; else whom the directory names.")
@click.option("--keep-cases", is_flag=True, help="Open cases stay; only new ones go elsewhere.")
@tenant_option
def absent(
    account: str,
    starts: datetime,
    ends: datetime | None,
    deputy: str | None,
    tenant: str,
    *,
    keep_cases: bool,
) -> None:
    """Say that somebody is away: no new cases, and open ones go to the deputy or the tray."""
    absence = Absence(
        starts_at=starts.astimezone(UTC),
        ends_at=_end_of(ends).astimezone(UTC) if ends is not None else None,
        deputy=AccountId(deputy) if deputy else None,
        hands_over=not keep_cases,
    )
    try:
        _require_known(TenantId(tenant), [account, *([deputy] if deputy else [])])
        with operator_connection() as conn:
            statements, now = PostgresOwnStatements(conn), datetime.now(UTC)
            owner, who = TenantId(tenant), AccountId(account)
            id_ = out_of_office(owner, who, absence, operator(), statements, now)
    except NotAssignable as exc:
        raise click.ClickException(str(exc)) from None
    click.echo(_line(StatedAbsence(id_, owner, who, absence)))


@click.command()
@click.argument("id_", metavar="ID", type=int)
def present(id_: int) -> None:
    """Take an absence back, by its number in `lotse assign absences`. Cases do not come back."""
    try:
        with operator_connection() as conn:
            stated = back(id_, operator(), PostgresOwnStatements(conn))
    except NotAssignable as exc:
        raise click.ClickException(str(exc)) from None
    click.echo(f"{_named(stated.account)} is there again")


@click.command()
@click.option("--tenant", metavar="ID", help="Only this tenant's.")
def absences(tenant: str | None) -> None:
    """List absences that were told to us and are not over; the directory may know of others."""
    with operator_connection() as conn:
        stated = PostgresOwnStatements(conn).current(TenantId(tenant) if tenant else None)
    for each in stated:
        click.echo(_line(each))
    if not stated:
        click.echo("nobody is or will be absent, as far as we were told")


@click.command()
@click.argument("account")
@click.argument("percent", metavar=f"PERCENT|{LIKE_THE_DIRECTORY}")
@tenant_option
def capacity(account: str, percent: str, tenant: str) -> None:
    """Say which share of new cases somebody takes: 100 is a full one, 0 none."""
    if percent != LIKE_THE_DIRECTORY and not percent.isdecimal():
        raise click.UsageError(f"PERCENT is a number, or {LIKE_THE_DIRECTORY}")
    share = None if percent == LIKE_THE_DIRECTORY else int(percent)
    try:
        _require_known(TenantId(tenant), [account])
        with operator_connection() as conn:
            owner, who = TenantId(tenant), AccountId(account)
            set_capacity_of(owner, who, share, operator(), PostgresOwnStatements(conn))
    except NotAssignable as exc:
        raise click.ClickException(str(exc)) from None
    said = "what the directory says counts" if share is None else f"{share} %"
    click.echo(f"{_named(who)}: {said}")


def _end_of(last: datetime) -> datetime:
    """A day counts to its end, a time is one."""
    is_a_day = (last.hour, last.minute) == (0, 0)
    return last + timedelta(days=1) if is_a_day else last


def _require_known(tenant: TenantId, accounts: Iterable[str]) -> None:
    """A mistyped id would be nobody's. While a directory is away it is believed, and said so."""
    wanted = {AccountId(each) for each in accounts}
    with operator_connection() as conn:
        directories = read_rules(conn, tenant).directories
    with installation_environment(), closing(LdapCaseworkerDirectory()) as caseworkers:
        for directory in directories:
            try:
                wanted -= set(caseworkers.accounts(directory, sorted(wanted))) if wanted else set()
            except Unavailable as exc:
                click.echo(f"note: {exc}, so ids were not checked", err=True)
                return
    if wanted:
        raise NotAssignable(
            f"no directory of {tenant} has an account {', '.join(sorted(wanted))}; ids are listed "
            "by `lotse directories people`"
        )


def _line(stated: StatedAbsence) -> str:
    absence = stated.absence
    until = f"until {_moment(absence.ends_at)}" if absence.ends_at else "until further notice"
    said = [f"absent from {_moment(absence.starts_at)} {until}"]
    if absence.deputy is not None:
        said.append(f"deputy {_named(absence.deputy)}")
    if not absence.hands_over:
        said.append("keeps open cases")
    return f"{stated.id}  {stated.tenant}  {_named(stated.account)}: {', '.join(said)}"


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def _named(account: AccountId) -> str:
    return demo_accounts().get(account, account)
