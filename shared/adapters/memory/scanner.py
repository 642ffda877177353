"""The malware scanner."""

from collections.abc import Iterable, Mapping

from shared.domain.errors import Unavailable
from shared.domain.malware import MalwareVerdict, ScanResult


class InMemoryScanner:
    """Knows malware by a piece of its bytes; `limit` is the most it takes. Without signatures:
    it is away."""

    def __init__(self, signatures: Mapping[bytes, str] | None, limit: int = 1024 * 1024) -> None:
        self._signatures = signatures
        self._limit = limit

    def ping(self) -> None:
        if self._signatures is None:
            raise Unavailable("scanner does not answer")

    def scan(self, pieces: Iterable[bytes]) -> ScanResult:
        self.ping()
        seen = b""
        for piece in pieces:
            seen += piece
            if len(seen) > self._limit:
                return ScanResult(verdict=MalwareVerdict.NOT_SCANNABLE, code="too_large")
        for known, name in (self._signatures or {}).items():
            if known in seen:
                return ScanResult(verdict=MalwareVerdict.INFECTED, code=name)
        return ScanResult(verdict=MalwareVerdict.CLEAN)
