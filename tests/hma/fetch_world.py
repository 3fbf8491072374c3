"""A small world for fetching: name servers that say what a test wants, and hosts on loopback that may lie."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_TURNS = 5

Behaviour = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class StandInNames:
    """Answers of a name server, one list a question; the last one holds for ever."""

    answers: dict[str, list[list[str]]]
    asked: list[str] = field(default_factory=list)

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        del port
        self.asked.append(host)
        found = self.answers.get(host)
        if found is None:
            msg = "no such name"
            raise OSError(msg)
        return found.pop(0) if len(found) > 1 else found[0]


@dataclass
class Host:
    """A listening host; `heads` are the requests that reached it."""

    address: str
    port: int
    heads: list[bytes]


@asynccontextmanager
async def host(
    behaviour: Behaviour,
    *,
    address: str = "127.0.0.1",
    port: int = 0,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Host]:
    heads: list[bytes] = []
    served: list[tuple[asyncio.StreamWriter, asyncio.Task[None]]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # That the fetcher hangs up is what most tests want.
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            head = await reader.readuntil(b"\r\n\r\n")
            heads.append(head)
            await behaviour(head, writer)
        writer.transport.abort()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append((writer, asyncio.get_running_loop().create_task(serve(reader, writer))))

    server = await asyncio.start_server(take, address, port, ssl=tls)
    try:
        yield Host(address, server.sockets[0].getsockname()[1], heads)
    finally:
        for _ in range(
            _TURNS
        ):  # a connection that is on its way in is taken, so that it can be ended
            await asyncio.sleep(0)
        server.close()
        for writer, task in served:
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*(task for _, task in served), return_exceptions=True)
        for writer, _ in served:
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()


def answer(
    body: bytes = b"media",
    *,
    status: str = "200 OK",
    headers: Sequence[str] = (),
    length: int | None = -1,
) -> Behaviour:
    """A whole answer; a length of None leaves the header out."""

    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        lines = [f"HTTP/1.1 {status}", "Content-Type: image/jpeg", *headers]
        if length is not None:
            lines.append(f"Content-Length: {len(body) if length < 0 else length}")
        writer.write("\r\n".join([*lines, "Connection: close", "", ""]).encode() + body)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    return behave


def redirect(to: str) -> Behaviour:
    return answer(b"", status="302 Found", headers=[f"Location: {to}"])


def endless(part: bytes = b"x" * 65536, head: bytes = b"HTTP/1.1 200 OK\r\n\r\n") -> Behaviour:
    async def behave(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()

    return behave


async def silent(_: bytes, writer: asyncio.StreamWriter) -> None:
    """Send the head and then nothing, for as long as the other side waits."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n")
    await writer.drain()
    await asyncio.Event().wait()
