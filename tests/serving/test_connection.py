"""What a client may do to a connection: heads, patience, numbers, garbage; and how a worker's server ends."""

import asyncio
import contextlib
import json
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.node.test_settings_of_the_service import certificate
from tests.serving import small_application

from rempart.node.serving import server as server_module
from rempart.node.serving.connection import Connection
from rempart.node.serving.load_board import LoadBoard
from rempart.node.serving.server import LifespanWatch, Server
from rempart.node.serving.sockets import bind_listeners
from rempart.node.settings import Settings

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1"])]

SETTINGS = Settings(listen=("127.0.0.1:0",), header_bytes=4096, request_seconds=1)
Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Talk = Callable[["Client"], Awaitable[None]]
HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n"


class Client:
    """Opens connections to a server in the same loop."""

    def __init__(self, port: int, server: Server) -> None:
        self._port = port
        self.server = server

    @contextlib.asynccontextmanager
    async def connect(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            yield reader, writer
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def say(self, sent: bytes) -> bytes:
        """Send, and return all that comes until the server closes."""
        async with self.connect() as (reader, writer):
            writer.write(sent)
            with contextlib.suppress(ConnectionResetError):
                return await reader.read()
        return b"reset"


def run(talk: Talk, wanted: Settings = SETTINGS) -> None:
    """Run a talk beside a server, and end the server after it."""

    async def both() -> None:
        listeners = bind_listeners(wanted.listen)
        port = listeners[0].socket.getsockname()[1]
        ready = asyncio.Event()
        server = Server(
            LifespanWatch(small_application.create(None, None)),
            wanted,
            listeners,
            load=LoadBoard(1),
            slot=0,
            is_ready=ready.set,
            is_alive=lambda: None,
        )
        serving = asyncio.create_task(server.serve())
        await ready.wait()
        try:
            await talk(Client(port, server))
        finally:
            server.begin_to_leave()
            await serving

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(both())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nobody tells a test
        await asyncio.sleep(0.01)


def error_of(answer: bytes) -> dict[str, Any]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/json" in head
    assert b"connection: close" in head
    error: dict[str, Any] = json.loads(body)["error"]
    assert set(error) == {"kind", "message", "hint", "reference"}
    assert f"x-request-id: {error['reference']}".encode() in head
    return error


def test_a_request_is_answered_without_the_name_of_the_server() -> None:
    async def talk(client: Client) -> None:
        answer = await client.say(HEAD + b"connection: close\r\n\r\n")

        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"uvicorn" not in answer.lower()
        assert b'"client": ["127.0.0.1", ' in answer

    run(talk)


def test_a_body_is_whole_when_its_last_byte_is_here_and_not_before() -> None:
    async def talk(client: Client) -> None:
        head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n"
        at_once = await client.say(head + b"connection: close\r\n\r\nbody")
        behind_another = await client.say(HEAD + b"\r\n" + head + b"connection: close\r\n\r\nbody")
        async with client.connect() as (reader, writer):
            writer.write(head + b"\r\n")
            await until(lambda: bool(client.server.server_state.tasks))
            writer.write(b"body")
            in_two = await reader.readuntil(b"}")

        assert b'"body": 4, "was_whole": true' in at_once
        assert behind_another.count(b'"was_whole": true') == 2
        assert b'"body": 4, "was_whole": false' in in_two

    run(talk)


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"x: " + b"a" * 5000 + b"\r\n\r\n",
        HEAD + b"x: " + b"a" * 200_000,
        HEAD + b"x: y\r\n" * 2000,
        b"GET /" + b"a" * 100_000,
        HEAD + b"\r\n" + HEAD + b"x: " + b"a" * 5000 + b"\r\n\r\n",
    ],
    ids=["whole", "endless-value", "many", "endless-address", "second-request"],
)
def test_a_head_that_is_too_large_is_refused_before_it_is_whole(sent: bytes) -> None:
    async def talk(client: Client) -> None:
        answer = await client.say(sent)

        last = answer[answer.rindex(b"HTTP/1.1 ") :]
        assert last.startswith(b"HTTP/1.1 431 ")
        assert error_of(last)["kind"] == "head-too-large"

    run(talk)


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"GET", HEAD, HEAD + b"\r\n" + HEAD])
def test_a_head_that_does_not_arrive_in_time_ends_the_connection(begun: bytes) -> None:
    async def talk(client: Client) -> None:
        answer = await client.say(begun)

        begins_request = begun.strip() != b""
        assert answer.endswith(b"}") == begins_request
        assert (b"HTTP/1.1 408 " in answer) == begins_request

    run(talk)


def test_bytes_that_trickle_in_do_not_keep_a_connection_alive() -> None:
    async def talk(client: Client) -> None:
        async with client.connect() as (reader, writer):
            writer.write(HEAD + b"\r\n")
            await reader.readuntil(b"}")
            closed = asyncio.create_task(reader.read())
            while not closed.done():
                writer.write(b"\r\n")
                await asyncio.wait([closed], timeout=0.05)

    run(talk, replace(SETTINGS, keep_alive_seconds=1))


def test_a_reader_that_stands_still_is_cut_off() -> None:
    async def talk(client: Client) -> None:
        with socket.create_connection(("127.0.0.1", client._port)) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(b"GET /big HTTP/1.1\r\nhost: x\r\n\r\n")
            state = client.server.server_state
            await until(lambda: bool(state.connections))
            await until(lambda: not state.connections)

    run(talk)


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01", b"HELLO\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_what_is_no_request_is_refused_in_the_one_shape(sent: bytes) -> None:
    async def talk(client: Client) -> None:
        error = error_of(await client.say(sent))
        assert error["kind"] == "request"
        assert error["hint"].startswith("Send a whole request")

    run(talk)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=4))
def test_garbage_ends_its_connection_and_nothing_else(parts: list[bytes]) -> None:
    async def talk(client: Client) -> None:
        async with client.connect() as (reader, writer):
            for part in parts:
                writer.write(part)
            writer.write_eof()
            with contextlib.suppress(ConnectionResetError):
                await reader.read()
        assert (await client.say(HEAD + b"connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")

    run(talk)


@pytest.mark.parametrize("path", [b"/", b"/big"], ids=["reads-the-body", "answers-at-once"])
def test_a_body_that_is_none_is_refused_and_leaves_no_error_in_the_log(
    path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk(client: Client) -> None:
        head = b"POST " + path + b" HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n"
        answer = await client.say(head + b"no length\r\n")
        await until(lambda: not client.server.server_state.tasks)

        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert error_of(answer)["kind"] == "request"

    run(talk)

    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_one_connection_too_many_is_told_to_come_back() -> None:
    async def talk(client: Client) -> None:
        async with contextlib.AsyncExitStack() as held:
            for _ in range(10):
                reader, writer = await held.enter_async_context(client.connect())
                writer.write(HEAD + b"\r\n")
                await reader.readuntil(b"}")
            refused = await client.say(b"")
            assert refused.startswith(b"HTTP/1.1 503 ")
            assert error_of(refused)["kind"] == "busy"
        await until(lambda: not client.server.server_state.connections)
        assert (await client.say(HEAD + b"connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")

    run(talk, replace(SETTINGS, connections=10, trusted_proxies=("10.0.0.1",)))


async def unfinished(client: Client, held: contextlib.AsyncExitStack, count: int) -> list[Pair]:
    """Open connections that begin a head, and wait until the server has read all of them."""
    opened = []
    for _ in range(count):
        reader, writer = await held.enter_async_context(client.connect())
        writer.write(HEAD)
        opened.append((reader, writer))
    connections = client.server._state.connections
    await until(
        lambda: (
            sum(isinstance(each, Connection) and each.headers is not None for each in connections)
            >= count
        )
    )
    return opened


def test_those_who_do_not_finish_a_head_make_room_for_those_who_ask() -> None:
    async def talk(client: Client) -> None:
        async with contextlib.AsyncExitStack() as held:
            opened = await unfinished(client, held, 10)
            for _ in range(3):
                answer = await client.say(HEAD + b"connection: close\r\n\r\n")
                assert answer.startswith(b"HTTP/1.1 200 ")
            with contextlib.suppress(ConnectionResetError):
                assert await opened[0][0].read() == b""
            assert not opened[-1][0].at_eof()

    run(talk, replace(SETTINGS, connections=10, trusted_proxies=("10.0.0.1",), request_seconds=60))


def test_one_client_may_not_let_more_than_a_quarter_of_the_connections_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def talk(client: Client) -> None:
        async with contextlib.AsyncExitStack() as held:
            for _ in range(12):
                await held.enter_async_context(client.connect())
            await until(lambda: len(client.server._state.connections) == 5)
            answer = await client.say(HEAD + b"connection: close\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 ")

    monkeypatch.setattr("rempart.node.serving.waiting_room._GRACE_SECONDS", 0.0)
    run(talk, replace(SETTINGS, connections=20, request_seconds=60))


def test_requests_in_work_are_never_sent_away_for_others() -> None:
    async def talk(client: Client) -> None:
        async with contextlib.AsyncExitStack() as held:
            asked = []
            for _ in range(10):
                reader, writer = await held.enter_async_context(client.connect())
                writer.write(b"GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                asked.append(reader)
            await until(lambda: len(client.server.server_state.tasks) == 10)
            assert (await client.say(HEAD)).startswith(b"HTTP/1.1 503 ")
            for reader in asked:
                assert (await reader.read()).startswith(b"HTTP/1.1 200 ")

    run(talk, replace(SETTINGS, connections=10))


def test_handshakes_that_are_not_finished_make_room(tmp_path: Path) -> None:
    one, key = certificate(tmp_path)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE

    async def talk(client: Client) -> None:
        async with contextlib.AsyncExitStack() as held:
            for _ in range(30):
                await held.enter_async_context(client.connect())
            await until(lambda: client.server._holds() == 10)
            reader, writer = await asyncio.open_connection("127.0.0.1", client._port, ssl=asking)
            writer.write(HEAD + b"connection: close\r\n\r\n")
            assert (await reader.read()).startswith(b"HTTP/1.1 200 ")

    run(talk, replace(SETTINGS, connections=10, tls_certificate=one, tls_key=key))


@pytest.mark.parametrize(
    ("trusted", "client", "scheme"),
    [
        ((), "127.0.0.1", "http"),
        (("10.0.0.0/8",), "127.0.0.1", "http"),
        (("127.0.0.1",), "192.0.2.7", "https"),
    ],
)
def test_the_word_of_a_proxy_counts_where_it_is_trusted(
    trusted: tuple[str, ...], client: str, scheme: str
) -> None:
    async def talk(asking: Client) -> None:
        answer = await asking.say(
            HEAD + b"x-forwarded-for: 192.0.2.7\r\nx-forwarded-proto: https\r\n"
            b"connection: close\r\n\r\n"
        )

        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert told["client"][0] == client
        assert told["scheme"] == scheme

    run(talk, replace(SETTINGS, trusted_proxies=trusted))


def test_tls_is_spoken_from_1_2_on_with_forward_secrecy(tmp_path: Path) -> None:
    one, key = certificate(tmp_path)
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname = False
    asking.verify_mode = ssl.CERT_NONE

    async def exchange(port: int) -> tuple[str | None, str]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=asking)
        writer.write(HEAD + b"connection: close\r\n\r\n")
        assert b'"scheme": "https"' in await reader.read()
        spoken: ssl.SSLObject = writer.get_extra_info("ssl_object")
        name = spoken.cipher()
        assert name is not None
        return spoken.version(), name[0]

    async def talk(client: Client) -> None:
        assert (await exchange(client._port))[0] == "TLSv1.3"
        asking.maximum_version = ssl.TLSVersion.TLSv1_2
        version, cipher = await exchange(client._port)
        assert version == "TLSv1.2"
        assert cipher.startswith("ECDHE-")
        asking.set_ciphers("AES256-GCM-SHA384")  # without forward secrecy
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await exchange(client._port)
        assert b"200" not in await client.say(HEAD + b"\r\n")  # not TLS at all

    run(talk, replace(SETTINGS, tls_certificate=one, tls_key=key))


def test_a_request_that_comes_while_the_server_leaves_is_answered_and_is_the_last() -> None:
    async def talk(client: Client) -> None:
        async with client.connect() as (reader, writer), client.connect() as (fresh, late):
            writer.write(HEAD + b"\r\n")
            await reader.readuntil(b"}")
            client.server.begin_to_leave()
            await until(lambda: client.server._state.is_draining)
            for asking in (writer, late):
                asking.write(HEAD + b"\r\n")

            for answering in (reader, fresh):
                answer = await answering.read()
                assert answer.startswith(b"HTTP/1.1 200")
                assert b"connection: close" in answer

    run(talk)


def test_without_descriptors_the_server_waits_and_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = 0

    class Exhausted(socket.socket):
        def accept(self) -> Any:  # Any: as the socket's own
            nonlocal accepted
            accepted += 1
            if accepted < 3:
                raise OSError(24, "Too many open files")
            return super().accept()

    async def talk(client: Client) -> None:
        assert (await client.say(HEAD + b"connection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")
        assert accepted >= 3

    monkeypatch.setattr(server_module, "_WITHOUT_DESCRIPTORS_SECONDS", 0.01)
    monkeypatch.setattr("rempart.node.serving.sockets.socket.socket", Exhausted)
    run(talk)


def test_the_worker_with_fewer_connections_goes_first() -> None:
    board = LoadBoard(3)
    board.set(0, 5)
    board.set(1, 5)
    assert not board.others_hold_less(0)

    board.set(1, 4)

    assert board.others_hold_less(0)
    assert not board.others_hold_less(1)
    board.leave(1)
    assert not board.others_hold_less(0)
