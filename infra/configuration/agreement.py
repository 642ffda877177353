"""What entries of different files have to agree on."""

from collections.abc import Collection
from pathlib import Path

from functions.receive.platforms import PLATFORMS
from infra.configuration.declared import Configuration, Key, Problem
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.senders import Sender
from shared.domain.configuration.tenants import Tenant

SENDERS = Path("platform/senders.toml")


def disagreements(configuration: Configuration, broken: Collection[Path]) -> list[Problem]:
    """`broken` files are mended first: what they should declare is not missing for good."""
    problems = []
    if SENDERS not in broken:
        problems += _senders_of_tenants(configuration)
    problems += _platforms_of_senders(configuration)
    problems += _authorities_served_twice(configuration)
    problems += [
        problem
        for problem in _directories_of_rules(configuration)
        if problem.file.with_name("directories.toml") not in broken
    ]
    return problems


def _platforms_of_senders(configuration: Configuration) -> list[Problem]:
    known = {platform.name for platform in PLATFORMS}
    return [
        Problem(
            configuration.files[key],
            f"senders {key.id}",
            "platform",
            f"{sender.platform} is none that the intake knows: {', '.join(sorted(known))}",
        )
        for key, sender in configuration.of_kind("senders")
        if isinstance(sender, Sender) and sender.platform not in known
    ]


def _senders_of_tenants(configuration: Configuration) -> list[Problem]:
    return [
        Problem(
            configuration.files[key],
            "",
            "senders",
            f"{sender} is not declared in {SENDERS}",
        )
        for key, tenant in configuration.of_kind("tenants")
        if isinstance(tenant, Tenant)
        for sender in tenant.senders
        if Key("senders", "", sender) not in configuration.files
    ]


def _directories_of_rules(configuration: Configuration) -> list[Problem]:
    served = {
        (key.tenant, authority)
        for key, directory in configuration.of_kind("directories")
        if isinstance(directory, Directory)
        for authority in directory.authorities
    }
    return [
        Problem(
            configuration.files[key],
            f"assignment_rules {key.id}",
            "authority",
            f"{rule.authority} is not among the authorities of an entry of directories.toml",
        )
        for key, rule in configuration.of_kind("assignment_rules")
        if isinstance(rule, AssignmentRule)
        and rule.target is not None
        and (key.tenant, rule.authority) not in served
    ]


def _authorities_served_twice(configuration: Configuration) -> list[Problem]:
    problems = []
    serving: dict[tuple[str, str], str] = {}
    for key, directory in configuration.of_kind("directories"):
        if not isinstance(directory, Directory):
            continue
        for authority in directory.authorities:
            other = serving.setdefault((key.tenant, authority), key.id)
            if other != key.id:
                text = f"{authority} is served by {other} already; an authority has one directory"
                place = f"directories {key.id}"
                problems.append(Problem(configuration.files[key], place, "authorities", text))
    return problems
