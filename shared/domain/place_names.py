"""Names of municipalities, as directories write them and as people do."""

import re
import unicodedata

from shared.domain.regions import Municipality

_ABBREVIATED = {"st": "sankt", "b": "bei"}
_KINDS = {"stadt", "hansestadt", "landeshauptstadt", "gemeinde"}
_WHERE = {"a", "am", "an", "auf", "bei", "i", "im", "in", "ob", "unter", "v", "vor", "vorm"}
_ADDITION = re.compile(r"[,(/]| - ")


def name_key(name: str) -> str:
    """How a municipality's name is looked up: without its kind, its case, and what is added to it.

    Own design, no public source: `Lauenburg/ Elbe, Stadt`, `Lauenburg (Elbe)` and `LAUENBURG` are
    the same, and so are `Horst` and `Horst (Holstein)`: people leave additions out. What is stated
    of an addition `locate` compares.
    """
    bare = _words(_ADDITION.split(_folded(name), maxsplit=1)[0]) or _words(name)
    until = next((n for n, word in enumerate(bare) if n and word in _WHERE), None)
    return " ".join(bare[:until])


def so_called(name: str, named: tuple[Municipality, ...]) -> tuple[Municipality, ...]:
    """Of `Horst` and `Horst (Holstein)` the second, if it is called so; both for `Horst`."""
    if not _has_addition(name):
        return named
    return tuple(each for each in named if is_named(name, each)) or named


def of_kind(name: str, named: tuple[Municipality, ...]) -> tuple[Municipality, ...]:
    """Of `Garding, Stadt` and `Garding, Kirchspiel` the one stated: both have the same postcode."""
    _, comma, kind = _folded(name).partition(",")
    if not comma:
        return named
    same = (each for each in named if _folded(each.name or "").partition(",")[2] == kind)
    return tuple(same) or named


def is_named(name: str, municipality: Municipality) -> bool:
    """Not if `name` adds what the municipality's own name does not say: it may be another one."""
    if not _has_addition(name):
        return True
    return _words(name) == _words(municipality.name or "")


def _has_addition(name: str) -> bool:
    return " ".join(_words(name)) != name_key(name)


def _words(name: str) -> list[str]:
    """With what is added to the name, without the kind before or after it."""
    found = re.findall(r"\w+", _folded(name).split(",", 1)[0])
    if len(found) > 1 and found[0] in _KINDS:
        del found[0]
    return [_ABBREVIATED.get(word, word) for word in found]


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
