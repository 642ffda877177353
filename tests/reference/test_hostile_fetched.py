"""Hostile JSON as the answer of a platform that is polled: refused or read, and nothing else."""

from contextlib import suppress
from pathlib import Path

from functions.receive.delivery import Delivery
from functions.receive.platforms.form_solutions.fetched import read_submission
from functions.receive.polling.source import Entry, PollFailed
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender
from tests.functions.receive.bodies import LIMITS, FilesInMemory
from tests.reference.hostile import json_bodies

SENDER = Sender.model_validate(
    {
        "id": "forms",
        "platform": "form_solutions",
        "authentication": {"kind": "trusted_network"},
    }
)
ENTRY = Entry("AS_1", "AS_1-a", b"")


def fetched(answer: bytes) -> tuple[Delivery | None, FilesInMemory]:
    files = FilesInMemory()
    pieces = [answer[at : at + 7] for at in range(0, len(answer), 7)]
    with suppress(Refused, PollFailed):
        return read_submission(pieces, ENTRY, SENDER, files, LIMITS), files
    return None, files


def test_whatever_the_platform_answers_is_refused_or_read(reference_data: Path) -> None:
    for body in json_bodies(reference_data):
        for template in (b"%b", b'{"xml": %b}', b'{"pdf": %b}', b'{"attachments": %b}'):
            delivery, files = fetched(template % body.data)
            if body.name.startswith("n_") and template.startswith(b'{"xml"'):
                assert delivery is None or "structure" in body.name, body.name
            assert all(each.state != "open" for each in files.stored), body.name


def test_an_answer_that_is_cut_anywhere_is_no_submission() -> None:
    answer = b'{"pdf": "QUJD", "attachments": [{"name": "a", "content": "QUJD"}], "xml": null}'

    assert fetched(answer)[0] is not None
    for cut in range(len(answer)):
        delivery, files = fetched(answer[:cut])
        assert delivery is None
        assert all(each.state != "open" for each in files.stored)
