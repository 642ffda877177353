"""What keeps an operator's command from being carried out, in words for the terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from shared.domain.errors import (
    NotAssignable,
    NotReroutable,
    StaleCase,
    Unavailable,
    UnknownCase,
)


@contextmanager
def said_plainly(number: str) -> Iterator[None]:
    """`number` is the case's, as it was typed."""
    try:
        yield
    except UnknownCase:
        raise click.ClickException(f"there is no case {number} here") from None
    except StaleCase:
        raise click.ClickException("the case has changed meanwhile; look at it again") from None
    except (NotAssignable, NotReroutable, Unavailable) as exc:
        raise click.ClickException(str(exc)) from None
