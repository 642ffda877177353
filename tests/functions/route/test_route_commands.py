"""`lotse route`: explain, try, replay and reroute, as the operator's role."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from functions.route.directory import PostgresAuthorityDirectory
from functions.route.form_fields import PostgresFormFields
from functions.route.route import route as route_case
from functions.route.routings import PostgresRoutings
from functions.route.rulebooks import PostgresRulebooks
from infra.commands.case import case as case_command
from infra.commands.dead_letters import redrive, tasks
from infra.commands.route import route
from infra.commands.status import status
from infra.configuration.load import load
from infra.configuration.store import apply
from infra.waiting import count_waiting, waiting_cases
from shared.adapters.postgres.cases import PostgresCases
from shared.adapters.postgres.tasks import PostgresTasks
from shared.domain.case import Case
from shared.domain.identifiers import CLEARING_OFFICE, AuthorityId, RegionKey, UnitId
from shared.domain.waking import CASE_STALLED
from tests.directory_rows import DirectoryRows
from tests.factories import (
    BUILDING_OFFICE,
    TRADE_OFFICE,
    TRADE_REGISTRATION,
    a_case,
    received,
    stored,
)
from tests.rerouting import (
    DECLARED,
    NEIGHBOURS_OFFICE,
    WAKE_AFTER,
    Connection,
    Scene,
    in_postgres,
)
from tests.roles import as_role

TOWN, OTHER_TOWN = RegionKey("019990001001"), RegionKey("019990002002")
NOBODYS = "unit-of-nobody"


@pytest.fixture(autouse=True)
def _operator(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", as_role(database_url, "lotse_operator"))


@pytest.fixture
def scene(conn: Connection) -> Scene:
    """A directory in which the trade office is responsible for the trade registration."""
    scene = in_postgres(conn)
    conn.execute(
        "INSERT INTO public_services (source, id, leika_key, name, since)"
        " VALUES ('test', 'trade', %s, 'Gewerbeanmeldung', %s)",
        [TRADE_REGISTRATION, scene.version],
    )
    conn.execute(
        "INSERT INTO regions (source, ars, name, name_key, since)"
        " VALUES ('test', %s, 'Fördetal', 'fördetal', %s)",
        [TOWN, scene.version],
    )
    conn.execute(
        "INSERT INTO postcodes (source, postcode, ars, since) VALUES ('test', '24999', %s, %s)",
        [TOWN, scene.version],
    )
    hold(conn, TRADE_OFFICE, scene.version)
    conn.commit()
    return scene


def hold(conn: Connection, unit: str, version: int) -> None:
    """Responsible from this version on."""
    conn.execute(
        "INSERT INTO organizational_units (source, id, plain_id, name, since)"
        " VALUES ('test', %(unit)s, %(unit)s, %(unit)s, %(version)s)",
        {"unit": unit, "version": version},
    )
    conn.execute(
        "INSERT INTO responsibilities (source, id, service, region, unit, role, since)"
        " VALUES ('test', %(unit)s, 'trade', '019990001', %(unit)s, 'responsible', %(version)s)",
        {"unit": unit, "version": version},
    )


def next_version(conn: Connection, holder: str) -> int:
    """A version that is not active, in which only this unit is responsible."""
    row = conn.execute(
        "INSERT INTO directory_versions (name, source) VALUES ('next', 'test') RETURNING id"
    ).fetchone()
    assert row is not None
    version: int = row[0]
    conn.execute("UPDATE responsibilities SET until = %s", [version])
    hold(conn, holder, version)
    conn.commit()
    return version


def decided(conn: Connection, **of_the_case: Any) -> Case:
    """As the pipeline decides it now."""
    cases = PostgresCases(conn, WAKE_AFTER)
    case = stored(cases, a_case(**{"region": TOWN, **of_the_case}))
    conn.execute(
        "INSERT INTO submissions (case_id, control, fields, fingerprint, fingerprint_version)"
        " VALUES (%s, '{}', '[]', '', 1)",
        [case.id],
    )
    route_case(
        received(cases, case),
        PostgresAuthorityDirectory(conn),
        PostgresRulebooks(conn),
        PostgresFormFields(conn),
        PostgresRoutings(conn),
        cases,
    )
    conn.commit()
    return cases.get(case.id)


def lotse(*arguments: str, command: Any = route) -> Result:
    return CliRunner().invoke(command, arguments)


def re_route(case: Case, to: AuthorityId = NEIGHBOURS_OFFICE, reason: str = "it moved") -> Result:
    return lotse("reroute", case.number, "--to", to, "--reason", reason)


def test_it_is_re_routed_and_said_from_where_to_where(scene: Scene, conn: Connection) -> None:
    case = decided(conn)
    assert case.authority == TRADE_OFFICE

    done = re_route(case)

    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"{case.number}: {TRADE_OFFICE} → {NEIGHBOURS_OFFICE}, round 2",
        "  it goes on with the next run of recover, within a minute",
    ]
    conn.rollback()
    assert PostgresCases(conn, WAKE_AFTER).get(case.id).authority == NEIGHBOURS_OFFICE


@pytest.mark.parametrize(
    ("to", "reason", "said"),
    [
        (TRADE_OFFICE, "so", "foerdetal-gewerbe has the case already"),
        ("nobody", "so", "no tenant has declared an authority 'nobody'; there are:\n"),
        (BUILDING_OFFICE, "two\nlines", "the reason has to be one line"),
    ],
)
def test_what_is_not_possible_is_said_in_plain_words(
    to: str, reason: str, said: str, scene: Scene, conn: Connection
) -> None:
    case = decided(conn)

    done = re_route(case, AuthorityId(to), reason)

    assert done.exit_code == 1
    assert said in done.output


def test_where_authorities_are_few_all_are_listed(scene: Scene, conn: Connection) -> None:
    lines = re_route(decided(conn), AuthorityId("nix")).output.splitlines()

    assert lines[1:] == [f"  {id_}  {id_}" for id_ in sorted(DECLARED)]


def test_where_authorities_are_many_those_that_are_called_like_it_are(
    scene: Scene, conn: Connection
) -> None:
    case = decided(conn)
    rows = DirectoryRows(conn)
    for number in range(20):
        rows.authority(f"amt-{number}")
    rows.authority("x-17", name="Bauaufsicht Nord")
    conn.commit()

    def listed(to: str) -> list[str]:
        first, *others = re_route(case, AuthorityId(to)).output.splitlines()
        assert first.endswith("; these are called like it:"), first
        return [line.split()[0] for line in others]

    assert listed("foerdetal-gewrbe")[0] == TRADE_OFFICE
    assert TRADE_OFFICE in listed("GEWERBE")
    assert listed("bauaufsicht") == ["x-17"]
    said = re_route(case, AuthorityId("zzz")).output
    assert "none of the 25 that there are is called like it" in said


def test_who_names_a_unit_is_told_whose_it_is(scene: Scene, conn: Connection) -> None:
    case = decided(conn)
    rows = DirectoryRows(conn)
    rows.version = scene.version
    rows.unit("u1@kiel/oe", name="Bauaufsicht")
    rows.unit("u2@kiel/oe", parent="u1@kiel/oe")
    rows.unit(NOBODYS)
    rows.authority("amt-trittau", ["u1@kiel/oe", "4711"])
    conn.commit()

    for unit, said in {
        "u1@kiel/oe": "unit u1@kiel/oe (Bauaufsicht) belongs to amt-trittau",
        "u2": "unit u2@kiel/oe belongs to amt-trittau",
        "4711": "unit 4711 belongs to amt-trittau",
        NOBODYS: f"unit {NOBODYS} is one of the directory's that no authorities.toml names",
    }.items():
        done = re_route(case, AuthorityId(unit))
        assert done.exit_code == 1
        assert done.output == f"Error: no tenant has declared an authority {unit!r}; {said}\n"


def test_what_the_former_authority_has_got_is_named(scene: Scene, conn: Connection) -> None:
    case = decided(conn)
    conn.execute(
        """
        INSERT INTO forwardings (id, case_id, round, tenant, destination, authority, occasion,
                                 occasion_type, occasion_at, state, message_id, message_key)
        SELECT gen_random_uuid(), case_id, 1, 'foerdetal', 'fachverfahren', 'foerdetal-gewerbe',
               id, type, time, 'accepted', gen_random_uuid(), ''
          FROM events
         WHERE case_id = %s
         LIMIT 1
        """,
        [case.id],
    )
    conn.commit()

    said = "fachverfahren of foerdetal-gewerbe has the case already; it cannot be called back"
    assert said in re_route(case).output


def test_explain_tells_each_round_the_latest_last(scene: Scene, conn: Connection) -> None:
    case = decided(conn)
    re_route(case)

    lines = lotse("explain", case.number).output.splitlines()

    first = lines.index(f"Round 1: {TRADE_OFFICE}: service and region")
    second = lines.index(f"Round 2: {NEIGHBOURS_OFFICE}: a person has decided")
    assert first < second
    assert lines[second + 1] == "  it moved"
    assert (
        f"    {TRADE_OFFICE} for {TRADE_REGISTRATION} in 019990001: not ruled out" in lines[:second]
    )


def test_explain_as_json_is_what_is_stored(scene: Scene, conn: Connection) -> None:
    case = decided(conn)

    (only,) = json.loads(lotse("explain", str(case.id), "--json").output)

    row = conn.execute("SELECT decision FROM routings WHERE case_id = %s", [case.id]).fetchone()
    assert row == (only["decision"],)
    assert only["round"] == 1


def test_a_case_that_there_is_not_is_said_so(scene: Scene) -> None:
    done = lotse("explain", str(a_case().id))

    assert done.exit_code == 1
    assert "there is no case" in done.output


@pytest.mark.parametrize(
    "where",
    [
        ["--ars", TOWN],
        ["--place", "24999 Fördetal"],
        ["--place", " Fördetal, 24999 "],
        ["--postcode", "24999", "--name", "Fördetal"],
        ["--name", "Fördetal"],
    ],
)
def test_try_decides_without_a_case_and_stores_nothing(
    where: list[str], scene: Scene, conn: Connection
) -> None:
    done = lotse("try", "--leika", TRADE_REGISTRATION, *where)

    assert done.exit_code == 0, done.output
    assert done.output.startswith(f"{TRADE_OFFICE}: service and region\n")
    assert "as if every tenant took" in done.output
    assert conn.execute("SELECT count(*) FROM cases").fetchone() == (0,)
    assert conn.execute("SELECT count(*) FROM routings").fetchone() == (0,)


def test_try_asks_for_the_senders_tenants_if_it_is_named(scene: Scene) -> None:
    arguments = ["try", "--leika", TRADE_REGISTRATION, "--ars", TOWN, "--json"]

    assert json.loads(lotse(*arguments).output)["authority"] == TRADE_OFFICE
    for sender, authority in (("formserver", TRADE_OFFICE), ("stranger", CLEARING_OFFICE)):
        decision = json.loads(lotse(*arguments, "--sender", sender).output)
        assert decision["authority"] == authority


def test_try_asks_another_version(scene: Scene, conn: Connection) -> None:
    version = next_version(conn, BUILDING_OFFICE)
    arguments = ["try", "--leika", TRADE_REGISTRATION, "--ars", TOWN]

    assert lotse(*arguments).output.startswith(TRADE_OFFICE)
    assert lotse(*arguments, "--against", str(version)).output.startswith(BUILDING_OFFICE)


@pytest.mark.parametrize("command", ["try", "replay"])
def test_a_version_that_there_is_not_is_told_with_those_that_there_are(
    command: str, scene: Scene, conn: Connection
) -> None:
    newer = next_version(conn, BUILDING_OFFICE)

    done = lotse(command, "--against", "4711")

    assert done.exit_code == 1
    there_are = f"{newer}, {scene.version} (active)"
    assert done.output == f"Error: there is no version 4711; there are: {there_are}\n"


@pytest.mark.parametrize(
    "where",
    [
        ["--ars", TOWN, "--ags", "01999001"],
        ["--place", "24999 Fördetal", "--name", "Fördetal"],
        ["--ars", TOWN, "--place", "24999 Fördetal"],
        ["--ags", "01999001", "--postcode", "24999"],
        ["--ars", TOWN, "--region", "01999"],
    ],
)
def test_try_wants_to_know_where_it_is_once(where: list[str], scene: Scene) -> None:
    done = lotse("try", *where)

    assert done.exit_code == 2
    assert "say where it is once" in done.output


def test_a_wider_region_narrows_the_place(scene: Scene) -> None:
    arguments = ["try", "--leika", TRADE_REGISTRATION, "--place", "Fördetal", "--region"]

    assert lotse(*arguments, "01999").output.startswith(TRADE_OFFICE)
    assert "Place: not found (" in lotse(*arguments, "02").output


@pytest.mark.parametrize(
    ("option", "key", "said"),
    [
        ("--ars", "01999001", "it has 12 digits, not 8: is it meant as --ags?"),
        ("--ags", TOWN, "it has 8 digits, not 12: is it meant as --ars?"),
        ("--region", TOWN, "it has 2, 3, 5, 9 digits, not 12: is it meant as --ars?"),
        ("--ars", "1062506108", "it has 12 digits, not 10\n"),
    ],
)
def test_a_key_of_another_kind_is_refused_with_a_hint(
    option: str, key: str, said: str, scene: Scene
) -> None:
    done = lotse("try", option, key)

    assert done.exit_code == 2
    assert f"Invalid value for '{option}': {said}" in done.output


def test_a_key_may_be_written_in_groups(scene: Scene) -> None:
    done = lotse("try", "--leika", TRADE_REGISTRATION, "--ars", "01 9 99 0001 001")

    assert done.output.startswith(TRADE_OFFICE)


def test_try_notes_a_sender_that_nobody_has_declared(scene: Scene, conn: Connection) -> None:
    conn.execute("INSERT INTO senders (id, document) VALUES ('formserver', '{}')")
    conn.commit()

    said = "Note: nobody has declared a sender 'formsrever'."
    assert said in lotse("try", "--ars", TOWN, "--sender", "formsrever").output
    assert "Note: nobody" not in lotse("try", "--ars", TOWN, "--sender", "formserver").output


@pytest.mark.parametrize("day", ["2027-01-01", "01.01.2027"])
def test_a_day_is_written_in_either_way(day: str, scene: Scene) -> None:
    done = lotse("try", "--ars", TOWN, "--at", day, "--json")

    assert json.loads(done.output)["decided_for"] == "2027-01-01"
    assert lotse("replay", "--since", day).exit_code == 0


def test_replay_shows_what_another_version_would_change(scene: Scene, conn: Connection) -> None:
    elsewhere = decided(conn, region=OTHER_TOWN)
    older, newer = decided(conn), decided(conn)
    version = next_version(conn, BUILDING_OFFICE)

    done = lotse("replay", "--against", str(version))

    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    changed = f"{TRADE_OFFICE} → {BUILDING_OFFICE}"
    assert [line.split(": ")[0] for line in lines] == [
        f"{newer.number}    {changed}",
        f"{older.number}    {changed}",
        "",
        changed,
        "3 cases, 2 would change",
    ]
    assert lines[3] == f"{changed}: 2"
    assert elsewhere.authority == CLEARING_OFFICE
    assert PostgresRoutings(conn).get(newer.id, 1) is not None
    assert PostgresCases(conn, WAKE_AFTER).get(newer.id) == newer


def test_replay_with_what_is_active_changes_nothing(scene: Scene, conn: Connection) -> None:
    case = decided(conn)

    assert lotse("replay").output == "1 case, 0 would change\n"
    assert f"{case.number}    {TRADE_OFFICE} as before: " in lotse("replay", "--all").output
    assert lotse("replay", "--since", "2999-01-01").output == "0 cases, 0 would change\n"
    decided(conn)
    assert lotse("replay", "--limit", "1").output == "1 case, 0 would change\n"


def test_replay_compares_with_the_pipelines_own_decision_and_marks_a_persons(
    scene: Scene, conn: Connection
) -> None:
    case = decided(conn)
    re_route(case)
    version = next_version(conn, BUILDING_OFFICE)

    line = lotse("replay", "--against", str(version)).output.splitlines()[0]

    said = f"{TRADE_OFFICE} → {BUILDING_OFFICE} (a person has re-routed it to {NEIGHBOURS_OFFICE})"
    assert line.startswith(f"{case.number}    {said}: ")


def test_replay_with_a_configuration_leaves_the_stored_one_as_it_is(
    scene: Scene, conn: Connection, tmp_path: Path
) -> None:
    decided(conn)
    declared(tmp_path)
    before = conn.execute("SELECT tenant, id, document FROM authorities ORDER BY id").fetchall()
    conn.rollback()

    done = lotse("replay", "--config", str(tmp_path))

    assert done.exit_code == 0, done.output
    assert f"{TRADE_OFFICE} → {BUILDING_OFFICE}: 1" in done.output
    after = conn.execute("SELECT tenant, id, document FROM authorities ORDER BY id").fetchall()
    assert after == before
    assert conn.execute("SELECT count(*) FROM routing_rules").fetchone() == (0,)


def test_while_a_configuration_is_tried_applications_are_taken_and_routed(
    scene: Scene, conn: Connection, database_url: str, tmp_path: Path
) -> None:
    declared(tmp_path)
    conn.execute("SET lock_timeout = '2s'")
    with psycopg.connect(as_role(database_url, "lotse_operator")) as trying:
        apply(trying, load(tmp_path))

        case = decided(conn)
        assert re_route(case).exit_code == 0

        trying.rollback()
    assert case.authority == TRADE_OFFICE


def declared(folder: Path) -> None:
    """The building office gets what the trade office got."""
    tenant = folder / "foerdetal"
    tenant.mkdir()
    (folder / "platform").mkdir()
    (folder / "platform/senders.toml").write_text(
        '[[senders]]\nid = "formserver"\nplatform = "webhook"\n'
        'authentication = { kind = "trusted_network" }\n'
    )
    (tenant / "tenant.toml").write_text('name = "Fördetal"\nsenders = ["formserver"]\n')
    (tenant / "authorities.toml").write_text(
        f'[[authorities]]\nid = "{TRADE_OFFICE}"\nname = "Gewerbe"\nunits = ["{TRADE_OFFICE}"]\n'
        f'[[authorities]]\nid = "{BUILDING_OFFICE}"\nname = "Bau"\nunits = ["{BUILDING_OFFICE}"]\n'
    )
    (tenant / "routing_rules.toml").write_text(
        f'[[routing_rules]]\nid = "bau"\nauthority = "{BUILDING_OFFICE}"\nleika_prefix = "99050"\n'
    )


def test_the_story_tells_each_step_by_its_own_round(scene: Scene, conn: Connection) -> None:
    case = decided(conn)
    re_route(case)

    story = lotse(case.number, command=case_command).output

    routed, rerouted = story.index("routed     to foerdetal-gewerbe"), story.index("re-routed  by ")
    assert routed < story.index("is the only one responsible") < rerouted
    assert rerouted < story.index("it moved")
    assert f"from {TRADE_OFFICE} to {NEIGHBOURS_OFFICE} (round 2)" in story


def test_the_story_of_a_case_from_before_rounds_were_on_the_record(
    scene: Scene, conn: Connection
) -> None:
    case = scene.a_routed_case()  # its entry names no round
    conn.commit()
    re_route(case)

    story = lotse(case.number, command=case_command).output

    assert story.index("the only one responsible") < story.index("re-routed  by ")


def test_the_clearing_offices_case_says_how_to_decide_and_goes_on_once_it_is(
    scene: Scene, conn: Connection
) -> None:
    case = decided(conn, region=OTHER_TOWN)
    PostgresTasks(conn).open(CASE_STALLED, case.id, "woken in vain")
    conn.commit()
    hint = f"To decide: lotse route reroute {case.number} --to AUTHORITY --reason TEXT"
    assert hint in lotse(case.number, command=case_command).output
    assert "the case waits for a person" in lotse(case.number, command=redrive).output
    waiting = "1 case at the clearing office: `lotse route waiting`"
    assert waiting in lotse(command=status).output

    assert re_route(case, TRADE_OFFICE).exit_code == 0

    assert hint not in lotse(case.number, command=case_command).output
    said = lotse(command=status).output
    assert "no cases at the clearing office" in said
    assert "routed 1" in said
    assert "Due        1 case" in said
    assert lotse(command=tasks).output == "no open tasks\n"
    assert "redriven" in lotse(case.number, command=redrive).output


def test_what_waits_at_the_clearing_office_is_listed_the_longest_first(
    scene: Scene, conn: Connection
) -> None:
    sent_back, unplaced = decided(conn), decided(conn, region=None, is_test=True)
    elsewhere = decided(conn, region=OTHER_TOWN)
    assert re_route(sent_back, CLEARING_OFFICE, "not ours").exit_code == 0
    hold(conn, NOBODYS, scene.version)
    conn.commit()
    several = decided(conn, form_id=None)
    routed = [decided(conn, named_unit=TRADE_OFFICE), several]
    assert [case.authority for case in routed] == [TRADE_OFFICE, CLEARING_OFFICE]

    lines = lotse("waiting").output.splitlines()

    heads = [line for line in lines[:-1] if not line.startswith(" ")]
    expected = [unplaced, elsewhere, sent_back, several]
    assert [head.split()[0] for head in heads] == [case.number for case in expected]
    assert "Gewerbeanmeldung from formserver, a test" in heads[0]
    assert "no form from formserver" in heads[3]
    reasons = [lines[lines.index(head) + 2].strip() for head in heads]
    assert reasons[2] == "not ours"
    assert "are equally responsible for" in reasons[3]
    nobodys = f"unit {NOBODYS} {NOBODYS} (nobody has declared it)"
    assert lines[-2].strip() == f"could be {TRADE_OFFICE}, {nobodys}"
    assert lines[-1] == "4 cases at the clearing office"
    assert "4 cases at the clearing office" in lotse(command=status).output


def test_of_what_waits_so_many_are_shown_and_all_are_counted(
    scene: Scene, conn: Connection
) -> None:
    assert lotse("waiting").output == "no cases at the clearing office\n"
    cases = [decided(conn, region=OTHER_TOWN) for _ in range(3)]

    lines = lotse("waiting", "--limit", "2").output.splitlines()

    assert [line.split()[0] for line in lines if not line.startswith(" ")][:2] == [
        case.number for case in cases[:2]
    ]
    assert lines[-1] == "3 cases at the clearing office, the first 2 of them shown"


def test_what_waits_is_told_as_json(scene: Scene, conn: Connection) -> None:
    case = decided(conn, region=None, named_unit=UnitId("4711"))

    (only,) = json.loads(lotse("waiting", "--json").output)

    assert only.pop("since")
    assert "no place stated clearly" in only.pop("reason")
    assert only == {
        "number": case.number,
        "case_id": str(case.id),
        "sender": "formserver",
        "form_id": "Gewerbeanmeldung",
        "leika_keys": [TRADE_REGISTRATION],
        "region": None,
        "named_unit": "4711",
        "is_test": False,
        "candidates_left": [],
    }


def test_what_is_settled_does_not_wait(scene: Scene, conn: Connection) -> None:
    case = decided(conn, region=OTHER_TOWN)
    conn.execute("UPDATE cases SET status = 'discarded' WHERE id = %s", [case.id])
    conn.commit()

    assert lotse("waiting").output == "no cases at the clearing office\n"
    assert "no cases at the clearing office" in lotse(command=status).output


def test_among_many_cases_those_that_wait_are_found_by_index(
    scene: Scene, conn: Connection
) -> None:
    conn.execute(
        """
        INSERT INTO cases (id, sender, transaction_id, leika_keys, authority, stage, status,
                           status_since, received_at, round, event_sequence, version, is_test)
        SELECT gen_random_uuid(), 'formserver', n, '{}',
               CASE n % 100 WHEN 0 THEN 'clearing-office' ELSE 'foerdetal-gewerbe' END,
               'routed', 'received', now(), now(), 1, 1, 1, false
          FROM generate_series(1, 20000) n
        """
    )
    conn.execute("ANALYZE cases")
    before = scans(conn)

    assert sum(1 for _ in waiting_cases(conn, 5)) == 0
    assert count_waiting(conn) == 200

    assert scans(conn) - before == 2


def scans(conn: Connection) -> int:
    """Of the index of what waits, by this transaction."""
    row = conn.execute("SELECT pg_stat_get_xact_numscans('cases_waiting'::regclass)").fetchone()
    assert row is not None
    number: int = row[0]
    return number
