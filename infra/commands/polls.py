"""`lotse polls`: how it goes with the senders whose applications are fetched."""

from collections.abc import Iterator

import click

from infra.commands.connection import operator_connection
from shared.adapters.postgres.polls import PostgresPolls
from shared.adapters.postgres.pool import Connection
from shared.domain.polling import PollReport


@click.command()
def polls() -> None:
    """List the senders that are polled: last success, lease, failures, what is left."""
    with operator_connection() as conn:
        reports = PostgresPolls(conn).all()
    for report in reports:
        click.echo(_line(report))
    if not reports:
        click.echo("no sender has been polled yet")


def failing(conn: Connection) -> Iterator[str]:
    """A line for each sender that cannot be polled, or of which something is left."""
    for report in PostgresPolls(conn).all():
        if report.last_error or report.not_fetched or report.not_reported:
            yield f"Polls      {_line(report)}"


def _line(report: PollReport) -> str:
    success = report.last_success_at
    said = [
        f"last success {success.astimezone():%Y-%m-%d %H:%M}" if success else "never succeeded",
        f"due {report.due_at.astimezone():%H:%M}",
    ]
    if report.leased_until:
        said.append(f"being polled, until {report.leased_until.astimezone():%H:%M:%S} at most")
    if report.last_error:
        plural = "" if report.failures == 1 else "s"
        count = f" ({report.failures} failure{plural})" if report.failures else ""
        said.append(f"{report.last_error}{count}")
    if report.not_fetched:
        said.append(f"{report.not_fetched} not fetched")
    if report.not_reported:
        said.append(f"{report.not_reported} not reported")
    return f"{report.sender}  {', '.join(said)}"
