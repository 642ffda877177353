"""The running intake, as the function's own tests have it."""

from tests.functions.receive.conftest import intake, soap

__all__ = ["intake", "soap"]
