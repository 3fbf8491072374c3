"""The history of matches: kept with who asked, newest first, seen only within one's lists, gone when it expires."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from tests.store.material import EXERCISE_A, START, Laboratory, OrderedIdentifiers, item

from rempart.model.handling import Subject
from rempart.model.identifiers import EntryId, ListId, LookupId, MatchId, PrincipalId, uuid7
from rempart.model.match import Match
from rempart.model.principals import Principal, PrincipalKind
from rempart.model.service import Disposition, DispositionValue, Lookup, LookupMatch
from rempart.model.video import VideoEvidence
from rempart.store import (
    ScanState,
    StoreConstraintError,
    UnknownRecordError,
    WriteMisuseError,
)

REFERENCE = "upload-of-a-named-person"


class History:
    """Lists with an entry each, and look-ups of them."""

    def __init__(self, laboratory: Laboratory) -> None:
        self.laboratory = laboratory
        self.lists = [laboratory.add_list(name).id for name in ("one", "two", "three")]
        for list_id in self.lists:
            laboratory.merge(list_id, [item(1, labels=(EXERCISE_A,))])
        self._count = 0

    def identifier(self, at: datetime) -> MatchId:
        self._count += 1
        return MatchId(uuid7(at, self._count.to_bytes(10, "big")))

    def match(self, place: int = 0, at: datetime = START) -> Match:
        found = self.laboratory.read_list(self.lists[place])
        (entry,) = self.laboratory.entries(found.id)
        return Match(
            id=self.identifier(at),
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
            video=VideoEvidence(33.25, 100.0, 8, 3, 1500, None),
        )

    def lookup(
        self,
        *matches: Match,
        at: datetime = START,
        reference: str | None = None,
        asker: Principal | None = None,
        days: int = 30,
    ) -> Lookup:
        return Lookup(
            id=LookupId(self.identifier(at)),
            at=at,
            expires_at=at + timedelta(days=days),
            principal_id=(asker or self.laboratory.principal).id,
            matches=matches,
            reference=reference,
        )

    def record(self, *lookups: Lookup) -> None:
        with self.laboratory.write() as writer:
            writer.lookups.record(lookups)
            writer.record("matches.recorded", {})

    def dispose(self, match_id: MatchId, value: str, reason: str = "seen") -> Disposition:
        with self.laboratory.write() as writer:
            given = writer.lookups.dispose(match_id, DispositionValue(value), reason)
            writer.record("match.disposed", {})
        return given

    def purge(self, before: datetime) -> int:
        with self.laboratory.write() as writer:
            purged = writer.lookups.purge(before)
            writer.record("matches.purged", {})
        return purged

    def asker(self) -> Principal:
        with self.laboratory.write() as writer:
            added = writer.add_principal(
                issuer="rempart", subject="platform", kind=PrincipalKind.SERVICE
            )
            writer.record("principal.added", {})
        return added


@pytest.fixture
def history(laboratory: Laboratory) -> History:
    return History(laboratory)


def ids(found: Sequence[LookupMatch]) -> list[MatchId]:
    return [each.match.id for each in found]


class TestRecord:
    def test_match_is_read_as_it_was_recorded(self, history: History) -> None:
        picture = history.match()
        digest = replace(
            history.match(1),
            kind="sha256",
            distance=0,
            threshold=0,
            dialect=None,
            transform=None,
            quality=None,
            labels=(),
            suppressed_by=None,
            from_partial=False,
            video=None,
        )
        asker = history.asker()
        lookup = history.lookup(picture, digest, reference=REFERENCE, asker=asker)
        history.record(lookup, history.lookup(history.match(2)))
        page = history.laboratory.store.lookups.page(limit=10)
        assert len(page) == 3
        assert page[2] == LookupMatch(
            match=picture,
            lookup_id=lookup.id,
            at=START,
            expires_at=START + timedelta(days=30),
            principal_id=asker.id,
            reference=REFERENCE,
        )
        assert page[1].match == digest
        assert page[0].principal_id == history.laboratory.principal.id
        assert history.laboratory.store.lookups.get(digest.id) == page[1]

    def test_miss_is_not_kept(self, history: History) -> None:
        with pytest.raises(WriteMisuseError):
            history.record(history.lookup(history.match()), history.lookup())
        assert history.laboratory.store.lookups.page(limit=1) == ()

    def test_lookup_of_unknown_things_is_refused_whole(self, history: History) -> None:
        strange = OrderedIdentifiers(7).new()
        good, match = history.lookup(history.match()), history.match()
        unknown: list[tuple[type[Exception], Lookup]] = [
            (UnknownRecordError, replace(good, principal_id=PrincipalId(strange))),
            (UnknownRecordError, history.lookup(replace(match, list_id=ListId(strange)))),
            (StoreConstraintError, history.lookup(replace(match, entry_id=EntryId(strange)))),
            (StoreConstraintError, history.lookup(match, match)),
            (StoreConstraintError, history.lookup(match, reference="\ud800")),
            (StoreConstraintError, history.lookup(match, reference="a\0")),
            (StoreConstraintError, history.lookup(match, reference="x" * 1_001)),
        ]
        for error, lookup in unknown:
            with pytest.raises(error):
                history.record(good, lookup)
        assert history.laboratory.store.lookups.page(limit=1) == ()
        history.record(good)
        with pytest.raises(StoreConstraintError):
            history.record(good)

    def test_text_of_a_refusal_holds_nothing_of_the_reference(self, history: History) -> None:
        with pytest.raises(StoreConstraintError) as caught:
            history.record(history.lookup(history.match(), reference=REFERENCE + "\0"))
        assert REFERENCE not in str(caught.value)


class TestPage:
    def test_pages_go_from_the_newest_to_the_oldest(self, history: History) -> None:
        matches = [history.match(place % 3) for place in range(9)]
        history.record(*[history.lookup(match) for match in matches])
        expected = [match.id for match in reversed(matches)]
        page = history.laboratory.store.lookups.page
        for lists in (None, frozenset(history.lists)):
            seen: list[MatchId] = []
            while part := page(limit=4, after=seen[-1] if seen else None, lists=lists):
                seen += ids(part)
            assert seen == expected

    def test_page_goes_on_where_its_place_was_purged(self, history: History) -> None:
        matches = [history.match() for _ in range(3)]
        history.record(history.lookup(*matches[:2]), history.lookup(matches[2], days=1))
        history.laboratory.clock.pass_days(2)
        assert history.purge(history.laboratory.clock.now()) == 1
        page = history.laboratory.store.lookups.page(limit=10, after=matches[2].id)
        assert ids(page) == [matches[1].id, matches[0].id]

    def test_other_lists_are_neither_seen_nor_counted(self, history: History) -> None:
        mine, others = history.match(0), [history.match(1) for _ in range(5)]
        history.record(history.lookup(mine), *[history.lookup(each) for each in others])
        lookups = history.laboratory.store.lookups
        scope = frozenset([history.lists[0]])
        assert ids(lookups.page(limit=2, lists=scope)) == [mine.id]
        assert lookups.page(limit=2, lists=scope, list_id=history.lists[1]) == ()
        assert lookups.page(limit=2, lists=frozenset()) == ()
        assert lookups.get(others[0].id, lists=scope) is None
        assert lookups.get(mine.id, lists=scope) is not None
        unknown = ListId(OrderedIdentifiers(7).new())
        assert lookups.page(limit=2, list_id=unknown) == ()
        assert ids(lookups.page(limit=2, lists=frozenset([unknown]) | scope)) == [mine.id]
        assert len(lookups.page(limit=10, list_id=history.lists[1])) == 5

    def test_time_is_cut_to_the_millisecond_of_the_match(self, history: History) -> None:
        times = [START + timedelta(milliseconds=each) for each in (0, 5, 10)]
        matches = [history.match(at=at) for at in times]
        history.record(*[history.lookup(m, at=at) for m, at in zip(matches, times, strict=True)])
        page = history.laboratory.store.lookups.page
        assert ids(page(limit=9, since=times[1])) == [matches[2].id, matches[1].id]
        assert ids(page(limit=9, until=times[1])) == [matches[0].id]
        assert ids(page(limit=9, since=times[1], until=times[2])) == [matches[1].id]
        assert page(limit=9, since=times[2] + timedelta(milliseconds=1)) == ()

    def test_who_asked_and_what_was_said_are_filtered(self, history: History) -> None:
        asker = history.asker()
        matches = [history.match() for _ in range(4)]
        history.record(history.lookup(*matches[:3]), history.lookup(matches[3], asker=asker))
        history.dispose(matches[0].id, "true")
        history.dispose(matches[1].id, "false")
        history.dispose(matches[1].id, "true")
        page = history.laboratory.store.lookups.page
        assert ids(page(limit=9, principal_id=asker.id)) == [matches[3].id]
        assert ids(page(limit=9, disposition=DispositionValue.TRUE)) == [
            matches[1].id,
            matches[0].id,
        ]
        assert page(limit=9, disposition=DispositionValue.FALSE) == ()
        assert ids(page(limit=9, is_undisposed=True)) == [matches[3].id, matches[2].id]

    @pytest.mark.parametrize("limit", [0, -1, 10_001])
    def test_page_without_a_sensible_limit_is_refused(
        self, sqlite_laboratory: Laboratory, limit: int
    ) -> None:
        with pytest.raises(WriteMisuseError):
            sqlite_laboratory.store.lookups.page(limit=limit)


class TestDisposition:
    def test_last_word_holds_and_the_earlier_ones_stay(self, history: History) -> None:
        match = history.match()
        history.record(history.lookup(match))
        first = history.dispose(match.id, "unclear", "ask a colleague")
        history.laboratory.clock.pass_days(1)
        second = history.dispose(match.id, "false", "another person")
        assert first == Disposition(
            match.id,
            1,
            DispositionValue.UNCLEAR,
            "ask a colleague",
            START,
            history.laboratory.principal.id,
        )
        assert (second.version, second.at) == (2, START + timedelta(days=1))
        lookups = history.laboratory.store.lookups
        found = lookups.get(match.id)
        assert found is not None
        assert found.disposition == second
        assert lookups.dispositions(match.id) == (first, second)

    def test_match_of_a_scan_can_be_disposed_of_until_it_is_purged(self, history: History) -> None:
        laboratory, match = history.laboratory, history.match()
        with laboratory.write() as writer:
            scan = writer.start_scan(settings={}, expires_at=START + timedelta(days=1))
            writer.checkpoint_scan(scan.id, checkpoint={}, counts={}, matches=[(b"p", match)])
            writer.finish_scan(scan.id, state=ScanState.FINISHED, counts={})
            writer.record("scan.finished", {})
        history.dispose(match.id, "true")
        assert len(laboratory.store.lookups.dispositions(match.id)) == 1
        laboratory.clock.pass_days(2)
        with laboratory.write() as writer:
            writer.purge_scans(laboratory.clock.now())
            writer.record("scan.purged", {})
        assert laboratory.store.lookups.dispositions(match.id) == ()

    def test_unknown_match_is_named(self, history: History) -> None:
        unknown = history.identifier(START)
        with pytest.raises(UnknownRecordError, match=str(unknown)):
            history.dispose(unknown, "true")

    def test_reason_that_cannot_be_kept_is_refused(self, history: History) -> None:
        match = history.match()
        history.record(history.lookup(match))
        for reason in ("\ud800", "\0", "x" * 4_001):
            with pytest.raises(StoreConstraintError):
                history.dispose(match.id, "true", reason)
        assert history.laboratory.store.lookups.dispositions(match.id) == ()


class TestRetention:
    def test_only_what_expired_is_purged_with_what_was_said_of_it(self, history: History) -> None:
        old, new = history.match(), history.match()
        history.record(history.lookup(old, days=10), history.lookup(new, days=20))
        history.dispose(old.id, "true")
        history.dispose(new.id, "true")
        history.laboratory.clock.pass_days(15)
        assert history.purge(history.laboratory.clock.now()) == 1
        assert history.purge(history.laboratory.clock.now()) == 0
        lookups = history.laboratory.store.lookups
        assert ids(lookups.page(limit=10)) == [new.id]
        assert lookups.get(old.id) is None
        assert lookups.dispositions(old.id) == ()
        assert len(lookups.dispositions(new.id)) == 1

    def test_purge_leaves_no_reference_in_any_file(self, sqlite_laboratory: Laboratory) -> None:
        history = History(sqlite_laboratory)
        match = history.match()
        history.record(history.lookup(match, reference=REFERENCE, days=1))
        history.dispose(match.id, "true", REFERENCE)
        assert any(REFERENCE.encode() in each for each in contents(sqlite_laboratory))
        sqlite_laboratory.clock.pass_days(2)
        history.purge(sqlite_laboratory.clock.now())
        assert not any(REFERENCE.encode() in each for each in contents(sqlite_laboratory))


def contents(laboratory: Laboratory) -> list[bytes]:
    path = Path(laboratory.place)
    return [file.read_bytes() for file in path.parent.glob(path.name + "*")]


@pytest.mark.parametrize(
    "moment",
    [
        datetime(1969, 11, 22, 10, tzinfo=UTC),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
    ],
)
def test_before_1970_lies_nothing_and_everything_lies_after(
    history: History, moment: datetime
) -> None:
    history.record(history.lookup(history.match()))
    page = history.laboratory.store.lookups.page
    assert len(page(limit=10, since=moment)) == 1
    assert page(limit=10, until=moment) == ()


def test_beyond_9999_lies_nothing(history: History) -> None:
    history.record(history.lookup(history.match()))
    page = history.laboratory.store.lookups.page
    beyond = datetime.max.replace(tzinfo=timezone(timedelta(hours=-23)))
    assert page(limit=10, since=beyond) == ()
    assert len(page(limit=10, until=beyond)) == 1
