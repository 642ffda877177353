"""An authority for certificates and one certificate of it for a server on this machine."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]


@dataclass(frozen=True)
class Certificate:
    """Where the files of one are."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def chain(self) -> Path:
        return self.folder / "server.pem"

    @property
    def key(self) -> Path:
        return self.folder / "server.key"


def issue(folder: Path, names: str = "DNS:localhost,IP:127.0.0.1") -> Certificate:
    folder.mkdir(parents=True)
    made = Certificate(folder)
    ca_key = folder / "ca.key"
    authority = ["-subj", "/CN=Amt-Test-CA", "-addext", "keyUsage=critical,keyCertSign"]
    _request([*authority, "-keyout", str(ca_key), "-out", str(made.ca_file)])
    _request(
        [
            *("-subj", "/CN=localhost", "-keyout", str(made.key), "-out", str(made.chain)),
            *("-CA", str(made.ca_file), "-CAkey", str(ca_key)),
            *("-addext", f"subjectAltName={names}"),
            *("-addext", "basicConstraints=critical,CA:FALSE"),
        ]
    )
    return made


def _request(arguments: list[str]) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", *_KEY, *arguments], check=True, capture_output=True, timeout=30
    )
