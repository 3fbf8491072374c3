"""A process that is killed in the middle of a write leaves what was there before it, or all of the write."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.store.material import Laboratory, item

from rempart.store import Store

FIRST = 750
BATCH = 250
SECOND = range(250, 1_250)
STEPS = ("begun", "put-1", "put-4", "withdrawn", "recorded")

CHILD = """
import os, signal, sys
from rempart.store import Store
from tests.store.material import Laboratory
from tests.store.test_store_kill import second_import

path, kind, at = sys.argv[1:]

def die(step):
    if step == at:
        os.kill(os.getpid(), signal.SIGKILL)

with Store.open(path) as store:
    laboratory = Laboratory(store, path, first_identifier=1_000_000)
    if kind == "operation":
        from sqlalchemy import event
        left = [int(at)]
        def tick():
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return 0
        event.listen(
            store._writing_engine,
            "connect",
            lambda connection, _: connection.set_progress_handler(tick, 1_000),
        )
    second_import(laboratory, die)
"""


def second_import(laboratory: Laboratory, step: Callable[[str], None]) -> None:
    """Change a third of the list, add a third, withdraw a third, telling how far it is."""
    (made,) = laboratory.store.lists()
    with laboratory.write() as writer:
        merge = writer.begin_merge(made.id, "partner")
        step("begun")
        for count, start in enumerate(range(SECOND.start, SECOND.stop, BATCH), 1):
            merge.put([item(n, raw="second" * 20) for n in range(start, start + BATCH)])
            step(f"put-{count}")
        merge.withdraw_absent()
        step("withdrawn")
        writer.record("list.imported", {})
        step("recorded")


@pytest.fixture(scope="module")
def before_file(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kill") / "store.sqlite"
    shutil.copy2(sqlite_template, path)
    with Store.open(path) as store:
        laboratory = Laboratory(store, path)
        made = laboratory.add_list()
        laboratory.merge(made.id, [item(n, raw="first" * 20) for n in range(FIRST)], batch=BATCH)
    return path


@pytest.fixture(scope="module")
def before(before_file: Path) -> object:
    return state_of(before_file)


@pytest.fixture
def victim(before_file: Path, tmp_path: Path) -> Path:
    path = tmp_path / "store.sqlite"
    shutil.copy2(before_file, path)
    return path


def state_of(path: Path) -> object:
    with Store.open(path) as store:
        assert store.check(deep=True) == []
        return Laboratory(store, path).state()


def run_child(path: Path | str, kind: str, at: str) -> int:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(path), kind, at],
        env=environment,
        check=False,
        timeout=60,
    )
    return done.returncode


@pytest.mark.parametrize("step", STEPS)
def test_killed_import_leaves_the_old_state(victim: Path, before: object, step: str) -> None:
    assert run_child(victim, "step", step) == -signal.SIGKILL
    assert state_of(victim) == before


@pytest.mark.parametrize("operation", [1, 20, 80, 170])
def test_kill_within_a_statement_leaves_the_old_state(
    victim: Path, before: object, operation: int
) -> None:
    assert run_child(victim, "operation", str(operation)) == -signal.SIGKILL
    assert state_of(victim) == before


def test_import_after_a_kill_reaches_the_same_end(victim: Path, tmp_path: Path) -> None:
    untouched = tmp_path / "untouched.sqlite"
    shutil.copy2(victim, untouched)
    run_child(victim, "step", "withdrawn")
    ends = []
    for path in (victim, untouched):
        assert run_child(path, "step", "never") == 0
        ends.append(state_of(path))
    assert ends[0] == ends[1]


def test_kill_around_the_commit_leaves_all_or_nothing(
    victim: Path, before_file: Path, before: object
) -> None:
    whole = victim.with_name("whole.sqlite")
    shutil.copy2(victim, whole)
    assert run_child(whole, "step", "never") == 0
    after = state_of(whole)
    root = Path(__file__).parents[2]
    code = CHILD.replace("os.kill(os.getpid(), signal.SIGKILL)", "print('now', flush=True)", 1)
    for attempt in range(2):
        path = victim.with_name(f"victim-{attempt}.sqlite")
        shutil.copy2(before_file, path)
        with subprocess.Popen(
            [sys.executable, "-c", code, str(path), "step", "recorded"],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *sys.path])},
            stdout=subprocess.PIPE,
        ) as child:
            assert child.stdout is not None
            child.stdout.readline()
            child.kill()
        assert state_of(path) in (before, after)
