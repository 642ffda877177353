"""What the commands say of addresses that are none."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.commands.status import status
from infra.commands.submit import submit
from infra.commands.up import up


@pytest.mark.parametrize("url", ["nonsense", "postgresql//lotse:geheim@db/lotse", "port=x y"])
def test_a_database_url_that_is_none_is_not_quoted(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)

    done = CliRunner().invoke(status)

    assert done.exit_code == 1
    assert "DATABASE_URL is not an address" in done.output
    assert url not in done.output


@pytest.mark.parametrize("url", ["localhost:8080", "ftp://form.example"])
def test_an_intake_needs_an_http_address(url: str, tmp_path: Path) -> None:
    done = CliRunner().invoke(submit, [str(tmp_path / "antrag.json"), "--url", url])

    assert done.exit_code == 2
    assert "has to begin with http:// or https://" in done.output


@pytest.mark.parametrize("port", ["0", "65536"])
def test_a_port_has_to_be_one(port: str) -> None:
    done = CliRunner().invoke(up, ["--port", port])

    assert done.exit_code == 2
    assert "range" in done.output
