"""Which rule and which directory count for a case."""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.domain.case import Case
from shared.domain.caseworkers import Target
from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy
from shared.domain.configuration.directories import Directory


@dataclass(frozen=True)
class TenantRules:
    """What a tenant has declared."""

    directories: tuple[Directory, ...] = ()
    rules: tuple[AssignmentRule, ...] = ()


@dataclass(frozen=True)
class Plan:
    """What is declared for one case; None is what is not."""

    rule: AssignmentRule | None = None
    directory: Directory | None = None

    @property
    def target(self) -> Target | None:
        return self.rule.target if self.rule is not None else None

    @property
    def by_open_cases(self) -> bool:
        return self.rule is not None and self.rule.strategy is Strategy.LEAST_OPEN_CASES

    def query(self) -> tuple[Directory, Target] | None:
        """What the directory has to be asked, if anything."""
        if self.directory is None or self.target is None:
            return None
        return self.directory, self.target


def plan(case: Case, declared: TenantRules) -> Plan:
    serving = (each for each in declared.directories if case.authority in each.authorities)
    return Plan(
        rule=_most_specific(rule for rule in declared.rules if _counts_for(case, rule)),
        directory=min(serving, key=lambda directory: directory.id, default=None),
    )


def _counts_for(case: Case, rule: AssignmentRule) -> bool:
    return (
        rule.authority == case.authority
        and (rule.form is None or rule.form == case.form_id)
        and (
            rule.leika_prefix is None
            or any(key.startswith(rule.leika_prefix) for key in case.leika_keys)
        )
    )


def _most_specific(rules: Iterable[AssignmentRule]) -> AssignmentRule | None:
    """A form says more than a service, a longer key more than a shorter one; then by id."""
    return min(
        rules,
        key=lambda rule: (rule.form is None, -len(rule.leika_prefix or ""), rule.id),
        default=None,
    )
