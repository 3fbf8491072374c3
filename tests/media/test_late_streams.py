"""A picture stream that begins behind the header of a video is never looked at, and never passed over in silence."""

import io
from collections.abc import Iterator
from functools import partial

import av
import pytest
from tests.clips import FLV, MATROSKA, SECONDS, TRANSPORT, clip, remuxed, sound

from rempart.media import Video, VideoLimits, open_video
from rempart.model.scan import Problem, ProblemKind

LIMITS = VideoLimits(max_pixels=1 << 20, max_seconds=600, max_frames=2000)
LOOKS = pytest.mark.parametrize(
    "look", [Video.each_second, Video.keyframes], ids=["each-second", "keyframes"]
)

LONGER_THAN_A_HEADER = 30
"""Copies of a clip, of which FFmpeg reads the last ones only after it has read its header."""


def looked_at(data: bytes, media_type: str, look: object) -> tuple[int, Problem | None]:
    with open_video(io.BytesIO(data), media_type=media_type, limits=LIMITS) as video:
        frames = look(video)  # type: ignore[operator] # one of two methods
        return len(list(frames)), video.problem


def is_told(problem: Problem | None) -> bool:
    return (
        problem is not None
        and problem.kind is ProblemKind.UNSUPPORTED_FORMAT
        and "begins behind the header" in problem.message
    )


def tag(kind: int, milliseconds: int, content: bytes) -> bytes:
    """Return a tag of an FLV file and the size that follows it."""
    size, at = len(content).to_bytes(3, "big"), (milliseconds & 0xFFFFFF).to_bytes(3, "big")
    head = bytes([kind]) + size + at + bytes([milliseconds >> 24]) + bytes(3)
    return head + content + (len(head) + len(content)).to_bytes(4, "big")


def title_tag(title: bytes) -> bytes:
    """Return a tag that gives an FLV file a title."""
    name, field = b"\x00\x0aonMetaData", b"\x00\x05title"
    value = b"\x02" + len(title).to_bytes(2, "big") + title
    return tag(18, 0, b"\x02" + name + b"\x08\x00\x00\x00\x01" + field + value + b"\x00\x00\x09")


def picture_tags(data: bytes, later: int) -> Iterator[bytes]:
    """Yield the picture tags of an FLV file, moved by milliseconds."""
    place = 13
    while place < len(data):
        size = int.from_bytes(data[place + 1 : place + 4], "big")
        at = int.from_bytes(data[place + 4 : place + 7], "big")
        if data[place] == 9:
            yield tag(9, at + later, data[place + 11 : place + 11 + size])
        place += 11 + size + 4


@LOOKS
def test_another_codec_in_an_flv_is_told_and_the_first_one_looked_at(look: object) -> None:
    first = clip("flv1 in flv")
    later = b"".join(picture_tags(clip("h264 in flv"), 1000 * SECONDS))

    alone, problem = looked_at(first, FLV, look)
    assert problem is None
    found, problem = looked_at(first + later, FLV, look)

    assert found == alone > 0
    assert is_told(problem)


@LOOKS
@pytest.mark.parametrize("seconds", [1, 40])
def test_a_film_behind_sound_alone_is_found_or_told(look: object, seconds: int) -> None:
    alone = sound("flv", seconds=seconds)
    film = b"".join(picture_tags(clip("h264 in flv"), 1000 * seconds))

    assert looked_at(alone, FLV, look) == (0, None)
    found, problem = looked_at(alone + film, FLV, look)

    # A little of what follows counts for FFmpeg as the header.
    assert bool(found) == (seconds == 1)
    assert is_told(problem) == (seconds == 40)


@LOOKS
def test_a_further_stream_at_the_end_of_a_transport_stream_is_told(look: object) -> None:
    first = clip("h264 in transport stream")
    other = remuxed(clip("h264 in mp4"), "mpegts", mpegts_start_pid="0x140")

    alone, problem = looked_at(first, TRANSPORT, look)
    assert problem is None
    found, problem = looked_at(first + other, TRANSPORT, look)

    assert found == alone > 0
    assert is_told(problem)


@LOOKS
@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("h264 in transport stream", "hevc in mp4"),
        ("mpeg2 in transport stream", "h264 in mp4"),
    ],
    ids=["h264-hevc", "mpeg2-h264"],
)
def test_another_codec_in_the_same_stream_is_never_passed_over(
    look: object, first: str, then: str
) -> None:
    data = clip(first) + remuxed(clip(then), "mpegts")

    _, problem = looked_at(data, TRANSPORT, look)

    assert problem is not None  # as damage, where the decoder stumbles over it


@LOOKS
def test_names_that_look_like_a_stream_change_nothing(look: object) -> None:
    file = io.BytesIO()
    with (
        av.open(io.BytesIO(clip("h264 in mp4")), "r") as source,
        av.open(file, "w", format="matroska") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        target.metadata["title"] = "\n  Stream #0:7: Video: h264"
        stream.metadata["language"] = "): Video: x"
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)

    found, problem = looked_at(file.getvalue(), MATROSKA, look)

    assert found
    assert problem is None


@LOOKS
@pytest.mark.parametrize("title", [b"x: Video: y", b"x\n  Stream #0:1: Video: y"])
def test_a_title_that_is_taken_back_hides_no_stream(look: object, title: bytes) -> None:
    first = clip("flv1 in flv")
    copies = [picture_tags(first, 1000 * SECONDS * times) for times in range(LONGER_THAN_A_HEADER)]
    film = b"".join(tags for copy in copies for tags in copy)
    late = b"".join(picture_tags(clip("h264 in flv"), 1000 * SECONDS * len(copies)))
    alone = first[:13] + title_tag(title) + film + title_tag(b"z")

    assert looked_at(alone, FLV, look)[1] is None
    found, problem = looked_at(alone + late, FLV, look)

    assert found
    assert is_told(problem)


def test_nothing_is_printed_or_logged(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    look = partial(looked_at, clip("flv1 in flv"), FLV)
    look(Video.each_second)

    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    assert av.logging.get_level() is None
