"""What other commands know of a running installation, and which servers it uses."""

import stat
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from infra.local.backing import database, directory, object_store
from infra.local.errors import LocalError
from infra.local.runtime import RUNTIME, Runtime, read_runtime, write_runtime
from infra.local.state import StateDirectory
from infra.local.supervisor import Supervisor

RUNNING = Runtime(
    pid=1,
    intake_url="http://127.0.0.1:1",
    broker_url="http://127.0.0.1:2",
    operator_database_url="postgresql://lotse_operator@127.0.0.1:3/lotse",
    ports={"receive": 1},
)


def test_a_running_installation_can_be_found(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    write_runtime(tmp_path, RUNNING)

    assert read_runtime(tmp_path) == RUNNING

    state.close()


def test_an_installation_that_ended_is_not_found(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    write_runtime(tmp_path, RUNNING)
    state.close()

    assert read_runtime(tmp_path) is None


def test_nothing_is_found_where_nothing_ever_ran(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert read_runtime(tmp_path / "missing") is None
    assert read_runtime(tmp_path / "file") is None


def test_an_installation_of_somebody_else_is_said_to_be_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, *arguments: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything

    with pytest.raises(LocalError, match="may not be read"):
        read_runtime(tmp_path)


def test_only_its_owner_may_read_the_addresses(tmp_path: Path) -> None:
    write_runtime(tmp_path, RUNNING)

    assert stat.S_IMODE((tmp_path / RUNTIME).stat().st_mode) == 0o600


def test_each_function_becomes_its_own_role_on_a_given_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://admin:secret@db.example/lotse")

    url = database(tmp_path).url("lotse_route")

    assert conninfo_to_dict(url)["options"] == "-c role=lotse_route"
    assert conninfo_to_dict(url)["user"] == "admin"


def test_a_given_object_store_needs_its_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://s3.example")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with pytest.raises(LocalError, match="AWS_ACCESS_KEY_ID has to be"):
        object_store(tmp_path)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nonsense"])
def test_a_given_object_store_that_is_not_there_is_named(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    with (
        Supervisor(tmp_path) as supervisor,
        pytest.raises(LocalError, match=f"the bucket antragslotse at {url}"),
    ):
        object_store(tmp_path).start(supervisor)


def test_a_given_directory_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LDAP_URL", "ldaps://ad.example")

    assert directory(tmp_path).environment() == {"LDAP_URL": "ldaps://ad.example"}


def test_a_given_directory_needs_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LDAP_URL", "ad.example")

    with pytest.raises(LocalError, match="begin with ldap://"):
        directory(tmp_path)
