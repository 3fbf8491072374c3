"""A scan goes on only with what it was begun with, and tells a full disk."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.scan_commands import (
    CONFIRMED_THEN_DEAD,
    DYING,
    SMALL_BATCHES,
    Undisturbed,
    last_run,
    read,
    script,
)

Rempart = Callable[..., Any]
Process = Callable[..., "subprocess.Popen[bytes]"]


class TestResumed:
    def test_a_list_has_to_be_the_same(
        self, node: Path, pictures: Path, tmp_path: Path, rempart: Rempart, process: Process
    ) -> None:
        paths = [bytes(path) for path in sorted(pictures.rglob("*.*"))]
        environment = {**os.environ, "EXERCISE_STEPS": "13"}
        options = ("--output", tmp_path / "out", "-")
        running = process("--node", node, "scan", *options, command=script(DYING), env=environment)
        running.communicate(b"\n".join(paths), timeout=60)
        assert running.returncode == -signal.SIGKILL
        confirmed = (tmp_path / "out").read_bytes()
        run = last_run(node)

        other = b"\n".join(reversed(paths))
        assert rempart("--node", node, "scan", "--resume", run, given=other).code == 3
        assert rempart("--node", node, "scan", "--resume", run, given=paths[0]).code == 3
        assert rempart("--node", node, "scan", "--resume", run, given=b"").code == 3
        assert (tmp_path / "out").read_bytes() == confirmed[: (tmp_path / "out").stat().st_size]

        resumed = rempart("--node", node, "scan", "--resume", run, given=b"\n".join(paths))
        assert resumed.code == 0
        found = [record["path"].encode() for record in read(tmp_path / "out")]
        assert found == paths

    @pytest.mark.parametrize("damage", ["shorter", "gone"])
    def test_an_output_that_lost_records_leaves_with_3(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        rempart: Rempart,
        process: Process,
        *,
        damage: str,
    ) -> None:
        self.killed_midway(node, pictures, tmp_path / "out", process)
        if damage == "gone":
            (tmp_path / "out").unlink()
        else:
            os.truncate(tmp_path / "out", 10)

        ran = rempart("--node", node, "scan", "--json", "--resume", last_run(node))

        assert ran.code == 3
        assert json.loads(ran.err.splitlines()[-1])["code"] == "resume-mismatch"

    def test_a_run_that_is_finished_or_unknown_leaves_with_2(
        self, node: Path, pictures: Path, rempart: Rempart
    ) -> None:
        rempart("--node", node, "scan", pictures / "0" / "000.jpg")

        assert rempart("--node", node, "scan", "--resume", last_run(node)).code == 2
        assert rempart("--node", node, "scan", "--resume", "x").code == 2

    def test_to_standard_output_the_last_batch_may_come_twice_but_none_is_missing(
        self,
        node: Path,
        pictures: Path,
        rempart: Rempart,
        process: Process,
        undisturbed: Undisturbed,
    ) -> None:
        arguments = ("--node", node, "scan", "--json", pictures)
        running = process(*arguments, command=script(CONFIRMED_THEN_DEAD))
        first, _ = running.communicate(timeout=60)
        assert running.returncode == -signal.SIGKILL

        rest = rempart("--node", node, "scan", "--json", "--resume", last_run(node)).out

        whole_lines = [line for line in first.splitlines(keepends=True) if line.endswith(b"\n")]
        paths = [json.loads(line)["path"] for line in [*whole_lines, *rest.splitlines()]]
        assert set(paths) == {record["path"] for record in undisturbed.records}

    @staticmethod
    def killed_midway(node: Path, pictures: Path, output: Path, process: Process) -> None:
        environment = {**os.environ, "EXERCISE_STEPS": "13"}
        arguments = ("--node", node, "scan", "--output", output, pictures)
        running = process(*arguments, command=script(DYING), env=environment)
        running.communicate(timeout=60)
        assert running.returncode == -signal.SIGKILL


@contextmanager
def small_disk(place: Path, *, size_kb: int) -> Iterator[Path]:
    place.mkdir()
    options = ["-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", str(place)]
    if os.getuid() != 0 or subprocess.run(["mount", *options], check=False).returncode:
        pytest.skip("only root can mount a small disk here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


class TestFullDisk:
    def test_it_is_told_and_the_run_goes_on_when_there_is_room(
        self,
        node: Path,
        pictures: Path,
        tmp_path: Path,
        process: Process,
        undisturbed: Undisturbed,
    ) -> None:
        with small_disk(tmp_path / "disk", size_kb=64) as disk:
            arguments = ("--node", node, "scan", "--json", "--output", disk / "out", pictures)
            running = process(*arguments, command=script(SMALL_BATCHES))
            _, messages = running.communicate(timeout=60)
            assert running.returncode == 4
            assert b"Traceback" not in messages
            error = json.loads(messages.splitlines()[-1])
            assert error["code"] == "output-failed"
            assert "No space left" in error["message"]

            subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
            resumed = process("--node", node, "scan", "--resume", last_run(node))
            resumed.communicate(timeout=60)

            assert resumed.returncode == 0
            assert read(disk / "out") == undisturbed.records
