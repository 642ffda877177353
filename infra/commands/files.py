"""`lotse files`: what the malware scan holds back, and what a person makes of it."""

from datetime import timedelta
from uuid import UUID

import click

from functions.recover.files import SCANNED_AGAIN, Decision, Stores, decide, scan_again
from infra.commands.connection import operator_connection
from infra.commands.naming import case_name, named_case, operator
from shared.adapters.postgres.case_log import PostgresCaseLog
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.held_files import PostgresHeldFiles
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId
from shared.domain.malware import HOLDING, FilePlace, MalwareVerdict, ScannedFile

_CASES_AT_ONCE = 200
_LONGEST_REASON = 200

_decided = (MalwareVerdict.RELEASED, MalwareVerdict.WITHHELD)
_reason = click.option(
    "--reason", required=True, help="Why; it goes on the record. No names in it."
)
_version = click.option(
    "--version", type=click.IntRange(min=1), help="Which delivery of files, if it is not clear."
)


@click.group(invoke_without_command=True)
@click.option("--held", is_flag=True, help="Only those that hold their case.")
@click.option("--names", is_flag=True, help="Also how they are called.")
@click.pass_context
def files(context: click.Context, *, held: bool, names: bool) -> None:
    """List the files that are held back or were decided on; release, withhold or rescan them."""
    if context.invoked_subcommand is not None:
        return
    with operator_connection() as conn:
        found = PostgresHeldFiles(conn).having(HOLDING if held else [*HOLDING, *_decided])
        for file in found:
            click.echo(_line(conn, file, names=names))
    if not found:
        click.echo("no files are held")


@files.command()
@click.argument("number", metavar="NUMBER|ID")
@click.argument("position", type=int)
@_reason
@_version
def release(number: str, position: int, reason: str, version: int | None) -> None:
    """Let a file go, whatever the scanner says of it."""
    _decide(number, position, version, MalwareVerdict.RELEASED, reason)


@files.command()
@click.argument("number", metavar="NUMBER|ID")
@click.argument("position", type=int)
@_reason
@_version
def withhold(number: str, position: int, reason: str, version: int | None) -> None:
    """Keep a file back: its case goes on without it."""
    _decide(number, position, version, MalwareVerdict.WITHHELD, reason)


@files.command()
@click.argument("number", metavar="NUMBER|ID", required=False)
@click.option("--all-not-scanned", "every", is_flag=True, help="All that never were.")
def rescan(number: str | None, *, every: bool) -> None:
    """Have a case's files scanned again; what a person has decided stays."""
    if every == (number is not None):
        raise click.UsageError("name a case, or say --all-not-scanned")
    scanned = _rescan_all() if number is None else _rescan_case(number)
    waiting = "1 file waits" if scanned == 1 else f"{scanned} files wait"
    click.echo(f"{waiting} to be scanned; `lotse status` tells whether a scanner answers")


def _decide(
    number: str, position: int, version: int | None, verdict: MalwareVerdict, reason: str
) -> None:
    if not reason.strip() or len(reason) > _LONGEST_REASON or not reason.isprintable():
        raise click.UsageError(f"--reason has to be one line of 1 to {_LONGEST_REASON} characters")
    with operator_connection() as conn:
        place = _place(conn, number, position, version)
        decision = Decision(verdict, reason.strip(), operator())
        name = f"{case_name(conn, place.case_id)}: {place.subject}"
        if not decide(place, decision, _stores(conn)):
            raise click.ClickException(f"{name} is not held back, or {verdict} already")
        click.echo(f"{name} is {verdict}")


def _rescan_case(number: str) -> int:
    with operator_connection() as conn:
        try:
            case_id = named_case(conn, number)
        except UnknownCase:
            raise click.ClickException(f"there is no case {number} here") from None
        return scan_again(case_id, SCANNED_AGAIN, operator(), _stores(conn))


def _rescan_all() -> int:
    """Some cases in each transaction, so that none is locked for long."""
    scanned, last = 0, CaseId(UUID(int=0))
    while True:
        with operator_connection() as conn:
            case_ids = PostgresHeldFiles(conn).cases_not_scanned(last, _CASES_AT_ONCE)
            scanned += sum(
                scan_again(case_id, [MalwareVerdict.NOT_SCANNED], operator(), _stores(conn))
                for case_id in case_ids
            )
        if not case_ids:
            return scanned
        last = case_ids[-1]


def _place(conn: Connection, number: str, position: int, version: int | None) -> FilePlace:
    """The only file at this position that can be meant."""
    try:
        case_id = named_case(conn, number)
    except UnknownCase:
        raise click.ClickException(f"there is no case {number} here") from None
    found = [
        file
        for file in PostgresHeldFiles(conn).of_case(case_id)
        if file.place.position == position and version in (None, file.place.version)
    ]
    held = [file for file in found if file.verdict.holds]
    if len(found) != 1 and len(held) != 1:
        problem = "say which with --version" if found else "see `lotse files`, or `lotse case`"
        raise click.ClickException(
            f"{number} has {len(found) or 'no'} files at position {position}: {problem}"
        )
    return (found if len(found) == 1 else held)[0].place


def _line(conn: Connection, file: ScannedFile, *, names: bool) -> str:
    code = f" ({file.code})" if file.code else ""
    name = f" {file.name}" if names else ""
    return (
        f"{case_name(conn, file.place.case_id):<12}{file.place.subject}: {file.kind},"
        f" {file.size:,} bytes, {file.verdict.replace('_', ' ')}{code}{name}"
    )


def _stores(conn: Connection) -> Stores:
    return Stores(
        cases=PostgresCases(conn, timedelta()),
        files=PostgresHeldFiles(conn),
        tasks=PostgresTasks(conn),
        log=PostgresCaseLog(conn),
    )
