"""What assign works on within one transaction."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from shared.ports import Assignments, Cases


@dataclass(frozen=True, slots=True)
class Stores:
    """The tables, within one transaction."""

    cases: Cases
    assignments: Assignments


Transactions = Callable[[], AbstractContextManager[Stores]]
"""Each opens one: committed at its end, rolled back by any error; raises Unavailable."""
