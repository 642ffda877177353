"""A configuration is brought in as a whole, and what it leaves out is removed."""

from pathlib import Path

import psycopg
import pytest

from infra.configuration.declared import Configuration
from infra.configuration.load import load
from infra.configuration.store import apply, difference, stored_documents
from shared.adapters.postgres.pool import Connection

SENDERS = """
[[senders]]
id = "formserver"
platform = "ozg_cloud"
authentication = { kind = "trusted_network" }
"""


@pytest.fixture
def operator(conn: Connection) -> Connection:
    conn.execute("SET ROLE lotse_operator")
    return conn


def declared(root: Path, **tenants: str) -> Configuration:
    (root / "platform").mkdir(parents=True)
    (root / "platform/senders.toml").write_text(SENDERS)
    for tenant, name in tenants.items():
        (root / tenant).mkdir()
        (root / tenant / "tenant.toml").write_text(f'name = "{name}"\nsenders = ["formserver"]')
    return load(root)


def test_applying_twice_changes_nothing_the_second_time(
    operator: Connection, tmp_path: Path
) -> None:
    configuration = declared(tmp_path, a="Amt A", b="Amt B")

    first = apply(operator, configuration)

    assert [str(change.key) for change in first] == ["senders formserver", "tenants a", "tenants b"]
    assert apply(operator, configuration) == []


def test_what_is_not_declared_any_more_is_removed(operator: Connection, tmp_path: Path) -> None:
    apply(operator, declared(tmp_path / "before", a="Amt A", b="Amt B"))

    apply(operator, declared(tmp_path / "after", a="Amt A"))

    assert {str(key) for key in stored_documents(operator)} == {"senders formserver", "tenants a"}


def test_a_change_is_shown_before_it_is_made(operator: Connection, tmp_path: Path) -> None:
    apply(operator, declared(tmp_path / "before", a="Amt A"))

    (change,) = difference(operator, declared(tmp_path / "after", a="Amt Älter"))

    assert change.lines() == ["~ tenants a", "    name: Amt A -> Amt Älter"]


def test_only_the_operator_may_change_the_configuration(conn: Connection, tmp_path: Path) -> None:
    conn.execute("SET ROLE lotse_route")

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        apply(conn, declared(tmp_path, a="Amt A"))
