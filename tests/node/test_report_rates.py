"""How quickly a run went on is told by the events of its checkpoints, and of no other run's."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from rempart.model.identifiers import ScanId
from rempart.node import report_facts
from rempart.node.node import OpenNode
from rempart.node.report_facts import rate_facts
from rempart.store import StoreWriter

BEGUN = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass
class HandClock:
    """A clock that is set by hand."""

    at: datetime = BEGUN

    def now(self) -> datetime:
        return self.at


class Story:
    """Writes what a run leaves in the log of events."""

    def __init__(self, node: OpenNode) -> None:
        self.node = node
        self.clock = HandClock()
        with self._writing() as writer:
            self.run = writer.start_scan(settings={}, expires_at=BEGUN + timedelta(days=9)).id
            writer.record("scan.started", {"scan": str(self.run)})

    def after(self, seconds: float, kind: str, files: int = 0, run: ScanId | None = None) -> None:
        """Let time go by, then record something."""
        self.clock.at += timedelta(seconds=seconds)
        details = {"scan": str(run or self.run), "files": files, "matches": 0}
        with self._writing() as writer:
            writer.record(kind, details)

    @contextmanager
    def _writing(self) -> Iterator[StoreWriter]:
        with self.node.store.write(
            principal=self.node.principal, clock=self.clock, identifiers=self.node.identifiers
        ) as writer:
            yield writer


@pytest.fixture
def story(node: OpenNode) -> Story:
    return Story(node)


def test_time_and_objects_are_those_between_the_checkpoints(story: Story) -> None:
    story.after(2, "scan.progressed", 100)
    story.after(2, "scan.progressed", 300)
    story.after(1, "scan.finished", 400)

    rates = rate_facts(story.node, story.node.store.scan(story.run), 5_000)

    assert rates is not None
    assert (rates.seconds, rates.parts) == (5, 1)
    assert (rates.objects_per_second, rates.bytes_per_second) == (80, 1_000)
    assert [(each.seconds, each.objects, each.objects_per_second) for each in rates.points] == [
        (2, 100, 50),
        (4, 400, 150),
    ]


def test_a_pause_counts_for_nothing(story: Story) -> None:
    story.after(10, "scan.progressed", 100)
    story.after(0, "scan.interrupted", 100)
    story.after(3_000, "scan.progressed", 7)
    story.after(10, "scan.progressed", 300)
    story.after(86_400, "scan.progressed", 7)  # killed, and resumed a day later

    rates = rate_facts(story.node, story.node.store.scan(story.run), 400)

    assert rates is not None
    assert (rates.seconds, rates.parts) == (20, 3)
    assert rates.objects_per_second == 20
    assert [each.objects for each in rates.points] == [100, 407]


def test_other_runs_and_other_events_do_not_count(story: Story) -> None:
    other = ScanId(story.node.identifiers.new())
    for _ in range(40):
        story.after(1, "list.changed")
        story.after(1, "scan.progressed", 1_000, run=other)
    story.after(20, "scan.progressed", 100)

    rates = rate_facts(story.node, story.node.store.scan(story.run), 100)

    assert rates is not None
    assert (rates.seconds, rates.objects_per_second) == (100, 1)


def test_many_checkpoints_become_few_points(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_facts, "_MOST_POINTS", 10)
    for _ in range(45):
        story.after(2, "scan.progressed", 256)

    rates = rate_facts(story.node, story.node.store.scan(story.run), 1)

    assert rates is not None
    assert len(rates.points) <= 10
    assert rates.points[-1].objects == 45 * 256
    assert {each.objects_per_second for each in rates.points} == {128}


def test_a_run_without_a_checkpoint_has_no_rate(story: Story) -> None:
    assert rate_facts(story.node, story.node.store.scan(story.run), 0) is None


def test_a_clock_that_was_set_back_is_no_time_that_went_by(story: Story) -> None:
    story.after(5, "scan.progressed", 10)
    story.after(-3_600, "scan.progressed", 10)
    story.after(5, "scan.progressed", 10)

    rates = rate_facts(story.node, story.node.store.scan(story.run), 30)

    assert rates is not None
    assert (rates.seconds, rates.objects_per_second) == (10, 2)
