"""A submission as JSON text: what is stored, compared and fingerprinted.

Changing what is written here changes every fingerprint: raise FINGERPRINT_VERSION with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from shared.domain.exact_json import read_json, write_json
from shared.domain.identifiers import SenderId
from shared.domain.submission import FormField, Submission

FINGERPRINT_VERSION = 1


@dataclass(frozen=True)
class SubmissionText:
    """Control data without the transaction id, and the field tree in the form's order."""

    control: str
    fields: str

    @cached_property
    def fingerprint(self) -> bytes:
        """Equal for the same content under different transaction ids."""
        return sha256(f"{self.control}\n{self.fields}".encode()).digest()


def write_submission(submission: Submission) -> SubmissionText:
    account = submission.service_account
    control: dict[str, Any] = {
        "form_id": submission.form_id,
        "form_name": submission.form_name,
        "leika_keys": submission.leika_keys,
        "region": submission.region,
        "named_unit": submission.named_unit,
        "service_account": account and account.model_dump(exclude_none=True),
        "extra": submission.control_extra,
    }
    given = {name: value for name, value in control.items() if value}
    return SubmissionText(write_json(given), write_json(_plain(submission.fields)))


def read_submission(
    text: SubmissionText,
    *,
    sender: SenderId,
    transaction_id: str,
    flags: Iterable[str],
    is_test: bool,
) -> Submission:
    control = read_json(text.control)
    return Submission(
        sender=sender,
        transaction_id=transaction_id,
        control_extra=control.pop("extra", {}),
        fields=read_fields(text.fields),
        flags=tuple(flags),
        is_test=is_test,
        **control,
    )


def read_fields(text: str) -> tuple[FormField, ...]:
    return tuple(FormField.model_validate(field) for field in read_json(text))


def _plain(fields: Iterable[FormField]) -> list[dict[str, Any]]:
    plain = []
    for field in fields:
        members: dict[str, Any] = {"name": field.name, "label": field.label, "kind": field.kind}
        if field.value is not None:
            members["value"] = field.value
        if field.items:
            members["items"] = _plain(field.items)
        if field.extra:
            members["extra"] = field.extra
        plain.append(members)
    return plain
