"""`lotse route try`: where an application would go."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import click

from functions.route.explain import explain
from infra.commands.connection import operator_connection
from infra.commands.options import DAY, against, as_json
from infra.directory.versions import VersionError
from infra.trial import Trial, decide_trial, split_place
from shared.adapters.postgres.senders import PostgresSenders
from shared.domain.errors import Unavailable

F = TypeVar("F", bound=Callable[..., Any])

_DIGITS = {"--ars": (12,), "--ags": (8,), "--region": (2, 3, 5, 9)}


def _as_long_as_it_is(_: click.Context, option: click.Parameter, key: str | None) -> str | None:
    digits = sum(map(str.isdigit, key or ""))
    counts = _DIGITS[option.opts[0]]
    if key is None or digits in counts:
        return key
    hints = [f": is it meant as {name}?" for name, other in _DIGITS.items() if digits in other]
    wanted = ", ".join(map(str, counts))
    raise click.BadParameter(f"it has {wanted} digits, not {digits}{''.join(hints)}")


def _key(name: str, said: str, metavar: str = "KEY") -> Callable[[F], F]:
    return click.option(name, callback=_as_long_as_it_is, metavar=metavar, help=said)


@click.command(name="try")
@click.option("--leika", default="", metavar="KEY,…", help="The services asked for.")
@_key("--ars", "The municipality, by its regional key of 12 digits.")
@_key("--ags", "The same by its key of 8 digits.")
@_key("--region", "A wider area that it is in: 2, 3, 5 or 9 digits.", "PREFIX")
@click.option("--place", metavar="TEXT", help='Postcode and name: "24999 Fördetal".')
@click.option("--postcode")
@click.option("--name", help="The municipality's.")
@click.option("--unit", help="The authority's unit, as a sender states it.")
@click.option("--sender", help="Only tenants that take its applications; without it, all do.")
@click.option("--form", help="The form, as senders call it; its fields are empty.")
@click.option("--at", "day", type=DAY, help="The day; without it, today.")
@against
@as_json
def attempt(
    leika: str,
    ars: str | None,
    ags: str | None,
    region: str | None,
    place: str | None,
    postcode: str | None,
    name: str | None,
    unit: str | None,
    sender: str | None,
    form: str | None,
    day: datetime | None,
    against: int | None,
    *,
    as_json: bool,
) -> None:
    """Decide an application that there is not. Nothing is stored.

    Where it is, is said once: by --ars, by --ags, by --place, or by --postcode and --name. A
    --region alone decides nothing; it narrows the last two.
    """
    municipality = ars or ags
    if sum(map(bool, (ars, ags, place, postcode or name))) > 1 or (municipality and region):
        raise click.UsageError("say where it is once: by one key, by --place, or by its parts")
    if place is not None:
        postcode, name = split_place(place)
    trial = Trial(
        leika_keys=(leika,) if leika else (),
        region=municipality or region,
        postcode=postcode,
        name=name,
        unit=unit,
        sender=sender,
        form=form,
        **({"on": day.date()} if day else {}),
    )
    with operator_connection() as conn:
        try:
            decision = decide_trial(trial, conn, against)
        except (VersionError, Unavailable) as exc:
            raise click.ClickException(str(exc)) from None
        senders = {each.id for each in PostgresSenders(conn).all()}
    if as_json:
        click.echo(decision.model_dump_json(exclude_none=True, indent=2))
        return
    click.echo("\n".join(explain(decision)))
    if sender is None:
        click.echo("Without --sender: as if every tenant took the sender's applications")
    elif sender not in senders:
        click.echo(f"Note: nobody has declared a sender {sender!r}.")
