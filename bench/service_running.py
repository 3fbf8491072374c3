"""The contenders as running services: started, looked at from outside (CPU time, memory, workers), stopped."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from processes import process_tree, pss_bytes

_BENCH: Final = Path(__file__).resolve().parent
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_START_SECONDS: Final = 300.0
_STOP_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.005
_GOOD: Final = 200


@dataclass(frozen=True, slots=True)
class Running:
    """A service that answers on a port of loopback.

    Attributes:
        ready_seconds: from the start of its command to the first good answer.
    """

    process: subprocess.Popen[bytes]
    port: int
    ready_seconds: float

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes that are alive."""
        return sum(_cpu_seconds(pid) for pid in process_tree(self.process.pid))

    def pss_bytes(self) -> int:
        """Return the proportional set size of all its processes together."""
        return sum(pss_bytes(pid) for pid in process_tree(self.process.pid))

    def holders(self) -> dict[int, int]:
        """Return which process holds the connection from each local port to the service."""
        sockets = _inodes_by_peer(self.port)
        held = {}
        for pid in process_tree(self.process.pid):
            for inode in _open_inodes(pid) & sockets.keys():
                held[sockets[inode]] = pid
        return held

    def workers(self) -> frozenset[int]:
        """Return the processes that answer: children that hold the listening socket, which the keeper does not."""
        inode = _listening_inode(self.port)
        children = process_tree(self.process.pid, depth=1)[1:]
        return frozenset(pid for pid in children if inode in _open_inodes(pid))


@contextlib.contextmanager
def rempart_service(rempart: Path, node: Path, *, workers: int, log: Path) -> Iterator[Running]:
    """Run `rempart serve` until the block ends."""
    port = free_port()
    command = [rempart, "serve", "--node", node, "--port", str(port), "--workers", str(workers)]
    with _running([str(each) for each in command], port, "/health/ready", {}, log) as running:
        yield running


@contextlib.contextmanager
def peer_service(hashes: Path, *, threads: int | None, log: Path) -> Iterator[Running]:
    """Run the peer under gunicorn: one sync worker, its other settings as gunicorn has them.

    Args:
        hashes: file of PDQ hashes.
        threads: OMP_NUM_THREADS; absent leaves OpenMP as it comes.
        log: where it writes.
    """
    port = free_port()
    command = [
        sys.executable, "-m", "gunicorn", "--workers", "1", "--timeout", "600",
        "--bind", f"127.0.0.1:{port}", "--chdir", str(_BENCH),
        f"peer_service:create_app({str(hashes)!r})",
    ]  # fmt: skip
    set_by_us = {} if threads is None else {"OMP_NUM_THREADS": str(threads)}
    with _running(command, port, "/status", set_by_us, log) as running:
        yield running


def free_port() -> int:
    """Return a port of loopback that nobody uses now."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        return int(asking.getsockname()[1])


def one_answer(port: int, request: bytes, *, seconds: float = 30.0) -> tuple[int, bytes]:
    """Send one whole request on a connection of its own; return status and body.

    Raises:
        OSError: there is no answer.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(request)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, answer.read()


@contextlib.contextmanager
def _running(
    command: list[str], port: int, path: str, variables: Mapping[str, str], log: Path
) -> Iterator[Running]:
    begun = time.perf_counter()
    with log.open("ab") as sink:
        process = subprocess.Popen(
            command, stdout=sink, stderr=sink, env={**os.environ, **variables}
        )
    try:
        _wait_until_ready(process, port, path, log)
        yield Running(process, port, time.perf_counter() - begun)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    until = time.perf_counter() + _START_SECONDS
    asked = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    while time.perf_counter() < until:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, http.client.HTTPException):
            if one_answer(port, asked)[0] == _GOOD:
                return
        time.sleep(_PAUSE_SECONDS)
    end = log.read_text(encoding="utf-8", errors="replace")[-1000:]
    message = f"the service did not start: {end}"
    raise RuntimeError(message)


def _cpu_seconds(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _open_inodes(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                target = str(each.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def _connections() -> Iterator[list[str]]:
    for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
        yield line.split()


def _port_of(address: str) -> int:
    return int(address.rpartition(":")[2], 16)


def _inodes_by_peer(port: int) -> dict[str, int]:
    """Return the other end's port of each connection to a port, by the inode of the service's socket."""
    established = "01"
    return {
        fields[9]: _port_of(fields[2])
        for fields in _connections()
        if _port_of(fields[1]) == port and fields[3] == established
    }


def _listening_inode(port: int) -> str:
    listening = "0A"
    for fields in _connections():
        if _port_of(fields[1]) == port and fields[3] == listening:
            return fields[9]
    message = f"nobody listens on port {port}"
    raise RuntimeError(message)
