"""Which visits one file needs, whatever comes of each: no object is lost, none is told twice or mixed up."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import (
    LARGEST_DEPTH,
    MOST_CONFIRMED,
    ContainerLimits,
    Place,
    VideoLimits,
    WorkResult,
    encode_request,
)
from rempart.fingerprint.packed_frames import FRAME_BYTES, Frames
from rempart.fingerprint.parts import Begun, Ended
from rempart.media import WorkerLimits
from rempart.model.fingerprint import CPP512, EXACT, PDQ, Fingerprint
from rempart.model.scan import FileFingerprints, Outcome, Problem, ProblemKind
from rempart.node.file_reading import FileReading, Visit, Wanted
from rempart.node.object_reading import Reading
from rempart.node.walk import walk

LIMITS = ContainerLimits(depth=3, members=100, unpacked_bytes=10**8, ratio=1000, seconds=60)
VIDEO = VideoLimits(milliseconds=1000, seconds=10, is_screened=True)
WANTED = Wanted("screen", 100, 100, VIDEO, LIMITS)
EXACT_PDQ = Fingerprint(PDQ, bytes(32), EXACT, 90)
CPP512_PDQ = Fingerprint(PDQ, bytes(32), CPP512, 90)
DIED = Problem(ProblemKind.WORKER_DIED, "It died.", "Look at it.")


@pytest.fixture
def file(tmp_path: Path) -> Iterator[FileReading]:
    (tmp_path / "a.zip").write_bytes(b"exercise")
    [found] = walk([bytes(tmp_path / "a.zip")])
    reading = FileReading(found)
    yield reading
    reading.close()


def result(content: bytes = b"exercise") -> WorkResult:
    return WorkResult(
        size=len(content),
        media_type=None,
        outcome=Outcome.OK,
        problem=None,
        fingerprints=digests_of([content]),
    )


DIGESTS = (EXACT_PDQ, CPP512_PDQ, *digests_of([b"other"]))
TORN = WorkResult(
    size=8,
    media_type=None,
    outcome=Outcome.PARTIAL,
    problem=Problem(ProblemKind.MEMORY_LIMIT, "It needs more.", "Raise it."),
)


def visit_of(file: FileReading, *, may_walk: bool = True) -> Visit:
    visit = file.next_visit(WANTED, may_walk=may_walk)
    assert visit is not None
    return visit


def member(file: FileReading, *place: int) -> Reading:
    file.begin(Begun(place, b"name"))
    return file.end(Ended(place, result(), Frames()))


def places(file: FileReading) -> list[Place]:
    for reading in file.ready:
        reading.is_done = True
    return [file.pop().place for _ in range(len(file.ready))]


def popped(file: FileReading) -> list[FileFingerprints]:
    for reading in file.ready:
        reading.is_done = True
    return [file.pop().file() for _ in range(len(file.ready))]


def kind_of(file: FileFingerprints) -> ProblemKind | None:
    return None if file.problem is None else file.problem.kind


def finish(file: FileReading) -> None:
    file.walk = None
    file.end(Ended((), result(), Frames()))


class TestWalks:
    def test_a_file_without_trouble_needs_one_visit(self, file: FileReading) -> None:
        visit = visit_of(file)
        member(file, 1)
        finish(file)

        assert (visit.request.after, visit.request.undecoded) == ((), ())
        assert file.next_visit(WANTED, may_walk=True) is None
        assert places(file) == [(1,), ()]
        assert file.is_whole

    def test_a_visit_that_we_broke_off_is_gone_on_with_when_more_is_wanted(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        member(file, 1)
        file.begin(Begun((2,), b"name"))
        member(file, 2, 1)
        file.withdrawn()

        assert file.next_visit(WANTED, may_walk=False) is None
        again = visit_of(file)
        limits = again.request.containers
        assert limits is not None
        assert again.request.after == (2, 1)
        assert (limits.spent_members, limits.spent_bytes) == (2, 16)
        assert again.request.undecoded == ()

    def test_a_lost_worker_costs_decoding_of_its_member_and_a_second_one_the_member(
        self, file: FileReading
    ) -> None:
        first = visit_of(file)
        member(file, 1)
        file.begin(Begun((2,), b"name"))
        file.lost(first, DIED)
        second = visit_of(file)
        assert (second.request.after, second.request.undecoded) == ((1,), (2,))
        file.begin(Begun((2,), b"name"))
        file.lost(second, DIED)
        third = visit_of(file)

        assert third.request.after == (2,)
        finish(file)
        assert [each.problem for each in file.ready] == [None, DIED, None]
        assert places(file) == [(1,), (2,), ()]

    def test_a_file_that_kills_two_workers_is_told_without_fingerprints(
        self, file: FileReading
    ) -> None:
        file.lost(visit_of(file), DIED)
        second = visit_of(file)
        assert second.request.depth == "digests"
        file.lost(second, DIED)

        assert not file.needs_visit
        [own] = file.ready
        assert own.file().outcome is Outcome.UNREADABLE
        assert own.file().fingerprints == ()

    def test_a_file_that_loses_worker_after_worker_is_given_up_with_its_digests(
        self, file: FileReading
    ) -> None:
        visit = visit_of(file)
        number = 1
        while visit.request.depth != "digests":
            is_second = visit.request.undecoded == (number,)
            file.begin(Begun((number,), b"name"))
            file.lost(visit, DIED)
            number += is_second
            visit = visit_of(file)

        finish(file)
        assert 2 < number < 40
        problem = file.ready[-1].file().problem
        assert problem is not None
        assert problem.kind is ProblemKind.WORKER_DIED
        assert file.ready[-1].file().fingerprints

    def test_a_worker_that_breaks_the_protocol_is_believed_less_long(
        self, file: FileReading
    ) -> None:
        for number in (1, 2, 3):
            visit = visit_of(file)
            assert visit.request.depth == "screen"
            file.begin(Begun((number,), b"name"))
            file.lost(visit, DIED, is_breach=True)

        assert visit_of(file).request.depth == "digests"

    def test_an_archive_that_changes_between_visits_is_not_gone_on_with(
        self, file: FileReading, tmp_path: Path
    ) -> None:
        visit = visit_of(file)
        member(file, 1)
        file.begin(Begun((2,), b"name"))
        file.lost(visit, DIED)
        (tmp_path / "a.zip").write_bytes(b"something else")

        assert visit_of(file).request.depth == "digests"
        finish(file)
        own = file.ready[-1].file()
        assert own.problem is not None
        assert own.problem.kind is ProblemKind.CHANGED_WHILE_READ

    def test_what_a_torn_member_claims_to_hold_is_not_counted(self, file: FileReading) -> None:
        visit = visit_of(file)
        for number in (1, 2, 3):
            file.begin(Begun((number,), b"name"))
            torn = WorkResult(
                size=2**63 - 1, media_type=None, outcome=Outcome.UNREADABLE, problem=DIED
            )
            file.end(Ended((number,), torn, Frames()))
        member(file, 4)
        file.begin(Begun((5,), b"name"))
        file.lost(visit, DIED)

        containers = visit_of(file).request.containers
        assert containers is not None
        assert (containers.spent_members, containers.spent_bytes) == (4, len(b"exercise"))


class TestWhatAnArchiveLacks:
    @pytest.mark.parametrize("place", [(1,), (2, 1)], ids=["member", "nested"])
    def test_a_member_that_killed_a_worker_and_has_its_digests_is_missing_in_all_around_it(
        self, file: FileReading, place: Place
    ) -> None:
        visit = visit_of(file)
        if place == (2, 1):
            file.begin(Begun((2,), b"name"))
        file.begin(Begun(place, b"name"))
        file.lost(visit, DIED)
        assert visit_of(file).request.undecoded == place
        if place == (2, 1):
            file.begin(Begun((2,), b"name"))
        member(file, *place)
        if place == (2, 1):
            file.end(Ended((2,), result(), Frames()))
        finish(file)

        told = popped(file)

        assert kind_of(told[0]) is ProblemKind.WORKER_DIED
        assert told[0].fingerprints
        for around in told[1:]:
            assert kind_of(around) is ProblemKind.MEMBERS_REFUSED
            assert around.outcome is Outcome.PARTIAL

    def test_a_member_that_a_closer_look_did_not_find_again_is_missing(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        file.confirm(member(file, 1))
        finish(file)
        visit_of(file)
        file.left_unconfirmed()

        assert [kind_of(each) for each in popped(file)] == [
            ProblemKind.CHANGED_WHILE_READ,
            ProblemKind.MEMBERS_REFUSED,
        ]

    @pytest.mark.parametrize(
        ("media_type", "kind", "is_missing"),
        [
            ("application/vnd.rar", ProblemKind.UNSUPPORTED_FORMAT, True),
            ("application/zip", ProblemKind.CORRUPT, True),
            ("application/gzip", ProblemKind.TRUNCATED, True),
            ("image/heic", ProblemKind.UNSUPPORTED_FORMAT, False),
            ("image/jpeg", ProblemKind.TRUNCATED, False),
            (None, ProblemKind.EMPTY, False),
        ],
        ids=["foreign", "damaged", "torn", "foreign-picture", "torn-picture", "empty"],
    )
    def test_what_may_hold_something_is_missing_unless_it_was_read_whole(
        self, file: FileReading, media_type: str | None, kind: ProblemKind, *, is_missing: bool
    ) -> None:
        visit_of(file)
        file.begin(Begun((1,), b"name"))
        found = msgspec.structs.replace(
            result(),
            media_type=media_type,
            outcome=Outcome.PARTIAL,
            problem=Problem(kind, "It is so.", "Look at it."),
        )
        file.end(Ended((1,), found, Frames()))
        finish(file)

        expected = ProblemKind.MEMBERS_REFUSED if is_missing else None
        assert kind_of(popped(file)[-1]) is expected


class TestConfirming:
    def test_members_are_confirmed_after_the_walk_in_the_order_of_their_places(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        readings = [member(file, number) for number in (1, 2, 3)]
        for reading in (readings[2], readings[0]):
            file.confirm(reading)
        assert file.next_visit(WANTED, may_walk=True) is None  # the walk goes on
        finish(file)

        visit = visit_of(file)

        assert [each.place for each in visit.request.confirmed] == [(1,), (3,)]
        file.confirmed(Ended((3,), result(b"other"), Frames()))
        assert readings[2].is_done
        assert not readings[0].is_done

    def test_the_next_members_wait_until_a_visit_to_confirm_is_over(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        first, second = member(file, 1), member(file, 2)
        finish(file)
        file.confirm(first)
        visit_of(file)
        file.confirmed(Ended((1,), result(), Frames()))
        file.confirm(second)  # all that was asked for came; the visit has not ended yet

        assert file.next_visit(WANTED, may_walk=True) is None
        file.left_unconfirmed()
        assert second.problem is None
        assert [each.place for each in visit_of(file).request.confirmed] == [(2,)]

    def test_what_a_visit_did_not_find_again_says_that_it_was_not_looked_at(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        reading = member(file, 1)
        finish(file)
        file.confirm(reading)
        visit_of(file)
        file.left_unconfirmed()

        assert reading.is_done
        assert reading.problem is not None
        assert reading.problem.kind is ProblemKind.CHANGED_WHILE_READ
        assert "limits" in reading.problem.message

    @pytest.mark.parametrize("place", [(), (1,)], ids=["file", "member"])
    @pytest.mark.parametrize(
        "closer",
        [
            result(b"other"),
            msgspec.structs.replace(result(b"other"), fingerprints=DIGESTS, outcome=Outcome.OK),
            msgspec.structs.replace(TORN, partial_fingerprints=(EXACT_PDQ,)),
        ],
        ids=["other", "other-with-picture", "torn-now"],
    )
    def test_a_closer_look_at_other_bytes_is_no_part_of_the_record(
        self, file: FileReading, place: Place, closer: WorkResult
    ) -> None:
        visit_of(file)
        reading = member(file, 1)
        finish(file)
        wanted = reading if place else file.ready[-1]
        file.confirm(wanted)
        visit_of(file)

        file.confirmed(Ended(place, closer, Frames()))

        told = wanted.file()
        assert wanted.is_done
        assert told.outcome is Outcome.UNREADABLE
        assert told.problem is not None
        assert told.problem.kind is ProblemKind.CHANGED_WHILE_READ
        assert told.fingerprints == result().fingerprints
        assert (told.partial_fingerprints, told.size) == ((), len(b"exercise"))

    @pytest.mark.parametrize("place", [(), (1,)], ids=["file", "member"])
    def test_the_frames_of_a_closer_look_weigh_until_they_are_given(
        self, file: FileReading, place: Place
    ) -> None:
        visit_of(file)
        reading = member(file, 1)
        finish(file)
        file.confirm(reading if place else file.ready[-1])
        visit_of(file)
        before = file.weight

        file.confirmed(Ended(place, result(), Frames(bytes(1000 * FRAME_BYTES))))

        assert file.weight == before + 1000 * FRAME_BYTES
        assert places(file) == [(1,), ()]
        assert file.weight == 0

    def test_a_closer_look_that_could_read_nothing_says_why(self, file: FileReading) -> None:
        visit_of(file)
        reading = member(file, 1)
        finish(file)
        file.confirm(reading)
        visit_of(file)

        file.confirmed(Ended((1,), TORN, Frames()))

        told = reading.file()
        assert told.problem == TORN.problem
        assert told.fingerprints == result().fingerprints

    def test_a_member_over_which_a_worker_was_lost_is_left_and_the_others_are_asked_for_again(
        self, file: FileReading
    ) -> None:
        visit_of(file)
        readings = [member(file, number) for number in (1, 2)]
        finish(file)
        for reading in readings:
            file.confirm(reading)
        visit = visit_of(file)
        visit.answers.place = (1,)
        file.lost(visit, DIED)

        assert readings[0].problem == DIED
        assert [each.place for each in visit_of(file).request.confirmed] == [(2,)]

    def test_what_is_asked_fits_a_message_however_deep_members_lie(self, file: FileReading) -> None:
        visit_of(file)
        deep = (2**53,) * (LARGEST_DEPTH - 1)
        for number in range(1, MOST_CONFIRMED + 1):
            file.confirm(member(file, *deep, number))
        finish(file)
        asked: list[Place] = []
        while file.needs_visit:
            request = visit_of(file).request
            assert len(encode_request(request)) <= WorkerLimits().request_bytes
            asked += [each.place for each in request.confirmed]
            file.left_unconfirmed()

        assert asked == [(*deep, number) for number in range(1, MOST_CONFIRMED + 1)]

    def test_a_held_back_walk_lets_members_be_confirmed(self, file: FileReading) -> None:
        visit_of(file)
        reading = member(file, 1)
        file.confirm(reading)
        file.is_held = True

        assert visit_of(file).request.confirmed[0].place == (1,)


def test_a_file_that_cannot_be_opened_needs_no_visit(tmp_path: Path) -> None:
    [found] = walk([os.fsencode(tmp_path / "nothing")])
    file = FileReading(found)

    assert not file.ready[0].file().fingerprints
    assert file.is_whole
    assert places(file) == [()]
