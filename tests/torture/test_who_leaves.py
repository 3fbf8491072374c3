"""Workers that die, restarts and stops under load: what is lost is what a dead worker had in its hands, and no more."""

import socket
import threading
from functools import partial
from pathlib import Path
from typing import Self

import psutil
import pytest
from tests.torture.conftest import ActorsFunction, StartFunction
from tests.torture.load import Load
from tests.torture.running import RunningService, make_key, until
from tests.torture.verdict import all_promises_are_kept

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    pytest.mark.timeout(600),
]
BODY = b'{"queries":[{"fingerprints":[{"kind":"md5","value":"' + b"0" * 32 + b'"}]}]}'


class Askers:
    """Threads that ask once on each connection and never again what was lost."""

    def __init__(self, port: int, key: str, *, threads: int = 6) -> None:
        self._port = port
        self._ask = (
            b"POST /v1/match HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
            b"content-type: application/json\r\nauthorization: Bearer " + key.encode() + b"\r\n"
            b"content-length: %d\r\n\r\n%b" % (len(BODY), BODY)
        )
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._go) for _ in range(threads)]
        self.answered = 0
        self.lost: dict[int, str] = {}
        self.odd: list[bytes] = []

    def __enter__(self) -> Self:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for each in self._threads:
            each.join()

    def goes_on(self) -> None:
        """Wait until a good number more were answered."""
        goal = self.answered + 60
        until(lambda: self.answered >= goal)

    def _go(self) -> None:
        while not self._over.is_set():
            with socket.create_connection(("127.0.0.1", self._port), timeout=60) as one:
                port = one.getsockname()[1]
                try:
                    one.sendall(self._ask)
                    answer = b"".join(iter(partial(one.recv, 65_536), b""))
                except OSError as error:
                    self.lost[port] = repr(error)
                    continue
            head, _, body = answer.partition(b"\r\n\r\n")
            if not body:
                self.lost[port] = f"closed after {answer!r}"
            elif head.startswith(b"HTTP/1.1 200 ") and body.endswith(b"}"):
                self.answered += 1
            else:
                self.odd.append(answer)


def test_dead_worker_takes_only_the_requests_that_were_in_its_hands(start: StartFunction) -> None:
    service = start()
    in_its_hands: set[int] = set()

    with Askers(service.port, make_key(service.node).text) as askers:
        for _ in range(3):
            askers.goes_on()
            in_its_hands |= kill_one_and_say_what_it_held(service)
            service.workers()
        askers.goes_on()

    assert askers.odd == []
    assert set(askers.lost) <= in_its_hands
    assert service.stop() == 143


def kill_one_and_say_what_it_held(service: RunningService) -> set[int]:
    """Kill a worker that holds connections, and return their ports at the other end."""
    while True:
        worker = service.workers()[0]
        worker.suspend()
        until(partial(_is_stopped, worker))
        held = {each.raddr.port for each in worker.net_connections(kind="tcp") if each.raddr}
        if held:
            worker.kill()
            return held
        worker.resume()


def _is_stopped(process: psutil.Process) -> bool:
    return bool(process.status() == psutil.STATUS_STOPPED)


def test_rolling_restart_under_load_loses_nothing_without_any_retry(
    start: StartFunction, actors_of: ActorsFunction, tmp_path: Path
) -> None:
    service = start(shutdown_seconds="60")
    actors = actors_of(service, is_patient=False)
    before = {each.pid for each in service.workers()}

    with Load(actors) as load:
        load.goes_on()
        service.restart_itself()
        load.goes_on()
        until(lambda: not {each.pid for each in service.children()} & before)
        load.goes_on()

    all_promises_are_kept(service, actors, tmp_path)


@pytest.mark.long
def test_stop_under_load_and_a_new_start_lose_nothing(
    start: StartFunction, actors_of: ActorsFunction, tmp_path: Path
) -> None:
    service = start()
    actors = actors_of(service)

    with Load(actors) as load:
        load.goes_on()
        assert service.stop() == 143
        service.start()
        load.goes_on()

    all_promises_are_kept(service, actors, tmp_path)
