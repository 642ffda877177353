"""Find ports on the loopback interface, and say clearly when one is taken."""

import socket
from contextlib import ExitStack, suppress
from random import SystemRandom

from infra.local.errors import PortTaken

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    try:
        _bind(port)
    except OSError:
        return False
    return True


def free_port() -> int:
    return free_ports(1)[0]


def free_ports(count: int) -> list[int]:
    """Different ones: each is held until all are found."""
    ports: list[int] = []
    with ExitStack() as held:
        while len(ports) < count:
            port = SystemRandom().choice(_OURS)
            probe = held.enter_context(socket.socket())
            with suppress(OSError):
                probe.bind((HOST, port))
                ports.append(port)
    return ports


# Below the ports that the kernel gives to outgoing connections: one of those could take a port
# between our choice and the start of its server, and S3 needs seconds until it listens.
_OURS = range(10_000, 32_768)


def require_free(port: int) -> int:
    try:
        _bind(port)
    except PermissionError:
        raise PortTaken(f"port {port} needs more rights than you have; {_CHOOSE}") from None
    except OSError:
        raise PortTaken(f"port {port} is taken by another program; {_CHOOSE}") from None
    return port


_CHOOSE = "choose one with --port, or with `make up PORT=...`"


def _bind(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: connections of an ended server that linger in TIME_WAIT are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((HOST, port))


def answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False
