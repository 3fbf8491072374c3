"""What a client may do to sockets of the real service: answered in the one shape or cut off, and others are served."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from typing import Final

import pytest
from tests.torture.conftest import once
from tests.torture.running import RunningService, make_key, make_node, until

from rempart.client import Client, Fingerprint, Query

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.timeout(600),
]
MEBIBYTE: Final = 1 << 20
HEAD: Final = b"POST /v1/match HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
GET: Final = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n"
NO_REQUESTS: Final = (
    HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / H",
    HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\n123456",
    HEAD + b"content-length: 5, 5\r\n\r\n12345",
    HEAD + b"content-length: +5\r\n\r\n12345",
    HEAD + b"content-length: -1\r\n\r\n",
    HEAD + b"content-length: 0x5\r\n\r\n12345",
    HEAD + b"content-length: 99999999999999999999999\r\n\r\n",
    HEAD + b"transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n-1\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n5\r\n1234567\r\n0\r\n\r\n",
    HEAD + b"transfer-encoding: chunked\r\n\r\n1;" + b"x" * 100_000,
    HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\nx: " + b"x" * 100_000,
    HEAD + b"x: a\r\n b\r\n\r\n",
    HEAD + b"x: \x00\r\n\r\n",
    HEAD + b" x: 1\r\n\r\n",
    b"GET /" + b"x" * 100_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nx: " + b"x" * 100_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 20_000 + b"\r\n",
    b"x" * 100_000,
    b"GET / HTTP/0.9\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
    HEAD + b"content-length: 2000000\r\n\r\n" + b"x" * 2_000_000,
    HEAD + b"expect: 200-ok\r\ncontent-length: 5\r\n\r\n12345",
    b"CONNECT x:1 HTTP/1.1\r\nhost: x\r\n\r\n",
    HEAD + b"upgrade: websocket\r\nconnection: upgrade\r\n\r\n",
)
QUERY: Final = [Query([Fingerprint("md5", "0" * 32)])]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """Start one service for all of these: none of them may harm it."""
    node = make_node(tmp_path_factory.mktemp("sockets") / "node")
    made = RunningService(
        node,
        workers=1,
        request_seconds="1",
        keep_alive_seconds="1",
        header_bytes="4096",
        request_body_bytes=str(MEBIBYTE),
        connections="3000",
        log_format="json",
    )
    made.start()
    yield made
    made.end()


@pytest.fixture(scope="module")
def key(service: RunningService) -> str:
    return make_key(service.node).text


@pytest.fixture
def other(service: RunningService, key: str) -> Iterator[Client]:
    """Give somebody who asks meanwhile, once and without patience."""
    with service.client(key, **once()) as client:
        yield client


def connected(service: RunningService) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=60)


def everything(one: socket.socket) -> bytes:
    """Return what comes until the service closes."""
    parts = []
    try:
        while part := one.recv(65_536):
            parts.append(part)
    except ConnectionResetError:
        pass  # what was sent and not read is cut off
    return b"".join(parts)


def is_proper(answer: bytes, *, most: int = 1) -> bool:
    """Tell whether it is nothing, or answers of which each error has the one shape."""
    rest, count = answer, 0
    while rest:
        head, _, rest = rest.partition(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        body, rest = (
            rest[: int(fields[b"content-length"])],
            rest[int(fields[b"content-length"]) :],
        )
        count += 1
        if head[9:10] not in b"23":
            error = json.loads(body)["error"]
            assert set(error) == {"kind", "message", "hint", "reference"}
            assert not head.startswith(b"HTTP/1.1 5"), head
    return count <= most


def test_what_is_no_request_is_answered_in_the_one_shape_or_cut_off(
    service: RunningService, other: Client, key: str
) -> None:
    authorized = b"host: x\r\nauthorization: Bearer " + key.encode() + b"\r\n"
    with ExitStack() as held:
        asking = [held.enter_context(closing(connected(service))) for _ in NO_REQUESTS]
        for one, said in zip(asking, NO_REQUESTS, strict=True):
            with suppress(OSError):  # cut off before it had said all
                one.sendall(said.replace(b"host: x\r\n", authorized))
        for one, said in zip(asking, NO_REQUESTS, strict=True):
            answer = everything(one)
            assert is_proper(answer, most=2), (said[:200], answer)

    assert other.match(QUERY).results[0].matches == []


def test_nothing_after_an_ambiguous_length_is_taken_for_a_request(
    service: RunningService, key: str
) -> None:
    hidden = (
        b"POST /v1/lists HTTP/1.1\r\nhost: x\r\nauthorization: Bearer " + key.encode() + b"\r\n"
        b'content-type: application/json\r\ncontent-length: 19\r\n\r\n{"name":"smuggled"}'
    )
    for lengths in (
        b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"transfer-encoding: xchunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
        b"content-length: 5\r\ncontent-length: 200\r\n\r\n12345",
    ):
        with closing(connected(service)) as one:
            one.sendall(HEAD + lengths + hidden)
            one.shutdown(socket.SHUT_WR)
            everything(one)

    with service.client(key) as client:
        assert "smuggled" not in {each.name for each in client.every_list()}


def test_heads_and_bodies_that_drip_are_given_up_and_hold_up_nobody(
    service: RunningService, other: Client, key: str
) -> None:
    over = threading.Event()
    body_to_come = HEAD + b"authorization: Bearer " + key.encode()
    body_to_come += b"\r\ncontent-length: 100000\r\n\r\n"
    with ExitStack() as held:
        slow = [held.enter_context(closing(connected(service))) for _ in range(40)]
        for one in slow[20:]:
            one.sendall(body_to_come)

        def drip() -> None:
            heads = iter(b"GET / HTTP/1.1\r\nx: " + b"x" * 100_000)
            while not over.wait(0.02):
                byte = bytes([next(heads)])
                for one in slow:
                    try:
                        one.send(byte)
                    except OSError:
                        continue

        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert other.match(QUERY).results[0].matches == []
            answers = [everything(one) for one in slow]
            assert other.match(QUERY).results[0].matches == []
        finally:
            over.set()
            dripping.join()
    assert all(is_proper(each) for each in answers)
    assert {each[9:12] for each in answers if each} == {b"408"}


def test_half_closed_pipelined_and_silent_connections_get_what_they_asked_for(
    service: RunningService,
) -> None:
    with closing(connected(service)) as one:
        one.sendall(GET)
        one.shutdown(socket.SHUT_WR)
        assert everything(one)[:13] in {b"", b"HTTP/1.1 200 "}
    with closing(connected(service)) as one:
        one.sendall(GET * 50)
        assert everything(one).count(b"HTTP/1.1 200 ") == 50
    with closing(connected(service)) as one:
        one.shutdown(socket.SHUT_WR)
        assert everything(one) == b""
    with closing(connected(service)) as one:
        assert everything(one) == b""  # an idle connection is closed


def test_thousands_of_connections_that_say_nothing_hold_up_nobody(
    service: RunningService, other: Client
) -> None:
    with ExitStack() as held:
        for _ in range(2_000):
            held.enter_context(closing(connected(service)))
        assert other.match(QUERY).results[0].matches == []
    [worker] = service.workers()
    until(lambda: len(worker.net_connections(kind="tcp")) < 20)


def test_readers_that_never_read_cost_bounded_memory_and_are_cut_off(
    service: RunningService, other: Client
) -> None:
    [worker] = service.workers()
    before = worker.memory_full_info().pss
    asking = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 200
    with ExitStack() as held:
        for _ in range(40):
            one = held.enter_context(closing(connected(service)))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            one.sendall(asking)
        assert other.match(QUERY).results[0].matches == []
        grown = worker.memory_full_info().pss - before
        until(lambda: len(worker.net_connections(kind="tcp")) < 20)
    assert grown < 64 * MEBIBYTE


def test_bodies_that_are_uploaded_at_once_cost_bounded_memory(
    service: RunningService, other: Client, key: str
) -> None:
    [worker] = service.workers()
    before = worker.memory_full_info().pss
    head = HEAD + b"authorization: Bearer " + key.encode()
    head += b"\r\ncontent-length: %d\r\n\r\n" % MEBIBYTE
    with ExitStack() as held:
        for _ in range(100):
            one = held.enter_context(closing(connected(service)))
            one.sendall(head + b"x" * 60_000)
        assert other.match(QUERY).results[0].matches == []
        grown = worker.memory_full_info().pss - before
    assert grown < 100 * MEBIBYTE
    assert other.match(QUERY).results[0].matches == []
