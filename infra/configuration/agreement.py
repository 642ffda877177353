"""What entries of different files have to agree on."""

from collections.abc import Collection
from pathlib import Path

from functions.receive.platforms import PLATFORMS
from infra.configuration.declared import Configuration, Key, Problem
from shared.domain.configuration.assignment_rules import AssignmentRule
from shared.domain.configuration.authorities import Authority
from shared.domain.configuration.base import Entry
from shared.domain.configuration.destinations import Destination
from shared.domain.configuration.directories import Directory
from shared.domain.configuration.forms import Form
from shared.domain.configuration.routing_rules import RoutingRule
from shared.domain.configuration.senders import Sender
from shared.domain.configuration.tenants import Tenant

SENDERS = Path("platform/senders.toml")


def disagreements(configuration: Configuration, broken: Collection[Path]) -> list[Problem]:
    """`broken` files are mended first: what they should declare is not missing for good."""
    problems = []
    if SENDERS not in broken:
        problems += _undeclared_senders(configuration)
    problems += _platforms_of_senders(configuration)
    problems += _authorities_served_twice(configuration)
    problems += _authorities_of_two_tenants(configuration)
    problems += _units_of_two_tenants(configuration)
    problems += _forms_declared_twice(configuration)
    problems += _rules_that_contradict_each_other(configuration)
    problems += [
        problem
        for problem in _undeclared_authorities(configuration)
        if problem.file.with_name("authorities.toml") not in broken
    ]
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


def _undeclared_senders(configuration: Configuration) -> list[Problem]:
    return [
        Problem(
            configuration.files[key],
            f"forms {key.id}" if key.kind == "forms" else "",
            "senders",
            f"{sender} is not declared in {SENDERS}",
        )
        for kind in ("tenants", "forms")
        for key, entry in configuration.of_kind(kind)
        if isinstance(entry, Tenant | Form)
        for sender in entry.senders
        if Key("senders", "", sender) not in configuration.files
    ]


def _undeclared_authorities(configuration: Configuration) -> list[Problem]:
    return [
        Problem(
            configuration.files[key],
            f"{key.kind} {key.id}",
            "authorities" if key.kind in ("directories", "destinations") else "authority",
            f"{authority} is not declared in this tenant's authorities.toml",
        )
        for kind in ("routing_rules", "assignment_rules", "directories", "destinations")
        for key, entry in configuration.of_kind(kind)
        for authority in _authorities_named_by(entry)
        if Key("authorities", key.tenant, authority) not in configuration.files
    ]


def _authorities_named_by(entry: Entry) -> tuple[str, ...]:
    match entry:
        case RoutingRule(authority=authority) | AssignmentRule(authority=authority):
            return (authority,)
        case Directory(authorities=authorities) | Destination(authorities=authorities):
            return authorities
    return ()


def _authorities_of_two_tenants(configuration: Configuration) -> list[Problem]:
    problems = []
    owners: dict[str, str] = {}
    for key, authority in configuration.of_kind("authorities"):
        owner = owners.setdefault(key.id, key.tenant)
        if owner != key.tenant and isinstance(authority, Authority):
            text = f"{key.id} is an authority of {owner} already; an authority has one tenant"
            problems.append(Problem(configuration.files[key], f"authorities {key.id}", "id", text))
    return problems


def _units_of_two_tenants(configuration: Configuration) -> list[Problem]:
    problems = []
    owners: dict[str, str] = {}
    for key, authority in configuration.of_kind("authorities"):
        if not isinstance(authority, Authority):
            continue
        for unit in authority.units:
            owner = owners.setdefault(unit, key.tenant)
            if owner != key.tenant:
                text = f"{unit} is a unit of {owner} already; its cases would go to neither"
                place = f"authorities {key.id}"
                problems.append(Problem(configuration.files[key], place, "units", text))
    return problems


def _forms_declared_twice(configuration: Configuration) -> list[Problem]:
    """For everybody, or for one sender."""
    problems = []
    declared: dict[tuple[str, str], str] = {}
    for key, form in configuration.of_kind("forms"):
        if not isinstance(form, Form):
            continue
        for sender in form.senders or ("",):
            other = declared.setdefault((form.form, sender), key.id)
            if other != key.id:
                text = f"{other} says of this form where the matter is, too; only one would count"
                problems.append(Problem(configuration.files[key], f"forms {key.id}", "form", text))
    return problems


def _rules_that_contradict_each_other(configuration: Configuration) -> list[Problem]:
    problems = []
    declared: dict[tuple[str, str], tuple[str, str]] = {}
    for key, rule in configuration.of_kind("routing_rules"):
        if not isinstance(rule, RoutingRule):
            continue
        conditions = rule.model_dump_json(exclude={"id", "authority"})
        other, authority = declared.setdefault((key.tenant, conditions), (key.id, rule.authority))
        if authority != rule.authority:
            text = f"{other} has the same conditions and names {authority}"
            place = f"routing_rules {key.id}"
            problems.append(Problem(configuration.files[key], place, "authority", text))
    return problems


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
