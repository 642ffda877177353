"""Two ways to break the promise on purpose: the crash test has to notice both."""

from enum import StrEnum

import psycopg

from infra.local.installation import Installation

HASTY_RECEIVE = {"receive": "tests/crash/hasty_receive/main.py"}
"""Answers first and commits a moment later: what is killed between is lost."""


class Break(StrEnum):
    ACK_BEFORE_COMMIT = "ack-before-commit"
    FORGET_WAKE = "forget-wake"


def forget_wakes(installation: Installation) -> None:
    """Nothing is ever due again: an event that got lost stays lost."""
    with psycopg.connect(installation.database_url("postgres"), autocommit=True) as conn:
        conn.execute(
            """
            CREATE FUNCTION forget_wake() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                NEW.next_wake_at := NULL;
                RETURN NEW;
            END
            $$
            """
        )
        conn.execute(
            """
            CREATE TRIGGER forget_wake BEFORE INSERT OR UPDATE ON cases
                FOR EACH ROW EXECUTE FUNCTION forget_wake()
            """
        )
