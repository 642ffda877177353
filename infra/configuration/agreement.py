"""What entries of different files have to agree on."""

from collections.abc import Collection
from pathlib import Path

from functions.receive.platforms import PLATFORMS
from infra.configuration.agreement_of_directories import (
    disagreements_of_directories,
    rules_without_their_directory,
)
from infra.configuration.agreement_of_rules import disagreements_of_rules
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
    problems += disagreements_of_directories(configuration)
    problems += _authorities_of_two_tenants(configuration)
    problems += _units_of_two_tenants(configuration)
    problems += _forms_declared_twice(configuration)
    problems += disagreements_of_rules(configuration)
    problems += [
        problem
        for problem in _notices_without_mail(configuration)
        if problem.file.with_name("tenant.toml") not in broken
    ]
    problems += [
        problem
        for problem in _undeclared_authorities(configuration)
        if problem.file.with_name("authorities.toml") not in broken
    ]
    problems += [
        problem
        for problem in rules_without_their_directory(configuration)
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


def _notices_without_mail(configuration: Configuration) -> list[Problem]:
    with_mail = {
        tenant.id
        for _, tenant in configuration.of_kind("tenants")
        if isinstance(tenant, Tenant) and tenant.mail is not None
    }
    return [
        Problem(
            configuration.files[key],
            f"authorities {key.id}",
            "notices",
            "go by mail, and tenant.toml names no mail server: add [mail]",
        )
        for key, authority in configuration.of_kind("authorities")
        if isinstance(authority, Authority)
        and authority.notices.wanted
        and key.tenant not in with_mail
    ]


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
