"""`lotse directories check`: move the cases of whoever is not there any more, now."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta

import click

from functions.assign.answers import Answers
from functions.assign.checking import Checking
from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.kept_answers import PostgresKeptAnswers
from functions.assign.ports import Stores
from functions.assign.stores import stores_over
from infra.assign_trial import ReadOnlyAnswers
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.counting import counted
from infra.commands.directory_choice import chosen_directories
from infra.declared_rules import applied_rules
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.caseworkers import DIRECTORY_DOUBTFUL
from shared.domain.errors import Unavailable


@click.command()
@click.argument("name", metavar="[TENANT/]ID")
@click.option("--they-left", is_flag=True, help="Believe it, however few of the holders it knows.")
def check(name: str, *, they_left: bool) -> None:
    """Ask now whether those who hold open cases are still there, as the timer does.

    Cases of whoever is gone, disabled, expired or absent move to the deputy or to the tray.
    """
    with operator_connection() as conn:
        (one,) = chosen_directories(applied_rules(conn), name, None, just_one=True)
    with installation_environment(), closing(LdapCaseworkerDirectory()) as caseworkers:
        answers = Answers(caseworkers, ReadOnlyAnswers(PostgresKeptAnswers(operator_connection)))
        checking = Checking(list, answers.of, _transactions)
        try:
            moved = checking.check(one.tenant, one.directory, believe=they_left)
        except Unavailable as exc:
            raise click.ClickException(
                f"{exc}; see what is wrong: lotse directories test {one.name}"
            ) from None
    click.echo(f"{one.name}: {counted(moved, 'case')} moved")
    for reason in _doubts(one.name):
        click.echo(
            f"  {reason}; if they really left: lotse directories check {one.name} --they-left"
        )


@contextmanager
def _transactions() -> Iterator[Stores]:
    with operator_connection() as conn:
        yield stores_over(conn, timedelta())


def _doubts(name: str) -> list[str]:
    with operator_connection() as conn:
        tasks = PostgresTasks(conn).all_open()
    return [
        task.reason for task in tasks if (task.kind, task.subject) == (DIRECTORY_DOUBTFUL, name)
    ]
