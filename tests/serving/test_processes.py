"""The service as processes: replaced when they die, finished when told, and never more than one for a node."""

import os
import signal
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from tests.serving.conftest import Service, events, until

pytestmark = [pytest.mark.enable_socket, pytest.mark.allow_hosts(["127.0.0.1", "::1"])]
Start = Callable[..., Service]


def port_of(service: Service) -> int:
    return int(service.url.rpartition(":")[2])


def test_it_says_when_every_worker_is_ready_and_all_of_them_answer(start: Start) -> None:
    service = start("--workers", "2")

    told = service.wait_until_ready()

    assert told["schema"] == "rempart.serving/1"
    assert told["workers"] == 2
    workers = service.pids(2)
    family = psutil.Process(service.process.pid).children()
    assert workers < {child.pid for child in family}
    assert len(family) == 3  # and the keeper
    assert service.stop() == 143


def test_a_worker_that_dies_is_replaced_and_no_request_of_others_is_lost(start: Start) -> None:
    service = start("--workers", "2")
    service.wait_until_ready()
    before = service.pids(2)
    victim = min(before)

    os.kill(victim, signal.SIGKILL)
    after = {service.get()["pid"] for _ in range(20)}
    while not (after - before):
        after.add(service.get()["pid"])

    (ended,) = [each for each in events(service) if each["event"] == "child-ended"]
    assert ended["signal"] == signal.SIGKILL
    assert not psutil.pid_exists(victim)


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


def test_a_keeper_that_dies_is_replaced(start: Start) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()
    workers = service.pids(1)
    family = psutil.Process(service.process.pid)
    until(lambda: len(family.children()) == 2)
    (keeper,) = {child.pid for child in family.children()} - workers

    os.kill(keeper, signal.SIGKILL)
    until(lambda: any(each["event"] == "child-ended" for each in events(service)))

    assert service.pids(1) == workers
    until(lambda: len(family.children()) == 2)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
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


def test_a_second_service_of_the_same_node_is_refused(start: Start) -> None:
    start("--workers", "1").wait_until_ready()

    second = start("--workers", "1")

    assert second.process.wait(60) == 4
    assert "service-running" in second.errors


def test_an_address_that_is_taken_is_named_with_what_to_do(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        service = start("--workers", "1", "--port", str(port))

        assert service.process.wait(60) == 2
    told = events(service)[-1]
    assert told["code"] == "address-unavailable"
    assert f"127.0.0.1:{port}" in str(told["message"])
    assert "--port" in str(told["hint"])


def test_a_live_node_does_not_start_with_settings_for_exercises(start: Start) -> None:
    service = start("--workers", "1", REMPART_FETCH_LOOPBACK="true")

    assert service.process.wait(60) == 2
    assert "fetch_loopback" in str(events(service)[-1]["message"])


def test_a_unix_socket_serves_and_is_taken_away_at_the_end(start: Start, tmp_path: Path) -> None:
    place = tmp_path / "s"
    stale = socket.socket(socket.AF_UNIX)
    stale.bind(str(place))
    stale.close()
    service = start("--workers", "1", REMPART_LISTEN=f"unix:{place}")
    service.wait_until_ready()

    with httpx.Client(transport=httpx.HTTPTransport(uds=str(place))) as client:
        told = client.get("http://node/").json()

    assert told["listen"] == f"unix:{place}"
    assert place.stat().st_mode & 0o777 == 0o660
    assert service.stop() == 143
    assert not place.exists()


def test_the_service_manager_is_told_of_every_turn(start: Start, tmp_path: Path) -> None:
    place = tmp_path / "n"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(place))
        manager.settimeout(60)
        service = start(
            "--workers", "1", NOTIFY_SOCKET=str(place), WATCHDOG_USEC="200000", WATCHDOG_PID="1"
        )
        first = manager.recv(4096).decode()
        assert first.startswith(f"READY=1\nMAINPID={service.process.pid}\n")

        assert service.stop() == 143

        assert manager.recv(4096).startswith(b"STOPPING=1")


def test_faults_of_the_application_are_logged_without_their_text(start: Start) -> None:
    service = start("--workers", "1")
    service.wait_until_ready()

    answer = httpx.get(service.url + "/fail?x=secret-word", timeout=30, trust_env=False)

    assert answer.status_code == 500
    assert service.stop() == 143
    (fault,) = [each for each in events(service) if each["event"] == "library"]
    assert fault["error"] == "ValueError"
    assert "small_application.py" in str(fault["place"])
    assert "f0f0" not in service.errors
    assert "secret-word" not in service.errors
