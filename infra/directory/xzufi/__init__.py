"""Read XZuFi 2.1 and 2.2 transfer messages: services, units, and who is responsible."""

from infra.directory.xzufi.message import read_xzufi
from infra.directory.xzufi.responsibilities import RESPONSIBLE_ROLES

__all__ = ["RESPONSIBLE_ROLES", "read_xzufi"]
