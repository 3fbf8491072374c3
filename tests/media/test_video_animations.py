"""Opening animated pictures: which frames come, what limits hold, and that damage costs the rest only."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.clips import HEIGHT, WIDTH, animation, drawing
from tests.media.media_workloads import digest_of_animation

from rempart.media import (
    Animation,
    PictureError,
    VideoLimits,
    WorkerLimits,
    WorkerPool,
    open_animation,
    open_picture,
)
from rempart.model.scan import Problem, ProblemKind

FORMATS = {"GIF": "image/gif", "WEBP": "image/webp", "PNG": "image/png", "AVIF": "image/avif"}
LIMITS = VideoLimits(max_pixels=1 << 20, max_seconds=60, max_frames=2000)


def opened(data: bytes, media_type: str, limits: VideoLimits = LIMITS) -> Animation:
    found = open_animation(data, media_type=media_type, limits=limits)
    assert found is not None
    return found


def times_of(
    data: bytes, media_type: str, limits: VideoLimits = LIMITS
) -> tuple[list[int], Problem | None]:
    found = opened(data, media_type, limits)
    return [frame.milliseconds for frame in found.frames()], found.problem


@pytest.mark.parametrize("name", FORMATS)
class TestEveryFormat:
    def test_all_frames_come_with_their_times(self, name: str) -> None:
        found = opened(animation(name, [0.0, 2.5, 4.5], 250), FORMATS[name])
        assert (found.width, found.height) == (WIDTH, HEIGHT)
        frames = list(found.frames())
        assert [frame.milliseconds for frame in frames] == [0, 250, 500]
        assert (found.milliseconds, found.problem) == (750, None)
        for frame, moment in zip(frames, [0.0, 2.5, 4.5], strict=True):
            difference = abs(frame.array.astype(int) - drawing(moment).astype(int)).mean()
            assert difference < 8  # palettes and lossy frames

    def test_one_frame_is_a_still_picture(self, name: str) -> None:
        data = animation(name, [0.0], 250)
        assert open_animation(data, media_type=FORMATS[name], limits=LIMITS) is None

    def test_too_many_pixels_are_refused(self, name: str) -> None:
        limits = VideoLimits(max_pixels=WIDTH * HEIGHT - 1)
        with pytest.raises(PictureError) as raised:
            opened(animation(name, [0.0, 2.5], 250), FORMATS[name], limits)
        assert raised.value.kind is ProblemKind.TOO_MANY_PIXELS

    def test_too_many_frames_end_it(self, name: str) -> None:
        data = animation(name, [0.0, 2.5, 4.5], 250)
        found, problem = times_of(data, FORMATS[name], VideoLimits(max_frames=2))
        assert found == [0, 250]
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_LONG

    def test_too_many_seconds_end_it(self, name: str) -> None:
        data = animation(name, [0.0, 2.5, 4.5], 900)
        found, problem = times_of(data, FORMATS[name], VideoLimits(max_seconds=1))
        assert found == [0, 900]
        assert problem is not None
        assert problem.kind is ProblemKind.TOO_LONG

    def test_every_cut_is_an_outcome(self, name: str) -> None:
        data = animation(name, [0.0, 2.5, 4.5], 250)
        for share in (0.01, 0.2, 0.5, 0.8, 0.99):
            cut = data[: int(len(data) * share)]
            found, problem = _outcome(cut, FORMATS[name])
            assert found == [0, 250, 500][: len(found)]
            assert problem is not None or len(found) < 3

    def test_the_sandbox_changes_nothing(self, name: str, pool: WorkerPool, tmp_path: Path) -> None:
        path = tmp_path / "picture"
        path.write_bytes(animation(name, [0.0, 2.5, 4.5], 250))
        descriptor = os.open(path, os.O_RDONLY)
        try:
            pool.submit(descriptor, b"", name)
            (finished,) = pool.drain()
        finally:
            os.close(descriptor)
        assert finished.payload == digest_of_animation(path.read_bytes())


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    limits = WorkerLimits(seconds_per_file=30.0)
    with WorkerPool("media_workloads:frames_of_animation", None, 1, limits) as opened_pool:
        yield opened_pool


def _outcome(data: bytes, media_type: str) -> tuple[list[int], Problem | None]:
    try:
        found = open_animation(data, media_type=media_type, limits=LIMITS)
    except PictureError as error:
        return [], error.problem
    if found is None:
        return [], None
    return [frame.milliseconds for frame in found.frames()], found.problem


def test_frames_without_a_time_are_shown_as_browsers_do() -> None:
    assert times_of(animation("GIF", [0.0, 2.5, 4.5], 0), "image/gif")[0] == [0, 100, 200]


def test_pixels_of_all_frames_together_are_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.media.animation._MOST_PIXELS", 2 * WIDTH * HEIGHT)
    found, problem = times_of(animation("PNG", [0.0, 2.5, 4.5], 250), "image/png")
    assert found == [0, 250]
    assert problem is not None
    assert problem.kind is ProblemKind.TOO_LONG


def test_a_later_frame_may_not_enlarge_the_canvas_over_the_limit() -> None:
    data = animation("GIF", [0.0, 2.5], 250)
    second = data.index(b"\x2c", data.index(b"\x2c\0\0\0\0") + 500)
    while data[second : second + 5] != b"\x2c\0\0\0\0":
        second = data.index(b"\x2c", second + 1)
    forged = data[: second + 1] + b"\xff\xff\xff\xff" + data[second + 5 :]  # far right, far down
    found, problem = times_of(forged, "image/gif", VideoLimits(max_pixels=WIDTH * HEIGHT))
    assert found == [0]
    assert problem is not None


def test_a_film_that_the_brand_of_an_avif_does_not_name_is_told() -> None:
    data = animation("AVIF", [0.0, 2.5], 250, (16, 12))
    still = data[:8] + data[8:48].replace(b"avis", b"avif") + data[48:]
    assert open_animation(still, media_type="image/avif", limits=LIMITS) is None
    found = open_picture(still, media_type="image/avif", max_pixels=10**4).pixels()
    assert found.is_whole
    assert found.problem is not None
    assert found.problem.kind is ProblemKind.UNSUPPORTED_FORMAT
    named = open_picture(data, media_type="image/avif", max_pixels=10**4).pixels()
    assert (named.problem, named.array.tobytes()) == (None, found.array.tobytes())


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMATS)),
    where=st.floats(0, 1),
    cut=st.integers(0, 8),
    inserted=st.binary(max_size=8),
)
def test_damage_anywhere_is_an_outcome(name: str, where: float, cut: int, inserted: bytes) -> None:
    data = animation(name, [0.0, 2.5], 250, (16, 12))
    at = int(where * len(data))
    found, problem = _outcome(data[:at] + inserted + data[at + cut :], FORMATS[name])
    assert problem is None or problem.message
    assert len(found) <= 32
