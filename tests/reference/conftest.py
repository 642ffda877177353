"""The running intake and the directory adapter, as the functions' own tests have them."""

from tests.functions.assign.conftest import caseworkers
from tests.functions.receive.conftest import intake, soap

__all__ = ["caseworkers", "intake", "soap"]
