"""What a rule may ask of an application beyond its case's row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from shared.domain.case import Case
from shared.domain.filled_in import values_at
from shared.domain.regions import Location
from shared.domain.submission import FormField, Mailbox


@dataclass(frozen=True)
class Particulars:
    """What was filled in, the mailbox of the account it came from, and where route located it."""

    fields: tuple[FormField, ...] = ()
    mailbox: Mailbox | None = None
    location: Location = field(default_factory=Location)

    def applicant(self, case: Case, paths: Sequence[str]) -> bytes | None:
        """The same for cases of the same applicant at one authority; None if it cannot be told.

        A digest, since it is compared and never read.
        """
        said = list(self._said_of_applicant(paths))
        if not said or "" in said:
            return None
        text = "\n".join([case.tenant or "", case.authority or "", *paths, *said])
        return sha256(text.encode("utf-8", "surrogatepass")).digest()

    def _said_of_applicant(self, paths: Sequence[str]) -> Iterator[str]:
        if paths:
            for path in paths:
                yield "\t".join(map(_normal, values_at(self.fields, path)))
        elif self.mailbox is not None:
            yield _normal(f"{self.mailbox.type or ''} {self.mailbox.identifier}")


def _normal(text: str) -> str:
    return " ".join(text.casefold().split())
