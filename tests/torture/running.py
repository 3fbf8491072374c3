"""Real services in processes of their own: nodes, `rempart serve`, its workers and keeper, and ways to kill them."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import psutil

from rempart.client import Client, Retries
from rempart.model.principals import OrganisationKind
from rempart.node import KeyRequest, NewKey, NodeFolder, create_key, create_node, open_node
from rempart.node.run_folder import RunFolder

PATIENT: Final = Retries(tries=200, first_wait_seconds=0.02, longest_wait_seconds=1.0)
"""Of a client that goes on until the service is back; the test's own time limit ends it."""
EVERY_ROLE: Final = ("match", "list-reader", "list-editor", "reviewer", "operator", "auditor")
_LAUNCH: Final = "from rempart.cli import main; main()"
_QUIET_PORTS: Final = range(18_000, 30_000)
"""Below those that the system gives to outgoing connections: one that asks a dead service must not meet itself."""


def until(condition: Callable[[], object]) -> None:
    """Wait until it holds; the test's own time limit ends the wait."""
    while not condition():
        time.sleep(0.01)


def free_port() -> int:
    """Return a port that nobody listens at, and that stays free while a service is started anew."""
    while True:
        port = random.SystemRandom().choice(_QUIET_PORTS)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


def make_node(folder: Path, *, store: str = "") -> Path:
    """Make an exercise node."""
    create_node(
        folder,
        organisation="Exercise Hotline",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=True,
        store=store,
    ).close()
    return folder


def make_key(folder: Path, *roles: str, **limits: Any) -> NewKey:
    """Make a key of a node, without limits of pace."""
    with open_node(NodeFolder(folder)) as node:
        request = KeyRequest(roles=roles or EVERY_ROLE, **{"requests_per_minute": 0, **limits})
        return create_key(node, request)


class RunningService:
    """One `rempart serve` of the test, at one port however often it is started."""

    def __init__(self, node: Path, *, workers: int = 2, **settings: str) -> None:
        self.node = node
        self.workers_wanted = workers
        self.settings = {f"REMPART_{name.upper()}": value for name, value in settings.items()}
        self.port = free_port()
        self.log = node.with_name(node.name + ".log")
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def begin(self) -> None:
        """Start it, and do not wait."""
        command = [sys.executable, "-c", _LAUNCH, "serve", "--node", str(self.node), "--json"]
        command += ["--port", str(self.port), "--workers", str(self.workers_wanted)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, **self.settings},
            )

    def wait_until_ready(self) -> dict[str, Any]:
        """Wait until it says that every worker answers."""
        line = self._running().stdout.readline()
        assert line, self.log.read_text(encoding="utf-8")
        told: dict[str, Any] = json.loads(line)
        return told

    def start(self) -> "RunningService":
        """Start it, and wait until it is ready."""
        self.begin()
        self.wait_until_ready()
        return self

    def children(self) -> list[psutil.Process]:
        """Return its processes beside the supervisor."""
        return list(psutil.Process(self._running().pid).children())

    def workers(self) -> list[psutil.Process]:
        """Return the processes that listen; waits until all are there."""
        found: list[psutil.Process] = []
        while len(found) < self.workers_wanted:
            found = [each for each in self.children() if _listens(each)]
            time.sleep(0.01)
        return found

    def keeper(self) -> psutil.Process:
        """Return the process that does the jobs; waits until it is there."""
        while True:
            workers = {each.pid for each in self.workers()}
            others = [each for each in self.children() if each.pid not in workers]
            # A child that was just forked holds the sockets of its supervisor still.
            if len(others) == 1 and len(workers) == self.workers_wanted:
                return others[0]
            time.sleep(0.01)

    def kill(self) -> None:
        """Kill the supervisor and all that it started at once, as if the machine had lost power."""
        process = self._running()
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
        for each in family:
            each.suspend()  # so that nobody replaces or takes leave of anybody
        for each in family:
            each.kill()
        psutil.wait_procs(family[1:], timeout=30)
        self._ended()

    def stop(self) -> int:
        """Tell it to finish and leave; return the exit code."""
        self._running().send_signal(signal.SIGTERM)
        return self._ended()

    def restart_itself(self) -> None:
        """Let it take its own place, and wait until the new one is ready."""
        self._running().send_signal(signal.SIGHUP)
        assert self.wait_until_ready()["restart"] is True

    def client(self, key: str, **given: Any) -> Client:
        """Return a client that is patient."""
        return Client(self.url, key, **{"retries": PATIENT, **given})

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the lines of its log about one event."""
        lines = self.log.read_text(encoding="utf-8").splitlines(keepends=True)
        told = [json.loads(line) for line in lines if line.startswith("{") and line[-1] == "\n"]
        return [each for each in told if each["event"] == name]

    def end(self) -> None:
        """Leave nothing of it behind, whatever state it is in."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        RunFolder(self.node).end()

    def _running(self) -> Any:  # Any: Popen whose pipe is there
        assert self.process is not None
        return self.process

    def _ended(self) -> int:
        process = self._running()
        code: int = process.wait(60)
        process.stdout.close()
        return code


def _listens(process: psutil.Process) -> bool:
    try:
        found = process.net_connections(kind="tcp")
    except psutil.Error:
        return False
    return any(each.status == psutil.CONN_LISTEN for each in found)
