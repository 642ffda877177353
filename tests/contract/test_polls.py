"""Who may poll a sender, and what is remembered of what it lists."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest

from shared.adapters.postgres.polls import PostgresPolls
from shared.domain.polling import Lease, Polled, PolledState
from tests.roles import as_role

NOW, LONG = timedelta(), timedelta(minutes=10)


@pytest.fixture
def conn(database_url: str) -> Iterator[psycopg.Connection]:
    """Each statement is a transaction of its own, so that time goes on between them."""
    with psycopg.connect(as_role(database_url, "lotse_receive"), autocommit=True) as conn:
        yield conn


@pytest.fixture
def polls(conn: psycopg.Connection) -> PostgresPolls:
    return PostgresPolls(conn)


def claimed(polls: PostgresPolls, sender: str = "forms", lease: timedelta = LONG) -> Lease:
    found = polls.claim(sender, uuid4(), lease)
    assert found is not None
    return found


def stored(id_: str, digest: bytes = b"1", attempts: int = 0) -> Polled:
    return Polled(
        transaction_id=id_,
        entry_sha256=digest,
        state=PolledState.STORED,
        attempts=attempts,
        is_due=True,
    )


def test_a_sender_is_polled_by_one_at_a_time(polls: PostgresPolls) -> None:
    claimed(polls)

    assert polls.claim("forms", uuid4(), LONG) is None
    assert polls.due(["forms", "others"]) == ["others"]


def test_two_that_claim_at_once_do_not_both_get_it(database_url: str) -> None:
    url = as_role(database_url, "lotse_receive")
    with psycopg.connect(url) as one, psycopg.connect(url, autocommit=True) as other:
        claimed(PostgresPolls(one))
        other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            PostgresPolls(other).claim("forms", uuid4(), LONG)
        one.commit()

        assert PostgresPolls(other).claim("forms", uuid4(), LONG) is None


def test_a_lease_that_has_ended_is_taken_over(polls: PostgresPolls) -> None:
    first = claimed(polls, lease=NOW)

    second = claimed(polls)

    assert not polls.renew("forms", first.owner, LONG)
    assert polls.renew("forms", second.owner, LONG)


def test_who_lost_the_lease_changes_nothing(polls: PostgresPolls) -> None:
    first = claimed(polls, lease=NOW)
    claimed(polls)

    polls.succeed(first, NOW, {}, None)
    polls.fail(first, NOW, "timeout")

    assert polls.claim("forms", uuid4(), LONG) is None


def test_success_and_failure_say_when_it_is_due_again(polls: PostgresPolls) -> None:
    at = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    polls.fail(claimed(polls), NOW, "timeout")
    lease = claimed(polls)
    assert lease.failures == 1
    polls.succeed(lease, NOW, {"AS_1": at}, None)

    lease = claimed(polls)

    assert (lease.failures, lease.cursors) == (0, {"AS_1": at})
    polls.fail(lease, LONG, "unauthorized")
    assert polls.due(["forms"]) == []


def test_the_longest_due_comes_first(polls: PostgresPolls) -> None:
    for sender in ("b", "a"):
        polls.succeed(claimed(polls, sender), NOW, {}, None)

    assert polls.due(["a", "b", "new"]) == ["new", "b", "a"]


def test_what_became_of_a_submission_is_remembered(polls: PostgresPolls) -> None:
    polls.note("forms", stored("1"), due_in=LONG, code=None)
    polls.note("forms", stored("2", b"a"), due_in=NOW, code="timeout")
    polls.note("forms", stored("2", b"b", attempts=1), due_in=NOW, code="timeout")

    found = polls.seen("forms", ["1", "2", "3"])

    assert found == {
        "1": stored("1").model_copy(update={"is_due": False}),
        "2": stored("2", b"b", attempts=1),
    }
    assert polls.seen("others", ["1"]) == {}


def test_a_failure_is_not_forgotten(polls: PostgresPolls) -> None:
    failed = stored("2").model_copy(update={"state": PolledState.FAILED})
    polls.note("forms", stored("1"), due_in=NOW, code=None)
    polls.note("forms", failed, due_in=NOW, code="malformed-xml")

    polls.forget("forms", LONG)
    assert set(polls.seen("forms", ["1", "2"])) == {"1", "2"}
    polls.forget("forms", -LONG)

    assert set(polls.seen("forms", ["1", "2"])) == {"2"}


def test_an_operator_sees_how_it_goes(polls: PostgresPolls, database_url: str) -> None:
    polls.fail(claimed(polls), LONG, "unauthorized")
    claimed(polls, "others")
    failed = stored("2").model_copy(update={"state": PolledState.FAILED})
    polls.note("forms", stored("1"), due_in=NOW, code="http_500")
    polls.note("forms", failed, due_in=NOW, code="malformed-xml")
    polls.note("forms", stored("3"), due_in=NOW, code=None)

    with psycopg.connect(as_role(database_url, "lotse_operator")) as conn:
        assert PostgresPolls(conn).all() == []  # nobody is declared
        for sender in ("forms", "others"):
            conn.execute("INSERT INTO senders VALUES (%s, '{}')", [sender])
        forms, others = PostgresPolls(conn).all()

    assert (forms.last_error, forms.failures, forms.leased_until) == ("unauthorized", 1, None)
    assert (forms.not_fetched, forms.not_reported) == (1, 1)
    assert others.leased_until is not None
