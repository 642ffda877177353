"""`lotse case`: the whole story of a case."""

from collections.abc import Iterable, Iterator

import click

from infra.commands.connection import operator_connection
from infra.commands.naming import named_case
from infra.local.demo_accounts import demo_accounts
from infra.story import Storyteller, read_case, told_receipt
from shared.adapters.postgres.attachments import PostgresAttachments
from shared.adapters.postgres.forwardings import PostgresForwardings
from shared.adapters.postgres.pool import Connection
from shared.adapters.postgres.submissions import PostgresSubmissions
from shared.domain.case import Case
from shared.domain.errors import UnknownCase
from shared.domain.forwarding import Attempt, ForwardingState
from shared.domain.malware import MalwareVerdict
from shared.domain.submission import Attachment, FormField


@click.command()
@click.argument("number", metavar="NUMBER|ID")
@click.option("--fields", is_flag=True, help="Also what the applicant has filled in.")
def case(number: str, *, fields: bool) -> None:
    """Tell a case's story: where it went and why, whom it reached, which files it has."""
    with operator_connection() as conn:
        try:
            found = read_case(conn, named_case(conn, number))
        except UnknownCase:
            raise click.ClickException(f"there is no case {number} here") from None
        for line in _story(conn, found, fields=fields):
            click.echo(line)


def _story(conn: Connection, case: Case, *, fields: bool) -> Iterator[str]:
    yield from _head(conn, case)
    yield ""
    for step in Storyteller(conn, demo_accounts()).steps(case):
        yield from step.lines()
    yield from _section("Forwardings", _forwardings(conn, case))
    yield from _section("Files", _files(conn, case))
    if fields:
        submission = PostgresSubmissions(conn).get(case.id)
        yield from _section("Fields", _fields(submission.fields))


def _head(conn: Connection, case: Case) -> Iterator[str]:
    yield f"Case {case.number}: {case.form_name or case.form_id or 'without a form name'}"
    marks = [f"stage {case.stage}", f"status {case.status}"]
    if case.round > 1:
        marks.append(f"round {case.round}")
    if case.is_test:
        marks.append("a test")
    yield f"  {', '.join(marks)}"
    yield f"  received {case.received_at.astimezone():%Y-%m-%d %H:%M:%S %z}"
    yield f"  from {case.sender}, transaction {case.transaction_id}"
    keys = ", ".join(case.leika_keys) or "none"
    unit, region = case.named_unit or "not named", case.region or "not given"
    yield f"  services {keys}; region {region}; unit {unit}"
    yield f"  id {case.id}"
    if duplicates := PostgresSubmissions(conn).probable_duplicates(case.id):
        numbers = ", ".join(read_case(conn, other).number for other in duplicates)
        yield f"  probably the same application as {numbers}"


def _forwardings(conn: Connection, case: Case) -> Iterator[str]:
    store = PostgresForwardings(conn)
    for forwarding in store.of_case(case.id):
        state = forwarding.state.replace("_", " ")
        due = ""
        if forwarding.state is ForwardingState.PLANNED:
            due = f", next attempt {forwarding.due_at.astimezone():%Y-%m-%d %H:%M:%S}"
        waived = ", waived by a person" if forwarding.waived_by else ""
        round_ = f", round {forwarding.round}" if forwarding.round != case.round else ""
        yield f"{forwarding.destination}: {state}{due}{waived}{round_}"
        if forwarding.state is ForwardingState.ACCEPTED:
            yield f"  {told_receipt(forwarding)}"
        if forwarding.message_sha256:
            yield f"  message {forwarding.message_id}, sha256 {forwarding.message_sha256}"
        yield from (f"  {_attempt(attempt)}" for attempt in store.attempts(forwarding.id))


def _attempt(attempt: Attempt) -> str:
    said = [attempt.outcome or "not ended: whether it arrived is not known"]
    said += [str(part) for part in (attempt.status, attempt.code) if part is not None]
    return (
        f"attempt {attempt.number} at {attempt.started_at.astimezone():%H:%M:%S}: {', '.join(said)}"
    )


def _files(conn: Connection, case: Case) -> Iterator[str]:
    for file in PostgresAttachments(conn).of_case(case.id):
        version = f" (version {file.version})" if file.version > 1 else ""
        flags = f", {', '.join(file.flags)}" if file.flags else ""
        yield f"{file.kind:<15} {file.name}{version}: {file.size:,} bytes, {_type(file)}{flags}"
        if file.malware_verdict is not MalwareVerdict.NOT_SCANNED:
            verdict = file.malware_verdict.replace("_", " ")
            yield f"{'':<15} position {file.position}, malware scan: {verdict}"
        yield f"{'':<15} sha256 {file.sha256}"


def _type(file: Attachment) -> str:
    """As declared; and as detected, unless that says the same."""
    declared, detected = file.media_type, file.detected_media_type
    if detected in (None, declared):
        return declared or "of unknown type"
    return f"{declared or 'of no declared type'} (looks like {detected})"


def _fields(fields: Iterable[FormField], indent: str = "") -> Iterator[str]:
    for field in fields:
        value = "" if field.value is None else f" {field.value}"
        yield f"{indent}{field.label or field.name}:{value}"
        yield from _fields(field.items, f"{indent}  ")


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    lines = list(lines)
    if lines:
        yield f"\n{title}"
        yield from (f"  {line}" for line in lines)
