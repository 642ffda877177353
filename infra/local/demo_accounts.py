"""The demo directory's accounts by their id, so that its stories name them: they are invented."""

import base64
from functools import cache
from uuid import UUID

from infra.local.ldap import LDIF


@cache
def demo_accounts() -> dict[str, str]:
    """objectGUID -> name and login."""
    names = {}
    for block in LDIF.read_text(encoding="utf-8").split("\n\n"):
        lines = (line.partition(": ") for line in block.splitlines())
        entry = {name: value for name, _, value in lines}
        guid, login = entry.get("objectGUID:"), entry.get("sAMAccountName")
        if guid and login and "userAccountControl" in entry:
            names[str(UUID(bytes_le=base64.b64decode(guid)))] = f"{entry['cn']} ({login})"
    return names
