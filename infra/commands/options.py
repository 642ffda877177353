"""Options that several commands have."""

from pathlib import Path

import click

DAY = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])

as_json = click.option("--json", "as_json", is_flag=True, help="All of it, as JSON.")
against = click.option(
    "--against", type=int, metavar="VERSION", help="Of the directory; the active one without it."
)
limit = click.option("--limit", type=click.IntRange(min=1), help="Only so many.")
config_folder = click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="A configuration that is not brought in yet.",
)
