"""A measured figure beside its budget, the table of them, and what goes into the JSON file."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """`value` is held against `budget`, if it has one; `how` names both sides of a ratio."""

    name: str
    value: float
    budget: float | None
    unit: str
    how: str
    at_most: bool = True

    @property
    def met(self) -> bool:
        if self.budget is None:
            return True
        return self.value <= self.budget if self.at_most else self.value >= self.budget


def table(figures: list[Figure]) -> str:
    rows = [("figure", "measured", "budget", "", "how")]
    for one in figures:
        sign = "<=" if one.at_most else ">="
        rows.append(
            (
                one.name,
                f"{one.value:.2f} {one.unit}",
                "" if one.budget is None else f"{sign} {one.budget:g} {one.unit}",
                "" if one.budget is None else "met" if one.met else "MISSED",
                one.how,
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[4]])
        for row in rows
    )


def verdict(figures: list[Figure]) -> str:
    held = [one for one in figures if one.budget is not None]
    met = sum(one.met for one in held)
    return f"budgets: {met} met, {len(held) - met} missed"


def write_json(figures: list[Figure], conditions: dict[str, str], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "conditions": conditions,
        "figures": [{**asdict(one), "met": one.met} for one in figures],
    }
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
