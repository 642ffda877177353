"""The ports in memory: for unit tests, under the same contract tests as the real adapters."""

from shared.adapters.memory.assigning import (
    InMemoryAssignments,
    InMemoryCaseworkerDirectory,
    InMemoryNoticeBox,
    InMemoryOwnSettings,
)
from shared.adapters.memory.cases import InMemoryCases, InMemoryTasks
from shared.adapters.memory.rerouting import InMemoryAuthorities, InMemoryReroutings
from shared.adapters.memory.routing import (
    InMemoryAuthorityDirectory,
    InMemoryFormFields,
    InMemoryRoutings,
    InMemoryRulebooks,
)
from shared.adapters.memory.scanner import InMemoryScanner

__all__ = [
    "InMemoryAssignments",
    "InMemoryAuthorities",
    "InMemoryAuthorityDirectory",
    "InMemoryCases",
    "InMemoryCaseworkerDirectory",
    "InMemoryFormFields",
    "InMemoryNoticeBox",
    "InMemoryOwnSettings",
    "InMemoryReroutings",
    "InMemoryRoutings",
    "InMemoryRulebooks",
    "InMemoryScanner",
    "InMemoryTasks",
]
