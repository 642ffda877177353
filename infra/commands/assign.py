"""`lotse assign`: why a case lies with whom it lies, and who would get it."""

import json
from collections.abc import Iterator, Sequence

import click

from functions.assign.assignments import PostgresAssignments
from functions.assign.explain import explain as explain_decision
from infra.commands.absences import absences, absent, capacity, present
from infra.commands.assign_attempt import attempt
from infra.commands.connection import operator_connection
from infra.commands.holding import reassign, release
from infra.commands.naming import named_case
from infra.commands.options import as_json
from infra.commands.saying import said_plainly
from infra.local.demo_accounts import demo_accounts
from infra.story import read_case, with_names
from shared.domain.assignment import AssignmentDecision
from shared.domain.identifiers import CLEARING_OFFICE

Decisions = Sequence[tuple[int, AssignmentDecision]]


@click.group()
def assign() -> None:
    """Tell with whom a case lies and why; try, hand over, and say who is away."""


for _command in (attempt, reassign, release, absent, present, absences, capacity):
    assign.add_command(_command)


@assign.command()
@click.argument("number", metavar="NUMBER|ID")
@as_json
def explain(number: str, *, as_json: bool) -> None:
    """Derive with whom a case lies: rule, candidates, why each did not get it, what came later."""
    with operator_connection() as conn, said_plainly(number):
        case = read_case(conn, named_case(conn, number))
        decisions = PostgresAssignments(conn).of_case(case.id)
    if as_json:
        click.echo(json.dumps(list(_stored(decisions)), ensure_ascii=False, indent=2))
        return
    for line in _told(decisions):
        click.echo(with_names(line, demo_accounts()))
    if not any(round_ == case.round for round_, _ in decisions):
        waits = "people decide first, at the clearing office"
        why = waits if case.authority == CLEARING_OFFICE else f"it is {case.stage}"
        click.echo(f"Round {case.round}: not assigned yet, {why}")


def _stored(decisions: Decisions) -> Iterator[dict[str, object]]:
    for step, round_, decision in _in_steps(decisions):
        document = decision.model_dump(mode="json", exclude_none=True)
        yield {"round": round_, "step": step, "decision": document}


def _told(decisions: Decisions) -> Iterator[str]:
    for step, round_, decision in _in_steps(decisions):
        first, *more = explain_decision(decision)
        yield f"Round {round_}: {first}" if step == 1 else f"  then {first}"
        yield from (f"  {line}" if step == 1 else f"    {line}" for line in more)


def _in_steps(decisions: Decisions) -> Iterator[tuple[int, int, AssignmentDecision]]:
    """Each with the number that it has in its round."""
    step, former = 0, 0
    for round_, decision in decisions:
        step = step + 1 if round_ == former else 1
        former = round_
        yield step, round_, decision
