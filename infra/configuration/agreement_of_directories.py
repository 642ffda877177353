"""What a tenant's directories and its assignment rules have to agree on."""

from collections.abc import Iterator

from functions.assign.directory.names import comparable, is_within
from infra.configuration.declared import Configuration, Problem
from shared.domain.caseworkers import TargetKind
from shared.domain.configuration.assignment_rules import Aim, AssignmentRule, Substitute
from shared.domain.configuration.directories import Directory

_NO_NAME = "is no distinguished name; copy it as the directory shows it"


def disagreements_of_directories(configuration: Configuration) -> list[Problem]:
    serving: dict[tuple[str, str], str] = {}
    problems = []
    for key, directory in configuration.of_kind("directories"):
        if not isinstance(directory, Directory):
            continue
        file, place = configuration.files[key], f"directories {key.id}"
        if comparable(directory.base) is None:
            problems.append(Problem(file, place, "base", _NO_NAME))
        for authority in directory.authorities:
            other = serving.setdefault((key.tenant, authority), key.id)
            if other != key.id:
                text = f"{authority} is served by {other} already; an authority has one directory"
                problems.append(Problem(file, place, "authorities", text))
    return problems


def rules_without_their_directory(configuration: Configuration) -> list[Problem]:
    serving = {
        (key.tenant, authority): directory
        for key, directory in configuration.of_kind("directories")
        if isinstance(directory, Directory)
        for authority in directory.authorities
    }
    return [
        Problem(configuration.files[key], f"assignment_rules {key.id}", field, text)
        for key, rule in configuration.of_kind("assignment_rules")
        if isinstance(rule, AssignmentRule)
        for field, text in _of_rule(rule, serving.get((key.tenant, rule.authority)))
    ]


def _of_rule(rule: AssignmentRule, directory: Directory | None) -> Iterator[tuple[str, str]]:
    if directory is None:
        if rule.target is not None or rule.fallback.target is not None:
            text = f"{rule.authority} is not among the authorities of an entry of directories.toml"
            yield "authority", text
        return
    yield from _of_aim(rule, "", directory)
    yield from _of_aim(rule.fallback, "fallback.", directory)
    if Substitute.MANAGER in rule.substitutes and directory.mapped.manager is None:
        text = (
            f"manager finds nobody: say in the mapping of directory {directory.id} which attribute "
            "of an account names its manager"
        )
        yield "substitutes", text


def _of_aim(aim: Aim, prefix: str, directory: Directory) -> Iterator[tuple[str, str]]:
    target, base = aim.target, comparable(directory.base)
    if target is None or base is None:
        return
    field, name = f"{prefix}{target.kind}", comparable(target.dn)
    if name is None:
        yield field, _NO_NAME
    elif not is_within(name, base):
        text = (
            f"is not below the base of directory {directory.id}, so it would never be found: "
            "correct the name, or choose a wider base"
        )
        yield field, text
    if target.kind is TargetKind.GROUP and not directory.mapped.groups:
        yield field, f"the mapping of directory {directory.id} does not say what a group is"
