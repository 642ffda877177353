"""What file stores are given: a new format is a module, a settings class and a line here."""

from collections.abc import Callable
from typing import Any

from functions.forward.destination import Contents
from functions.forward.formats.delivery import pack_delivery
from functions.forward.means import Means
from functions.forward.packing import Packed

FORMATS: dict[str, Callable[[Contents, Any, Means], Packed]] = {
    "delivery": pack_delivery,
}
