"""What a notice says, in German: that cases wait, and which; nothing of what is in them."""

from functions.assign.mailing.batches import Batch
from functions.assign.mailing.ports import Mail

MOST_NUMBERS = 20

_AUTOMATIC = "Diese Nachricht wurde automatisch versandt. Bitte antworten Sie nicht darauf."


def write(batch: Batch, to: str, authority: str, link: str | None) -> Mail:
    """`authority` is its name."""
    sequence = sorted({(each.sequence_number, each.number) for each in batch.notices})
    numbers = [number for _, number in sequence]
    is_test = any(each.is_test for each in batch.notices)
    waiting = _waiting(len(numbers))
    lines = [
        "Guten Tag,",
        "",
        f"{waiting[0].lower()}{waiting[1:]}.",
        "",
        f"Behörde: {' '.join(authority.split())}",
        "",
        *(_line(number, link) for number in numbers[:MOST_NUMBERS]),
    ]
    if len(numbers) > MOST_NUMBERS:
        lines.append(f"und {len(numbers) - MOST_NUMBERS} weitere")
    if is_test:
        lines += ["", "Es handelt sich um einen Test."]
    return Mail(
        id=batch.id,
        to=to,
        subject=f"[Test] {waiting}" if is_test else waiting,
        text="\n".join([*lines, "", _AUTOMATIC, ""]),
    )


def _waiting(count: int) -> str:
    return "Ein neuer Vorgang wartet" if count == 1 else f"{count} neue Vorgänge warten"


def _line(number: str, link: str | None) -> str:
    return f"Vorgang {number}" if link is None else f"{number}: {link.replace('{number}', number)}"
