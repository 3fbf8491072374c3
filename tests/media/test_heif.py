"""HEIF pictures (HEIC): what they show, of one piece and of tiles, cut and turned."""

import dataclasses
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.sample_heif import (
    PLAIN,
    Layout,
    Part,
    box,
    coded,
    colours,
    cut,
    grid,
    heif,
    mirrored,
    number,
    picture,
    rotated,
    size_of,
)

from rempart.media import PictureError, Pixels, VideoLimits, open_picture, open_video, sniff
from rempart.model.scan import ProblemKind

MADE_BY_LIBHEIF = Path(__file__).parent / "data"
NOISE = np.random.default_rng(1).integers(0, 256, (64, 96), dtype=np.uint8)
LAYOUTS = [
    PLAIN,
    Layout(wide=True),
    Layout(places=0),
    Layout(inside=True),
    Layout(pieces=3),
    Layout(pieces=40, wide=True),
    Layout(base=True),
    Layout(media_first=True),
    Layout(brand=b"heix"),
    Layout(brand=b"hevc"),
    Layout(brand=b"mif1"),
    Layout(brand=b"msf1"),
]


def shown(data: bytes, *, max_pixels: int = 10**6) -> Pixels:
    """Return what a file shows, after the size in its header was compared with it."""
    media_type = sniff(data)
    assert media_type is not None
    opened = open_picture(data, media_type=media_type, max_pixels=max_pixels)
    pixels = opened.pixels()
    assert pixels.array.shape == (opened.height, opened.width, 3)
    assert pixels.array.flags.c_contiguous
    return pixels


def grey(data: bytes) -> np.ndarray:
    """Return the only plane of a whole grey picture."""
    pixels = shown(data)
    assert pixels.is_whole, pixels.problem
    assert (pixels.array == pixels.array[..., :1]).all()
    return pixels.array[..., 0]


def kind_of(data: bytes, *, max_pixels: int = 10**6) -> ProblemKind:
    with pytest.raises(PictureError) as caught:
        shown(data, max_pixels=max_pixels)
    assert "HEIF" in str(caught.value) or caught.value.kind is ProblemKind.TOO_MANY_PIXELS
    return caught.value.kind


class TestShown:
    @pytest.mark.parametrize("layout", LAYOUTS)
    def test_however_the_boxes_are_written_the_picture_is_read(self, layout: Layout) -> None:
        assert (grey(heif(picture(NOISE), layout=layout)) == NOISE).all()

    @pytest.mark.parametrize("wide", [True, False])
    def test_tiles_are_put_together_and_cut_to_size(self, *, wide: bool) -> None:
        whole = np.random.default_rng(2).integers(0, 256, (192, 192), dtype=np.uint8)
        tiles = [picture(whole[y : y + 64, x : x + 96]) for y in (0, 64, 128) for x in (0, 96)]
        data = heif(grid(3, 2, 180, 150, wide=wide), *tiles)
        assert (grey(data) == whole[:150, :180]).all()

    @pytest.mark.parametrize("turns", list(itertools.product(range(4), (None, 0, 1))))
    def test_a_turned_picture_is_turned(self, turns: tuple[int, int | None]) -> None:
        quarters, axis = turns
        said = [rotated(quarters), *([] if axis is None else [mirrored(axis)])]
        expected = np.rot90(NOISE, quarters)
        if axis is not None:
            expected = expected[:, ::-1] if axis else expected[::-1]
        assert (grey(heif(picture(NOISE, *said))) == expected).all()

    def test_turns_apply_in_their_order(self) -> None:
        data = heif(picture(NOISE, mirrored(1), rotated(1)))
        assert (grey(data) == np.rot90(NOISE[:, ::-1])).all()

    def test_a_cut_picture_is_cut(self) -> None:
        assert (grey(heif(picture(NOISE, cut(40, 20)))) == NOISE[22:42, 28:68]).all()
        moved = cut(40, 20, right=-56, down=44)
        assert (grey(heif(picture(NOISE, moved))) == NOISE[44:64, 0:40]).all()
        then = heif(picture(NOISE, cut(40, 20), rotated(1)))
        assert (grey(then) == np.rot90(NOISE[22:42, 28:68])).all()

    def test_halves_of_a_cut_are_rounded_as_by_the_common_program(self) -> None:
        assert (grey(heif(picture(NOISE, cut(41, 21)))) == NOISE[22:43, 27:68]).all()
        moved = cut(40, 20, right=1, down=1)
        assert (grey(heif(picture(NOISE, moved))) == NOISE[23:43, 28:68]).all()
        pairs = (81, 2, 43, 2, 1, 3, 2**32 - 1, 3)
        halves = box(b"clap", *(number(each, 4) for each in pairs))
        assert grey(heif(picture(NOISE, halves))).shape == (22, 41)

    def test_a_picture_that_repeats_another_is_turned_as_both_say(self) -> None:
        inner = picture(NOISE, mirrored(1))
        again = Part(b"iden", b"", [size_of(96, 64), rotated(1)], [2])
        assert (grey(heif(again, inner)) == np.rot90(NOISE[:, ::-1])).all()

    def test_a_tile_may_be_shown_twice(self) -> None:
        twice = dataclasses.replace(grid(1, 2, 192, 64), parts=[2, 2])
        assert (grey(heif(twice, picture(NOISE))) == np.hstack([NOISE, NOISE])).all()

    def test_tiles_of_several_decoders(self) -> None:
        left, right = NOISE, NOISE[::-1]
        parts = [picture(left), picture(right, qg_size="16"), picture(left), picture(right)]
        parts[1].properties[1] = picture(right, cutree="0").properties[1]
        data = heif(grid(2, 2, 192, 128), *parts)
        expected = np.block([[left, right], [left, right]])
        assert (grey(data) == expected).all()

    def test_settings_inside_a_tile_are_for_that_tile(self) -> None:
        said, content = coded(NOISE, "gray", ctu="16")
        units = b"".join(number(len(each), 4) + each for each in _sets(said))
        parts = [picture(NOISE), picture(NOISE)]
        parts[0].content = units + content
        assert (grey(heif(grid(1, 2, 192, 64), *parts)) == np.hstack([NOISE, NOISE])).all()

    @pytest.mark.parametrize(
        ("matrix", "is_full"), [(1, True), (1, False), (6, True), (6, False), (9, True)]
    )
    def test_colours_are_those_that_the_file_names(self, matrix: int, *, is_full: bool) -> None:
        part = colourful(matrix, is_full=is_full)
        part.properties.append(colours(matrix, is_full=is_full))
        assert np.abs(shown(heif(part)).array.mean((0, 1)) - COLOUR).max() <= 2.5

    def test_colours_are_else_those_that_the_coded_picture_names(self) -> None:
        for matrix, name in ((1, "bt709"), (6, "smpte170m")):
            for is_full, span in ((True, "full"), (False, "limited")):
                part = colourful(matrix, is_full=is_full, colormatrix=name, range=span)
                found = shown(heif(part)).array.mean((0, 1))
                assert np.abs(found - COLOUR).max() <= 2.5

    def test_colours_that_nobody_names_are_of_limited_range(self) -> None:
        found = shown(heif(colourful(6, is_full=False))).array.mean((0, 1))
        assert np.abs(found - COLOUR).max() <= 2.5

    def test_colours_of_tiles_are_those_that_their_grid_names(self) -> None:
        whole = grid(1, 1, 96, 64, colours(1, is_full=True))
        found = shown(heif(whole, colourful(1, is_full=True))).array.mean((0, 1))
        assert np.abs(found - COLOUR).max() <= 2.5

    @pytest.mark.parametrize("matrix", [0, 3, 8, 11, 12, 13, 14, 15, 255])
    def test_colours_that_are_not_known_are_never_called_whole(self, matrix: int) -> None:
        part = colourful(6, is_full=True)
        part.properties.append(colours(matrix, is_full=True))
        unknown = shown(heif(part)).problem
        assert unknown is not None
        assert unknown.kind is ProblemKind.UNSUPPORTED_PIXELS

    @pytest.mark.parametrize("name", ["ycgco", "chroma-derived-nc", "ictcp"])
    def test_nor_are_those_that_only_the_coded_picture_names(self, name: str) -> None:
        assert not shown(heif(colourful(6, is_full=True, colormatrix=name))).is_whole

    def test_samples_that_are_red_green_and_blue(self) -> None:
        planes = np.repeat(COLOUR[[1, 2, 0]].astype(np.uint8), 64 * 96).reshape(3, 64, 96)
        part = picture(planes, pixel_format="yuv444p", colormatrix="gbr", range="full")
        found = shown(heif(part))
        assert found.is_whole
        assert (found.array == COLOUR).all()
        part.properties.append(colours(6, is_full=True))
        assert not shown(heif(part)).is_whole

    def test_grey_has_no_colours_to_know(self) -> None:
        assert (grey(heif(picture(NOISE, colours(0, is_full=True)))) == NOISE).all()

    def test_samples_of_ten_bits_give_eight(self) -> None:
        found = shown(heif(picture(NOISE, pixel_format="gray10le")))
        assert np.abs(found.array[..., 0].astype(int) - NOISE).max() <= 1

    @pytest.mark.parametrize(
        ("name", "size"),
        [("odd-size", (61, 45)), ("ten-bits", (96, 64)), ("with-alpha", (96, 64))],
    )
    def test_what_another_program_writes_is_read(self, name: str, size: tuple[int, int]) -> None:
        width, height = size
        across = np.linspace(0, 255, width)[None, :, None] * [1, 0, 0.5]
        down = np.linspace(0, 255, height)[:, None, None] * [0, 1, 0.5]
        found = shown((MADE_BY_LIBHEIF / f"libheif-{name}.heic").read_bytes())
        assert found.is_whole
        assert np.abs(found.array - (across + down)).mean() < 3


def _sets(said: bytes) -> list[bytes]:
    """Return the sets of parameters that settings hold, each of one."""
    found, at = [], 23
    for _ in range(said[22]):
        end = at + 5 + int.from_bytes(said[at + 3 : at + 5], "big")
        found.append(said[at + 5 : end])
        at = end
    return found


COLOUR = np.array([200, 90, 40])


def colourful(matrix: int, *, is_full: bool, **marks: str) -> Part:
    """Return a picture of one colour, coded by hand by the formulas of ITU-T H.273."""
    red, blue = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    r, g, b = COLOUR / 255
    luma = red * r + (1 - red - blue) * g + blue * b
    differences = np.array([(b - luma) / (2 - 2 * blue), (r - luma) / (2 - 2 * red)])
    if is_full:
        planes = np.round([255 * luma, *(128 + 255 * differences)])
    else:
        planes = np.round([16 + 219 * luma, *(128 + 224 * differences)])
    flat = np.repeat(planes.astype(np.uint8), 64 * 96)
    return picture(flat.reshape(3, 64, 96), pixel_format="yuv444p", **marks)


class TestFalseBrands:
    @pytest.mark.parametrize("brand", [b"isom", b"mp42", b"qt  ", b"M4A ", b"XXXX", b"3gp4"])
    def test_a_brand_of_films_hides_no_picture(self, brand: bytes) -> None:
        tiles = grid(1, 2, 192, 64), picture(NOISE), picture(NOISE[::-1])
        data = heif(*tiles, layout=Layout(brand=brand))
        assert (grey(data) == np.hstack([NOISE, NOISE[::-1]])).all()

    def test_nor_where_its_table_stands_last(self) -> None:
        tiles = grid(1, 2, 192, 64), picture(NOISE), picture(NOISE[::-1])
        data = heif(*tiles, layout=Layout(brand=b"isom", media_first=True))
        media_type = sniff(data)
        assert media_type == "video/mp4"
        limits = VideoLimits(max_pixels=10**6, max_seconds=9, max_frames=9)
        with open_video(io.BytesIO(data), media_type=media_type, limits=limits) as video:
            assert video.problem is not None
            assert video.problem.kind is ProblemKind.UNSUPPORTED_FORMAT


class TestTorn:
    def test_a_torn_picture_is_never_whole(self) -> None:
        data = heif(picture(NOISE))
        for end in range(16, len(data), 97):
            assert kind_of(data[:end]) is ProblemKind.TRUNCATED

    def test_of_torn_tiles_those_that_are_there_are_shown(self) -> None:
        data = heif(grid(1, 2, 192, 64), picture(NOISE), picture(NOISE[::-1]))
        found = shown(data[:-1])
        assert found.problem is not None
        assert found.problem.kind is ProblemKind.TRUNCATED
        assert (found.array[:, :96, 0] == NOISE).all()
        assert not found.array[:, 96:].any()

    def test_a_file_that_ends_behind_its_picture_is_no_whole_one(self) -> None:
        data = heif(picture(NOISE), Part(b"Exif", bytes(100)))
        assert shown(data + b"what a telephone adds").is_whole
        for end in range(len(data) - 100, len(data)):
            found = shown(data[:end])
            assert found.problem is not None
            assert found.problem.kind is ProblemKind.TRUNCATED
            assert (found.array[..., 0] == NOISE).all()

    def test_media_before_its_table_is_lost_with_the_table(self) -> None:
        data = heif(picture(NOISE), layout=Layout(media_first=True))
        for end in range(16, len(data), 97):
            assert kind_of(data[:end]) is ProblemKind.TRUNCATED

    @given(st.data())
    @settings(max_examples=40)
    def test_changed_bytes_are_a_picture_or_a_told_problem(self, drawn: st.DataObject) -> None:
        data = bytearray(heif(grid(1, 2, 180, 60), picture(NOISE), picture(NOISE[::-1])))
        for _ in range(drawn.draw(st.integers(1, 6))):
            at = drawn.draw(st.integers(0, len(data) - 1) | st.integers(0, 700))
            data[at] = drawn.draw(st.integers(0, 255))
        if sniff(bytes(data)) is None or not str(sniff(bytes(data))).startswith("image/hei"):
            return
        try:
            found: Pixels | None = shown(bytes(data))
        except PictureError:
            found = None
        assert found is None or found.is_whole or found.problem is not None
