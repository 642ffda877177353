"""What would change if a configuration were applied, in lines people can read."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.configuration.declared import Key

Documents = Mapping[Key, dict[str, Any]]


class Change(NamedTuple):
    """`before` is None for a new entry, `after` for one that goes."""

    key: Key
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    def lines(self) -> list[str]:
        if self.before is None:
            return [f"+ {self.key}"]
        if self.after is None:
            return [f"- {self.key}"]
        old, new = dict(_leaves(self.before)), dict(_leaves(self.after))
        names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        return [f"~ {self.key}"] + [
            f"    {name}: {_shown(old, name)} -> {_shown(new, name)}" for name in names
        ]


def changes(stored: Documents, declared: Documents) -> list[Change]:
    """In the order of their keys, so that two runs print the same."""
    return [
        Change(key, stored.get(key), declared.get(key))
        for key in sorted({*stored, *declared})
        if stored.get(key) != declared.get(key)
    ]


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, member in value.items():
            yield from _leaves(member, f"{path}.{name}" if path else name)
    else:
        yield path, value


def _shown(leaves: dict[str, Any], name: str) -> str:
    if name not in leaves:
        return "(none)"
    value = leaves[name]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
