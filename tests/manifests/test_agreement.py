"""Manifests and code agree: on event types, and on every function's settings."""

import ast
import json
import subprocess
import sys

import pytest

from infra.local.manifests import BASE
from infra.local.ping import EVENT_TYPE
from shared.domain.events import Event
from shared.runtime import timer
from tests.manifests.documents import Document, deployed, of_kind

ROOT = BASE.parents[2]
FUNCTIONS = ["assign", "forward", "receive", "recover", "route"]

# Read by functions-framework, not by us.
OF_THE_FRAMEWORK = {"THREADS"}

SETTINGS = """
import importlib, json, sys
fields = importlib.import_module(sys.argv[1]).Settings.model_fields
print(json.dumps({name.upper(): field.is_required() for name, field in fields.items()}))
"""


def selected_types(documents: list[Document]) -> dict[str, set[str]]:
    types: dict[str, set[str]] = {}
    for trigger in deployed(documents).triggers:
        types.setdefault(trigger.subscriber.function, set()).add(trigger.attributes["type"])
    return types


def test_every_trigger_selects_a_declared_event(base: list[Document]) -> None:
    declared = {event.type for event in Event.__subclasses__()}

    for selected in selected_types(base).values():
        assert selected <= declared


def test_no_function_is_triggered_by_its_own_reply(base: list[Document]) -> None:
    for function, selected in selected_types(base).items():
        own = {e.type for e in Event.__subclasses__() if e.source == f"/functions/{function}"}
        assert not own & selected


@pytest.mark.parametrize("function", sorted({"assign", "forward", "route"}))
def test_a_function_is_triggered_by_exactly_the_events_it_accepts(
    function: str, base: list[Document]
) -> None:
    named = {event.__name__: event.type for event in Event.__subclasses__()}

    accepted = {named[name] for name in accepted_events(function)}

    assert accepted == selected_types(base)[function]


def accepted_events(function: str) -> list[str]:
    """The list that main.py gives to `event_function`."""
    tree = ast.parse((ROOT / "functions" / function / "main.py").read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "event_function":
            assert isinstance(node.args[0], ast.List)
            return [ast.unparse(element) for element in node.args[0].elts]
    pytest.fail(f"{function} does not call event_function")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_variable_is_a_setting_and_nothing_that_is_required_is_missing(
    function: str, base: list[Document]
) -> None:
    spec = deployed(base).function(function)
    env = {**spec.env, "K_SINK": "http://127.0.0.1:1"} if spec.sink else dict(spec.env)

    # With the manifest's environment and no other: what the function needs beyond it stops it.
    answer = subprocess.run(
        [sys.executable, "-c", SETTINGS, f"functions.{function}.main"],
        env=env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    settings: dict[str, bool] = json.loads(answer.stdout)
    assert set(env) - OF_THE_FRAMEWORK <= set(settings)
    assert {name for name, required in settings.items() if required} <= set(env)
    assert ("K_SINK" in settings) == bool(spec.sink)


@pytest.mark.parametrize(("function", "constant"), [("assign", "TIMER"), ("receive", "POLLS")])
def test_the_timer_posts_to_the_door_that_the_function_has_for_it(
    function: str, constant: str, base: list[Document]
) -> None:
    (ping,) = [ping for ping in deployed(base).pings if ping.sink.function == function]
    main = (ROOT / "functions" / function / "main.py").read_text(encoding="utf-8")

    assert f'{constant} = "{ping.sink.path}"' in main
    assert EVENT_TYPE == timer.PING


def test_every_function_has_a_manifest(base: list[Document]) -> None:
    assert [function.name for function in deployed(base).functions] == FUNCTIONS
    assert len(of_kind(base, "Service")) == len(FUNCTIONS)
