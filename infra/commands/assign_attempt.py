"""`lotse assign try`: who would get a case."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import click

from functions.assign.directory.ldap import LdapCaseworkerDirectory
from functions.assign.explain import explain
from functions.assign.particulars import Particulars
from functions.assign.particulars_of_cases import PostgresParticulars
from infra.assign_trial import Trial, decide_trial
from infra.commands.config import valid
from infra.commands.connection import installation_environment, operator_connection
from infra.commands.naming import named_case
from infra.commands.options import as_json, config_folder
from infra.declared_rules import RulesOfTenants, applied_rules, rules_in
from infra.local.demo_accounts import demo_accounts
from infra.story import read_case, with_names
from infra.trial import ANYBODY
from shared.adapters.postgres.pool import Connection
from shared.domain.case import Case
from shared.domain.errors import Unavailable, UnknownCase
from shared.domain.identifiers import (
    CLEARING_OFFICE,
    AuthorityId,
    CaseId,
    LeikaKey,
    RegionKey,
    TenantId,
)
from shared.domain.submission import FieldKind, FormField, Mailbox

TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%d.%m.%Y"])
_NOBODYS = CaseId(UUID(int=0))


def _field(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[FormField, ...]:
    fields = []
    for each in given:
        path, equals, value = each.partition("=")
        if not path or not equals:
            raise click.BadParameter("write it as PATH=VALUE: betrieb.branche=Gastronomie")
        fields.append(FormField(name=path, label=path, kind=FieldKind.TEXT, value=value))
    return tuple(fields)


def _not_past(_: click.Context, __: click.Parameter, at: datetime | None) -> datetime | None:
    """Of today's date, now: who was absent before is not asked for."""
    if at is None:
        return None
    now = datetime.now(UTC)
    if at.astimezone().date() < now.astimezone().date():
        raise click.BadParameter("has passed")
    return max(at.astimezone(UTC), now)


@click.command(name="try")
@click.option("--authority", metavar="ID", help="Whose case it is.")
@click.option("--form", help="The form, as senders call it.")
@click.option("--leika", multiple=True, metavar="KEY", help="A service asked for; several times.")
@click.option("--region", metavar="ARS", help="Where it is, by its regional key.")
@click.option(
    "--field", "fields", multiple=True, callback=_field, metavar="PATH=VALUE", help="Filled in."
)
@click.option("--applicant-mailbox", "mailbox", help="Of the applicant's account.")
@click.option("--case", "number", metavar="NUMBER|ID", help="As one that there is, instead.")
@config_folder
@click.option("--at", type=TIME, callback=_not_past, help="At another time; without it, now.")
@as_json
def attempt(
    authority: str | None,
    form: str | None,
    leika: tuple[str, ...],
    region: str | None,
    fields: tuple[FormField, ...],
    mailbox: str | None,
    number: str | None,
    folder: Path | None,
    at: datetime | None,
    *,
    as_json: bool,
) -> None:
    """Decide who would get a case now. The directory is asked, and nothing is stored.

    A case as described (--authority and what rules ask for), or one that there is (--case): as if
    it had come just now and nobody had it.
    """
    described = (authority, form, leika, region, fields, mailbox)
    if (number is None) == (authority is None) or (number is not None and any(described)):
        raise click.UsageError("say --authority and what the rules ask for, or only --case")
    declared = rules_in(valid(folder)) if folder is not None else None
    with operator_connection() as conn:
        rules = applied_rules(conn) if declared is None else declared
        if number is not None:
            case, particulars = _stored(conn, number)
        else:
            case = _described(str(authority), form, leika, region)
            told = Mailbox(identifier=mailbox) if mailbox else None
            particulars = Particulars(fields=fields, mailbox=told)
    _tell(_trial(case, particulars, rules, at), as_json=as_json)


def _described(
    authority: str, form: str | None, leika: tuple[str, ...], region: str | None
) -> Case:
    now = datetime.now(UTC)
    return Case(
        id=_NOBODYS,
        sender=ANYBODY,
        transaction_id="",
        form_id=form,
        leika_keys=tuple(map(LeikaKey, leika)),
        region=RegionKey(region) if region else None,
        authority=AuthorityId(authority),
        status_since=now,
        received_at=now,
    )


def _stored(conn: Connection, number: str) -> tuple[Case, Particulars]:
    try:
        case = read_case(conn, named_case(conn, number))
        return case, PostgresParticulars(conn).of(case.id, case.round)
    except UnknownCase:
        raise click.ClickException(f"there is no case {number} here") from None


def _trial(
    case: Case, particulars: Particulars, rules: RulesOfTenants, at: datetime | None
) -> Trial:
    if case.authority is None or case.authority == CLEARING_OFFICE:
        raise click.ClickException("it is no authority's yet: people have to route it first")
    tenant = _tenant_of(case.authority, rules)
    return Trial(case, case.authority, tenant, rules[tenant], particulars, at)


def _tenant_of(authority: AuthorityId, rules: RulesOfTenants) -> TenantId:
    for tenant, declared in rules.items():
        if any(each.id == authority for each in declared.authorities):
            return tenant
    known = sorted(each.id for declared in rules.values() for each in declared.authorities)
    raise click.ClickException(
        f"no tenant declares an authority {authority}; there are: {', '.join(known) or 'none'}"
    )


def _tell(trial: Trial, *, as_json: bool) -> None:
    with installation_environment(), closing(LdapCaseworkerDirectory()) as directory:
        try:
            decision = decide_trial(trial, operator_connection, directory)
        except Unavailable as exc:
            raise click.ClickException(
                f"{exc}; a case would be tried again, and lie in the team tray after some time. "
                "See what is wrong: lotse directories test"
            ) from None
    if as_json:
        click.echo(decision.model_dump_json(exclude_none=True, indent=2))
        return
    for line in explain(decision):
        click.echo(with_names(line, demo_accounts()))
