"""Scans, an import and a doctor at work on one node at once; and workers that are killed all the time."""

import os
import random
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil
import pytest
from tests.hardening.running import (
    LAUNCH,
    Record,
    path_of,
    picture,
    reason,
    records_of,
    run_rempart,
)

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

KILLS: Final = 15
StartFunction = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[StartFunction]:
    """Start commands, and end them with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*arguments: str | Path) -> "subprocess.Popen[bytes]":
        pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
        started.append(subprocess.Popen([*LAUNCH, *arguments], **pipes))  # type: ignore[call-overload] # mypy wants each pipe by name
        return started[-1]

    yield begin
    for each in started:
        each.kill()
        each.communicate()


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make 1,200 files, one in four a picture; one picture in twenty is known."""
    folder = tmp_path_factory.mktemp("tree")
    for number in range(1_200):
        place = folder / f"{number % 5}"
        place.mkdir(exist_ok=True)
        data = picture(1 + number // 4 % 20, side=200) if number % 4 == 0 else b"%d" % number
        (place / f"{number:04}").write_bytes(data)
    return folder


def without_ids(record: Record) -> Record:
    """Return a record as every run has it."""
    matches = [{**each, "id": None} for each in record["matches"]]
    return {**record, "matches": matches}


def test_two_scans_an_import_and_a_look_at_all_do_not_disturb_one_another(
    node: Path, tree: Path, tmp_path: Path, start: StartFunction
) -> None:
    rows = "".join(f"n{number},md5,{number + 1:032x},exercise-B\n" for number in range(20_000))
    (tmp_path / "new.csv").write_text(f"id,type,value,category\n{rows}", encoding="utf-8")
    owner = ("--owner", "Exercise Desk", "--format", "csv")
    work = {
        "one": ("scan", "--output", tmp_path / "one", tree),
        "other": ("scan", "--depth", "exact", "--output", tmp_path / "other", tree),
        "import": ("lists", "import", "--list", "new", *owner, tmp_path / "new.csv"),
        "doctor": ("doctor", "--deep"),
    }

    running = {name: start("--node", node, *arguments) for name, arguments in work.items()}
    said = {name: each.communicate(timeout=200)[1].decode() for name, each in running.items()}

    assert {name: each.returncode for name, each in running.items()} == dict.fromkeys(work, 0), said
    one, other = (records_of((tmp_path / name).read_bytes()) for name in ("one", "other"))
    everything = sorted(bytes(each) for each in tree.rglob("*") if each.is_file())
    assert [path_of(each) for each in one] == [path_of(each) for each in other] == everything
    assert [bool(each["matches"]) for each in one] == [bool(each["matches"]) for each in other]
    assert sum(bool(each["matches"]) for each in one) == 15
    identifiers = [match["id"] for each in (*one, *other) for match in each["matches"]]
    assert len(set(identifiers)) == len(identifiers)
    run_rempart("--node", node, "doctor", "--deep")
    again = tmp_path / "again"
    run_rempart("--node", node, "scan", "--output", again, tree)
    assert [*map(without_ids, records_of(again.read_bytes()))] == [*map(without_ids, one)]


@pytest.mark.skipif(os.geteuid() != 0, reason="a worker shows its files to nobody but root")
def test_workers_that_are_killed_all_the_time_cost_their_own_file_at_most(
    node: Path, tree: Path, tmp_path: Path, start: StartFunction
) -> None:
    moments = random.Random(20261122)
    output = tmp_path / "out"
    scan = start("--node", node, "scan", "--workers", "3", "--output", output, tree)
    killed = 0

    while killed < KILLS and scan.poll() is None:
        # A pool whose workers all die before they have a file gives up, and says so: it is another matter.
        busy = [each for each in psutil.Process(scan.pid).children() if has_file(each, tree)]
        if busy and output.exists() and output.stat().st_size:
            with suppress(psutil.NoSuchProcess):  # it was at its end anyway
                moments.choice(busy).kill()
                killed += 1
        with_pause(scan, moments.uniform(0.01, 0.1))
    _, said = scan.communicate(timeout=200)

    assert scan.returncode == 0, said.decode()
    assert killed
    records = records_of(output.read_bytes())
    everything = sorted(bytes(each) for each in tree.rglob("*") if each.is_file())
    assert [path_of(each) for each in records] == everything
    assert {reason(each) for each in records} <= {("ok", None), ("unreadable", "worker-died")}
    assert sum(each["outcome"] != "ok" for each in records) <= killed
    harmed = {each["path"] for each in records if each["outcome"] != "ok"}
    known = {
        os.fsdecode(each)
        for each in everything
        if Path(os.fsdecode(each)).read_bytes() == picture(1, side=200)
    }
    assert {each["path"] for each in records if each["matches"]} | harmed >= known


def has_file(worker: psutil.Process, tree: Path) -> bool:
    """Tell whether a worker has a file of the tree open."""
    try:
        return any(each.path.startswith(str(tree)) for each in worker.open_files())
    except psutil.Error:
        return False


def with_pause(running: "subprocess.Popen[bytes]", seconds: float) -> None:
    """Wait a moment, or less if it ends."""
    try:
        running.wait(seconds)
    except subprocess.TimeoutExpired:
        return
