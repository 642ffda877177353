"""Which case a person means: by its number, as people say it, or by its id, as the logs have it."""

from uuid import UUID

import click

from infra.story import find_case
from shared.adapters.postgres.pool import Connection
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
