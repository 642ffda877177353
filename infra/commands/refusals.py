"""`lotse refusals`: what was delivered and not taken, and why."""

import click

from infra.commands.connection import operator_connection
from shared.adapters.postgres.refusals import PostgresRefusals
from shared.domain.identifiers import SenderId
from shared.domain.refusal import Refusal


@click.command()
@click.option("--sender", help="Only those of this sender.")
@click.option("--last", "limit", type=click.IntRange(1, 10_000), default=20, show_default=True)
def refusals(sender: str | None, limit: int) -> None:
    """List the latest deliveries that were refused: sender, time, reason, size and hash."""
    with operator_connection() as conn:
        found = PostgresRefusals(conn).latest(limit, SenderId(sender) if sender else None)
    for refusal in found:
        click.echo("\n".join(_lines(refusal)))
    if not found:
        click.echo("no refusals")


def _lines(refusal: Refusal) -> list[str]:
    at = f"{refusal.at.astimezone():%Y-%m-%d %H:%M:%S}" if refusal.at else ""
    lines = [f"{at}  {refusal.sender or 'nobody known'}: {refusal.status} {refusal.code}"]
    if refusal.transaction_id is not None:
        lines.append(f"  transaction {refusal.transaction_id}")
    if refusal.size is not None:
        digest = f", sha256 {refusal.sha256.hex()}" if refusal.sha256 else ""
        lines.append(f"  {refusal.size:,} bytes{digest}")
    return lines
