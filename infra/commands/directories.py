"""`lotse directories`: where authorities keep their caseworkers' accounts, and how it goes."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime

import click

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.own_settings import PostgresOwnSettings
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.counting import lasted
from infra.commands.directories_attempt import attempt
from infra.commands.directories_check import check
from infra.commands.directory_choice import Chosen, chosen_directories
from infra.declared_rules import applied_rules
from infra.directory_standing import DirectoryStanding, directories_standing
from infra.directory_trial import targets_of
from shared.adapters.postgres.pool import Connection
from shared.domain.caseworkers import Account, Members, OwnSetting, Target, TargetKind
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AccountId


@click.group()
def directories() -> None:
    """Where accounts are kept (Active Directory, LDAP): list, test, and find people's ids."""


for _command in (attempt, check):
    directories.add_command(_command)


@directories.command("list")
def list_() -> None:
    """List what is declared, how old the last answer is, and what the last check met with."""
    with operator_connection() as conn:
        standing = list(directories_standing(conn))
    for each in standing:
        click.echo("\n  ".join(_lines(each)))
    if not standing:
        click.echo("no tenant has declared a directory")


def _lines(standing: DirectoryStanding) -> Iterator[str]:
    declared = standing.declared
    if declared is None:
        yield f"{standing.name}: this version of lotse cannot read how it is declared"
    else:
        yield f"{standing.name}: {declared.kind} at {', '.join(declared.servers)}"
        yield f"for {', '.join(declared.authorities)}"
    yield f"last kept answer {_ago(standing.answered_at)}, last check {_ago(standing.checked_at)}"
    if standing.failure:
        yield f"the check failed ({standing.trouble}): {_to_test(standing)}"
    if standing.is_doubtful:
        yield f"it knows too few of those who hold cases, so nobody is moved: {_to_test(standing)}"


def _to_test(standing: DirectoryStanding) -> str:
    return f"lotse directories test {standing.name}"


def _ago(at: datetime | None) -> str:
    return f"{lasted(datetime.now(UTC) - at)} ago" if at is not None else "never"


def away(conn: Connection) -> Iterator[str]:
    """What `lotse status` says of them."""
    standing = list(directories_standing(conn))
    if not standing:
        return
    failing = [f"{each.name} ({each.trouble})" for each in standing if each.failure]
    doubtful = [each.name for each in standing if each.is_doubtful]
    said = [f"in {len(standing)} director{'y' if len(standing) == 1 else 'ies'}"]
    said += [f"away: {', '.join(failing)}"] if failing else []
    said += [f"doubtful: {', '.join(doubtful)}"] if doubtful else []
    yield f"Accounts   {'; '.join(said)}: `lotse directories list`"


@directories.command()
@click.argument("name", metavar="[TENANT/]ID")
@click.option("--group", metavar="DN", help="Of this group; else of all that the rules name.")
@click.option("--unit", metavar="DN", help="Of this unit.")
def people(name: str, group: str | None, unit: str | None) -> None:
    """List accounts with id, mail address and whether they get cases: read now, stored nowhere.

    The id is what `lotse assign absent` and the like take.
    """
    if group and unit:
        raise click.UsageError("name a group or a unit, not both")
    with operator_connection() as conn:
        (one,) = chosen_directories(applied_rules(conn), name, None, just_one=True)
    named = [Target(kind=TargetKind.GROUP, dn=group)] if group else []
    named += [Target(kind=TargetKind.UNIT, dn=unit)] if unit else []
    with installation_environment(), closing(LdapCaseworkerDirectory()) as caseworkers:
        try:
            for target in named or targets_of(one.declared, one.directory):
                members = caseworkers.members(one.directory, target)
                ids = [account.id for account in members.accounts] if members else []
                mail = caseworkers.addresses(one.directory, ids) if ids else {}
                click.echo("\n  ".join(_people(one, target, members, dict(mail))))
        except Unavailable as exc:
            raise click.ClickException(
                f"{exc}; see what is wrong: lotse directories test {one.name}"
            ) from None


def _people(
    one: Chosen, target: Target, members: Members | None, mail: dict[str, str]
) -> Iterator[str]:
    yield f"{target.kind} {target.dn}"
    if members is None:
        yield "is not there, or may not be read by us"
        return
    now = datetime.now(UTC)
    with operator_connection() as conn:
        own = PostgresOwnSettings(conn).of(one.tenant, [each.id for each in members.accounts])
    for account in _overlaid(members.accounts, dict(own)):
        left_out = account.left_out(now)
        state = left_out.replace("_", " ") if left_out is not None else "available"
        capacity = f", capacity {account.capacity} %" if account.capacity != 100 else ""
        yield f"{account.id}  {mail.get(account.id, 'no mail address')}: {state}{capacity}"
    if members.unreadable:
        yield f"{members.unreadable} more cannot be read, or are no people"


def _overlaid(accounts: Iterable[Account], own: dict[AccountId, OwnSetting]) -> list[Account]:
    known = [account.with_own(own.get(account.id)) for account in accounts]
    return sorted(known, key=lambda account: account.id)
