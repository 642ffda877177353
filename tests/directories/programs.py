"""The programs of directory servers, which Debian keeps where only root looks for them."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PATH = f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"
ENVIRONMENT = {**os.environ, "PATH": PATH}


def without(programs: Mapping[str, str]) -> str | None:
    """The reason to skip, if a program is missing; given with the Debian packages they are from."""
    missing = [name for name in programs if shutil.which(name, path=PATH) is None]
    packages = sorted({programs[name] for name in missing})
    if not missing:
        return None
    return f"there is no {', '.join(missing)} on this machine (Debian: {' '.join(packages)})"


def run(*argv: str | Path) -> str:
    done = subprocess.run(
        [str(each) for each in argv],
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, f"{argv[0]} failed: {done.stdout}"
    return done.stdout
