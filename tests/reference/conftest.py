"""The running intake, as the function's own tests have it."""

from tests.functions.receive.conftest import intake

__all__ = ["intake"]
