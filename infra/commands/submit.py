"""`lotse submit`: deliver an application of one's own to the running intake."""

from pathlib import Path

import click

from infra.intake import PATH, Application, NotDelivered, deliver
from infra.local.runtime import read_runtime, state_directory

_files = click.Path(path_type=Path)


@click.command()
@click.argument("forms", metavar="FILE...", nargs=-1, required=True, type=_files)
@click.option("--attachment", "attachments", multiple=True, type=_files, help="A file beside it.")
@click.option(
    "--representation", "representations", multiple=True, type=_files, help="The form as a PDF."
)
@click.option("--url", help="The intake's address.  [default: the one that runs here]")
def submit(
    forms: tuple[Path, ...],
    attachments: tuple[Path, ...],
    representations: tuple[Path, ...],
    url: str | None,
) -> None:
    """Deliver an application of your own to the intake.

    FILE is the JSON document that a form server sends: "control", with a transactionId of your
    choice, and "formData". Examples are in infra/local/demo/applications. The same transactionId
    is the same case.
    """
    if len(forms) > 1 and (attachments or representations):
        raise click.UsageError("files go with one application: submit them one by one")
    intake_url = _address(url) if url else _running_intake()
    failed = False
    for form in forms:
        try:
            delivered = deliver(intake_url, Application(form, representations, attachments))
        except NotDelivered as exc:
            click.echo(f"{form}: {exc}", err=True)
            failed = True
        else:
            click.echo(f"{form}: case {delivered.number}, see `lotse case {delivered.number}`")
    if failed:
        raise click.exceptions.Exit(1)


def _address(url: str) -> str:
    """Also as `lotse status` shows it: with the path."""
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url has to begin with http:// or https://")
    return url.rstrip("/").removesuffix(PATH)


def _running_intake() -> str:
    runtime = read_runtime(state_directory())
    if runtime is None:
        raise click.ClickException(
            "nothing is running here. Start it with `lotse up`, name its folder in LOTSE_STATE, "
            "or give the address of an intake with --url."
        )
    return runtime.intake_url
