"""Orders that lose something: the test has to notice each of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import flask

from functions.forward import forward
from functions.forward.attempt import Courier
from functions.forward.claiming import Claim
from functions.forward.destination import Deadline, Message
from functions.forward.freezing import frozen
from functions.forward.outcome import Ended, Outcome
from functions.forward.ports import Transactions
from functions.forward.record import Recorded, record
from shared.adapters.postgres import intake
from shared.adapters.postgres.pool import Connection, Pool, transaction
from shared.domain.case import Case
from shared.domain.forwarding import Receipt


def acknowledge_before_commit() -> None:
    @contextmanager
    def statement(pool: Pool) -> Iterator[Connection]:
        conn = pool.getconn()
        try:
            yield conn
        except BaseException:
            conn.rollback()
            pool.putconn(conn)
            raise
        flask.after_this_request(lambda response: _then(response, partial(_commit, pool, conn)))

    vars(intake)["statement"] = statement


def _then(response: flask.Response, work: Callable[[], None]) -> flask.Response:
    response.call_on_close(work)
    return response


def _commit(pool: Pool, conn: Connection) -> None:
    conn.commit()
    pool.putconn(conn)


def consume_before_store() -> None:
    class HastyIntake(intake.PostgresIntake):
        def store(self, case: Case, *args: Any, **values: Any) -> Case:
            with transaction(self._pool) as conn:
                conn.execute(
                    "UPDATE uploads SET state = 'consumed' WHERE id = %s", [values["upload"]]
                )
            values["upload"] = None
            return super().store(case, *args, **values)

    vars(intake)["PostgresIntake"] = HastyIntake


def record_before_sending() -> None:
    def attempt(claim: Claim, transactions: Transactions, courier: Courier) -> Recorded:
        assert claim.destination is not None
        kind = courier.open(claim.destination)
        body = frozen(claim.forwarding, kind, transactions, courier.objects)
        sent = Ended(Outcome.ACCEPTED, receipt=Receipt())
        recorded = record(claim, sent, transactions)
        kind.send(Message(claim.forwarding.message_id, body, Deadline(10)))
        return recorded

    vars(forward)["attempt"] = attempt


ORDERS: dict[str, tuple[str, Callable[[], None]]] = {
    "acknowledge-before-commit": ("receive", acknowledge_before_commit),
    "consume-before-store": ("receive", consume_before_store),
    "record-before-sending": ("forward", record_before_sending),
}
"""Name -> the function that it spoils, and how. Before that function's app is loaded."""
