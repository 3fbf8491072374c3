"""A scan that is killed or stopped goes on where it was: every record once."""

import os
import random
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.cli.scan_commands import (
    DYING,
    SMALL_BATCHES,
    Undisturbed,
    is_finished,
    last_run,
    read,
    script,
)

Rempart = Callable[..., Any]
Process = Callable[..., "subprocess.Popen[bytes]"]


def kill_at(running: "subprocess.Popen[bytes]", output: Path, size_bytes: int, late: float) -> bool:
    """Kill a scan some moments after its output has reached a size; return whether it was under way."""
    while running.poll() is None and size_of(output) < size_bytes:
        with suppress(subprocess.TimeoutExpired):
            running.wait(0.002)
    with suppress(subprocess.TimeoutExpired):
        running.wait(late)
    if running.poll() is not None:
        return False
    workers = psutil.Process(running.pid).children(recursive=True)
    running.kill()
    running.communicate()
    assert psutil.wait_procs(workers, timeout=20)[1] == []  # none outlives its scan
    return True


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def kill_and_resume(
    *,
    node: Path,
    pictures: Path,
    output: Path,
    process: Process,
    whole: Undisturbed,
    seed: int,
    kills: int,
) -> int:
    """Kill a scan at random moments and resume it each time; return how often that hit it."""
    moments = random.Random(seed)
    asked: tuple[str | Path, ...] = ("--output", output, pictures)
    hits = 0
    for target in sorted(moments.randrange(1, whole.size_bytes) for _ in range(kills)):
        running = process("--node", node, "scan", *asked, command=script(SMALL_BATCHES))
        hits += kill_at(running, output, target, moments.uniform(0, 0.05))
        if running.returncode == 0 or is_finished(node):
            return hits
        asked = ("--resume", last_run(node))
    finished = process("--node", node, "scan", *asked, command=script(SMALL_BATCHES))
    _, messages = finished.communicate(timeout=60)
    assert finished.returncode == 0, messages
    return hits


class TestKilled:
    @pytest.mark.parametrize("seed", [1, 2])
    def test_at_random_moments_every_record_still_stands_exactly_once(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
        *,
        seed: int,
    ) -> None:
        hits = kill_and_resume(
            node=node,
            pictures=pictures,
            output=tmp_path / "out",
            process=process,
            whole=undisturbed,
            seed=seed,
            kills=3,
        )

        assert hits
        assert read(tmp_path / "out") == undisturbed.records

    @pytest.mark.long
    @pytest.mark.timeout(900)
    @pytest.mark.parametrize("seed", range(100, 108))
    def test_at_many_random_moments(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
        *,
        seed: int,
    ) -> None:
        hits = kill_and_resume(
            node=node,
            pictures=pictures,
            output=tmp_path / "out",
            process=process,
            whole=undisturbed,
            seed=seed,
            kills=5,
        )

        assert hits
        assert read(tmp_path / "out") == undisturbed.records

    def test_between_writing_and_confirming_nothing_is_lost_and_nothing_stands_twice(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
    ) -> None:
        steps = (3, 5, 6, 4)
        assert self.die_at(steps, node, pictures, tmp_path / "out", process) == len(steps)

        assert read(tmp_path / "out") == undisturbed.records

    @pytest.mark.long
    @pytest.mark.timeout(900)
    def test_at_every_step_of_writing_and_confirming(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
    ) -> None:
        steps = tuple(range(2, 26))
        self.die_at(steps, node, pictures, tmp_path / "out", process)

        assert read(tmp_path / "out") == undisturbed.records

    @staticmethod
    def die_at(
        steps: tuple[int, ...], node: Path, pictures: Path, output: Path, process: Process
    ) -> int:
        """Let a scan kill itself before each of some steps, resuming it each time; then finish it."""
        asked: tuple[str | Path, ...] = ("--output", output, pictures)
        died = 0
        for count in (*steps, 10**9):
            environment = {**os.environ, "EXERCISE_STEPS": str(count)}
            command = script(DYING)
            running = process("--node", node, "scan", *asked, command=command, env=environment)
            _, messages = running.communicate(timeout=60)
            if running.returncode == 0:
                break
            assert running.returncode == -signal.SIGKILL, messages
            died += 1
            asked = ("--resume", last_run(node))
        return died


class TestStopped:
    @pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
    def test_a_signal_stops_it_resumable(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
        *,
        number: signal.Signals,
        code: int,
    ) -> None:
        arguments = ("--node", node, "scan", "--output", tmp_path / "out", pictures)
        running = process(*arguments, command=script(SMALL_BATCHES), start_new_session=True)
        assert running.stderr is not None
        assert b"--resume" in running.stderr.readline()

        os.killpg(running.pid, number)  # as a terminal does: to every process of the command
        _, messages = running.communicate(timeout=60)

        assert running.returncode == code
        run = last_run(node)
        assert f"rempart scan --resume {run}" in messages.decode()
        again = process("--node", node, "scan", "--resume", run)
        again.communicate(timeout=60)
        assert again.returncode == 0
        assert read(tmp_path / "out") == undisturbed.records

    def test_an_import_that_is_stopped_changes_nothing(
        self, node: Path, process: Process, rempart: Rempart
    ) -> None:
        before = rempart("--node", node, "lists", "show", "--json").out
        options = ["--list", "new", "--owner", "O", "--format", "csv"]
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143)):
            running = process("--node", node, "lists", "import", *options, "-", bufsize=0)
            assert running.stdin is not None
            running.stdin.write(b"id,type,value,category\n" + b"".join(rows(20_000)))
            wait_until_writing(node, running)  # it waits for the rest of the list

            running.send_signal(number)
            _, messages = running.communicate(timeout=60)

            assert running.returncode == code, messages
            assert b"Traceback" not in messages
        assert rempart("--node", node, "lists", "show", "--json").out == before


def rows(count: int) -> Iterator[bytes]:
    return (b"e%d,md5,%032x,exercise-A\n" % (number, number + 1) for number in range(count))


def wait_until_writing(node: Path, running: "subprocess.Popen[bytes]") -> None:
    """Return when the store's write transaction is open: another writer finds it locked."""
    for _ in range(100_000):
        assert running.poll() is None
        other = sqlite3.connect(node / "store.sqlite", timeout=0, isolation_level=None)
        with closing(other), suppress(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
            other.execute("ROLLBACK")
            continue
        return
    pytest.fail("the import never began to write")
