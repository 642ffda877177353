"""A real server over a folder, in a process of its own, told to misbehave by a file."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).parents[3]
USER, PASSWORD = "lotse", "geheim"


@dataclass
class Served:
    """`told` is what the server said when it was ready: its port at least."""

    root: Path
    orders: Path
    told: dict[str, Any]

    @property
    def port(self) -> int:
        port: int = self.told["port"]
        return port

    def misbehave(self, **how: Any) -> None:
        """`status`: answer everything so; `stalls`: answer nothing; `broken`: change nothing."""
        fresh = self.orders.with_suffix(".new")
        fresh.write_text(json.dumps(how))
        fresh.replace(self.orders)

    def behave(self) -> None:
        self.orders.unlink(missing_ok=True)


@contextmanager
def served(module: str, folder: Path) -> Iterator[Served]:
    root, orders = folder / "root", folder / "orders.json"
    root.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"tests.functions.forward.{module}", root, orders],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert process.stdout is not None
    try:
        yield Served(root, orders, json.loads(process.stdout.readline()))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def orders_in(path: str) -> dict[str, Any]:
    """For the server: what it is told now."""
    try:
        given: dict[str, Any] = json.loads(Path(path).read_text())
    except FileNotFoundError:
        return {}
    return given
