"""What `lotse status` says of the directory: which version decides, and how old it is."""

from collections.abc import Iterator
from datetime import UTC, datetime

from infra.commands.counting import lasted
from infra.directory.versions import Version, versions
from shared.adapters.postgres.pool import Connection


def standing(conn: Connection) -> Iterator[str]:
    known = versions(conn)
    if not known:
        yield "Directory  there is none yet, so nothing is routed: `lotse directory import FILE`"
        return
    newest = known[0]
    active = next((version for version in known if version.active), None)
    yield f"Directory  {_deciding(active)}"
    if newest != active:
        next_ = f"`lotse directory activate {newest.id}`"
        how = "is newer and not active" if active else "waits"
        yield f"           version {newest.id} {how}: {next_}"
    age = lasted(datetime.now(UTC) - newest.loaded_at)
    yield f"           the newest import was {age} ago: {newest.name}"


def _deciding(active: Version | None) -> str:
    if active is None:
        return "no version is active, so nothing is routed"
    at = active.activated_at
    since = f" since {at.astimezone():%Y-%m-%d %H:%M}" if at else ""
    return f"version {active.id} is active{since}: {active.name}"
