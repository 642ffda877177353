"""Give a routed case to a caseworker of its authority, or to a team."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from functions.assign.choosing import Standing
from functions.assign.decision import decide, decide_without_people, directory_is_away
from functions.assign.findings import Findings
from functions.assign.particulars import Particulars
from functions.assign.ports import AskingOf, Stores, Transactions
from functions.assign.rules import Plan, TenantRules, plan
from functions.assign.search import Search
from shared.domain.actor import Actor
from shared.domain.assignment import AssignmentDecision
from shared.domain.case import Case, LogEntry, Stage
from shared.domain.caseworkers import OwnSetting
from shared.domain.configuration.assignment_rules import AssignmentRule, Strategy
from shared.domain.configuration.directories import Directory
from shared.domain.errors import DirectoryAway
from shared.domain.events import CaseAssigned, CaseRouted
from shared.domain.identifiers import CLEARING_OFFICE, AccountId, TenantId
from shared.domain.notice import notice_of
from shared.ports import Cases

RulesOf = Callable[[TenantId], TenantRules]
Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def assign(
    event: CaseRouted,
    rules_of: RulesOf,
    asking_of: AskingOf,
    transactions: Transactions,
    clock: Clock = _now,
) -> CaseAssigned | None:
    """Raise Unavailable also while the directory is away and nothing recent is known of it, until
    it has been so for too long."""
    with transactions() as stores:
        case = stores.cases.get(event.case_id)
        if not _is_due(case, event):
            return _former_answer(case, event, stores.cases)
    assert case.tenant is not None  # noqa: S101 - only the clearing office's cases have none
    assert case.authority is not None  # noqa: S101 - a routed case has one
    declared = rules_of(case.tenant)
    particulars = Particulars()
    if declared.ask_for_particulars(case.authority):
        with transactions() as stores:
            particulars = stores.particulars.of(case.id, case.round)
    planned = plan(case, particulars, declared)
    notifies = declared.wants_notices(case.authority)
    return _Assigning(event, case.tenant, planned, notifies, transactions, clock).run(asking_of)


def _is_due(case: Case, event: CaseRouted) -> bool:
    return (
        event.round >= case.round
        and case.authority != CLEARING_OFFICE
        and case.stage is Stage.ROUTED
    )


def _former_answer(case: Case, event: CaseRouted, cases: Cases) -> CaseAssigned | None:
    if event.round < case.round or case.authority == CLEARING_OFFICE:
        return None  # re-routed since: that round has its own event; or people have to route it
    return cases.event(case.id, CaseAssigned, case.round)


@dataclass(frozen=True)
class _Assigning:
    """The directory is asked between the transactions: each of them looks at the case again."""

    event: CaseRouted
    tenant: TenantId
    plan: Plan
    notifies: bool
    transactions: Transactions
    clock: Clock

    def run(self, asking_of: AskingOf) -> CaseAssigned | None:
        decision = decide_without_people(self.plan)
        if decision is not None:
            return self._settle(decision)
        rule, directory = self.plan.rule, self.plan.directory
        assert rule is not None  # noqa: S101 - else it was decided
        assert directory is not None  # noqa: S101 - the same
        search = Search(rule, asking_of(self.tenant, directory), self._own_of)
        return self._search(search, rule, directory)

    def _settle(self, decision: AssignmentDecision) -> CaseAssigned | None:
        with self.transactions() as stores:
            case = stores.cases.get(self.event.case_id)
            if not _is_due(case, self.event):
                return _former_answer(case, self.event, stores.cases)
            return self._store(case, decision, stores)

    def _search(
        self, search: Search, rule: AssignmentRule, directory: Directory
    ) -> CaseAssigned | None:
        findings = self._asked(search.begin, directory)
        while findings is not None:
            with self.transactions() as stores:
                if rule.strategy is not Strategy.TEAM_TRAY and findings.ids():
                    # Before anything is read: whoever waited sees what the one before has done.
                    stores.assignments.wait_for_turn(self.tenant, directory.id)
                case = stores.cases.get(self.event.case_id)
                if not _is_due(case, self.event):
                    return _former_answer(case, self.event, stores.cases)
                findings = findings.with_own(stores.own_settings.of(self.tenant, findings.ids()))
                standing = self._standing(rule, findings, stores)
                decision = decide(self.plan, findings, standing)
                if decision is not None:
                    return self._store(case, decision, stores)
            findings = self._asked(partial(search.go_on, findings, standing.now), directory)
        return self._settle(directory_is_away(self.plan, directory.give_up_after_minutes))

    def _asked(self, ask: Callable[[], Findings], directory: Directory) -> Findings | None:
        """None if the case has waited for too long. Raise DirectoryAway until then."""
        try:
            return ask()
        except DirectoryAway:
            longest = timedelta(minutes=directory.give_up_after_minutes)
            if self.clock() - self.event.time < longest:
                raise
            return None

    def _own_of(self, accounts: Collection[AccountId]) -> Mapping[AccountId, OwnSetting]:
        with self.transactions() as stores:
            return stores.own_settings.of(self.tenant, accounts)

    def _standing(self, rule: AssignmentRule, findings: Findings, stores: Stores) -> Standing:
        """What there is to be known where the rule's strategy asks for it."""
        now, applicant = self.clock(), self.plan.applicant
        able = findings.available(now)
        holders = (
            stores.assignments.holders_of(applicant, self.tenant, self.event.case_id)
            if applicant is not None
            else ()
        )
        if rule.strategy is Strategy.TEAM_TRAY or not able:
            return Standing(now, holders=holders)
        return Standing(
            now,
            open_cases=stores.assignments.open_cases(self.tenant, able),
            last_in_turn=stores.assignments.last_in_turn(self.tenant, rule.id),
            holders=holders,
        )

    def _store(self, case: Case, decision: AssignmentDecision, stores: Stores) -> CaseAssigned:
        unit, assignee = decision.organizational_unit, decision.assignee
        case, reply = case.assigned_to(unit, assignee).announce(
            CaseAssigned,
            cause=self.event,
            authority=decision.authority,
            organizational_unit=unit,
            assignee=assignee,
        )
        stores.cases.save(case, entry=_entry(case, decision), event=reply)
        stores.assignments.add(case.id, case.round, decision, self.plan.applicant)
        notice = notice_of(case) if self.notifies else None
        if notice is not None:
            stores.notices.add(notice)
        return reply


def _entry(case: Case, decision: AssignmentDecision) -> LogEntry:
    details = {
        "round": case.round,
        "authority": decision.authority,
        "organizational_unit": decision.organizational_unit,
        "assignee": decision.assignee,
        "outcome": decision.outcome,
        "rule": decision.rule,
    }
    if decision.answer_from is not None:
        details["answer_from"] = decision.answer_from.isoformat()
    return LogEntry(actor=Actor.system("assign"), action="case.assigned", details=details)
