"""The functions that are measured, each ready to be started as a process."""

from collections.abc import Mapping
from pathlib import Path

from bench.environment import ROOT
from bench.processes import FunctionProcess
from bench.servers import Environment


class Functions:
    def __init__(self, programs: Path, environment: Environment) -> None:
        self._programs = programs
        self._environment = environment

    def start(self, name: str, settings: Mapping[str, str] | None = None) -> FunctionProcess:
        environment = {**self._environment.functions[name], **(settings or {})}
        return self._process(f"functions/{name}/main.py", environment)

    def start_empty(self, beside: str) -> FunctionProcess:
        """The yardstick, with the settings (threads, for one) of the function beside it."""
        return self._process("bench/empty/main.py", self._environment.functions[beside])

    def exists(self, name: str) -> bool:
        return (ROOT / "functions" / name / "main.py").exists()

    def _process(self, source: str, environment: Mapping[str, str]) -> FunctionProcess:
        return FunctionProcess(self._programs, source, environment)
