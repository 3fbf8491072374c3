"""Requests are sent again until a worker answers, and never done twice: on a real socket, and step by step."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rempart.client import (
    AnswerError,
    Client,
    ClientError,
    LimitError,
    Retries,
    TornAnswerError,
    UnavailableError,
    UnreachableError,
)
from rempart.client.patience import Send, Wait, converse
from rempart.client.service_calls import is_alive, is_ready

KEY = "rk_exercise"
ALIVE = b'{"status":"alive"}'
ONCE = Retries(tries=1)


def answer(
    body: bytes = ALIVE, status: str = "200 OK", *, length: int | None = None, **headers: str
) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body) if length is None else length}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "connection: close", "", ""]).encode() + body


class DyingService:
    """Reads one request a connection, and sends what it is told, however torn, before it closes."""

    def __init__(self, answers: list[bytes]) -> None:
        self.requests: list[bytes] = []
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        for each in self._answers:
            connection, _ = self._socket.accept()
            with connection:
                self.requests.append(_whole_request(connection))
                connection.sendall(each)

    def close(self) -> None:
        self._thread.join(10)
        self._socket.close()


def _whole_request(connection: socket.socket) -> bytes:
    read = b""
    while b"\r\n\r\n" not in read:
        read += connection.recv(65_536)
    head, _, body = read.partition(b"\r\n\r\n")
    length = next(
        (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:"),
        0,
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def dying(*answers: bytes) -> Iterator[DyingService]:
    service = DyingService(list(answers))
    try:
        yield service
    finally:
        service.close()


def header(request: bytes, name: bytes) -> bytes:
    lines = request.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return next(line for line in lines if line.lower().startswith(name + b":"))


def client_of(address: str, waits: list[float] | None = None, **given: object) -> Client:
    noted = [] if waits is None else waits
    return Client(address, KEY, sleep=noted.append, jitter=lambda: 1.0, **given)  # type: ignore[arg-type] # of tests


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "death",
    [b"", b"HTTP/1.1 200", answer(ALIVE[:5], length=18), answer(b"{}", "502 Bad Gateway")],
)
def test_worker_that_dies_over_a_request_loses_none(death: bytes) -> None:
    waits: list[float] = []
    with dying(death, death, answer()) as service, client_of(service.address, waits) as client:
        assert client.is_alive().status == "alive"

    assert waits == [0.05, 0.1]
    first, second, third = service.requests
    assert first == second == third  # one identifier for all tries


@pytest.mark.enable_socket
def test_write_that_is_sent_again_is_the_same_write() -> None:
    made = b'{"version":1,"value":"true","reason":"x","at":"","principal":""}'
    with dying(b"", answer(made), answer(made)) as service, client_of(service.address) as client:
        client.dispose_match("m", "true", "Seen by two.")
        client.dispose_match("m", "true", "Seen by two.")

    keys = [header(each, b"idempotency-key") for each in service.requests]
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.enable_socket
def test_file_is_sent_whole_again(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"picture!" * 100_000)
    body = b'{"schema":"rempart.scan/1","results":[]}'
    with (
        dying(b"", answer(body)) as service,
        client_of(service.address) as client,
        pytest.raises(AnswerError),  # one file, no result
    ):
        client.scan([path])

    assert [each.count(b"picture!") for each in service.requests] == [100_000, 100_000]
    assert b"filename" not in service.requests[0]


@pytest.mark.enable_socket
def test_nobody_listening_is_told_after_every_try_without_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    waits: list[float] = []
    caplog.set_level(logging.DEBUG)

    with client_of(address, waits) as client, pytest.raises(UnreachableError) as caught:
        client.show_lists()

    assert len(waits) == Retries().tries - 1
    assert waits == sorted(waits)
    assert caught.value.reference
    assert KEY not in str(caught.value) + repr(client) + caplog.text + repr(client._connection)


@pytest.mark.enable_socket
def test_service_that_is_silent_is_not_asked_twice() -> None:
    silent = threading.Event()
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            accepted.append(listening.accept()[0])
            silent.wait(10)

        thread = threading.Thread(target=accept)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with client_of(address, timeout=0.05) as client, pytest.raises(UnreachableError):
            client.is_alive()
        silent.set()
        thread.join()
        accepted[0].close()

    assert len(accepted) == 1


@pytest.mark.enable_socket
def test_torn_export_is_an_error_after_what_came_of_it() -> None:
    head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    came: list[bytes] = []
    with (
        dying(head + b"5\r\nhello\r\n") as service,
        client_of(service.address) as client,
        pytest.raises(TornAnswerError),
        client.export_list("x") as parts,
    ):
        came.extend(parts)

    assert came in ([], [b"hello"])


@pytest.mark.enable_socket
def test_redirect_is_not_followed() -> None:
    moved = answer(b"", "302 Found", location="http://127.0.0.1:1/")
    with (
        dying(moved) as service,
        client_of(service.address) as client,
        pytest.raises(AnswerError, match="302"),
    ):
        client.is_alive()

    assert len(service.requests) == 1


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff", b"[]", b'{"status":1}', b'{"status":"alive"', b"null"]
)
def test_answer_of_something_else_is_no_result(body: bytes) -> None:
    with (
        dying(answer(body)) as service,
        client_of(service.address) as client,
        pytest.raises(AnswerError) as caught,
    ):
        client.is_alive()

    assert caught.value.reference


def response(
    status: int, headers: dict[str, str] | None = None, body: object = None
) -> httpx.Response:
    return httpx.Response(status, headers=headers, json=body)


def conversation(
    *came: httpx.Response | httpx.RequestError, retries: Retries | None = None
) -> tuple[list[Send | Wait], ClientError | httpx.Response]:
    talk = converse(is_alive(), retries=retries or Retries(), jitter=lambda: 0.0, reference="ref")
    steps: list[Send | Wait] = [next(talk)]
    waiting = iter(came)
    try:
        while True:
            steps.append(talk.send(next(waiting) if isinstance(steps[-1], Send) else None))
    except StopIteration as end:
        result: httpx.Response = end.value
        return steps, result
    except ClientError as error:
        return steps, error


def test_retry_after_is_obeyed_and_a_long_one_is_an_error_at_once() -> None:
    steps, result = conversation(response(429, {"retry-after": "3"}), response(200))
    assert isinstance(result, httpx.Response)
    (wait,) = (each for each in steps if isinstance(each, Wait))
    assert 3 <= wait.seconds < 3.1

    steps, error = conversation(
        response(
            429,
            {"retry-after": "40000"},
            {"error": {"kind": "budget", "message": "M.", "hint": "H.", "reference": "r"}},
        )
    )
    assert len(steps) == 1
    assert isinstance(error, LimitError)
    assert (error.kind, error.message, error.hint) == ("budget", "M.", "H.")
    assert (error.reference, error.retry_after_seconds, error.status) == ("r", 40_000, 429)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 413, 415, 500, 501])
def test_what_waiting_does_not_mend_is_not_sent_again(status: int) -> None:
    steps, error = conversation(response(status))

    assert len(steps) == 1
    assert isinstance(error, ClientError)
    assert error.kind == f"http-{status}"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_waiting_may_mend_is_sent_as_often_as_allowed(status: int) -> None:
    steps, error = conversation(*[response(status)] * 3, retries=Retries(tries=3))

    assert [type(each) for each in steps] == [Send, Wait, Send, Wait, Send]
    assert isinstance(error, LimitError if status == 429 else UnavailableError)


def test_readiness_that_waits_is_an_answer_and_no_error() -> None:
    talk = converse(is_ready(), retries=ONCE, jitter=float, reference="ref")
    next(talk)

    with pytest.raises(StopIteration) as end:
        talk.send(response(503, body={"status": "waiting", "waits_for": ["index"]}))

    assert end.value.value.status_code == 503


@pytest.mark.parametrize("given_text", ["", "-1", "1.5", "soon", "²", "9" * 10, "Sun, 06 Nov 1994"])
def test_strange_retry_after_is_left_to_the_back_off(given_text: str) -> None:
    answered = httpx.Response(503, headers=[(b"retry-after", given_text.encode())])

    steps, result = conversation(answered, response(200))

    assert isinstance(result, httpx.Response)
    assert [each.seconds for each in steps if isinstance(each, Wait)] == [0.025]


@given(st.floats(0, 1), st.integers(2, 30))
def test_waits_grow_up_to_the_longest_and_are_spread(spread: float, tries: int) -> None:
    retries = Retries(tries=tries)
    talk = converse(is_alive(), retries=retries, jitter=lambda: spread, reference="ref")
    waits = []
    try:
        step = next(talk)
        while True:
            waits += [step.seconds] if isinstance(step, Wait) else []
            step = talk.send(None if isinstance(step, Wait) else httpx.ConnectError("refused"))
    except UnreachableError as error:
        assert error.reference == "ref"  # noqa: PT017 - the loop ends by nothing else

    assert len(waits) == tries - 1
    for number, seconds in enumerate(waits):
        most = min(retries.longest_wait_seconds, retries.first_wait_seconds * 2**number)
        assert most / 2 <= seconds <= most


def test_client_that_is_told_to_try_nothing_says_so() -> None:
    def never(_: httpx.Request) -> httpx.Response:
        raise AssertionError

    make: Callable[..., Client] = Client
    with (
        make(
            "http://localhost", retries=Retries(tries=0), transport=httpx.MockTransport(never)
        ) as client,
        pytest.raises(UnreachableError),
    ):
        client.is_alive()
