"""What the applicant filled in, by a field's path."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from shared.domain.submission import NOT_FILLED_IN, FormField


class FilledIn(NamedTuple):
    """`groups` names those it lies in; `row`, their positions, tells repetitions apart."""

    value: str
    groups: tuple[str, ...] = ()
    row: tuple[int, ...] = ()


def values_at(fields: Iterable[FormField], path: str) -> tuple[str, ...]:
    """Different values of the fields at this path (`person.town`), in the form's order."""
    return tuple(dict.fromkeys(each.value for each in filled_in(fields, path)))


def filled_in(fields: Iterable[FormField], path: str) -> list[FilledIn]:
    """Of a repeated group each row has one. A name may hold dots itself."""
    found = (each._replace(value=each.value.strip()) for each in _at(fields, path))
    return [each for each in found if each.value.casefold() not in NOT_FILLED_IN]


def _at(
    fields: Iterable[FormField], path: str, groups: tuple[str, ...] = (), row: tuple[int, ...] = ()
) -> Iterator[FilledIn]:
    for position, field in enumerate(fields):
        if field.name == path and field.value is not None:
            yield FilledIn(field.value, groups, row)
        elif path.startswith(f"{field.name}."):
            rest = path[len(field.name) + 1 :]
            yield from _at(field.items, rest, (*groups, field.name), (*row, position))
