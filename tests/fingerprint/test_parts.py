"""Answers in parts: a worker that lies about members, frames or their order is caught at the first impossible part."""

from collections.abc import Callable, Iterator

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.fingerprint import WorkMessageError, parts
from rempart.fingerprint.digests import digests_of
from rempart.fingerprint.messages import Place, VideoFacts, WorkResult, encode_result
from rempart.fingerprint.packed_frames import TURNED_BYTES, Frames, packed_frames
from rempart.fingerprint.parts import AnswerReader, Begun, Ended
from rempart.media import WorkerLimits
from rempart.media.limits import PART_OVERHEAD_BYTES
from rempart.model.scan import Outcome
from rempart.model.video import VideoFrame, VideoSummary, parse_frames

PLAIN = WorkResult(
    size=8,
    media_type=None,
    outcome=Outcome.OK,
    problem=None,
    fingerprints=digests_of([b"exercise"]),
)
FRAMES = tuple(VideoFrame(bytes([at]) * 32, at, 1000 * at) for at in range(100))
SUMMARY = VideoSummary(milliseconds=100_000, width=64, height=48, is_screened=False, frames=100)
VIDEO = msgspec.structs.replace(PLAIN, media_type="video/mp4", video=VideoFacts(SUMMARY))

Tree = list["Tree"]


class Said:
    """Keeps the parts of an answer."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def part(self, payload: bytes) -> None:
        self.parts.append(payload)

    def working(self) -> None:
        """Say nothing."""


def begun(number: int, name: bytes = b"name") -> bytes:
    said = Said()
    parts.say_begun(said, number, name)
    return said.parts[0]


def result(of: WorkResult = PLAIN) -> bytes:
    said = Said()
    parts.say_result(said, of)
    return said.parts[0]


def frames(given: tuple[VideoFrame, ...] = FRAMES) -> list[bytes]:
    said = Said()
    parts.say_frames(said, given, turned_of(given))
    return said.parts


def turned_of(given: tuple[VideoFrame, ...]) -> bytes:
    """Return seven values for each frame, no two of them alike."""
    return b"".join(bytes([at % 256, turn]) * 16 for at in range(len(given)) for turn in range(7))


def take_all(reader: AnswerReader, said: list[bytes]) -> None:
    for part in said:
        reader.take(part)


LEFT = b"L"


class TestHonest:
    def test_members_come_with_their_places_and_results(self) -> None:
        reader = AnswerReader(most_members=10)
        said = [begun(1), result(), begun(3), begun(1, b"\xff inner"), result(VIDEO), result()]
        said[4:4] = frames()

        heard = [each for each in map(reader.take, said) if each is not None]
        last = reader.finish(encode_result(PLAIN))

        assert [(type(each), each.place) for each in heard] == [
            (Begun, (1,)),
            (Ended, (1,)),
            (Begun, (3,)),
            (Begun, (3, 1)),
            (Ended, (3, 1)),
            (Ended, (3,)),
        ]
        assert heard[3] == Begun((3, 1), b"\xff inner")
        of_video = heard[4]
        assert isinstance(of_video, Ended)
        assert of_video.frames.unfolded() == FRAMES
        assert of_video.frames.turned() == turned_of(FRAMES)
        assert last is not None
        assert last.place == ()

    def test_frames_become_the_fingerprint_of_a_video(self) -> None:
        reader = AnswerReader()
        for part in frames():
            assert reader.take(part) is None

        ended = reader.finish(encode_result(VIDEO))

        assert ended is not None
        assert ended.frames.fingerprint().kind == "vpdq"
        assert parse_frames(ended.frames.fingerprint().text) == FRAMES

    def test_a_long_name_is_cut_and_a_day_of_frames_fits_its_parts(self) -> None:
        assert len(begun(1, b"n" * 100_000)) < 5000
        day = tuple(VideoFrame(bytes(32), 50, 1000 * at) for at in range(86_400))
        said = frames(day)
        assert all(len(part) <= WorkerLimits().response_bytes for part in said)
        assert sum(len(part) + PART_OVERHEAD_BYTES for part in said) < WorkerLimits().answer_bytes

    def test_a_time_beyond_what_a_record_holds_is_cut(self) -> None:
        late = (VideoFrame(bytes(32), 50, 10**15),)
        [packed] = frames(late)
        [frame] = Frames(packed[1:]).unfolded()
        assert 10**11 < frame.milliseconds < 10**12


LIES: dict[str, Callable[[], list[bytes]]] = {
    "no part": lambda: [b""],
    "an unknown kind": lambda: [b"X"],
    "garbage for a member": lambda: [b"B\xff"],
    "number zero": lambda: [b"B" + msgspec.msgpack.encode([0, b"name"])],
    "a member twice": lambda: [begun(1), result(), begun(1)],
    "members in disorder": lambda: [begun(2), result(), begun(1)],
    "a nested member twice": lambda: [begun(1), begun(2), result(), begun(2)],
    "a result without a member": lambda: [result()],
    "two results": lambda: [begun(1), result(), result()],
    "garbage for a result": lambda: [begun(1), b"Rgarbage"],
    "too many members": lambda: [part for at in range(1, 12) for part in (begun(at), result())],
    "too deep a nest": lambda: [begun(1)] * 17,
    "frames of nothing": lambda: [begun(1), *frames(), result()],
    "fewer frames than told": lambda: [begun(1), *frames(FRAMES[:99]), result(VIDEO)],
    "no frames": lambda: [begun(1), result(VIDEO)],
    "frames before a member": lambda: [*frames(), begun(1)],
    "half a frame": lambda: [begun(1), frames()[0][:-1], result(VIDEO)],
    "a frame of impossible quality": lambda: [
        begun(1),
        b"F" + bytes(256) + b"\xff" + bytes(5),
        result(VIDEO),
    ],
    "a frame of impossible time": lambda: [
        b"F" + (bytes(257) + b"\xff" * 5) * 100,
        result(VIDEO),
    ],
    "frames without their variants": lambda: [
        begun(1),
        b"F" + b"".join(each.value + bytes(6) for each in FRAMES),
        result(VIDEO),
    ],
    "a flood of frames": lambda: [frames()[0]] * (86_400 // 60 + 1),
    "leaving a member without a result": lambda: [begun(1), LEFT],
}


@pytest.mark.parametrize("lie", LIES)
def test_impossible_part_is_refused(lie: str) -> None:
    reader = AnswerReader(most_members=10 if lie != "too deep a nest" else 100)
    with pytest.raises(WorkMessageError):
        take_all(reader, LIES[lie]())


def test_answer_that_ends_inside_a_member_is_refused() -> None:
    reader = AnswerReader(most_members=10)
    reader.take(begun(1))
    with pytest.raises(WorkMessageError):
        reader.finish(encode_result(PLAIN))


def test_member_of_a_file_that_is_not_to_be_opened_is_refused() -> None:
    with pytest.raises(WorkMessageError):
        AnswerReader().take(begun(1))


def test_members_may_be_left_only_where_some_are_to_be_confirmed() -> None:
    reader = AnswerReader(most_members=10, passes_through=True)
    heard = [reader.take(part) for part in (begun(1), begun(2), result(), LEFT)]
    assert isinstance(heard[2], Ended)
    assert heard[2].place == (1, 2)
    assert reader.finish(b"") is None
    with pytest.raises(WorkMessageError):
        reader.take(LEFT)


trees: st.SearchStrategy[Tree] = st.recursive(
    st.just([]), lambda inner: st.lists(inner, max_size=3), max_leaves=12
)


def spoken(tree: Tree, after: Place, place: Place = ()) -> Iterator[tuple[Place, list[bytes]]]:
    """Yield what a worker says of a tree of members behind a place, by the member that it ends."""
    first = 1
    if after[: len(place)] == place and len(after) > len(place):
        first = after[len(place)] + (len(after) == len(place) + 1)
    for number, inner in enumerate(tree, 1):
        if number < first:
            continue
        said: list[bytes] = [begun(number)]
        for inside, more in spoken(inner, after, (*place, number)):
            yield inside, [*said, *more]
            said = []
        yield (*place, number), [*said, result()]


@given(tree=trees)
@settings(max_examples=30, deadline=None)
def test_an_answer_can_be_gone_on_with_behind_every_member(tree: Tree) -> None:
    whole = [place for place, _ in spoken(tree, ())]
    for at in range(-1, len(whole)):
        after = whole[at] if at >= 0 else ()
        reader = AnswerReader(after=after, most_members=100)
        ended = []
        for _, said in spoken(tree, after):
            heard = [reader.take(part) for part in said]
            ended += [each.place for each in heard if isinstance(each, Ended)]
        assert ended == whole[at + 1 :]
        if after:
            again = AnswerReader(after=after, most_members=100)
            with pytest.raises(WorkMessageError):  # what is done with does not come again
                take_all(again, [begun(number) for number in after])


@given(noise=st.lists(st.binary(max_size=60), max_size=5))
@settings(max_examples=50, deadline=None)
def test_noise_is_refused_or_means_something_possible(noise: list[bytes]) -> None:
    reader = AnswerReader(most_members=3)
    for part in noise:
        try:
            reader.take(part)
        except WorkMessageError:
            return
    assert reader.begun <= 3


video_frames = st.builds(
    VideoFrame,
    st.binary(min_size=32, max_size=32),
    st.integers(0, 100),
    st.integers(0, 10**12 - 1).filter(lambda time: time >> 32 < 0xE8),
)


@given(given=st.lists(video_frames, max_size=5), data=st.data())
@settings(max_examples=50, deadline=None)
def test_frames_come_out_as_they_were_packed(given: list[VideoFrame], data: st.DataObject) -> None:
    size = len(given) * TURNED_BYTES
    turned = data.draw(st.binary(min_size=size, max_size=size))

    found = Frames(packed_frames(given, turned))

    assert (found.unfolded(), found.turned()) == (tuple(given), turned)
    assert len(found) == len(given)


@given(noise=st.binary(max_size=3 * 262))
@settings(max_examples=50, deadline=None)
def test_noise_is_no_frames_or_frames_that_are_possible(noise: bytes) -> None:
    try:
        found = Frames(noise)
    except ValueError:
        return
    assert packed_frames(found.unfolded(), found.turned()) == noise


@pytest.mark.parametrize("size", [0, TURNED_BYTES - 1, TURNED_BYTES + 1, 2 * TURNED_BYTES])
def test_variants_of_another_number_of_frames_are_not_packed(size: int) -> None:
    with pytest.raises(ValueError, match="1 frames"):
        packed_frames(FRAMES[:1], bytes(size))
