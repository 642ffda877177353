"""Which case a person means, by its number or by its id; and who that person is."""

import getpass
import os
from uuid import UUID

import click

from infra.story import find_case, read_case
from shared.adapters.postgres.pool import Connection
from shared.domain.actor import Actor
from shared.domain.errors import UnknownCase
from shared.domain.identifiers import CaseId, parse_case_number


def named_case(conn: Connection, what: str) -> CaseId:
    """Raise UnknownCase if there is no case of this number; an id is not looked up."""
    try:
        return CaseId(UUID(what))
    except ValueError:
        pass
    try:
        sequence = parse_case_number(what)
    except ValueError as exc:
        raise click.ClickException(str(exc)) from None
    return find_case(conn, sequence).id


def case_name(conn: Connection, case_id: CaseId | None) -> str:
    """Its number, for a list that people read."""
    if case_id is None:
        return "-"
    try:
        return read_case(conn, case_id).number
    except UnknownCase:
        return "unknown"


def operator() -> Actor:
    """The account of the operating system."""
    try:
        return Actor.operator(getpass.getuser())
    except (KeyError, OSError):
        return Actor.operator(f"uid-{os.getuid()}")  # a container's user may have no name
