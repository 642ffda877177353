"""What a directory has answered: asked no more than needed, remembered while it is away."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

import structlog

from functions.assign.pauses import PAUSE_SECONDS, Pauses
from shared.domain.caseworkers import Account, Members, Target
from shared.domain.configuration.directories import Directory
from shared.domain.errors import DirectoryAway, Unavailable
from shared.domain.identifiers import AccountId, TenantId
from shared.ports import CaseworkerDirectory

T = TypeVar("T")

_logger = structlog.get_logger()

MOST_REMEMBERED = 2_000


@dataclass(frozen=True)
class Answer:
    """`is_last_good`: the directory is away, and this is what it said before."""

    members: Members | None
    answered_at: datetime
    is_last_good: bool = False


class KeptAnswers(Protocol):
    """Beyond this process. Each call is a transaction of its own."""

    def keep(self, tenant: TenantId, directory: Directory, target: Target, answer: Answer) -> None:
        """Of several, the latest is kept."""
        ...

    def get(self, tenant: TenantId, directory: Directory, target: Target) -> Answer | None:
        """None also if it was given while the directory was declared otherwise."""
        ...


@dataclass
class _Remembered:
    """One question. Its lock lets one thread ask, for which the others wait."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer | None = None
    asked: float = 0.0
    kept: Answer | None = None


class Answers:
    """Thread-safe; one for the whole process."""

    def __init__(
        self,
        directory: CaseworkerDirectory,
        kept: KeptAnswers,
        pause_seconds: float = PAUSE_SECONDS,
    ) -> None:
        self._directory = directory
        self._kept = kept
        self._lock = threading.Lock()
        self._remembered: OrderedDict[tuple[TenantId, Directory, Target], _Remembered] = (
            OrderedDict()
        )
        self._pauses = Pauses(pause_seconds)

    def of(self, tenant: TenantId, directory: Directory) -> "DirectoryAnswers":
        return DirectoryAnswers(self, tenant, directory)

    def members(self, tenant: TenantId, directory: Directory, target: Target) -> Answer:
        question = self._question((tenant, directory, target))
        with question.lock:
            fresh = question.answer
            if fresh is not None and time.monotonic() - question.asked < directory.fresh_seconds:
                return fresh
            try:
                members = self.ask(directory, lambda them: them.members(directory, target))
            except DirectoryAway:
                return self._last_good(tenant, directory, target, question)
            answer = Answer(members, datetime.now(UTC))
            question.answer, question.asked = answer, time.monotonic()
            if _is_worth_keeping(answer, question.kept, directory):
                self._keep(tenant, directory, target, answer, question)
            return answer

    def ask(self, directory: Directory, question: Callable[[CaseworkerDirectory], T]) -> T:
        """Raise DirectoryAway, at once if the directory has failed some seconds ago."""
        try:
            return self._pauses.ask(directory, lambda: question(self._directory))
        except Unavailable as exc:
            raise DirectoryAway(str(exc)) from exc

    def _question(self, key: tuple[TenantId, Directory, Target]) -> _Remembered:
        with self._lock:
            question = self._remembered.setdefault(key, _Remembered())
            self._remembered.move_to_end(key)
            while len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
            return question

    def _keep(
        self,
        tenant: TenantId,
        directory: Directory,
        target: Target,
        answer: Answer,
        question: _Remembered,
    ) -> None:
        """A good answer is one, whether or not it can be kept: the next one will be."""
        try:
            self._kept.keep(tenant, directory, target, answer)
        except Unavailable as exc:
            _logger.warning("answer_not_kept", directory=directory.id, detail=str(exc))
        else:
            question.kept = answer

    def _last_good(
        self, tenant: TenantId, directory: Directory, target: Target, question: _Remembered
    ) -> Answer:
        ours, kept = question.answer, self._kept.get(tenant, directory, target)
        known = [answer for answer in (ours, kept) if answer is not None]
        last = max(known, key=lambda answer: answer.answered_at, default=None)
        oldest = datetime.now(UTC) - timedelta(minutes=directory.last_good_minutes)
        if last is None or last.answered_at < oldest:
            raise DirectoryAway(f"directory {directory.id} is away, and nothing recent is known")
        return Answer(last.members, last.answered_at, is_last_good=True)


def _is_worth_keeping(answer: Answer, kept: Answer | None, directory: Directory) -> bool:
    """Each change, and otherwise now and then, so that its age is about right."""
    if directory.last_good_minutes == 0:
        return False
    now_and_then = timedelta(minutes=directory.last_good_minutes) / 10
    return (
        kept is None
        or answer.answered_at - kept.answered_at > now_and_then
        or _in_order(kept.members) != _in_order(answer.members)
    )


def _in_order(members: Members | None) -> Members | None:
    if members is None:
        return None
    accounts = tuple(sorted(members.accounts, key=lambda account: account.id))
    return members.model_copy(update={"accounts": accounts})


@dataclass(frozen=True)
class DirectoryAnswers:
    """The port `Asking` of one tenant's directory."""

    answers: Answers
    tenant: TenantId
    declared: Directory

    def members(self, target: Target) -> Answer:
        return self.answers.members(self.tenant, self.declared, target)

    def accounts(self, ids: Iterable[AccountId]) -> Mapping[AccountId, Account]:
        asked = sorted(ids)
        return self.answers.ask(self.declared, lambda them: them.accounts(self.declared, asked))

    def named(self, dns: Iterable[str]) -> Mapping[str, Account]:
        asked = sorted(dns)
        return self.answers.ask(self.declared, lambda them: them.named(self.declared, asked))
