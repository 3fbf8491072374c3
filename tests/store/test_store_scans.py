"""Scans and their matches: kept with their paths until their retention ends, then gone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.store.material import EXERCISE_A, START, Laboratory, OrderedIdentifiers, item

from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, MatchId, ScanId
from rempart.model.match import Match
from rempart.model.video import VideoEvidence
from rempart.store import (
    ScanState,
    StoreConstraintError,
    StoredScan,
    UnknownRecordError,
    WriteMisuseError,
)

PATH = b"/exercise/\xff/picture-with-a-name.jpg"


def start(laboratory: Laboratory, *, days: int = 30) -> StoredScan:
    with laboratory.write() as writer:
        scan = writer.start_scan(
            settings={"depth": "screen", "paths": ["exercise"]},
            expires_at=laboratory.clock.now() + timedelta(days=days),
        )
        writer.record("scan.started", {})
    return scan


def checkpoint(laboratory: Laboratory, scan: StoredScan, *matches: tuple[bytes, Match]) -> None:
    with laboratory.write() as writer:
        writer.checkpoint_scan(
            scan.id, checkpoint={"done": len(matches)}, counts={"ok": 1}, matches=matches
        )
        writer.record("scan.progressed", {})


def new_match(laboratory: Laboratory) -> Match:
    found = laboratory.store.find_list("exercise")
    if found is None:
        found = laboratory.add_list()
        laboratory.merge(found.id, [item(1, labels=(EXERCISE_A,))])
    found = laboratory.read_list(found.id)
    (entry,) = laboratory.entries(found.id)
    return Match(
        id=MatchId(laboratory.identifiers.new()),
        list_name=found.name,
        list_id=found.id,
        list_generation=found.generation,
        owner=found.owner,
        entry_id=entry.id,
        entry_version=entry.version,
        subject=Subject.CHILD,
        kind="pdq",
        distance=12,
        threshold=31,
        dialect="exact",
        transform="rotate-90",
        quality=88,
        labels=(EXERCISE_A,),
        suppressed_by="harmless",
        from_partial=True,
    )


class TestScanLife:
    def test_scan_is_read_as_it_was_started(self, laboratory: Laboratory) -> None:
        scan = start(laboratory)
        assert laboratory.store.scan(scan.id) == scan
        assert laboratory.store.scans() == (scan,)
        assert scan == StoredScan(
            id=scan.id,
            started_at=START,
            expires_at=START + timedelta(days=30),
            state=ScanState.RUNNING,
            settings={"depth": "screen", "paths": ["exercise"]},
        )

    def test_checkpoint_keeps_position_counts_and_matches(self, laboratory: Laboratory) -> None:
        evidence = VideoEvidence(33.25, 100.0, 8, 3, 1500, None)
        match = replace(new_match(laboratory), kind="vpdq", video=evidence)
        digest = replace(
            new_match(laboratory),
            kind="sha256",
            distance=0,
            threshold=0,
            dialect=None,
            transform=None,
            quality=None,
            labels=(),
            suppressed_by=None,
            from_partial=False,
        )
        scan, other = start(laboratory), start(laboratory)
        checkpoint(laboratory, scan, (PATH, match))
        checkpoint(laboratory, scan, (b"second", digest))
        checkpoint(laboratory, other)
        found = list(laboratory.store.scan_matches(scan.id))
        assert found == [(PATH, match), (b"second", digest)]
        assert list(laboratory.store.scan_matches(other.id)) == []
        kept = laboratory.store.scan(scan.id)
        assert (kept.checkpoint, kept.counts) == ({"done": 1}, {"ok": 1})
        assert kept.state is ScanState.RUNNING

    def test_finished_scan_says_when(self, laboratory: Laboratory) -> None:
        scan = start(laboratory)
        for state, finished_at in (
            (ScanState.INTERRUPTED, START),
            (ScanState.RUNNING, None),
            (ScanState.FINISHED, START),
        ):
            with laboratory.write() as writer:
                writer.finish_scan(scan.id, state=state, counts={"ok": 3})
                writer.record("scan.finished", {})
            kept = laboratory.store.scan(scan.id)
            assert (kept.state, kept.finished_at, kept.counts) == (state, finished_at, {"ok": 3})

    def test_match_keeps_the_version_it_saw(self, laboratory: Laboratory) -> None:
        match = new_match(laboratory)
        scan = start(laboratory)
        checkpoint(laboratory, scan, (PATH, match))
        laboratory.merge(match.list_id, [], is_full=True)
        ((_, kept),) = laboratory.store.scan_matches(scan.id)
        assert (kept.entry_version, kept.list_generation) == (1, 1)

    def test_unknown_scan_is_named(self, laboratory: Laboratory) -> None:
        unknown = ScanId(OrderedIdentifiers(7).new())
        with pytest.raises(UnknownRecordError, match=str(unknown)):
            laboratory.store.scan(unknown)
        with pytest.raises(UnknownRecordError):
            list(laboratory.store.scan_matches(unknown))
        with pytest.raises(UnknownRecordError), laboratory.write() as writer:
            writer.finish_scan(unknown, state=ScanState.FINISHED, counts={})

    def test_match_of_unknown_things_is_refused_whole(self, laboratory: Laboratory) -> None:
        match = new_match(laboratory)
        scan = start(laboratory)
        strange = OrderedIdentifiers(7).new()
        before = laboratory.state()
        with pytest.raises(UnknownRecordError):
            checkpoint(laboratory, scan, (PATH, replace(match, list_id=ListId(strange))))
        with pytest.raises(StoreConstraintError):
            checkpoint(laboratory, scan, (PATH, replace(match, entry_id=EntryId(strange))))
        with pytest.raises(StoreConstraintError):
            checkpoint(laboratory, scan, (PATH, match), (PATH, match))
        assert laboratory.state() == before


class TestRetention:
    def test_only_expired_scans_are_purged(self, laboratory: Laboratory) -> None:
        match = new_match(laboratory)
        old, new = start(laboratory, days=10), start(laboratory, days=20)
        checkpoint(laboratory, old, (PATH, match))
        laboratory.clock.pass_days(15)
        with laboratory.write() as writer:
            assert writer.purge_scans(laboratory.clock.now()) == 1
            assert writer.purge_scans(laboratory.clock.now()) == 0
            writer.record("scan.purged", {})
        assert [each.id for each in laboratory.store.scans()] == [new.id]
        with pytest.raises(UnknownRecordError):
            list(laboratory.store.scan_matches(old.id))
        assert laboratory.store.check(deep=True) == []

    def test_purge_leaves_no_path_in_any_file(self, sqlite_laboratory: Laboratory) -> None:
        laboratory = sqlite_laboratory
        scan = start(laboratory, days=10)
        checkpoint(laboratory, scan, *[(PATH, new_match(laboratory)) for _ in range(50)])
        assert any(PATH in file.read_bytes() for file in files(laboratory))
        laboratory.clock.pass_days(11)
        with laboratory.write() as writer:
            writer.purge_scans(laboratory.clock.now())
            writer.record("scan.purged", {})
        assert not any(PATH in file.read_bytes() for file in files(laboratory))

    def test_purge_that_is_rolled_back_keeps_everything(self, laboratory: Laboratory) -> None:
        scan = start(laboratory, days=10)
        checkpoint(laboratory, scan, (PATH, new_match(laboratory)))
        laboratory.clock.pass_days(11)
        before = laboratory.state()
        with pytest.raises(WriteMisuseError), laboratory.write() as writer:
            writer.purge_scans(laboratory.clock.now())
        assert laboratory.state() == before


def files(laboratory: Laboratory) -> list[Path]:
    path = Path(laboratory.place)
    return list(path.parent.glob(path.name + "*"))
