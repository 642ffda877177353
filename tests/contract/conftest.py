"""What the contract tests of several modules run against."""

from typing import Any

import pytest

from functions.route.directory import PostgresAuthorityDirectory
from shared.adapters.memory import InMemoryAuthorityDirectory
from shared.ports import AuthorityDirectory
from tests.contract.authority_directories import Filled, insert_where, insert_who
from tests.directory_rows import DirectoryRows


@pytest.fixture(params=["memory", "postgres"])
def filled(request: pytest.FixtureRequest) -> Filled:
    """Makes a directory of responsibilities, units, services and places."""
    if request.param == "memory":
        return InMemoryAuthorityDirectory
    conn = request.getfixturevalue("conn")

    def fill(*args: Any, version: int = 1, **more: Any) -> AuthorityDirectory:
        rows = DirectoryRows(conn)
        rows.next_version(active=version > 0)
        insert_who(rows, *args, **more)
        insert_where(rows, **more)
        return PostgresAuthorityDirectory(conn)

    return fill
