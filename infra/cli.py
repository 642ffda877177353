"""The command `lotse`."""

import signal
import sys

import click

from infra.commands.assign import assign
from infra.commands.case import case
from infra.commands.config import config
from infra.commands.dead_letters import dead_letters, redrive, tasks
from infra.commands.destinations import destinations
from infra.commands.directories import directories
from infra.commands.directory import directory
from infra.commands.files import files
from infra.commands.forwardings import forwardings
from infra.commands.polls import polls
from infra.commands.refusals import refusals
from infra.commands.regions import regions
from infra.commands.route import route
from infra.commands.status import status
from infra.commands.submit import submit
from infra.commands.up import up
from infra.local.errors import LocalError
from shared.runtime.logging import configure


class Sections(click.Group):
    """Commands under headings, in the order a newcomer needs them."""

    headings: tuple[tuple[str, tuple[click.Command, ...]], ...] = ()

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for heading, commands in self.headings:
            with formatter.section(heading):
                formatter.write_dl(
                    [(command.name or "", command.get_short_help_str(90)) for command in commands]
                )


@click.group(
    cls=Sections, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="antragslotse", message="%(package)s %(version)s")
def lotse() -> None:
    """Takes every application from the online form to the right authority, and loses none."""


HEADINGS: tuple[tuple[str, tuple[click.Command, ...]], ...] = (
    ("Run it on this machine", (up,)),
    ("Applications and cases", (submit, case, route, assign, forwardings)),
    ("Operate it", (status, tasks, files, refusals, polls, dead_letters, redrive)),
    ("Set it up", (config, directory, regions, directories, destinations)),
)
Sections.headings = HEADINGS
for _, commands in HEADINGS:
    for command in commands:
        lotse.add_command(command)


def main() -> None:
    # `lotse case ... | head` is no error.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    # The commands tell what the functions' code would log.
    configure("CRITICAL")
    try:
        lotse()
    except LocalError as exc:
        click.echo(f"lotse: {exc}", err=True)
        sys.exit(1)
