"""Load one HTTP server over loopback: prebuilt requests on many connections, each answer parsed and counted.

Made of uvloop and httptools, so that it costs little beside what it measures; it serves every contender alike. A server
that closes its connection after each answer (gunicorn's sync worker) gets a new one, as wrk does it.
"""

import argparse
import asyncio
import itertools
import json
import struct
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httptools
import numpy as np
import uvloop

_LENGTH = struct.Struct("<I")
_GOOD = 200


def write_requests(path: Path, requests: Sequence[bytes]) -> None:
    """Write whole HTTP requests, each after its length."""
    with path.open("wb") as file:
        for request in requests:
            file.write(_LENGTH.pack(len(request)) + request)


def read_requests(path: Path) -> list[bytes]:
    """Read what `write_requests` wrote."""
    data, at, found = path.read_bytes(), 0, []
    while at < len(data):
        (length,) = _LENGTH.unpack_from(data, at)
        found.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    return found


def post(path: str, body: bytes, *, content_type: str, token: str = "") -> bytes:
    """Return a whole POST request."""
    key = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def get(path: str, *, token: str = "") -> bytes:
    """Return a whole GET request."""
    key = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{key}\r\n".encode()


@dataclass(slots=True)
class Tally:
    """What came back; times in seconds since the clock's start."""

    ends_at: float
    seconds: list[float] = field(default_factory=list)
    failures: int = 0
    lost: int = 0


class _Connection(asyncio.Protocol):
    """One request after another; the next one leaves when the answer to the last is whole."""

    def __init__(self, requests: Iterator[bytes], tally: Tally, done: asyncio.Event) -> None:
        self._requests = requests
        self._tally = tally
        self._done = done
        self._is_waiting = False

    def connection_made(self, transport: Any) -> None:  # any kind of transport
        self._transport = transport
        self._parser = httptools.HttpResponseParser(self)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self._is_waiting = False
        self._tally.seconds.append(time.perf_counter() - self._begun)
        if self._parser.get_status_code() != _GOOD:
            self._tally.failures += 1
        if not self._parser.should_keep_alive() or time.perf_counter() >= self._tally.ends_at:
            self._transport.close()
        else:
            self._send()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._is_waiting:
            self._tally.lost += 1
        self._done.set()

    def _send(self) -> None:
        self._begun = time.perf_counter()
        self._is_waiting = True
        self._transport.write(next(self._requests))


async def _client(port: int, requests: Iterator[bytes], tally: Tally) -> None:
    loop = asyncio.get_running_loop()
    while time.perf_counter() < tally.ends_at:
        done = asyncio.Event()

        def connect(done: asyncio.Event = done) -> _Connection:
            return _Connection(requests, tally, done)

        await loop.create_connection(connect, "127.0.0.1", port)
        await done.wait()


async def _load(port: int, requests: list[bytes], connections: int, seconds: float) -> Tally:
    tally = Tally(ends_at=time.perf_counter() + seconds)
    source = itertools.cycle(requests)
    await asyncio.gather(*(_client(port, source, tally) for _ in range(connections)))
    return tally


def main() -> None:
    """Load a server and print the figures as one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--requests", type=Path, required=True)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    requests = read_requests(options.requests)
    begun = time.perf_counter()
    tally = uvloop.run(_load(options.port, requests, options.connections, options.seconds))
    elapsed = time.perf_counter() - begun
    if not tally.seconds:
        sys.exit(f"no answer on port {options.port}; {tally.lost} connections were lost")
    p50, p99 = np.percentile(tally.seconds, [50, 99])
    print(
        json.dumps(
            {
                "answers": len(tally.seconds),
                "per_second": len(tally.seconds) / elapsed,
                "p50_ms": 1000 * float(p50),
                "p99_ms": 1000 * float(p99),
                "failures": tally.failures,
                "lost": tally.lost,
            }
        )
    )


if __name__ == "__main__":
    main()
