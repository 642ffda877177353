"""What a container has: a virtual environment with the run-time packages and no others.

structlog, for one, imports `rich` where it is installed, which only the development tools want.
"""

import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PACKAGES = ("functions", "shared", "bench")


def runtime_environment(folder: Path) -> Path:
    """Its bin folder. The packages are linked, not copied."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    site = next(folder.glob("lib/python*/site-packages"))
    for distribution in _closure("antragslotse"):
        _link(distribution, site)
    for package in PACKAGES:
        (site / package).symlink_to(ROOT / package)
    program = folder / "bin" / "functions-framework"
    program.write_text(
        f"#!{folder}/bin/python\nfrom functions_framework._cli import _cli\n_cli()\n"
    )
    program.chmod(0o755)
    return folder / "bin"


def _closure(root: str) -> Iterator[metadata.Distribution]:
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [(root, frozenset[str]())]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        distribution = metadata.distribution(name)
        if name != root:
            yield distribution
        for text in distribution.requires or ():
            wanted = Requirement(text)
            marker = wanted.marker
            if marker is None or any(marker.evaluate({"extra": e}) for e in extras or {""}):
                waiting.append((wanted.name, frozenset(wanted.extras)))


def _link(distribution: metadata.Distribution, site: Path) -> None:
    tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
    for top in tops:
        link = site / top
        if not link.exists():
            link.symlink_to(Path(str(distribution.locate_file(top))))
