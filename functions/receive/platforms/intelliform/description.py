"""The service's own description in WSDL 1.1, with the address that it was asked at."""

from functools import cache
from html import escape
from pathlib import Path

from functions.receive.answers import Answer
from functions.receive.platforms.intelliform.answers import MEDIA_TYPE

_ADDRESS = "@ADDRESS@"


def describe(address: str) -> Answer:
    quoted = escape(address)
    return Answer(200, _template().replace(_ADDRESS, quoted).encode(), MEDIA_TYPE)


@cache
def _template() -> str:
    return Path(__file__).with_name("service.wsdl").read_text(encoding="utf-8")
