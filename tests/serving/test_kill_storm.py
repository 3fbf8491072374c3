"""Many deaths in a row: no connection is refused, nothing is left behind, and the service is as it was."""

import random
import signal
import socket
import threading
from collections.abc import Callable

import psutil
import pytest
from tests.serving.conftest import Service, until

pytestmark = [
    pytest.mark.long,
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]
Start = Callable[..., Service]
DEATHS = 20
ASK = b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


@pytest.mark.timeout(600)
def test_a_storm_of_deaths_refuses_no_connection_and_leaks_nothing(start: Start) -> None:
    service = start("--workers", "2")
    service.wait_until_ready()
    port = int(service.url.rpartition(":")[2])
    supervisor = psutil.Process(service.process.pid)
    until(lambda: len(supervisor.children()) == 3)
    descriptors = supervisor.num_fds()
    over = threading.Event()
    outcomes: list[str] = []

    def ask() -> None:
        while not over.wait(0.002):
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=60) as one:
                    one.sendall(ASK)
                    outcomes.append("answered" if one.recv(4096) else "cut off")
            except ConnectionResetError:
                outcomes.append("cut off")
            except OSError as error:
                outcomes.append(repr(error))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    dice = random.Random(20261122)
    try:
        for _ in range(DEATHS):
            until(lambda: len(supervisor.children()) == 3)
            victim = dice.choice(supervisor.children())
            victim.send_signal(dice.choice([signal.SIGKILL, signal.SIGSEGV]))
            victim.wait()
    finally:
        over.set()
        for thread in threads:
            thread.join()

    assert set(outcomes) <= {"answered", "cut off"}
    assert outcomes.count("cut off") <= 4 * DEATHS  # what each of the dead was working on
    assert len(service.pids(2)) == 2
    until(lambda: len(supervisor.children()) == 3)
    until(lambda: supervisor.num_fds() == descriptors)
    assert service.stop() == 143


def test_restarts_in_a_row_leak_no_descriptor(start: Start) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    supervisor = psutil.Process(service.process.pid)
    until(lambda: len(supervisor.children()) == 2)
    descriptors = supervisor.num_fds()

    for _ in range(3):
        service.process.send_signal(signal.SIGHUP)
        service.wait_until_ready()
        until(lambda: len(supervisor.children()) == 2)

    until(lambda: supervisor.num_fds() == descriptors)
    assert service.stop() == 143
