"""Region keys as feeds and tables state them: text, never padded and never cut."""

from shared.domain.regions import FEDERATION, is_ags, is_area

_STATES = frozenset(f"{state:02}" for state in range(1, 17))


def region_key(text: str) -> str | None:
    """An ARS, the beginning of one, or an AGS; also at the end of a URN. None if it is neither.

    The first two digits are a state, 01 to 16. Twelve zeros are the federation.
    """
    key = text.rpartition(":")[2]
    known = is_area(key) or is_ags(key)
    return key if known and (key[:2] in _STATES or key == FEDERATION) else None
