"""`lotse dead-letters`, `redrive`, `tasks`: what the pipeline could not do alone."""

import re
from datetime import timedelta

import click

from functions.recover.redrive import (
    Stores,
    Verdict,
    judge_case,
    judge_letter,
    redrive_case,
    redrive_letter,
)
from infra.commands.connection import operator_connection
from infra.commands.naming import case_name, named_case, operator
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.dead_letter import DeadLetterState, KeptDeadLetter
from shared.domain.errors import StaleCase, UnknownCase
from shared.domain.task import Task

_LETTER = re.compile(r"[Dd](\d{1,18})")


@click.command("dead-letters")
@click.option("--all", "every", is_flag=True, help="Also those that are redriven or closed.")
def dead_letters(*, every: bool) -> None:
    """List what the broker could not deliver."""
    states = list(DeadLetterState) if every else [DeadLetterState.OPEN]
    with operator_connection() as conn:
        letters = PostgresDeadLetters(conn).all(states)
        for letter in letters:
            click.echo(_line(conn, letter))
    if not letters:
        click.echo("no dead letters" if every else "no open dead letters")


@click.command()
@click.argument("what", metavar="CASE|DEAD-LETTER", required=False)
@click.option("--all", "every", is_flag=True, help="All open dead letters.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
def redrive(what: str | None, *, every: bool, dry_run: bool) -> None:
    """Send a case on its way again: by its number, its id, or a dead letter such as D17."""
    if every == (what is not None):
        raise click.UsageError("name a case or a dead letter, or say --all")
    if what is not None and _LETTER.fullmatch(what) is None:
        _redrive_case(what, dry_run=dry_run)
        return
    for number in [int(what[1:])] if what else _open_letters():
        _redrive_letter(number, dry_run=dry_run)


@click.command()
def tasks() -> None:
    """List what a person has to look at, the oldest first."""
    with operator_connection() as conn:
        open_tasks = PostgresTasks(conn).all_open()
        for task in open_tasks:
            at = f"{task.opened_at.astimezone():%Y-%m-%d %H:%M}"
            subject = f" {task.subject}" if task.subject else ""
            click.echo(
                f"{at}  {case_name(conn, task.case_id):<12}{task.kind}{subject}: {task.reason}"
                f"{_seen_to(task)}"
            )
    if not open_tasks:
        click.echo("no open tasks")


def _seen_to(task: Task) -> str:
    until = f" until {task.due_at.astimezone():%Y-%m-%d %H:%M}" if task.due_at else ""
    return f" ({task.owner or 'nobody yet'}{until})" if task.owner or until else ""


def _redrive_case(what: str, *, dry_run: bool) -> None:
    with operator_connection() as conn:
        try:
            case_id = named_case(conn, what)
            if dry_run:
                verdict = judge_case(case_id, _stores(conn))
            else:
                verdict = redrive_case(case_id, operator(), _stores(conn))
        except UnknownCase:
            raise click.ClickException(f"there is no case {what} here") from None
        except StaleCase:
            raise click.ClickException(_MOVING) from None
        _tell(case_name(conn, case_id), verdict, dry_run=dry_run)


def _redrive_letter(number: int, *, dry_run: bool) -> None:
    """In a transaction of its own: one case that is moving does not hold up the others."""
    with operator_connection() as conn:
        letter = PostgresDeadLetters(conn).get(number)
        if letter is None:
            raise click.ClickException(f"there is no dead letter D{number}")
        try:
            if dry_run:
                verdict = judge_letter(letter, _stores(conn))
            else:
                verdict = redrive_letter(letter, operator(), _stores(conn))
        except StaleCase:
            verdict = Verdict(False, _MOVING)
        name = f"D{number} (case {case_name(conn, letter.case_id)})"
        _tell(name, verdict, dry_run=dry_run)


_MOVING = "the case is being changed at this moment; ask again"


def _open_letters() -> list[int]:
    with operator_connection() as conn:
        return [letter.id for letter in PostgresDeadLetters(conn).all([DeadLetterState.OPEN])]


def _stores(conn: Connection) -> Stores:
    # When a redriven case is woken, redrive says itself.
    return Stores(PostgresCases(conn, timedelta()), PostgresTasks(conn), PostgresDeadLetters(conn))


def _tell(name: str, verdict: Verdict, *, dry_run: bool) -> None:
    if verdict.wake:
        click.echo(f"{name}: {'would be redriven' if dry_run else 'redriven'}, {verdict.reason}")
    else:
        click.echo(f"{name}: nothing to do, {verdict.reason}")


def _line(conn: Connection, letter: KeptDeadLetter) -> str:
    seen = f"{letter.seen} times since" if letter.seen > 1 else "at"
    outcome = f", {letter.state}: {letter.reason}" if letter.reason else f", {letter.state}"
    answered = f" answered {letter.error_code}" if letter.error_code else ""
    where = f" by {letter.error_destination}" if letter.error_destination else ""
    return (
        f"{f'D{letter.id}':<6} {case_name(conn, letter.case_id):<12} "
        f"{letter.type or 'not an event'} {seen} "
        f"{letter.first_seen_at.astimezone():%Y-%m-%d %H:%M}{answered}{where}{outcome}"
    )
