"""Searches over one connection, for one answer: in pages, within a time, and never half."""

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import ldap3
from ldap3.core.results import (
    RESULT_INVALID_DN_SYNTAX,
    RESULT_NO_SUCH_OBJECT,
    RESULT_SUCCESS,
)
from ldap3.utils.conv import escape_filter_chars

from functions.assign.directory.names import written
from functions.assign.directory.opening import OVERLOADED, ServerAway
from functions.assign.directory.refusals import of_search
from functions.assign.directory.values import Attributes
from shared.domain.errors import NotAnswered

T = TypeVar("T")

# All searches for one answer together: well below the function's own limit.
LONGEST_READING = 8.0
# What Active Directory gives at once; in one filter, what keeps it readable for a server.
PAGE, AT_ONCE = 1000, 300
_PAGED_RESULTS = "1.2.840.113556.1.4.319"


class Found(NamedTuple):
    dn: str
    entry: Attributes


class Searching:
    def __init__(
        self, directory_id: str, connection: ldap3.Connection, attributes: Sequence[str]
    ) -> None:
        self._directory_id = directory_id
        self._connection = connection
        self._attributes = list(attributes)
        self._give_up_at = time.monotonic() + LONGEST_READING

    def entry(self, dn: str, attributes: Sequence[str] = ()) -> Found | None:
        """None if there is none, or if it is no distinguished name."""
        found = self._search(dn, "(objectClass=*)", ldap3.BASE, attributes)
        return found[0] if found else None

    def below(
        self, base: str, condition: str, attributes: Sequence[str] = ()
    ) -> list[Found] | None:
        """`base` itself among them; None if there is no such base."""
        return self._search(base, condition, ldap3.SUBTREE, attributes)

    def some_below(self, base: str, condition: str, attributes: Sequence[str]) -> list[Found]:
        """What the server answers at once."""
        page = self._page(base, condition, ldap3.SUBTREE, attributes, None)
        return page[0] if page is not None else []

    def _search(
        self, base: str, condition: str, scope: str, attributes: Sequence[str]
    ) -> list[Found] | None:
        found: list[Found] = []
        cookie: bytes | None = None
        while True:
            page = self._page(base, condition, scope, attributes, cookie)
            if page is None:
                return None
            entries, cookie = page
            found += entries
            if not cookie:
                return found

    def _page(
        self, base: str, condition: str, scope: str, attributes: Sequence[str], cookie: bytes | None
    ) -> tuple[list[Found], bytes | None] | None:
        """What lies on other servers (referrals) is not followed."""
        base_as_written = written(base)
        if base_as_written is None:
            return None
        if time.monotonic() > self._give_up_at:
            raise self._not_answered("the answer took too long")
        _, result, response, _ = self._connection.search(
            base_as_written,
            condition,
            scope,
            attributes=list(attributes or self._attributes),
            paged_size=PAGE if scope == ldap3.SUBTREE else None,
            paged_cookie=cookie,
        )
        if result["result"] in (RESULT_NO_SUCH_OBJECT, RESULT_INVALID_DN_SYNTAX):
            return None
        if result["result"] in OVERLOADED:
            raise ServerAway(result["description"])
        if result["result"] != RESULT_SUCCESS:
            raise self._not_answered(of_search(result))
        found = [
            Found(entry["dn"], entry["raw_attributes"])
            for entry in response
            if entry["type"] == "searchResEntry"
        ]
        return found, _cookie(result)

    def _not_answered(self, why: str) -> NotAnswered:
        return NotAnswered(f"directory {self._directory_id}: {why}")


def _cookie(result: dict[str, Any]) -> bytes | None:
    control = result.get("controls", {}).get(_PAGED_RESULTS)
    cookie: bytes | None = control["value"]["cookie"] if control else None
    return cookie


def equals(attribute: str, value: str) -> str:
    return f"({attribute}={escape_filter_chars(value)})"


def is_named(attribute: str, dn: str) -> str:
    """That an attribute with a distinguished name has this one."""
    return equals(attribute, written(dn) or dn)


def equals_bytes(attribute: str, value: bytes) -> str:
    escaped = "".join(f"\\{byte:02x}" for byte in value)
    return f"({attribute}={escaped})"


def any_of(conditions: Iterable[str]) -> str:
    """Also of one, which is a filter as good."""
    return f"(|{''.join(conditions)})"


def in_portions(many: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(many)
    while portion := list(islice(rest, AT_ONCE)):
        yield portion
