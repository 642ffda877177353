"""Databases of their own for tests, on the server of the run."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql


@contextmanager
def created(server: str, name: str, template: str = "template1") -> Iterator[None]:
    names = [sql.Identifier(name), sql.Identifier(template)]
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    try:
        yield
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(names[0]))


def url(server: str, database: str) -> str:
    return urlsplit(server)._replace(path=f"/{database}").geturl()


def unique(kind: str) -> str:
    return f"lotse_{kind}_{secrets.token_hex(6)}"
