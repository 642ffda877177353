"""How often a sender may call."""

import pytest

from functions.receive.rates import Rates
from functions.receive.refusal import Refused
from shared.domain.configuration.senders import Sender


def a_sender(id_: str = "afm", **rate: float) -> Sender:
    return Sender.model_validate(
        {
            "id": id_,
            "platform": "ozg_cloud",
            "authentication": {"kind": "trusted_network"},
            "rate": rate or None,
        }
    )


def test_what_exceeds_the_rate_is_told_when_to_come_again() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    sender = a_sender(per_minute=6, burst=2)

    rates.take(sender)
    rates.take(sender)
    with pytest.raises(Refused) as caught:
        rates.take(sender)

    assert (caught.value.status, caught.value.headers["Retry-After"]) == (429, "10")
    assert caught.value.retry
    now[0] = 10.0
    rates.take(sender)
    with pytest.raises(Refused):
        rates.take(sender)


def test_a_long_silence_saves_no_more_than_a_burst() -> None:
    now = [0.0]
    rates = Rates(lambda: now[0])
    sender = a_sender(per_minute=60, burst=1)
    rates.take(sender)
    now[0] = 3600.0

    rates.take(sender)

    with pytest.raises(Refused):
        rates.take(sender)


def test_one_sender_does_not_use_up_anothers_rate() -> None:
    rates = Rates(lambda: 0.0)
    rates.take(a_sender("first", per_minute=1, burst=1))

    rates.take(a_sender("second", per_minute=1, burst=1))
    for _ in range(100):
        rates.take(a_sender("without-a-rate"))
