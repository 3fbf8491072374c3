"""The service as processes: replaced when they die, finished when told, and never more than one for a node."""

import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.serving.conftest import Service, events, make_node, until

from rempart.node.errors import AddressUnavailableError, ServiceRunningError
from rempart.node.run_folder import RunFolder
from rempart.node.serving.sockets import bind_listeners

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.allow_hosts(["127.0.0.1", "::1"]),
    pytest.mark.timeout(600),
]
Start = Callable[..., Service]


@dataclass
class Living:
    """One service for several tests: on a port and a Unix socket, under a service manager."""

    service: Service
    told: dict[str, Any]
    place: Path
    manager: socket.socket


@pytest.fixture(scope="module")
def living(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Living]:
    folder = tmp_path_factory.mktemp("living")
    node, place = make_node(folder / "node"), folder / "s"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(place))
    stale.close()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "n"))
        manager.settimeout(60)
        environment = {
            "REMPART_LISTEN": f"127.0.0.1:0,unix:{place}",
            "NOTIFY_SOCKET": str(folder / "n"),
            "WATCHDOG_USEC": "100000",
        }
        service = Service(node, "--workers", "2", application="create", **environment)
        try:
            yield Living(service, service.wait_until_ready(), place, manager)
        finally:
            service.end()


def port_of(service: Service) -> int:
    return int(service.url.rpartition(":")[2])


def test_it_says_when_every_worker_is_ready_and_all_of_them_answer(living: Living) -> None:
    assert living.told["schema"] == "rempart.serving/1"
    assert living.told["workers"] == 2
    assert living.told["addresses"] == [living.service.url, f"unix:{living.place}"]
    workers = living.service.pids(2)
    supervisor = psutil.Process(living.service.process.pid)
    until(lambda: len(supervisor.children()) == 3)  # and the keeper, for which no caller waits
    assert workers < {child.pid for child in supervisor.children()}


def test_a_worker_looks_for_garbage_though_the_start_did_not(living: Living) -> None:
    assert living.service.get()["looks_for_garbage"] is True


def test_the_service_manager_is_told(living: Living) -> None:
    said = {living.manager.recv(4096).decode() for _ in range(2)}

    ready = f"READY=1\nMAINPID={living.service.process.pid}\n"
    assert all(each == "WATCHDOG=1" or each.startswith(ready) for each in said)


def test_a_unix_socket_of_a_service_that_is_gone_is_taken_over(living: Living) -> None:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(living.place))) as client:
        told = client.get("http://node/").json()

    assert told["listen"] == f"unix:{living.place}"
    assert living.place.stat().st_mode & 0o777 == 0o660


def test_a_worker_that_dies_is_replaced_and_no_request_of_others_is_lost(living: Living) -> None:
    before = living.service.pids(2)
    victim = min(before)

    os.kill(victim, signal.SIGKILL)
    after = {living.service.get()["pid"] for _ in range(20)}
    while not (after - before):
        after.add(living.service.get()["pid"])

    ended = [each for each in events(living.service) if each.get("pid") == victim]
    assert ended[-1]["event"] == "child-ended"
    assert ended[-1]["signal"] == signal.SIGKILL
    assert not psutil.pid_exists(victim)


def test_a_keeper_that_dies_is_replaced(living: Living) -> None:
    workers = living.service.pids(2)
    family = psutil.Process(living.service.process.pid)
    until(lambda: len(family.children()) == 3)
    (keeper,) = {child.pid for child in family.children()} - workers

    os.kill(keeper, signal.SIGKILL)
    until(lambda: any(each.get("pid") == keeper for each in events(living.service)))

    assert living.service.pids(2) == workers
    until(lambda: len(family.children()) == 3)


def test_faults_of_the_application_are_logged_without_their_text(living: Living) -> None:
    answer = httpx.get(living.service.url + "/fail?x=secret-word", timeout=30, trust_env=False)

    assert answer.status_code == 500
    until(lambda: any(each["event"] == "library" for each in events(living.service)))
    (fault,) = [each for each in events(living.service) if each["event"] == "library"]
    assert fault["error"] == "ValueError"
    assert "small_application.py" in str(fault["place"])
    assert "f0f0" not in living.service.errors
    assert "secret-word" not in living.service.errors


def test_a_second_service_of_the_same_node_is_refused(living: Living) -> None:
    assert RunFolder(living.service.node).path.is_dir()
    with pytest.raises(ServiceRunningError) as caught:
        RunFolder(living.service.node).lock()

    assert "SIGHUP" in caught.value.hint


def test_an_address_that_is_taken_is_named_with_what_to_do(
    living: Living, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.serving.sockets._SECONDS_FOR_A_PREDECESSOR", 0.0)
    for setting in (living.service.url.removeprefix("http://"), f"unix:{living.place}"):
        with pytest.raises(AddressUnavailableError) as caught:
            bind_listeners(["127.0.0.1:0", setting])

        assert setting in caught.value.message
        assert "--port" in caught.value.hint


@pytest.mark.long
def test_the_only_worker_dies_and_connections_that_wait_are_answered_by_the_next(
    start: Start,
) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    (first,) = service.pids(1)

    with ThreadPoolExecutor(8) as many:
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(service.url + "/die", timeout=30, trust_env=False)
        answers = list(many.map(lambda _: service.get()["pid"], range(32)))

    assert len(answers) == 32
    assert first not in answers


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), pytest.param(signal.SIGINT, 130, marks=pytest.mark.long)],
)
def test_what_is_in_work_is_finished_before_the_service_ends(
    start: Start, number: int, code: int
) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    with httpx.Client(base_url=service.url, timeout=30, trust_env=False) as client:
        client.get("/")
        asked = threading.Event()

        def ask() -> int:
            asked.set()
            return client.get("/slow").status_code

        with ThreadPoolExecutor(1) as one:
            answer = one.submit(ask)
            asked.wait()
            assert service.stop(number) == code
            assert answer.result() == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(service.url, trust_env=False)


@pytest.mark.long
def test_a_request_without_end_is_cut_off_in_the_time_that_is_set(start: Start) -> None:
    service = start("--workers", "1", REMPART_SHUTDOWN_SECONDS="1")
    service.wait_until_ready()
    with socket.create_connection(("127.0.0.1", port_of(service))) as client:
        client.sendall(b"GET /hang HTTP/1.1\r\nhost: x\r\n\r\n")
        service.get()

        assert service.stop() == 143

        client.settimeout(10)
        assert b"200 OK" not in client.recv(4096)
    assert any(each["event"] == "requests-cut-off" for each in events(service))


def test_workers_of_a_supervisor_that_was_killed_finish_and_leave_the_port(start: Start) -> None:
    service = start("--workers", "2")
    service.wait_until_ready()
    family = psutil.Process(service.process.pid).children()
    with socket.create_connection(("127.0.0.1", port_of(service))) as client:
        client.sendall(b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n")
        client.settimeout(30)
        service.get()

        service.process.kill()

        assert client.recv(4096).startswith(b"HTTP/1.1 200")
    gone, alive = psutil.wait_procs(family, timeout=30)
    assert not alive
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port_of(service)))
    assert len(gone) == 3


def test_a_worker_that_says_what_is_wrong_ends_the_start_with_its_error(start: Start) -> None:
    service = start("--workers", "2", application="create_failing")

    assert service.process.wait(60) == 2

    (told,) = [each for each in events(service) if each.get("schema") == "rempart.error/1"]
    assert told["code"] == "list-unknown"
    assert told["message"] == "There is no list of that name."
    assert told["hint"] == "Name another."


@pytest.mark.long
def test_workers_that_die_before_they_are_ready_again_and_again_end_the_start(start: Start) -> None:
    service = start("--workers", "1", application="create_dying")

    assert service.process.wait(60) == 4

    told = events(service)
    assert told[-1]["code"] == "service-start"
    assert [
        each["exit"]
        for each in told
        if each["event" if "event" in each else "code"] == "child-ended"
    ] == [9] * 5


def test_a_live_node_does_not_start_with_settings_for_exercises(start: Start) -> None:
    service = start("--workers", "1", REMPART_FETCH_LOOPBACK="true")

    assert service.process.wait(60) == 2
    assert "fetch_loopback" in str(events(service)[-1]["message"])
