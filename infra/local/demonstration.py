"""The demo municipality: its configuration, its directory, and the applications sent to it."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from infra.configuration.load import load
from infra.configuration.store import apply, stored_documents
from infra.directory.importing import import_files
from infra.intake import Application, Delivered, NotDelivered, deliver
from infra.local.demo_accounts import demo_accounts
from infra.story import Step, Storyteller, read_case
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case, Stage
from shared.domain.identifiers import CLEARING_OFFICE, CaseId

DEMO = Path(__file__).with_name("demo")
DEMO_DIRECTORY = DEMO / "responsibilities.csv"
DEMO_SOURCE = "demo"
DEADLINE = 90.0  # seconds for one application; long enough for recover to wake it once
POLL = 0.05

Connect = Callable[[], AbstractContextManager[Connection]]


@dataclass(frozen=True)
class DemoApplication:
    name: str
    to_clearing_office: bool = False

    @property
    def application(self) -> Application:
        folder = DEMO / "applications"
        return Application(
            folder / f"{self.name}.json",
            tuple(sorted((folder / self.name / "representation").glob("*"))),
            tuple(sorted((folder / self.name / "attachment").glob("*"))),
        )

    def is_through(self, case: Case) -> bool:
        """At the last stage that it is meant to reach by itself, or where a person sent it."""
        if case.round > 1:
            return case.rests
        if case.authority == CLEARING_OFFICE:
            return self.to_clearing_office
        return case.stage is Stage.FORWARDED and not self.to_clearing_office


APPLICATIONS = (
    DemoApplication("gewerbeanmeldung"),
    DemoApplication("baugenehmigung"),
    DemoApplication("wohnsitzanmeldung"),
    DemoApplication("gehwegueberfahrt", to_clearing_office=True),
)


@dataclass(frozen=True)
class Outcome:
    """How far an application came; `problem` is empty if that is as far as it should."""

    name: str
    number: str
    way: str
    problem: str = ""

    def __str__(self) -> str:
        said = f"{self.problem} ({self.way})" if self.problem and self.way else self.problem
        return f"{self.number or '-':<10} {self.name}: {said or self.way}"


def bring_in(conn: Connection) -> bool:
    """Configuration and directory of the demo; False, and nothing is changed, beside another's."""
    demo = load(DEMO / "config")
    ours = {key for key, _ in demo.of_kind("tenants")}
    if {key for key in stored_documents(conn) if key.kind == "tenants"} - ours:
        return False
    apply(conn, demo)
    import_files(conn, [DEMO_DIRECTORY], source=DEMO_SOURCE, activate=True)
    return True


def send_all(intake_url: str, connect: Connect, say: Callable[[str], None]) -> list[Outcome]:
    return [_send(each, intake_url, connect, say) for each in APPLICATIONS]


def _send(
    demo: DemoApplication, intake_url: str, connect: Connect, say: Callable[[str], None]
) -> Outcome:
    try:
        delivered = deliver(intake_url, demo.application)
    except NotDelivered as exc:
        say(f"{demo.name}: {exc}")
        return Outcome(demo.name, "", "", str(exc))
    say(f"\n{demo.name}: case {delivered.number}")
    seen: list[Step] = []
    for step in _follow(demo, delivered.case_id, connect):
        seen.append(step)
        for line in step.lines(most=1):
            say(f"  {line}")
    outcome = _outcome(demo, delivered, seen, connect)
    if outcome.problem:
        say(f"  {outcome.problem}")
    return outcome


def _follow(demo: DemoApplication, case_id: CaseId, connect: Connect) -> Iterator[Step]:
    """Each step as it happens, until there is nothing more to come or it takes too long."""
    end = time.monotonic() + DEADLINE
    number = 0
    while True:
        with connect() as conn:
            case = read_case(conn, case_id)
            for step in Storyteller(conn, demo_accounts()).steps(case, after=number):
                number = step.number
                yield step
        if case.rests or time.monotonic() > end:
            return
        time.sleep(POLL)


def _outcome(
    demo: DemoApplication, delivered: Delivered, seen: list[Step], connect: Connect
) -> Outcome:
    with connect() as conn:
        case = read_case(conn, delivered.case_id)
    way = ", ".join(step.summary for step in seen)
    problem = "" if demo.is_through(case) else _missing(case)
    return Outcome(demo.name, delivered.number, way, problem)


def _missing(case: Case) -> str:
    if case.rests:
        return f"rests at {case.authority}, where it does not belong"
    return f"is still {case.stage} after {DEADLINE:g} s, and tried on; the logs say what is missing"
