"""SIGHUP: the service takes its own place with new settings, and nobody who asks notices."""

import os
import signal
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

import psutil
import pytest
from tests.node.test_settings_of_the_service import certificate
from tests.serving.conftest import Service, events, until

from rempart.node.settings import SETTINGS_FILE

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1", "::1"]),
    pytest.mark.timeout(600),
]
Start = Callable[..., Service]


class Askers:
    """Threads that ask again and again over raw sockets, and count what was not answered."""

    def __init__(self, port: int, *, threads: int, keep_alive: bool) -> None:
        self._port, self._keep_alive = port, keep_alive
        self._over = threading.Event()
        self.answered = 0
        self.lost: list[str] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                with socket.create_connection(("127.0.0.1", self._port), timeout=30) as one:
                    self._converse(one)
            except OSError as error:
                self.lost.append(repr(error))

    def _converse(self, one: socket.socket) -> None:
        """Ask on one connection until the service says that it is the last answer."""
        while True:
            one.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            answer = b""
            while not answer.endswith(b"}"):
                part = one.recv(4096)
                if not part:
                    self.lost.append(f"closed after {answer!r}")
                    return
                answer += part
            self.answered += 1
            is_last = b"connection: close" in answer or not self._keep_alive
            if self._over.wait(0.001) or is_last:
                return


@pytest.mark.parametrize("keep_alive", [pytest.param(False, marks=pytest.mark.long), True])
def test_no_request_is_lost_while_the_service_takes_its_own_place(
    start: Start, *, keep_alive: bool
) -> None:
    service = start("--workers", "2")
    service.wait_until_ready()
    before = service.pids(2)
    port = int(service.url.rpartition(":")[2])

    with Askers(port, threads=2, keep_alive=keep_alive) as askers:
        service.process.send_signal(signal.SIGHUP)
        told = service.wait_until_ready()
        psutil.wait_procs([psutil.Process(pid) for pid in before if psutil.pid_exists(pid)], 30)

    assert told["restart"] is True
    assert askers.lost == []
    assert askers.answered > 100
    assert not service.pids(2) & before
    assert not any(psutil.pid_exists(pid) for pid in before)
    assert service.stop() == 143


def test_settings_that_are_wrong_are_told_and_the_service_goes_on(start: Start, node: Path) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    before = service.pids(1)
    (node / SETTINGS_FILE).write_text("serve_workers = 'two'\n", encoding="utf-8")

    service.process.send_signal(signal.SIGHUP)
    until(lambda: any(each.get("code") == "settings" for each in events(service)))

    assert any(each.get("event") == "restart-refused" for each in events(service))
    assert service.pids(1) == before
    os.kill(min(before), signal.SIGKILL)
    assert service.pids(1) != before  # with the settings that are in force
    assert service.stop() == 143


@pytest.mark.long
def test_addresses_and_numbers_of_new_settings_hold_after_the_restart(
    start: Start, node: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (node / SETTINGS_FILE).write_text(
        'serve_workers = 1\nlisten = ["127.0.0.1:0"]\n', encoding="utf-8"
    )
    service = start(REMPART_SHUTDOWN_SECONDS="5", REMPART_LISTEN="")
    service.wait_until_ready()
    old = service.url
    (node / SETTINGS_FILE).write_text(
        f'serve_workers = 2\nlisten = ["127.0.0.1:{port}", "[::1]:{port}"]\n', encoding="utf-8"
    )

    service.process.send_signal(signal.SIGHUP)
    told = service.wait_until_ready()

    assert told["addresses"] == [f"http://127.0.0.1:{port}", f"http://[::1]:{port}"]
    assert len(service.pids(2)) == 2
    until(lambda: is_left(int(old.rpartition(":")[2])))


@pytest.mark.long
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_is_spoken_from_1_2_on_and_a_new_certificate_is_taken(
    start: Start, tmp_path: Path
) -> None:
    one, key = certificate(tmp_path)
    service = start("--workers", "1", REMPART_TLS_CERTIFICATE=str(one), REMPART_TLS_KEY=str(key))
    told = service.wait_until_ready()
    port = int(service.url.rpartition(":")[2])
    first = presented(port)
    assert told["addresses"] == [f"https://127.0.0.1:{port}"]
    assert first == ssl.PEM_cert_to_DER_cert(one.read_text(encoding="ascii"))
    with pytest.raises(ssl.SSLError):
        presented(port, newest=ssl.TLSVersion.TLSv1_1)
    with socket.create_connection(("127.0.0.1", port)) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\n\r\n")
        assert b"200" not in plain.recv(100)

    certificate(tmp_path)
    service.process.send_signal(signal.SIGHUP)
    service.wait_until_ready()

    until(lambda: presented(port) != first)  # an old worker may still answer


def is_left(port: int) -> bool:
    """Whether nobody listens there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def presented(port: int, newest: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> bytes | None:
    """Return the certificate that the service shows, after it answered a request over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = newest
    with (
        socket.create_connection(("127.0.0.1", port), timeout=30) as plain,
        context.wrap_socket(plain) as secure,
    ):
        secure.sendall(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = b""
        while part := secure.recv(4096):
            answer += part
        assert b'"scheme": "https"' in answer
        return secure.getpeercert(binary_form=True)
