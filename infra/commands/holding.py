"""`lotse assign reassign` and `release`: what an operator does about who has a case."""

from contextlib import closing
from datetime import UTC, datetime, timedelta

import click

from functions.assign.configuration import read_rules
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.explain import lies_with
from functions.assign.holding import Place
from functions.assign.holding import reassign as reassign_to
from functions.assign.holding import release as release_from
from functions.assign.own_settings import PostgresOwnSettings
from functions.assign.stores import stores_over
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.naming import named_case, operator
from infra.commands.saying import said_plainly
from infra.local.demo_accounts import demo_accounts
from infra.story import read_case, with_names
from shared.domain.case import Case
from shared.domain.caseworkers import Account
from shared.domain.configuration.directories import Directory
from shared.domain.errors import NotAssignable
from shared.domain.identifiers import AccountId

_PLACES = {"unit": Place.UNIT_TRAY, "team-tray": Place.TEAM_TRAY, "post-room": Place.POST_ROOM}


@click.command()
@click.argument("number", metavar="NUMBER|ID")
@click.option("--to", required=True, metavar=f"ACCOUNT|{'|'.join(_PLACES)}")
@click.option("--reason", required=True, help="Why; it goes on the record. No names in it.")
def reassign(number: str, to: str, reason: str) -> None:
    """Give a case to somebody else, or to a tray: of its unit, of its authority, or the post room.

    ACCOUNT is an id, as `lotse directories people` lists it; the directory is asked for it.
    """
    with said_plainly(number):
        with operator_connection() as conn:
            case = read_case(conn, named_case(conn, number))
        target = _PLACES.get(to) or _account(case, AccountId(to))
        with operator_connection() as conn:
            stores, now = stores_over(conn, timedelta()), datetime.now(UTC)
            moved = reassign_to(case.id, case.version, target, reason, operator(), stores, now)
    click.echo(f"{case.number}: {_where(case)} → {_where(moved)}")


@click.command()
@click.argument("number", metavar="NUMBER|ID")
def release(number: str) -> None:
    """Take a case from whoever has it, back to the tray it came from."""
    with said_plainly(number), operator_connection() as conn:
        case = read_case(conn, named_case(conn, number))
        stores = stores_over(conn, timedelta())
        released = release_from(case.id, case.version, operator(), stores)
    click.echo(f"{case.number}: {_where(case)} → {_where(released)}")


def _account(case: Case, account: AccountId) -> Account:
    """As its directory knows it, with what was told to us."""
    if case.tenant is None or case.authority is None:
        raise NotAssignable("the case is not assigned yet; it has to have an authority first")
    with operator_connection() as conn:
        directory = read_rules(conn, case.tenant).directory_of(case.authority)
        own = PostgresOwnSettings(conn).of(case.tenant, [account])
    if directory is None:
        raise NotAssignable(f"no directory serves {case.authority}; a tray is possible")
    return _asked_for(directory, account, f"{case.tenant}/{directory.id}").with_own(
        own.get(account)
    )


def _asked_for(directory: Directory, account: AccountId, name: str) -> Account:
    with installation_environment(), closing(LdapCaseworkerDirectory()) as caseworkers:
        found = caseworkers.accounts(directory, [account])
    if account not in found:
        raise NotAssignable(
            f"directory {name} has no account of this id; ids are listed by "
            f"`lotse directories people {name}`"
        )
    return found[account]


def _where(case: Case) -> str:
    return with_names(lies_with(case.organizational_unit, case.assignee), demo_accounts())
