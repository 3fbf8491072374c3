"""Frames of listed videos become rows that say whose they are and when they stand, whatever was kept of them."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.match import frame_rows
from rempart.match.frames import (
    LARGEST_NUMBER,
    LARGEST_TIME,
    frame_ids,
    is_readable,
    numbers_of,
    times_of,
)
from rempart.model.video import VideoFrame, frames_text, used_frames

ONE = "0f" * 32

frames = st.lists(
    st.builds(
        VideoFrame,
        st.binary(min_size=32, max_size=32) | st.just(b"\x0f" * 32),
        st.sampled_from([0, 49, 50, 100]),
        st.integers(0, 86_400_000) | st.sampled_from([0, 1000]),
    ),
    min_size=1,
    max_size=8,
)


@given(videos=st.dictionaries(st.integers(0, 2**33), frames, max_size=4))
@settings(max_examples=30)
def test_rows_are_the_frames_that_the_rule_counts(videos: dict[int, list[VideoFrame]]) -> None:
    texts = {number: frames_text(found).encode() for number, found in videos.items()}

    parts = list(frame_rows(texts.items()))

    ids = np.concatenate([np.empty(0, np.int64), *(part for part, _ in parts)])
    values = [bytes(row) for _, part in parts for row in part]
    assert len(set(ids.tolist())) == len(ids)
    for number, found in videos.items():
        counted = used_frames(sorted(found, key=lambda each: each.milliseconds))
        places = np.flatnonzero(numbers_of(ids) == number).tolist()
        assert [values[place] for place in places] == [each.value for each in counted]
        late = times_of(ids)[places] - [each.milliseconds for each in counted]
        assert ((late >= 0) & (late < len(counted))).all()


@given(text=st.binary(max_size=60) | frames.map(lambda found: frames_text(found).encode()[:-3]))
@settings(max_examples=30)
def test_what_cannot_be_read_has_no_rows(text: bytes) -> None:
    assert list(frame_rows([(1, text)])) == []


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"0": {"quality": 100, "hash": ONE.upper(), "timestamp": 1}}),
        json.dumps([f"{ONE},100,1.000"], indent=1),
        f'["{ONE.upper()},100,1"]',
        f"30,100,{ONE},1.00",
    ],
)
def test_every_form_that_an_older_version_kept_has_its_rows(text: str) -> None:
    [(ids, values)] = frame_rows([(7, text.encode())])

    assert (numbers_of(ids).tolist(), times_of(ids).tolist()) == ([7], [1000])
    assert values.tobytes().hex() == ONE
    assert is_readable(text.encode())


def test_a_text_that_only_looks_whole_is_read_as_what_it_is() -> None:
    text = f'["{ONE},100,1.000" "{ONE},100,2.000"]'

    assert not is_readable(text.encode())


def test_frames_of_one_time_and_of_the_far_end_have_ids_of_their_own() -> None:
    last = 999_999_999_000

    ids = frame_ids(LARGEST_NUMBER, np.array([5, 5, 5, last, last], np.int64))

    assert times_of(ids).tolist() == [5, 6, 7, LARGEST_TIME - 1, LARGEST_TIME]
    assert set(numbers_of(ids).tolist()) == {LARGEST_NUMBER}


def test_a_number_beyond_the_ids_is_refused() -> None:
    with pytest.raises(OverflowError):
        frame_ids(LARGEST_NUMBER + 1, np.zeros(1, np.int64))


def test_many_videos_come_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rempart.match.frames._CHUNK_FRAMES", 2)
    text = frames_text([VideoFrame(bytes([at]) * 32, 90, at) for at in range(1, 4)]).encode()

    assert [len(ids) for ids, _ in frame_rows([(1, text), (2, text)])] == [3, 3]
