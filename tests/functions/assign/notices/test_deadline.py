"""A run keeps to its time, and one tenant's silent directory is not everybody's."""

import time
from collections.abc import Collection, Mapping

from shared.adapters.memory import InMemoryCaseworkerDirectory
from shared.domain.configuration.directories import Directory
from shared.domain.errors import Unavailable
from shared.domain.identifiers import AuthorityId, TenantId
from tests.functions.assign.notices.post_office import PostOffice
from tests.functions.assign.notices.tenant import ANNA, EVERYBODY, Run, Tenant


class Silent(InMemoryCaseworkerDirectory):
    """Answers nobody, after its timeout."""

    def __init__(self, seconds: float) -> None:
        super().__init__(None)
        self._seconds = seconds
        self.asked_at: list[float] = []

    def addresses(self, directory: Directory, ids: Collection[str]) -> Mapping[str, str]:
        self.asked_at.append(time.monotonic())
        time.sleep(self._seconds)
        raise Unavailable("directory ad: no answer")


def test_no_directory_is_asked_after_the_deadline(
    tenant: Tenant, office: PostOffice, run: Run
) -> None:
    for number in range(6):
        owner = TenantId(f"t-{number}"), AuthorityId(f"a-{number}")
        tenant.declares(office.declared(), EVERYBODY, *owner)
        tenant.has_case(ANNA, owner=owner)
    silent = Silent(0.3)
    began = time.monotonic()

    run(silent, seconds=0.5)

    assert max(silent.asked_at) < began + 0.5 + 0.1
    assert [state for state, _ in tenant.states] == ["due"] * 6
