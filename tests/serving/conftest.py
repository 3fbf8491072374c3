"""Services as processes of their own, on free ports, each with its own node; a server in the test's own loop."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from rempart.model.principals import OrganisationKind
from rempart.node import create_node
from rempart.node.run_folder import RunFolder

HERE = Path(__file__).parent
_LAUNCH = (
    "import functools, os, sys; import rempart.node.serving as delivery;"
    "names = dict(application=os.environ['TEST_APPLICATION']);"
    "delivery.serve = functools.partial(delivery.serve, **names);"
    "delivery.rehearse = functools.partial(delivery.rehearse, **names);"
    "from rempart.cli import main; main()"
)


class Service:
    """One `rempart serve` of the test."""

    def __init__(self, node: Path, *options: str, application: str, **environment: str) -> None:
        self.node = node
        self.errors_file = node.with_name(node.name + ".err")
        self._errors = self.errors_file.open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, "serve", "--node", str(node), "--json", *options],
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={
                **os.environ,
                "PYTHONPATH": str(HERE),
                "TEST_APPLICATION": f"small_application:{application}",
                **environment,
            },
        )
        self.addresses: list[str] = []

    @property
    def errors(self) -> str:
        return self.errors_file.read_text(encoding="utf-8")

    @property
    def url(self) -> str:
        return self.addresses[0]

    def wait_until_ready(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, self.errors
        told: dict[str, Any] = json.loads(line)
        self.addresses = told["addresses"]
        return told

    def get(self, path: str = "/") -> dict[str, Any]:
        """Ask on a connection of its own."""
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=60)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200
            told: dict[str, Any] = json.loads(answer.read())
        finally:
            connection.close()
        return told

    def pids(self, count: int) -> set[int]:
        """Ask until so many processes have answered."""
        seen: set[int] = set()
        while len(seen) < count:
            seen.add(self.get()["pid"])
        return seen

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(30)

    def end(self) -> None:
        """End it and all that it started, whatever state it is in."""
        ended = []
        if self.process.poll() is None:
            ended = psutil.Process(self.process.pid).children(recursive=True)
            self.process.kill()
        for child in ended:
            try:
                child.kill()
            except psutil.NoSuchProcess:
                continue
        self.process.wait()
        RunFolder(self.node).end()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()


def events(service: Service) -> list[dict[str, Any]]:
    """Return what the service wrote to standard error so far, whole lines only."""
    lines = service.errors.splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds; the test's own time limit ends the wait."""
    while not condition():
        time.sleep(0.02)


def make_node(folder: Path, *, is_exercise: bool = False) -> Path:
    create_node(
        folder,
        organisation="Example Hotline",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=is_exercise,
    ).close()
    return folder


@pytest.fixture
def node(tmp_path: Path) -> Path:
    return make_node(tmp_path / "node")


@pytest.fixture
def start(node: Path) -> Iterator[Callable[..., Service]]:
    """Start services of the test's node; all of them end with the test."""
    started: list[Service] = []

    def begin(*options: str, application: str = "create", **environment: str) -> Service:
        ports = () if "--port" in options or "REMPART_LISTEN" in environment else ("--port", "0")
        service = Service(node, *ports, *options, application=application, **environment)
        started.append(service)
        return service

    yield begin
    for service in started:
        service.end()
