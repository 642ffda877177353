"""`lotse up` and the commands beside it, on one installation for the whole module."""

import json
import os
import re
import signal
from pathlib import Path
from uuid import uuid4

import pytest

from infra.local.ports import free_port
from tests.e2e.running import REPOSITORY, Up, cases, lotse, runs, until

pytestmark = pytest.mark.timeout(300)

DEMO = REPOSITORY / "infra/local/demo/applications"
APPLICATIONS = {"gewerbeanmeldung", "baugenehmigung", "wohnsitzanmeldung", "gehwegueberfahrt"}


def an_application(folder: Path) -> Path:
    document = json.loads((DEMO / "gewerbeanmeldung.json").read_text(encoding="utf-8"))
    document["control"]["transactionId"] = str(uuid4())
    path = folder / "antrag.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def submitted(up: Up, folder: Path, *options: str | Path) -> str:
    """The number of a new case."""
    done = lotse(up.state, "submit", an_application(folder), *options)
    assert done.returncode == 0, done.stderr
    found = re.search(r"case ([\d-]+)", done.stdout)
    assert found is not None
    return found[1]


def submitted_to(url: str, folder: Path) -> str:
    done = lotse(folder, "submit", an_application(folder), "--url", url)
    assert done.returncode == 0, done.stderr
    return done.stdout


def story(up: Up, number: str) -> str:
    done = lotse(up.state, "case", number)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_brings_every_application_to_its_last_stage(demo: str) -> None:
    assert set(cases(demo)) == APPLICATIONS


def test_a_second_start_continues_with_the_same_cases(up: Up, demo: str) -> None:
    for name, number in cases(demo).items():
        assert f"{name}: case {number}\n" in up.output


def test_the_way_of_each_application_is_told(up: Up) -> None:
    for words in ("routed     to foerdetal-gewerbe", "assigned", "forwarded", "people decide"):
        assert words in up.output


def test_a_second_instance_is_refused_in_clear_words(up: Up) -> None:
    done = lotse(up.state, "up", f"--port={free_port()}")

    assert done.returncode == 1
    assert "already running" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(up: Up, tmp_path: Path) -> None:
    port = re.search(r"127\.0\.0\.1:(\d+)/antrag", up.output)
    assert port is not None

    done = lotse(tmp_path, "up", f"--port={port[1]}")

    assert done.returncode == 1
    assert f"port {port[1]} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = lotse(tmp_path / "file", "up", f"--port={free_port()}")

    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_application_of_ones_own_reaches_the_destination(up: Up, tmp_path: Path) -> None:
    pdf = DEMO / "gewerbeanmeldung/representation/Gewerbeanmeldung.pdf"

    number = submitted(up, tmp_path, "--attachment", pdf)

    until(lambda: "stage forwarded" in story(up, number))
    assert "Gewerbeanmeldung.pdf: 800 bytes, application/pdf" in story(up, number)


def test_the_same_application_again_is_the_same_case(up: Up, tmp_path: Path) -> None:
    path = an_application(tmp_path)

    assert lotse(up.state, "submit", path).stdout == lotse(up.state, "submit", path).stdout


def test_a_bad_application_is_refused_with_the_place(up: Up, tmp_path: Path) -> None:
    path = tmp_path / "antrag.json"
    path.write_text('{"control": {}, "formData": []}')

    done = lotse(up.state, "submit", path)

    assert done.returncode == 1
    assert "control.transactionId" in done.stderr


def test_fields_are_told_only_on_request(up: Up, demo: str) -> None:
    number = cases(demo)["gewerbeanmeldung"]

    assert "Räucherei Öresund" not in story(up, number)
    assert "Räucherei Öresund" in lotse(up.state, "case", number, "--fields").stdout


def test_a_mistyped_case_number_is_noticed(up: Up, demo: str) -> None:
    number = cases(demo)["gewerbeanmeldung"]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)

    done = lotse(up.state, "case", wrong)

    assert done.returncode == 1
    assert "check digit" in done.stderr


def test_a_case_is_also_found_by_the_id_that_logs_name(up: Up, demo: str) -> None:
    number = cases(demo)["gewerbeanmeldung"]
    found = re.search(r"^  id (\S+)$", story(up, number), re.MULTILINE)
    assert found is not None

    assert story(up, found[1]) == story(up, number)


def test_an_address_as_status_shows_it_is_taken(up: Up, tmp_path: Path) -> None:
    shown = re.search(r"^Intake +(\S+)$", lotse(up.state, "status").stdout, re.MULTILINE)
    assert shown is not None

    assert "case" in submitted_to(shown[1], tmp_path)


def test_status_counts_cases_and_warns_of_a_trusted_network(up: Up) -> None:
    said = lotse(up.state, "status").stdout

    assert re.search(r"forwarded [1-9]", said)
    assert "1 case at the clearing office" in said
    assert "formserver proves nothing" in said


def test_the_addresses_are_for_their_owner_only(up: Up) -> None:
    assert (up.state / "runtime.json").stat().st_mode & 0o077 == 0


def test_a_killed_function_is_restarted(up: Up, tmp_path: Path) -> None:
    before = up.parts()["route"]

    os.kill(before, signal.SIGKILL)
    number = submitted(up, tmp_path)

    until(lambda: up.parts().get("route") not in {None, before})
    until(lambda: "stage forwarded" in story(up, number))


def test_ctrl_c_ends_every_process_and_keeps_the_data(up: Up) -> None:
    processes = up.processes()
    assert len(processes) > 8

    code = up.end(signal.SIGINT)

    assert code == 0
    assert [process for process in processes if runs(process)] == []
    assert "The data are kept" in up.output
    assert "nothing is running here" in lotse(up.state, "status").stderr
