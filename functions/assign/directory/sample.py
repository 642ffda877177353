"""What can be read of the people and groups of a directory: counts, never names."""

from dataclasses import dataclass, field

from functions.assign.directory.entries import Entries
from functions.assign.directory.searching import Found, Searching, any_of, equals
from functions.assign.directory.values import first
from shared.domain.caseworkers import Account
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.directory_mapping import Mapping


@dataclass(frozen=True)
class Sample:
    """`accounts` are the people of whom we may read what we need."""

    people: int
    accounts: tuple[Account, ...] = field(repr=False)
    groups: int
    with_mail: int

    def __str__(self) -> str:
        with_deputy = sum(account.deputy is not None for account in self.accounts)
        with_manager = sum(account.manager is not None for account in self.accounts)
        return (
            f"of the first {self.people} people {len(self.accounts)} are readable: {self.ready}"
            f" neither disabled, locked nor service accounts, {self.with_mail} with mail,"
            f" {with_deputy} with a deputy, {with_manager} with a manager;"
            f" the first {self.groups} groups are readable"
        )

    @property
    def ready(self) -> int:
        return sum(
            account.enabled and not account.locked and not account.is_service
            for account in self.accounts
        )


def sample(directory: Directory, entries: Entries, search: Searching) -> Sample:
    mapping = directory.mapped
    attributes = [*entries.attributes, mapping.mail]

    def of(classes: tuple[str, ...]) -> list[Found]:
        if not classes:
            return []
        condition = any_of(equals("objectClass", name) for name in classes)
        return search.some_below(directory.base, condition, attributes)

    people = [each for each in of(mapping.people) if entries.is_person(each.entry)]
    accounts = (entries.account(each.dn, each.entry) for each in people)
    return Sample(
        people=len(people),
        accounts=tuple(account for account in accounts if account is not None),
        groups=len(of(mapping.groups)),
        with_mail=sum(first(each.entry, mapping.mail) is not None for each in people),
    )


def what_it_lacks(directory: Directory, found: Sample) -> str | None:
    """What to mend, where nobody could get a case."""
    mapping = directory.mapped
    if not found.people:
        classes = " or ".join(mapping.people)
        return (
            f"base has no people (objectClass {classes}): is it the right one, and may our account"
            " read what lies below it?"
        )
    if not found.accounts:
        needed = ", ".join((mapping.id, *mapping.required))
        return f"of {found.people} people our account may not read what it needs: {needed}"
    if not found.ready:
        return (
            f"all {len(found.accounts)} people are disabled, locked or service accounts: does the"
            f" mapping fit? It goes by {_deciding(mapping)}"
        )
    return None


def _deciding(mapping: Mapping) -> str:
    conditions = (*mapping.disabled, *mapping.locked, *mapping.service)
    attributes = dict.fromkeys(condition.attribute for condition in conditions)
    return ", ".join((*attributes, *(["service_units"] if mapping.service_units else [])))
