"""A mail server, a tenant that sends by it, and the run that does."""

from collections.abc import Iterator

import pytest

from shared.adapters.postgres.pool import DatabaseSettings, Pool, open_pool
from tests.functions.assign.notices.post_office import PostOffice, open_office
from tests.functions.assign.notices.tenant import EVERYBODY, Connection, Run, Tenant
from tests.roles import as_role


@pytest.fixture(scope="session")
def running_office() -> Iterator[PostOffice]:
    with open_office() as office:
        yield office


@pytest.fixture
def office(running_office: PostOffice) -> PostOffice:
    running_office.forget()
    return running_office


@pytest.fixture
def pool(database_url: str) -> Iterator[Pool]:
    # One connection only: whoever held it while something else answers would wait for itself.
    pool = open_pool(
        DatabaseSettings(database_url=as_role(database_url, "lotse_assign"), database_pool_size=1)
    )
    yield pool
    pool.close()


@pytest.fixture
def tenant(conn: Connection, office: PostOffice) -> Tenant:
    tenant = Tenant(conn)
    tenant.declares(office.declared(), EVERYBODY)
    return tenant


@pytest.fixture
def run(pool: Pool) -> Run:
    return Run(pool)
