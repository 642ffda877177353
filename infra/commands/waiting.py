"""`lotse route waiting`: what the clearing office has to decide."""

import json
from collections.abc import Iterator
from typing import Any

import click

from infra.commands.connection import operator_connection
from infra.commands.counting import counted
from infra.commands.options import as_json, limit
from infra.waiting import WaitingCase, count_waiting, waiting_cases
from shared.domain.routing import Candidate

_INDENT = " " * 12


@click.command()
@limit
@as_json
def waiting(limit: int | None, *, as_json: bool) -> None:
    """List the cases that wait at the clearing office, why, and who it could be.

    The longest waiting first; the last line counts them.
    """
    with operator_connection() as conn:
        found = waiting_cases(conn, limit)
        if as_json:
            listed = [_document(each) for each in found]
            click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
            return
        shown = 0
        for each in found:
            click.echo("\n".join(_lines(each)))
            shown += 1
        count = count_waiting(conn)
    first = f", the first {shown:,} of them shown" if shown < count else ""
    click.echo(f"{counted(count, 'case')} at the clearing office{first}")


def _lines(case: WaitingCase) -> Iterator[str]:
    test = ", a test" if case.is_test else ""
    yield (
        f"{case.number:<12}since {case.since.astimezone():%Y-%m-%d %H:%M}, "
        f"{case.form_id or 'no form'} from {case.sender}{test}"
    )
    yield f"{_INDENT}services {', '.join(case.leika_keys) or 'none'}"
    yield f"{_INDENT}{case.decision.reason}"
    if case.candidates_left:
        yield f"{_INDENT}could be {', '.join(map(_bearer, case.candidates_left))}"


def _bearer(candidate: Candidate) -> str:
    if candidate.authority is not None:
        return candidate.authority
    return f"unit {candidate.bearer} {candidate.name} (nobody has declared it)"


def _document(case: WaitingCase) -> dict[str, Any]:
    document = case.model_dump(mode="json", exclude={"id", "sequence_number", "decision"})
    left = [
        each.model_dump(mode="json", include={"authority", "unit", "name"}, exclude_none=True)
        for each in case.candidates_left
    ]
    return {
        "number": case.number,
        "case_id": str(case.id),
        **document,
        "reason": case.decision.reason,
        "candidates_left": left,
    }
