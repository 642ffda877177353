"""`lotse route replay`: what would become of past cases."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import click

from infra.commands.config import valid
from infra.commands.connection import operator_connection
from infra.commands.options import DAY, against, config_folder, limit
from infra.configuration.declared import Configuration
from infra.configuration.store import apply
from infra.directory.versions import VersionError
from infra.replay import Replayed
from infra.replay import replay as replay_cases
from shared.adapters.postgres.pool import Connection
from shared.domain.errors import Unavailable

_PROGRESS_EVERY = 1000


@click.command()
@against
@config_folder
@click.option("--since", type=DAY, help="Only those received since.")
@limit
@click.option(
    "--changes-only/--all", default=True, help="Also those that would go where they went."
)
def replay(
    against: int | None,
    folder: Path | None,
    since: datetime | None,
    limit: int | None,
    *,
    changes_only: bool,
) -> None:
    """Decide past cases once more, the newest first, and show what would change.

    With another version of the directory, another configuration, or both. Nothing is stored: the
    configuration is brought in within a transaction that is rolled back. Meanwhile nobody else can
    bring in another; applications are taken and routed as ever. What a person has re-routed is
    compared with what was decided before.
    """
    declared = valid(folder) if folder is not None else None
    with operator_connection() as conn:
        conn.execute("SET LOCAL lock_timeout = '5s'")
        with _configured(conn, declared) if declared else nullcontext():
            replayed = replay_cases(conn, against, since.astimezone() if since else None, limit)
            try:
                _show(_counted(replayed), changes_only=changes_only)
            except (VersionError, Unavailable) as exc:
                raise click.ClickException(str(exc)) from None


@contextmanager
def _configured(conn: Connection, declared: Configuration) -> Iterator[None]:
    with conn.transaction(force_rollback=True):
        apply(conn, declared)
        yield


def _counted(replayed: Iterable[Replayed]) -> Iterator[Replayed]:
    """Tells how far it is."""
    for number, each in enumerate(replayed, start=1):
        yield each
        if number % _PROGRESS_EVERY == 0:
            click.echo(f"{number:,} cases, down to {each.case.received_at:%Y-%m-%d}", err=True)


def _show(replayed: Iterable[Replayed], *, changes_only: bool) -> None:
    moves: Counter[tuple[str, str]] = Counter()
    count = 0
    for each in replayed:
        count += 1
        if each.changes:
            moves[each.before, each.now.authority] += 1
        if each.changes or not changes_only:
            click.echo(_line(each))
    if moves:
        click.echo("")
    for (before, now), times in sorted(moves.items(), key=lambda item: (-item[1], item[0])):
        click.echo(f"{before} → {now}: {times:,}")
    changed = sum(moves.values())
    click.echo(f"{count:,} {'case' if count == 1 else 'cases'}, {changed:,} would change")


def _line(each: Replayed) -> str:
    mark = ""
    if each.person_since:
        mark = f" (a person has re-routed it to {each.case.authority})"
    where = f"{each.before} → {each.now.authority}" if each.changes else f"{each.before} as before"
    return f"{each.case.number:<11} {where}{mark}: {each.now.reason}"
