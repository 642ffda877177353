"""Steps of a test of a destination, in words an administrator can act on."""

from collections.abc import Callable, Iterator

from functions.forward.destination import Checked, NotDelivered, Refused
from functions.forward.words import in_words
from shared.domain.errors import Unavailable


def until_one_fails(steps: Iterator[Checked]) -> Iterator[Checked]:
    for step in steps:
        yield step
        if not step.ok:
            return


def tried(step: str, text: str, act: Callable[[], object]) -> Checked:
    try:
        act()
    except (NotDelivered, Refused, Unavailable) as exc:
        return failed(step, exc)
    return Checked(step, ok=True, text=text)


def failed(step: str, exc: NotDelivered | Refused | Unavailable) -> Checked:
    """Of what is no code of ours (a secret that is missing, a store that is away) its own text."""
    code = exc.code if isinstance(exc, NotDelivered | Refused) else None
    return Checked(step, ok=False, text=in_words(code) if code else str(exc))
