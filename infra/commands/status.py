"""`lotse status`: how many cases are where, what is due, what waits, what runs, what decides."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain

import click

from infra.commands.connection import operator_connection
from infra.commands.counting import counted
from infra.commands.destinations import troubled
from infra.commands.directories import away
from infra.commands.polls import failing
from infra.commands.standing import standing
from infra.local.runtime import read_runtime, running_parts, state_directory
from infra.waiting import count_waiting
from shared.adapters.postgres.dead_letters import PostgresDeadLetters
from shared.adapters.postgres.held_files import PostgresHeldFiles
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.scans import PostgresScans
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Stage
from shared.domain.identifiers import CLEARING_OFFICE
from shared.domain.malware import ScannerSeen
from shared.domain.task import Task

_FORGOTTEN = timedelta(minutes=10)


@click.command()
def status() -> None:
    """Show stages, what is due, tasks and dead letters, the directories, and which parts run."""
    with operator_connection() as conn:
        told = (
            _parts(),
            _cases(conn),
            _waiting(conn),
            _scanning(conn),
            failing(conn),
            standing(conn),
            away(conn),
            troubled(conn),
            _trusted(conn),
        )
        for line in chain.from_iterable(told):
            click.echo(line)


def _parts() -> Iterator[str]:
    runtime = read_runtime(state_directory())
    if runtime is None:
        return
    states = running_parts(state_directory())
    yield f"Parts      {', '.join(sorted(name for name, up in states.items() if up))}"
    if away := sorted(name for name, up in states.items() if not up):
        yield f"           being restarted: {', '.join(away)}"
    yield f"Intake     {runtime.intake_url}/antrag"


def _cases(conn: Connection) -> Iterator[str]:
    counts = dict(
        conn.execute(
            """
            SELECT stage, count(*)
              FROM cases
             WHERE authority IS DISTINCT FROM %(clearing_office)s
             GROUP BY stage
            """,
            {"clearing_office": CLEARING_OFFICE},
        ).fetchall()
    )
    yield f"Stages     {', '.join(f'{stage} {counts.get(stage, 0)}' for stage in Stage)}"
    waiting = counted(count_waiting(conn), "case")
    yield f"Clearing   {waiting} at the clearing office: `lotse route waiting`"
    due, oldest = conn.execute(
        """
        SELECT count(*), now() - min(next_wake_at)
          FROM cases
         WHERE next_wake_at <= now()
        """
    ).fetchone() or (0, None)
    yield f"Due        {counted(due, 'case')}{_since(oldest)}"


def _waiting(conn: Connection) -> Iterator[str]:
    tasks = PostgresTasks(conn).all_open()
    yield f"Tasks      {counted(len(tasks), 'open task')} for a person{_kinds(tasks)}"
    letters = PostgresDeadLetters(conn).count_open()
    yield f"Letters    {counted(letters, 'open dead letter')}"


def _scanning(conn: Connection) -> Iterator[str]:
    yield f"Scanner    {_scanner(PostgresHeldFiles(conn).scanner())}"
    pending = PostgresScans(conn).pending()
    since = None if pending.since is None else datetime.now(UTC) - pending.since
    held = PostgresHeldFiles(conn).held_cases()
    yield f"Files      {counted(pending.count, 'file')} to be scanned{_since(since)}"
    if held:
        yield f"           {counted(held, 'case')} held for a file: `lotse files --held`"


def _scanner(seen: ScannerSeen | None) -> str:
    """As far as the database knows: recover asks it every minute."""
    now = datetime.now(UTC)
    if seen is None or now - seen.asked_at > _FORGOTTEN:
        return "none is configured: files are not scanned for malware"
    if seen.answered_at == seen.asked_at:
        return "answers"
    if seen.answered_at is None:
        return "has never answered"
    return f"has not answered for {int((now - seen.answered_at).total_seconds())} s"


def _trusted(conn: Connection) -> Iterator[str]:
    rows = conn.execute(
        """
        SELECT id
          FROM senders
         WHERE document #>> '{authentication,kind}' = 'trusted_network'
         ORDER BY id
        """
    ).fetchall()
    for (sender,) in rows:
        yield f"Note       the sender {sender} proves nothing (trusted_network)"


def _kinds(tasks: list[Task]) -> str:
    counts = Counter(task.kind for task in tasks)
    listed = ", ".join(f"{count} {kind}" for kind, count in counts.items())
    return f": {listed}" if listed else ""


def _since(oldest: timedelta | None) -> str:
    return "" if oldest is None else f", the oldest for {int(oldest.total_seconds())} s"
