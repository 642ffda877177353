"""People move: take open cases from whoever is not there any more, and give them to deputies."""

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from functions.assign.findings import Stand
from functions.assign.leaving import GONE, is_doubtful, leaving_of
from functions.assign.moving import Change, move
from functions.assign.ports import AskingOf, Stores, Transactions
from functions.assign.search import Asking, stands_for
from shared.domain.actor import Actor
from shared.domain.assignment import Outcome
from shared.domain.caseworkers import DIRECTORY_DOUBTFUL, Account, OwnSetting
from shared.domain.configuration.assignment_rules import Substitute
from shared.domain.configuration.directories import Directory
from shared.domain.errors import StaleCase, Unavailable, UnknownCase
from shared.domain.identifiers import AccountId, CaseId, TenantId

_logger = structlog.get_logger()

MOVED_ANYWAY = 20
"""After the time is over: what a directory that takes all of it comes to in a minute."""

DeclaredDirectories = Callable[[], Iterable[tuple[TenantId, Directory]]]


@dataclass(frozen=True)
class Checking:
    """Safe to run several times at once: each directory is claimed for as long as it is not due."""

    declared: DeclaredDirectories
    asking_of: AskingOf
    transactions: Transactions

    def run(self, deadline: float) -> None:
        """Raise Unavailable if Postgres is away; a directory that is away is checked later."""
        for tenant, directory in _in_turn([*self.declared()]):
            if time.monotonic() > deadline:
                return
            every = timedelta(minutes=directory.check_every_minutes)
            with self.transactions() as stores:
                claimed = stores.checks.claim(tenant, directory.id, every)
            if claimed:
                self._checked(tenant, directory, deadline)

    def _checked(self, tenant: TenantId, directory: Directory, deadline: float) -> None:
        log = _logger.bind(tenant=tenant, directory=directory.id)
        failure, soon = None, True
        try:
            moved = self.check(tenant, directory, deadline)
        except Unavailable as exc:
            failure = str(exc)
            log.warning("directory_not_checked", detail=failure)
        else:
            soon = time.monotonic() > deadline  # perhaps not all of the cases were moved
            log.info("directory_checked", moved=moved)
        with self.transactions() as stores:
            stores.checks.note(tenant, directory.id, failure, soon=soon)

    def check(
        self,
        tenant: TenantId,
        directory: Directory,
        deadline: float = float("inf"),
        *,
        believe: bool = False,
    ) -> int:
        """How many cases were moved. With `believe`, however few of the holders it knows."""
        with self.transactions() as stores:
            holders = stores.holdings.holders(tenant, directory.authorities)
        asking = self.asking_of(tenant, directory)
        known = asking.accounts(holders) if holders else {}
        gone = [holder for holder in holders if holder not in known]
        doubtful = not believe and is_doubtful(len(gone), len(holders))
        with self.transactions() as stores:
            self._tell(stores, tenant, directory, len(gone), len(holders), doubtful=doubtful)
            own = stores.own_settings.of(tenant, holders)
        now = datetime.now(UTC)
        leaving = dict(leaving_of(holders, known, own, now))
        if doubtful:
            leaving = {holder: left for holder, left in leaving.items() if left.why != GONE}
        stands = self._stands(tenant, asking, [left.account for left in leaving.values()], now)
        moved = 0
        for holder, left in leaving.items():
            with self.transactions() as stores:
                cases = stores.holdings.held_by(holder, tenant, directory.authorities)
            for case_id in cases:
                if moved >= MOVED_ANYWAY and time.monotonic() > deadline:
                    return moved
                moved += self._move(case_id, holder, left.why, stands.get(holder), directory)
        return moved

    def _tell(
        self,
        stores: Stores,
        tenant: TenantId,
        directory: Directory,
        gone: int,
        holders: int,
        *,
        doubtful: bool,
    ) -> None:
        subject = f"{tenant}/{directory.id}"
        if not doubtful:
            stores.tasks.close(DIRECTORY_DOUBTFUL, None, subject)
            return
        said = f"{gone} of {holders} who have open cases are not in the directory any more"
        if stores.tasks.open(DIRECTORY_DOUBTFUL, None, f"{said}; nothing was moved", subject):
            _logger.error(
                "directory_doubtful",
                tenant=tenant,
                directory=directory.id,
                gone=gone,
                holders=holders,
            )

    def _stands(
        self, tenant: TenantId, asking: Asking, leaving: Sequence[Account], now: datetime
    ) -> Mapping[AccountId, AccountId]:
        """The nearest deputy of each who is available."""

        def own_of(ids: Collection[AccountId]) -> Mapping[AccountId, OwnSetting]:
            with self.transactions() as stores:
                return stores.own_settings.of(tenant, ids)

        nearest: dict[AccountId, Stand] = {}
        for stand in stands_for(leaving, Substitute.DEPUTY, asking, own_of, now):
            if stand.account.left_out(now) is None:
                nearest.setdefault(stand.stands_for, stand)
        return {holder: stand.account.id for holder, stand in nearest.items()}

    def _move(
        self,
        case_id: CaseId,
        holder: AccountId,
        why: str,
        deputy: AccountId | None,
        directory: Directory,
    ) -> bool:
        """False if it has changed meanwhile: then the next check looks at it again."""
        outcome = Outcome.SUBSTITUTE if deputy is not None else Outcome.HOLDER_LEFT
        to = f"{deputy} is the deputy" if deputy is not None else "no deputy is available"
        reason = f"{holder} is {why.replace('_', ' ')}; {to}."
        actor = Actor.system("assign")
        change = Change(outcome, "case.reassigned", reason, actor, directory.id)
        try:
            with self.transactions() as stores:
                case = stores.cases.get(case_id)
                is_theirs = case.assignee == holder and case.authority in directory.authorities
                if not is_theirs or not case.status.is_open:
                    return False
                move(case, case.organizational_unit, deputy, change, stores)
        except (StaleCase, UnknownCase):
            return False
        return True


def _in_turn(declared: list[tuple[TenantId, Directory]]) -> list[tuple[TenantId, Directory]]:
    """Another one first each minute: a few that hang must not keep the others from their turn."""
    first = int(time.time() // 60) % len(declared) if declared else 0
    return declared[first:] + declared[:first]
