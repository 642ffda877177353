"""Which rule and which directory count for a case."""

from dataclasses import dataclass

from functions.assign.particulars import Particulars
from shared.domain.case import Case
from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.directories import Directory
from shared.domain.filled_in import values_at
from shared.domain.identifiers import AuthorityId
from shared.domain.regions import lies_in, prefix_of


@dataclass(frozen=True)
class TenantRules:
    """What a tenant has declared."""

    directories: tuple[Directory, ...] = ()
    rules: tuple[AssignmentRule, ...] = ()
    authorities: tuple[Authority, ...] = ()

    def of(self, authority: AuthorityId) -> list[AssignmentRule]:
        return [rule for rule in self.rules if rule.authority == authority]

    def directory_of(self, authority: AuthorityId) -> Directory | None:
        serving = (each for each in self.directories if authority in each.authorities)
        return min(serving, key=lambda directory: directory.id, default=None)

    def wants_notices(self, authority: AuthorityId) -> bool:
        return any(each.id == authority and each.notices.wanted for each in self.authorities)

    def ask_for_particulars(self, authority: AuthorityId) -> bool:
        """Whether more than the case's own row has to be read for it."""
        return any(
            rule.field is not None or rule.region is not None or rule.strategy is Strategy.STICKY
            for rule in self.of(authority)
        )


@dataclass(frozen=True)
class Plan:
    """What is declared for one case; None is what is not. `applicant` tells who sent it."""

    authority: AuthorityId
    rule: AssignmentRule | None = None
    directory: Directory | None = None
    applicant: bytes | None = None


def plan(case: Case, particulars: Particulars, declared: TenantRules) -> Plan:
    assert case.authority is not None  # noqa: S101 - a routed case has one
    counting = [rule for rule in declared.of(case.authority) if _fits(rule, case, particulars)]
    rule = min(counting, key=_generality, default=None)
    applicant = None
    if rule is not None and rule.strategy is Strategy.STICKY:
        applicant = particulars.applicant(case, rule.applicant_fields)
    return Plan(case.authority, rule, declared.directory_of(case.authority), applicant)


def _fits(rule: AssignmentRule, case: Case, particulars: Particulars) -> bool:
    """Every condition it has is met: of several services, by one."""
    return (
        (rule.form is None or rule.form == case.form_id)
        and (
            rule.leika_prefix is None
            or any(key.startswith(rule.leika_prefix) for key in case.leika_keys)
        )
        and (rule.region is None or lies_in(rule.region, particulars.location, case.region))
        and (
            rule.field is None
            or not set(rule.field.values).isdisjoint(values_at(particulars.fields, rule.field.path))
        )
    )


def _generality(rule: AssignmentRule) -> tuple[bool, bool, int, int, bool, str]:
    """A form says more than a field, that more than a service, and that more than a region; of two
    keys the longer one says more, and the federation's least. Then by id."""
    return (
        rule.form is None,
        rule.field is None,
        -len(rule.leika_prefix or ""),
        -len(prefix_of(rule.region or "")),
        rule.region is None,
        rule.id,
    )
