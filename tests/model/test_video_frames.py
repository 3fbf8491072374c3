"""The text of a video's fingerprint: what is written is read back, in every form that the field writes."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.model.video import LARGEST_FRAMES, VideoFrame, frames_text, parse_frames, used_frames

FRAMES = st.lists(
    st.builds(
        VideoFrame,
        value=st.binary(min_size=32, max_size=32),
        quality=st.integers(0, 100),
        milliseconds=st.integers(0, 10**12 - 1),
    ),
    min_size=1,
    max_size=20,
)
HEX = "0123456789abcdef" * 4


def in_order(frames: list[VideoFrame]) -> tuple[VideoFrame, ...]:
    return tuple(sorted(frames, key=lambda frame: frame.milliseconds))


class TestRoundTrip:
    @settings(max_examples=50)
    @given(frames=FRAMES)
    def test_what_is_written_is_read_back(self, frames: list[VideoFrame]) -> None:
        assert parse_frames(frames_text(frames)) == in_order(frames)

    @settings(max_examples=50)
    @given(frames=FRAMES)
    def test_writing_is_the_one_form_of_it(self, frames: list[VideoFrame]) -> None:
        text = frames_text(in_order(frames))
        assert frames_text(parse_frames(text)) == text
        assert text.isascii()

    @settings(max_examples=30)
    @given(frames=FRAMES)
    def test_the_form_by_frame_number_is_read(self, frames: list[VideoFrame]) -> None:
        text = json.dumps(
            {
                str(number): {
                    "quality": frame.quality,
                    "hash": frame.value.hex(),
                    "timestamp": frame.milliseconds / 1000,
                }
                for number, frame in enumerate(frames)
            }
        )
        assert parse_frames(text) == in_order(frames)

    @settings(max_examples=30)
    @given(frames=FRAMES)
    def test_the_lines_of_the_vpdq_program_are_read(self, frames: list[VideoFrame]) -> None:
        lines = [
            f"{number},{frame.quality},{frame.value.hex()},{frame.milliseconds / 1000:.3f}"
            for number, frame in enumerate(frames)
        ]
        assert parse_frames("\n".join(lines) + "\n") == in_order(frames)

    def test_capital_letters_and_whole_seconds_are_read(self) -> None:
        (frame,) = parse_frames(json.dumps([f"{HEX.upper()},100,7"]))
        assert (frame.value.hex(), frame.quality, frame.milliseconds) == (HEX, 100, 7000)


class TestWhatIsNoVideo:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "[]",
            "{}",
            "null",
            "[1]",
            "[[]]",
            '[""]',
            "[null]",
            f'["{HEX},101,0"]',
            f'["{HEX},-1,0"]',
            f'["{HEX},50,-1"]',
            f'["{HEX},50,nan"]',
            f'["{HEX},50,1e3"]',
            f'["{HEX},50,+1"]',
            f'["{HEX},50, 1"]',
            f'["{HEX},50,1\\n"]',
            f'["{HEX},50"]',
            f'["{HEX}0,50,1"]',
            f'["{HEX[:-2]},50,1"]',
            f'["{HEX},\u0665\u0660,1"]',
            f'["{HEX},50,1"',
            f"{HEX},50,1",
            f"0,50,{HEX},1 extra",
            f"0,50,{HEX}",
            '{"0": 5}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": 1{400 * "0"}}}}}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": 1e9}}}}',
            '{"0": {"quality": 50, "hash": "zz", "timestamp": 1}}',
            f'{{"0": {{"quality": true, "hash": "{HEX}", "timestamp": 1}}}}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": true}}}}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": NaN}}}}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": Infinity}}}}',
            f'{{"0": {{"quality": 50, "hash": "{HEX}", "timestamp": -0.5}}}}',
            f'{{"0": {{"quality": 50.0, "hash": "{HEX}", "timestamp": 1}}}}',
            f'{{"0": {{"hash": "{HEX}", "timestamp": 1}}}}',
            "[" * 100_000,
        ],
    )
    def test_it_is_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match=r"."):
            parse_frames(text)

    @settings(max_examples=50)
    @given(text=st.text(max_size=200) | st.text('[]{},:"0123456789abcdef.- \n', max_size=300))
    def test_any_text_is_frames_or_a_value_error(self, text: str) -> None:
        try:
            frames = parse_frames(text)
        except ValueError:
            return
        assert frames

    def test_more_frames_than_a_day_has_seconds_are_refused(self) -> None:
        item = f'"{HEX},50,1"'
        with pytest.raises(ValueError, match="86400"):
            parse_frames("[" + ",".join([item] * (LARGEST_FRAMES + 1)) + "]")

    @pytest.mark.parametrize(
        ("value", "quality", "milliseconds"),
        [
            (bytes(31), 50, 0),
            (bytes(33), 50, 0),
            (bytes(32), 101, 0),
            (bytes(32), -1, 0),
            (bytes(32), 50, -1),
        ],
    )
    def test_a_frame_is_valid_by_construction(
        self, value: bytes, quality: int, milliseconds: int
    ) -> None:
        with pytest.raises(ValueError, match="not a frame"):
            VideoFrame(value, quality, milliseconds)


class TestUsedFrames:
    def test_poor_and_repeated_frames_do_not_count(self) -> None:
        one, other = bytes(32), bytes([1]) * 32
        frames = [
            VideoFrame(one, 49, 0),
            VideoFrame(one, 50, 1000),
            VideoFrame(other, 100, 2000),
            VideoFrame(one, 100, 3000),
        ]
        assert used_frames(frames) == [frames[1], frames[2]]

    @settings(max_examples=30)
    @given(frames=FRAMES)
    def test_values_are_distinct_and_good_enough(self, frames: list[VideoFrame]) -> None:
        used = used_frames(frames)
        assert len({frame.value for frame in used}) == len(used)
        assert all(frame.quality >= 50 for frame in used)
        assert {frame.value for frame in used} == {f.value for f in frames if f.quality >= 50}
