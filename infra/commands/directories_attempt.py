"""`lotse directories test`: what of a directory works, and what has to be mended."""

import json
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.directory.probe import Step, probe
from infra.commands.config import valid
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.directory_choice import Chosen, chosen_directories
from infra.commands.options import as_json, config_folder
from infra.declared_rules import applied_rules, rules_in
from infra.directory_trial import TargetFound, look_up_targets
from shared.ports import CaseworkerDirectory


@dataclass(frozen=True)
class Tested:
    """Without a server that works, the rules' groups and units were not looked up."""

    name: str
    steps: tuple[Step, ...]
    targets: tuple[TargetFound, ...]

    @property
    def ok(self) -> bool:
        return all(step.ok for step in self.steps) and not any(
            each.failure for each in self.targets
        )


@click.command("test")
@click.argument("name", metavar="[[TENANT/]ID]", required=False)
@click.option("--tenant", metavar="ID", help="Only this tenant's.")
@config_folder
@as_json
def attempt(name: str | None, tenant: str | None, folder: Path | None, *, as_json: bool) -> None:
    """Try each server step by step, and look up the groups and units that the rules name.

    From this machine, which may reach other servers than the cluster does. Ends with 1 if
    something has to be mended. With --config no database is needed.
    """
    if folder is not None:
        rules = rules_in(valid(folder))
    else:
        with operator_connection() as conn:
            rules = applied_rules(conn)
    chosen = chosen_directories(rules, name, tenant)
    with installation_environment(), closing(LdapCaseworkerDirectory()) as caseworkers:
        tested = list(_all(chosen, caseworkers, quiet=as_json))
    if as_json:
        click.echo(json.dumps(list(map(_document, tested)), ensure_ascii=False, indent=2))
    if not all(each.ok for each in tested):
        raise click.exceptions.Exit(1)


def _all(
    chosen: Iterable[Chosen], caseworkers: CaseworkerDirectory, *, quiet: bool
) -> Iterator[Tested]:
    """Told as it goes on: a server that does not answer takes its time."""
    say = _say_nothing if quiet else click.echo
    for one in chosen:
        say(f"{one.name} ({one.directory.kind})")
        steps: list[Step] = []
        for step in probe(one.directory):
            if not steps or steps[-1].server != step.server:
                say(f"  {step.server}")
            say(f"    {_mark(ok=step.ok)}  {step.name:<12} {step.text}")
            steps.append(step)
        targets = []
        if _one_server_works(steps):
            for found in look_up_targets(one.declared, one.directory, caseworkers):
                say(f"  {found.target.kind} {found.target.dn} (rule {', '.join(found.rules)})")
                say(f"    {_mark(ok=not found.failure)}  {found.text}")
                targets.append(found)
        else:
            say("  no server works, so what the rules name was not looked up")
        yield Tested(one.name, tuple(steps), tuple(targets))


def _say_nothing(_: str) -> None: ...


def _mark(*, ok: bool) -> str:
    return "ok   " if ok else "FAILS"


def _one_server_works(steps: Iterable[Step]) -> bool:
    worked: dict[str, bool] = {}
    for step in steps:
        worked[step.server] = worked.get(step.server, True) and step.ok
    return any(worked.values())


def _document(tested: Tested) -> dict[str, Any]:
    targets = [
        {
            "kind": found.target.kind,
            "dn": found.target.dn,
            "rules": found.rules,
            "ok": not found.failure,
            "text": found.text,
            "people": found.members,
            "available": found.available,
            "left_out": found.left_out,
            "unreadable": found.unreadable,
        }
        for found in tested.targets
    ]
    steps = [asdict(step) for step in tested.steps]
    return {"directory": tested.name, "ok": tested.ok, "steps": steps, "targets": targets}
