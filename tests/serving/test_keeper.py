"""The keeper: each job in its time and its own thread, under a lease where machines share it; failures end nothing."""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from rempart.model.principals import OrganisationKind
from rempart.node import create_node
from rempart.node.node import OpenNode
from rempart.node.serving.jobs import Job
from rempart.node.serving.keeper import KeeperTask, keep
from rempart.node.serving.keeper_jobs import keeper_jobs
from rempart.node.settings import Settings


@pytest.fixture
def open_one(tmp_path: Path) -> Iterator[OpenNode]:
    with create_node(
        tmp_path / "node",
        organisation="Example Hotline",
        kind=OrganisationKind.HOTLINE,
        jurisdiction="FR",
        is_exercise=True,
    ) as node:
        yield node


@contextmanager
def keeping(node: OpenNode, *jobs: Job, log_format: str = "json") -> Iterator[bytearray]:
    """Run a keeper in a thread until the block ends; give what it tells its supervisor."""
    reports, report = os.pipe()
    lifeline, supervisor = os.pipe()
    task = KeeperTask(lambda: nullcontext(node), jobs, log_format, report, lifeline)
    code: list[int] = []
    told = bytearray()
    thread = threading.Thread(target=lambda: code.append(keep(task)))
    thread.start()
    try:
        told += os.read(reports, 1)
        yield told
    finally:
        os.close(supervisor)
        thread.join()
        os.close(report)
        while part := os.read(reports, 4096):
            told += part
        os.close(reports)
        os.close(lifeline)
    assert code == [0]


@pytest.fixture(autouse=True)
def _signals_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test runs the keeper in a thread, which may not set what a signal does."""
    monkeypatch.setattr("rempart.node.serving.keeper.signal.signal", lambda *_: None)


def until(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.005)


def test_jobs_come_again_and_a_slow_one_holds_up_no_other(open_one: OpenNode) -> None:
    gate, counted = threading.Event(), []

    with keeping(
        open_one,
        Job("slow", 0.0, lambda _: gate.wait(), is_shared=False),
        Job("quick", 0.0, lambda _: counted.append(1), is_shared=False),
    ) as told:
        until(lambda: len(counted) > 10)
        gate.set()

    assert told.startswith(b"r")


def test_a_job_that_fails_is_logged_without_its_text_and_tried_again(
    open_one: OpenNode, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.serving.keeper._FIRST_PAUSE_SECONDS", 0.001)
    tries, others = [], []

    def fail_twice(_node: OpenNode) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("f0" * 32)

    with keeping(
        open_one,
        Job("fragile", 0.0, fail_twice, is_shared=False),
        Job("other", 0.0, lambda _: others.append(1), is_shared=False),
    ):
        until(lambda: len(tries) > 4 and len(others) > 4)

    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    failed = [line for line in lines if line["event"] == "job-failed"]
    assert [(line["job"], line["error"], line["count"]) for line in failed] == [
        ("fragile", "ValueError", 1),
        ("fragile", "ValueError", 2),
    ]
    assert [line["event"] for line in lines].count("job-works-again") == 1
    assert "f0f0" not in str(lines)


def test_a_shared_job_is_done_by_one_keeper_and_given_back_at_its_end(open_one: OpenNode) -> None:
    first, second = [], []
    job = Job("shared", 0.0, lambda _: first.append(1), is_shared=True)
    with keeping(open_one, job):
        until(lambda: len(first) > 2)
        assert not open_one.store.leases.take("shared", "other", seconds=30, clock=open_one.clock)

    with keeping(open_one, replace(job, run=lambda _: second.append(1))):
        until(lambda: len(second) > 2)


def test_a_lease_is_not_asked_for_at_every_turn(
    open_one: OpenNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, asked = [], []
    leases = type(open_one.store.leases)
    take = leases.take

    def counting(self: object, *arguments: object, **named: object) -> bool:
        asked.append(1)
        return take(self, *arguments, **named)  # type: ignore[arg-type]  # passed on as they are

    monkeypatch.setattr(leases, "take", counting)
    with keeping(open_one, Job("often", 0.0, lambda _: done.append(1), is_shared=True)):
        until(lambda: len(done) > 50)

    assert len(asked) == 1


def test_what_one_run_may_take_fits_into_its_lease() -> None:
    assert Job("a", 1.0, print, is_shared=True).lease_seconds == 60
    assert Job("a", 1.0, print, is_shared=True, longest_seconds=600).lease_seconds == 1200
    assert Job("a", 86_400.0, print, is_shared=True).lease_seconds == 3600


def test_a_node_that_cannot_be_opened_is_told_to_the_supervisor() -> None:
    def refuse() -> OpenNode:
        raise OSError(5, "the disk is gone")

    reports, report = os.pipe()
    lifeline, supervisor = os.pipe()

    assert keep(KeeperTask(refuse, [], "json", report, lifeline)) == 1

    assert json.loads(os.read(reports, 4096))["message"].startswith("A worker could not start")
    for each in (reports, report, lifeline, supervisor):
        os.close(each)


def test_every_job_of_the_service_runs_on_a_new_node(
    open_one: OpenNode, capfd: pytest.CaptureFixture[str]
) -> None:
    jobs = keeper_jobs(Settings(checkpoint_seconds=1))
    done: set[str] = set()

    def noted(job: Job) -> Job:
        def run(node: OpenNode) -> None:
            job.run(node)
            done.add(job.name)

        return replace(job, run=run)

    with keeping(open_one, *[noted(job) for job in jobs]):
        until(lambda: done == {job.name for job in jobs})

    assert "job-failed" not in capfd.readouterr().err
    assert open_one.store.log.newest_checkpoint("audit") is not None


def test_names_of_jobs_are_short_and_different() -> None:
    names = [job.name for job in keeper_jobs(Settings())]

    assert len(set(names)) == len(names)
    assert all(len(name) <= 64 for name in names)
