"""The message's bytes: built once, kept in the object store, the same on every attempt."""

from hashlib import sha256

from functions.forward.destination import Contents, Damaged, DestinationKind, Superseded
from functions.forward.ports import Stores, Transactions
from shared.domain.errors import AlreadyStored, UnknownObject
from shared.domain.forwarding import Forwarding
from shared.ports import ObjectStore


class Held(Exception):
    """A file has come meanwhile that has to be scanned first."""


def frozen(
    forwarding: Forwarding,
    kind: DestinationKind,
    transactions: Transactions,
    objects: ObjectStore,
) -> bytes:
    """Raise Damaged, Superseded, Held, and what the kind raises when it builds."""
    if forwarding.message_sha256 is not None:
        return read_frozen(objects, forwarding)
    with transactions() as stores:
        contents = read_contents(forwarding, stores)
    body = kind.build(contents)
    try:
        objects.put(forwarding.message_key, body, "application/json")
    except AlreadyStored:
        # Frozen by an attempt that was cut off: those bytes may have been sent.
        body = read_frozen(objects, forwarding)
    digest = sha256(body).hexdigest()
    with transactions() as stores:
        if stores.claims.freeze(forwarding.id, digest) != digest:
            raise Damaged("message_differs")
    return body


def read_frozen(objects: ObjectStore, forwarding: Forwarding) -> bytes:
    """Raise Damaged if it is missing, or not what was frozen."""
    try:
        body = b"".join(objects.read(forwarding.message_key))
    except UnknownObject:
        raise Damaged("message_missing") from None
    if forwarding.message_sha256 not in (None, sha256(body).hexdigest()):
        raise Damaged("message_differs")
    return body


def read_contents(forwarding: Forwarding, stores: Stores) -> Contents:
    """The case as it is now. Raise Superseded, Held."""
    case = stores.cases.get(forwarding.case_id)
    if (case.round, case.authority) != (forwarding.round, forwarding.authority):
        raise Superseded
    attachments = stores.attachments.of_case(case.id)
    if any(file.malware_verdict.holds for file in attachments):
        raise Held
    original = stores.submissions.original(case.id)
    return Contents(
        message_id=forwarding.message_id,
        occasion_at=forwarding.occasion_at,
        case=case,
        submission=stores.submissions.get(case.id),
        original=original.data,
        original_media_type=original.media_type,
        attachments=attachments,
        history=stores.log.of_case(case.id),
    )
