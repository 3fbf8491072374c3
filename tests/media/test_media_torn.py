"""Torn, damaged and trailing bytes: a file that is not whole never passes for whole."""

import contextlib
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.media.sample_pictures import (
    encode,
    jpeg_frame_at,
    noise,
    opened,
    photograph,
    png,
    png_chunk,
)

from rempart.media import PictureError, Pixels
from rempart.model.scan import ProblemKind

TORN = {ProblemKind.TRUNCATED, ProblemKind.CORRUPT}

VARIANTS: list[tuple[str, dict[str, Any]]] = [
    ("image/jpeg", {}),
    ("image/jpeg", {"progressive": True}),
    ("image/png", {}),
    ("image/webp", {}),
    ("image/webp", {"lossless": True}),
    ("image/gif", {}),
    ("image/avif", {}),
    ("image/tiff", {}),
    ("image/tiff", {"compression": "tiff_lzw"}),
    ("image/tiff", {"compression": "tiff_adobe_deflate"}),
    ("image/bmp", {}),
]


def outcome(data: bytes, media_type: str) -> Pixels | ProblemKind:
    """Return pixels or the kind of error; anything else that is raised fails the test."""
    try:
        return opened(data, media_type).pixels()
    except PictureError as error:
        return error.kind


def is_whole(data: bytes, media_type: str) -> bool:
    found = outcome(data, media_type)
    return isinstance(found, Pixels) and found.is_whole


def problem_kind(data: bytes, media_type: str) -> ProblemKind:
    found = outcome(data, media_type)
    if isinstance(found, ProblemKind):
        return found
    assert not found.is_whole
    assert found.problem is not None
    return found.problem.kind


class TestCut:
    @pytest.mark.parametrize(("media_type", "options"), VARIANTS)
    def test_no_cut_passes_for_whole(self, media_type: str, options: dict[str, Any]) -> None:
        data = encode(photograph(40, 30), media_type, **options)
        assert is_whole(data, media_type)
        for cut in {*range(1, len(data), len(data) // 60), *range(len(data) - 12, len(data))}:
            assert problem_kind(data[:cut], media_type) in TORN

    @pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/gif", "image/bmp"])
    def test_half_a_file_yields_the_half_that_is_there(self, media_type: str) -> None:
        options = {"interlace": False} if media_type == "image/gif" else {}
        data = encode(photograph(), media_type, **options)
        full = opened(data, media_type).pixels().array
        half = opened(data[: len(data) // 2], media_type).pixels()
        assert not half.is_whole
        assert half.array.shape == full.shape
        rows = slice(0, 40) if media_type != "image/bmp" else slice(-40, None)  # bottom row first
        assert np.array_equal(half.array[rows], full[rows])
        assert not np.array_equal(half.array, full)

    @pytest.mark.parametrize("media_type", ["image/webp", "image/avif"])
    def test_these_formats_yield_all_or_nothing(self, media_type: str) -> None:
        data = encode(photograph(), media_type)
        with pytest.raises(PictureError):
            opened(data[: len(data) // 2], media_type).pixels()

    def test_nothing_at_all_is_empty(self) -> None:
        with pytest.raises(PictureError) as caught:
            opened(b"", "image/png")
        assert caught.value.kind is ProblemKind.EMPTY

    @pytest.mark.parametrize("media_type", ["image/jpeg", "image/png"])
    def test_a_header_without_pixels_is_no_picture(self, media_type: str) -> None:
        data = encode(photograph(), media_type)
        end = data.index(b"\xff\xda") + 14 if media_type == "image/jpeg" else data.index(b"IDAT")
        with pytest.raises(PictureError) as caught:
            opened(data[:end], media_type).pixels()
        assert caught.value.kind is ProblemKind.TRUNCATED


class TestJpeg:
    def test_an_end_marker_does_not_make_half_a_picture_whole(self) -> None:
        data = encode(photograph(), "image/jpeg")
        torn = data[: len(data) // 2] + b"\xff\xd9"
        assert problem_kind(torn, "image/jpeg") is ProblemKind.TRUNCATED

    @pytest.mark.parametrize("progressive", [False, True])
    def test_a_torn_file_has_no_reduced_plane(self, progressive: bool) -> None:  # noqa: FBT001 - a parameter
        data = encode(photograph(600, 600), "image/jpeg", progressive=progressive)
        for torn in (data[: len(data) // 2], data[: len(data) // 2] + b"\xff\xd9", data[:-2]):
            with pytest.raises(PictureError) as caught:
                opened(torn, "image/jpeg").reduced_grey()
            assert caught.value.kind is ProblemKind.TRUNCATED

    def test_bytes_between_scan_and_end_are_damage(self) -> None:
        data = encode(photograph(), "image/jpeg")
        assert problem_kind(data[:-2] + b"abcdef" + data[-2:], "image/jpeg") is ProblemKind.CORRUPT

    def test_a_damaged_code_is_corrupt_and_keeps_the_part_before_it(self) -> None:
        data = bytearray(encode(photograph(), "image/jpeg"))
        full = opened(bytes(data), "image/jpeg").pixels().array
        at = len(data) * 3 // 4
        data[at : at + 40] = b"\xff\x00" * 20
        found = outcome(bytes(data), "image/jpeg")
        assert isinstance(found, Pixels)
        assert not found.is_whole
        assert np.array_equal(found.array[:40], full[:40])

    def test_odd_scan_parameters_of_some_cameras_are_no_damage(self) -> None:
        data = bytearray(encode(photograph(600, 600), "image/jpeg"))
        expected = opened(bytes(data), "image/jpeg").pixels().array
        start = data.index(b"\xff\xda")
        end = start + 2 + int.from_bytes(data[start + 2 : start + 4], "big")
        data[end - 3 : end] = b"\x00\x00\x00"
        found = opened(bytes(data), "image/jpeg").pixels()
        assert found.is_whole
        assert np.array_equal(found.array, expected)
        assert opened(bytes(data), "image/jpeg").reduced_grey() is not None
        half = bytes(data[: len(data) // 2])
        assert problem_kind(half, "image/jpeg") is ProblemKind.TRUNCATED

    def test_unusual_colour_planes_are_decoded_but_never_called_whole(self) -> None:
        data = bytearray(encode(photograph(), "image/jpeg", subsampling=0))
        data[jpeg_frame_at(bytes(data)) + 14] = 0x12  # another proportion for the second plane
        picture = opened(bytes(data), "image/jpeg")
        assert problem_kind(bytes(data), "image/jpeg") is ProblemKind.UNSUPPORTED_PIXELS
        assert picture.reduced_grey(64) is None

    @pytest.mark.parametrize("proportion", [0x14, 0x22, 0x41])
    def test_other_proportions_of_grey_and_colour_are_an_outcome(self, proportion: int) -> None:
        # 0x14 is 4:4:1, for which the decoder's table of names has no entry.
        for mode in ("L", "RGB"):
            data = bytearray(encode(photograph().convert(mode), "image/jpeg", subsampling=0))
            data[jpeg_frame_at(bytes(data)) + 11] = proportion
            assert isinstance(outcome(bytes(data), "image/jpeg"), Pixels | ProblemKind)
            with contextlib.suppress(PictureError):
                opened(bytes(data), "image/jpeg").reduced_grey(64)

    def test_grey_with_a_proportion_of_its_own_is_whole(self) -> None:
        data = bytearray(encode(photograph().convert("L"), "image/jpeg"))
        expected = opened(bytes(data), "image/jpeg").pixels().array
        data[jpeg_frame_at(bytes(data)) + 11] = 0x22
        found = opened(bytes(data), "image/jpeg").pixels()
        assert found.is_whole
        assert np.array_equal(found.array, expected)


class TestPng:
    def test_no_flipped_byte_passes_for_whole(self) -> None:
        data = encode(photograph(20, 15), "image/png")
        assert is_whole(data, "image/png")
        for at in range(8, len(data)):
            for mask in (0x01, 0x80, 0xFF):
                flipped = bytearray(data)
                flipped[at] ^= mask
                assert not is_whole(bytes(flipped), "image/png"), (at, mask)

    def test_a_wrong_checksum_of_pixels_is_corrupt(self) -> None:
        data = bytearray(encode(photograph(), "image/png"))
        at = data.index(b"IDAT") - 4
        at += 8 + int.from_bytes(data[at : at + 4], "big")
        data[at] ^= 1
        found = outcome(bytes(data), "image/png")
        assert isinstance(found, Pixels)
        assert not found.is_whole

    def test_a_missing_end_is_truncated(self) -> None:
        data = encode(photograph(), "image/png")
        assert problem_kind(data[:-12], "image/png") is ProblemKind.TRUNCATED

    @pytest.mark.parametrize("missing", [1, 5, 11])
    def test_missing_rows_under_right_checksums_are_noticed(self, missing: int) -> None:
        raw = b"".join(b"\x00" + row.tobytes() for row in noise(12, 9, 3))
        assert is_whole(png(9, 12, raw), "image/png")
        torn = png(9, 12, raw[: -missing * 28])
        assert problem_kind(torn, "image/png") is ProblemKind.TRUNCATED

    def test_missing_rows_of_a_palette_picture_are_noticed(self) -> None:
        raw = b"".join(b"\x00" + row.tobytes() for row in noise(12, 9) % 4)
        palette = png_chunk(b"PLTE", bytes([10, 20, 30] * 4))
        data = png(9, 12, raw[:-20], colour=3)
        data = data[:33] + palette + data[33:]
        assert problem_kind(data, "image/png") is ProblemKind.TRUNCATED

    @pytest.mark.parametrize("colour", [(0, 0, 0), (255, 255, 255)])
    def test_a_uniform_picture_is_whole(self, colour: tuple[int, int, int]) -> None:
        assert is_whole(encode(Image.new("RGB", (31, 17), colour), "image/png"), "image/png")
        data = encode(Image.new("1", (31, 17)), "image/png")
        assert is_whole(data, "image/png")

    def test_a_missing_last_pass_of_an_interlaced_picture_is_noticed(self) -> None:
        header = struct.pack(">IIBBBBB", 8, 8, 8, 0, 0, 0, 1)
        passes = [(1, 1), (1, 1), (1, 2), (2, 2), (2, 4), (4, 4), (4, 8)]

        def interlaced(kept: int) -> bytes:
            raw = b"".join((b"\x00" + b"\x55" * width) * rows for rows, width in passes[:kept])
            return (
                b"\x89PNG\r\n\x1a\n"
                + png_chunk(b"IHDR", header)
                + png_chunk(b"IDAT", zlib.compress(raw))
                + png_chunk(b"IEND", b"")
            )

        assert is_whole(interlaced(7), "image/png")
        assert problem_kind(interlaced(6), "image/png") is ProblemKind.TRUNCATED


class TestGif:
    def test_codes_that_end_early_are_noticed(self) -> None:
        codes = [4, 1, 2, 5]  # clear, two pixels, end
        number = sum(code << 3 * index for index, code in enumerate(codes))
        packed = number.to_bytes(2, "little")
        screen = b"GIF89a" + struct.pack("<HH", 8, 8) + b"\x81\x00\x00" + bytes(range(12))
        frame = b"," + struct.pack("<HHHH", 0, 0, 8, 8) + b"\x00\x02\x02" + packed + b"\x00;"
        assert problem_kind(screen + frame, "image/gif") is ProblemKind.TRUNCATED

    def test_an_animation_cut_behind_its_first_frame_is_not_whole(self) -> None:
        frames = [Image.fromarray(noise(20, 20, seed=seed)) for seed in range(3)]
        data = encode(frames[0], "image/gif", save_all=True, append_images=frames[1:])
        found = outcome(data[:-30], "image/gif")
        assert isinstance(found, Pixels)
        assert not found.is_whole
        assert np.array_equal(found.array, opened(data, "image/gif").pixels().array)


class TestFlips:
    @pytest.mark.parametrize(("media_type", "options"), VARIANTS)
    def test_every_outcome_is_an_outcome(self, media_type: str, options: dict[str, Any]) -> None:
        data = encode(photograph(24, 18), media_type, **options)
        for at in range(0, len(data), max(1, len(data) // 250)):
            for mask in (0x01, 0xFF):
                flipped = bytearray(data)
                flipped[at] ^= mask
                outcome(bytes(flipped), media_type)

    def test_whole_and_reduced_agree_about_damage_of_a_jpeg(self) -> None:
        data = encode(photograph(64, 48), "image/jpeg")
        for at in range(2, len(data), 3):
            flipped = bytearray(data)
            flipped[at] ^= 0x55
            try:
                plane = opened(bytes(flipped), "image/jpeg").reduced_grey(16)
            except PictureError:
                assert not is_whole(bytes(flipped), "image/jpeg")
            else:
                assert plane is None or is_whole(bytes(flipped), "image/jpeg")


class TestTrailing:
    @pytest.mark.parametrize(("media_type", "options"), VARIANTS)
    def test_bytes_behind_the_end_are_no_damage(
        self, media_type: str, options: dict[str, Any]
    ) -> None:
        data = encode(photograph(40, 30), media_type, **options)
        expected = opened(data, media_type).pixels().array
        found = opened(data + b"trailing bytes" * 30, media_type).pixels()
        assert found.is_whole
        assert np.array_equal(found.array, expected)
