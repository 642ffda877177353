"""What a request's path asks for: a platform, perhaps one of its senders, perhaps a transaction."""

from dataclasses import dataclass

from functions.receive.platforms import PLATFORMS, Platform
from functions.receive.refusal import Refused

TRANSACTIONS = "transactions"


@dataclass(frozen=True, slots=True)
class Address:
    """`{path}[/{sender}][/transactions/{id}]`; no sender is called `transactions`."""

    platform: Platform
    sender: str | None = None
    transaction_id: str | None = None


def read_address(path: str) -> Address:
    """Raise Refused (404)."""
    for platform in PLATFORMS:
        rest = path.removeprefix(platform.path)
        if rest != path and (not rest or rest.startswith("/")):
            return _below(platform, rest.removeprefix("/"))
    raise Refused(404, "unknown-path", "Nothing is received under this path.")


def _below(platform: Platform, rest: str) -> Address:
    name, _, more = rest.partition("/")
    if name == TRANSACTIONS:
        return Address(platform, None, _transaction(more))
    if not more:
        return Address(platform, name or None)
    asked, _, transaction_id = more.partition("/")
    if asked != TRANSACTIONS:
        raise Refused(404, "unknown-path", "Nothing is received under this path.")
    return Address(platform, name, _transaction(transaction_id))


def _transaction(id_: str) -> str:
    if not id_:
        detail = "Name the transaction at the end of the address."
        raise Refused(404, "unknown-path", detail)
    if "\0" in id_:
        raise Refused(400, "bad-parameter", "No transaction id contains NUL.")
    return id_
