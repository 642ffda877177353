"""`lotse destinations`: where cases go, how it goes there, and whether more may go."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from functions.forward.destination import Checked, Deadline
from functions.forward.destinations import open_destination
from functions.forward.pausing import pause as pause_it
from functions.forward.pausing import release
from functions.forward.pausing import resume as resume_it
from functions.forward.words import in_words
from infra.commands.config import valid
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.counting import counted, lasted
from infra.commands.destination_choice import (
    Chosen,
    applied_destinations,
    chosen_destination,
    chosen_destinations,
    destinations_in,
)
from infra.commands.destination_means import means_for
from infra.commands.naming import operator
from infra.commands.options import as_json, config_folder
from infra.destination_standing import DestinationStanding, destinations_standing
from shared.adapters.postgres.pool import Connection
from shared.domain.errors import LotseError

TEST_SECONDS = 30.0


@click.group()
def destinations() -> None:
    """Where cases go: list, test, pause, and let go on."""


@destinations.command("list")
@as_json
def list_(*, as_json: bool) -> None:
    """List what is declared, how the last messages went, and what waits."""
    with operator_connection() as conn:
        standing = list(destinations_standing(conn))
    if as_json:
        documents = [asdict(each) for each in standing]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2, default=str))
        return
    for each in standing:
        click.echo("\n  ".join(_lines(each)))
    if not standing:
        click.echo("no tenant has declared a destination")


def _lines(standing: DestinationStanding) -> Iterator[str]:
    declared = standing.declared
    if declared is not None:
        yield f"{standing.name}: {declared.settings.kind}, {declared.when.replace('_', ' ')}"
    elif standing.document is None:
        yield f"{standing.name}: no tenant declares it any more"
    else:
        yield f"{standing.name}: this version of lotse cannot read how it is declared"
    yield (
        f"{counted(standing.waiting, 'case')} on the way, {standing.sent} sent and not yet "
        f"accepted, {standing.failed} failed"
    )
    yield from _trouble(standing)


def _trouble(standing: DestinationStanding) -> Iterator[str]:
    if standing.paused_at is not None:
        since = lasted(datetime.now(UTC) - standing.paused_at)
        why = f": {standing.pause_reason}" if standing.pause_reason else ""
        yield f"paused for {since} by {standing.paused_by}{why}"
        yield f"to let it go on: lotse destinations resume {standing.name}"
    if standing.open_until is not None:
        until = f"{standing.open_until.astimezone():%H:%M:%S}"
        yield f"{counted(standing.failures, 'failure')} in a row: left alone until {until}"
    if standing.code is not None:
        yield f"the last failure: {in_words(standing.code)}"
        yield f"{standing.failure_rate:.0%} of its last answers failed"


@destinations.command("test")
@click.argument("name", metavar="[[TENANT/]ID]", required=False)
@config_folder
@as_json
def attempt(name: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Try each destination step by step, and leave nothing behind.

    From this machine, which may reach other servers than the cluster does. Ends with 1 if
    something has to be mended. With --config no database is needed.
    """
    chosen = chosen_destinations(_known(folder), name)
    tested = []
    with installation_environment():
        for one in chosen:
            steps = []
            if not as_json:
                click.echo(f"{one.name} ({one.destination.settings.kind})")
            for step in _steps(one):
                steps.append(step)
                if not as_json:
                    click.echo(f"  {_mark(step)}  {step.step:<12} {step.text}")
            tested.append((one, steps))
    if as_json:
        documents = [_document(one, steps) for one, steps in tested]
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2))
    if any(step.ok is False for _, steps in tested for step in steps):
        raise click.exceptions.Exit(1)


def _known(folder: Path | None) -> list[Chosen]:
    if folder is not None:
        return destinations_in(valid(folder))
    with operator_connection() as conn:
        return applied_destinations(conn)


def _steps(one: Chosen) -> Iterator[Checked]:
    try:
        kind = open_destination(one.destination, means_for(one.destination))
        yield from kind.test(Deadline(TEST_SECONDS))
    except LotseError as exc:  # it should have told so as a step
        yield Checked("settings", ok=False, text=str(exc))


def _mark(step: Checked) -> str:
    return {True: "ok   ", False: "FAILS", None: "-    "}[step.ok]


def _document(one: Chosen, steps: list[Checked]) -> dict[str, Any]:
    ok = all(step.ok is not False for step in steps)
    return {"destination": one.name, "ok": ok, "steps": [asdict(step) for step in steps]}


@destinations.command()
@click.argument("name", metavar="[TENANT/]ID")
@click.option("--reason", required=True, metavar="TEXT", help="For whoever finds it paused.")
def pause(name: str, reason: str) -> None:
    """Let nothing more begin to go there; what is due waits, and its time does not run out."""
    with operator_connection() as conn:
        one = chosen_destination(applied_destinations(conn), name)
        paused = pause_it(conn, one.tenant, one.id, operator(), reason)
    click.echo(f"{one.name} {'is paused' if paused else 'was paused already'}")


@destinations.command()
@click.argument("name", metavar="[TENANT/]ID")
def resume(name: str) -> None:
    """Let a paused destination go on: what has waited is due now."""
    with operator_connection() as conn:
        one = chosen_destination(applied_destinations(conn), name)
        resumed = resume_it(conn, one.tenant, one.id)
    with operator_connection() as conn:
        waiting = release(conn, one.tenant, one.id)
    said = "goes on" if resumed else "was not paused"
    click.echo(f"{one.name} {said}; {counted(waiting, 'case')} waited for it")


def troubled(conn: Connection) -> Iterator[str]:
    """What `lotse status` says of them."""
    standing = list(destinations_standing(conn))
    if not standing:
        return
    said = [f"{len(standing)} declared"]
    for word, names in (
        ("paused", [each.name for each in standing if each.paused_at is not None]),
        ("failing", [each.name for each in standing if each.open_until is not None]),
    ):
        said += [f"{word}: {', '.join(names)}"] if names else []
    failed = sum(each.failed for each in standing)
    said += [f"{counted(failed, 'case')} failed: `lotse forwardings --failed`"] if failed else []
    yield f"Forwarding {'; '.join(said)}"
