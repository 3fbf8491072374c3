"""Hostile headers: refused before anything is allocated, and never more than one error."""

import struct
import tracemalloc
import zlib

import pytest
from PIL import Image, ImageFile
from tests.media.sample_pictures import (
    NAMES,
    encode,
    grey_tiff_tags,
    opened,
    photograph,
    png,
    png_chunk,
    tiff,
    with_jpeg_size,
)

from rempart.media import DEFAULT_MAX_PIXELS, PictureError, open_picture, warm_up
from rempart.model.scan import ProblemKind


def refusal(data: bytes, media_type: str, max_pixels: int = DEFAULT_MAX_PIXELS) -> ProblemKind:
    """Return the kind of error of opening and decoding; fail where there is none."""
    with pytest.raises(PictureError) as caught:
        open_picture(data, media_type=media_type, max_pixels=max_pixels).pixels()
    assert caught.value.hint
    assert caught.value.problem.kind is caught.value.kind
    return caught.value.kind


def bmp_with_size(width: int, height: int) -> bytes:
    data = bytearray(encode(photograph(8, 8), "image/bmp"))
    data[18:26] = struct.pack("<ii", width, height)
    return bytes(data)


def gif_with_size(width: int, height: int) -> bytes:
    data = bytearray(encode(photograph(8, 8), "image/gif"))
    data[6:10] = struct.pack("<HH", width, height)
    return bytes(data)


def extended_webp(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + size
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def avif_with_size(width: int, height: int) -> bytes:
    data = bytearray(encode(photograph(16, 16), "image/avif"))
    at = data.index(b"ispe") + 8
    data[at : at + 8] = struct.pack(">II", width, height)
    return bytes(data)


def png_with_size(width: int, height: int) -> bytes:
    return png(width, height, b"")


BOMBS = [
    pytest.param(png_with_size(20_000, 20_000), "image/png", id="png 20000"),
    pytest.param(png_with_size(2**31 - 1, 2**31 - 1), "image/png", id="png 2^31"),
    pytest.param(png_with_size(2**32 - 1, 2**32 - 1), "image/png", id="png 2^32"),
    pytest.param(
        with_jpeg_size(encode(photograph(8, 8), "image/jpeg"), 65500, 65500),
        "image/jpeg",
        id="jpeg 65500",
    ),
    pytest.param(gif_with_size(65535, 65535), "image/gif", id="gif canvas"),
    pytest.param(extended_webp(1 << 24, 1 << 24), "image/webp", id="webp canvas"),
    pytest.param(bmp_with_size(2**31 - 1, 2**31 - 1), "image/bmp", id="bmp"),
    pytest.param(bmp_with_size(2**31 - 1, -(2**31)), "image/bmp", id="bmp upside down"),
    pytest.param(tiff(grey_tiff_tags(2**32 - 1, 2**32 - 1, size=1)), "image/tiff", id="tiff"),
]


@pytest.mark.parametrize(("data", "media_type"), BOMBS)
def test_a_bomb_is_refused_before_it_is_allocated(data: bytes, media_type: str) -> None:
    warm_up()
    tracemalloc.start()
    try:
        with pytest.raises(PictureError) as caught:
            open_picture(data, media_type=media_type, max_pixels=DEFAULT_MAX_PIXELS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert caught.value.kind is ProblemKind.TOO_MANY_PIXELS
    assert peak < 200_000


def test_a_gif_frame_beyond_the_screen_is_counted() -> None:
    data = bytearray(gif_with_size(4, 4))
    at = data.index(b",", 13 + (3 << (data[10] & 7) + 1))
    data[at + 1 : at + 9] = struct.pack("<HHHH", 65535, 65535, 65535, 65535)
    assert refusal(bytes(data), "image/gif") is ProblemKind.TOO_MANY_PIXELS


@pytest.mark.parametrize("side", [20_000, 30_000, 2**31])
def test_an_avif_that_promises_too_much_is_refused(side: int) -> None:
    kind = refusal(avif_with_size(side, side), "image/avif")
    assert kind in {ProblemKind.TOO_MANY_PIXELS, ProblemKind.CORRUPT}


def test_an_avif_is_decoded_at_the_size_that_was_held_against_the_limit() -> None:
    # The decoder scales what it finds inside to the promised size.
    pixels = opened(avif_with_size(17, 21), "image/avif").pixels()
    assert pixels.array.shape == (21, 17, 3)


@pytest.mark.parametrize("media_type", sorted(NAMES))
def test_the_limit_itself_is_allowed_and_one_more_is_not(media_type: str) -> None:
    data = encode(photograph(20, 10), media_type)
    assert open_picture(data, media_type=media_type, max_pixels=200).width == 20
    assert refusal(data, media_type, max_pixels=199) is ProblemKind.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(png_with_size(0, 5), "image/png", id="png"),
        pytest.param(
            with_jpeg_size(encode(photograph(8, 8), "image/jpeg"), 0, 8), "image/jpeg", id="jpeg"
        ),
        pytest.param(
            with_jpeg_size(encode(photograph(8, 8), "image/jpeg"), 8, 0), "image/jpeg", id="jpeg h"
        ),
        pytest.param(bmp_with_size(0, 8), "image/bmp", id="bmp"),
        pytest.param(bmp_with_size(-8, 8), "image/bmp", id="bmp negative"),
        pytest.param(tiff(grey_tiff_tags(0, 8, size=8)), "image/tiff", id="tiff"),
        pytest.param(avif_with_size(0, 0), "image/avif", id="avif"),
    ],
)
def test_a_picture_without_a_pixel_is_refused(data: bytes, media_type: str) -> None:
    kind = refusal(data, media_type)
    assert kind in {ProblemKind.CORRUPT, ProblemKind.UNSUPPORTED_PIXELS}


@pytest.mark.parametrize("media_type", sorted(NAMES))
@pytest.mark.parametrize("claimed", sorted(NAMES))
def test_content_of_another_format_is_never_decoded(media_type: str, claimed: str) -> None:
    if media_type == claimed:
        return
    kind = refusal(encode(photograph(40, 30), media_type), claimed, max_pixels=2**70)
    assert kind in {
        ProblemKind.CORRUPT,
        ProblemKind.TRUNCATED,
        ProblemKind.UNSUPPORTED_PIXELS,
        ProblemKind.MEMORY_LIMIT,
    }


@pytest.mark.parametrize("media_type", ["image/jxl", "image/svg+xml", "application/postscript"])
def test_a_type_off_the_list_is_refused(media_type: str) -> None:
    assert refusal(b"%!PS-Adobe", media_type) is ProblemKind.UNSUPPORTED_FORMAT


class TestTiff:
    def test_a_tag_table_beyond_the_file_is_truncated(self) -> None:
        data = b"II*\x00" + struct.pack("<I", 2**31) + bytes(100)
        assert refusal(data, "image/tiff") is ProblemKind.TRUNCATED

    def test_a_table_of_very_many_tags_is_refused(self) -> None:
        data = b"II*\x00\x08\x00\x00\x00\xff\xff" + bytes(65535 * 12)
        assert refusal(data, "image/tiff") is ProblemKind.CORRUPT

    def test_strips_beyond_the_file_are_truncated(self) -> None:
        data = tiff(grey_tiff_tags(100, 100), body=bytes(range(250)) * 4)
        pixels = opened(data, "image/tiff").pixels()
        assert pixels.problem is not None
        assert pixels.problem.kind is ProblemKind.TRUNCATED

    @pytest.mark.parametrize("tag", [258, 273, 277, 278, 279, 322, 324, 338, 339])
    @pytest.mark.parametrize("count", [0, 2, 2**16, 2**32 - 1])
    def test_absurd_counts_are_one_error_or_no_matter(self, tag: int, count: int) -> None:
        tags = grey_tiff_tags(10, 10)
        kind, _, value = tags.get(tag, (3, 1, 1))
        data = tiff(tags | {tag: (kind, count, value)}, body=bytes(range(100)))
        try:
            opened(data, "image/tiff").pixels()
        except PictureError as error:
            assert error.kind in set(ProblemKind)  # noqa: PT017 - both outcomes are right

    @pytest.mark.parametrize("value", [0, 7, 34, 65535, 50000])
    @pytest.mark.parametrize("tag", [258, 259, 262, 277, 284, 317, 339])
    def test_absurd_values_are_one_error_or_no_matter(self, tag: int, value: int) -> None:
        data = tiff(grey_tiff_tags(10, 10) | {tag: (3, 1, value)}, body=bytes(range(100)))
        try:
            opened(data, "image/tiff").pixels()
        except PictureError as error:
            assert error.kind in set(ProblemKind)  # noqa: PT017 - both outcomes are right

    def test_a_table_that_points_to_itself_ends(self) -> None:
        data = bytearray(tiff(grey_tiff_tags(10, 10), body=bytes(range(100))))
        data[-4:] = struct.pack("<I", 108)
        assert opened(bytes(data), "image/tiff").pixels().is_whole


class TestPng:
    def test_a_text_chunk_bomb_is_not_unpacked(self) -> None:
        text = png_chunk(b"zTXt", b"k\x00\x00" + zlib.compress(bytes(100_000_000), 9))
        data = encode(photograph(20, 10), "image/png")
        data = data[:33] + text + data[33:]
        assert opened(data, "image/png").pixels().is_whole

    def test_pixel_data_that_expand_without_end_stop_at_the_last_row(self) -> None:
        data = png(16, 16, bytes(50_000_000))
        assert opened(data, "image/png").pixels().is_whole

    def test_a_chunk_longer_than_the_file_is_truncated(self) -> None:
        data = encode(photograph(20, 10), "image/png")
        torn = data[:33] + struct.pack(">I", 2**31 - 1) + data[37:]
        pixels = opened(torn, "image/png").pixels()
        assert pixels.problem is not None
        assert pixels.problem.kind is ProblemKind.TRUNCATED


class TestJpeg:
    def test_a_flood_of_empty_segments_is_refused(self) -> None:
        data = encode(photograph(20, 10), "image/jpeg")
        flood = data[:2] + b"\xff\xfe\x00\x02" * 20_000 + data[2:]
        assert refusal(flood, "image/jpeg") is ProblemKind.CORRUPT

    def test_a_second_frame_header_is_refused(self) -> None:
        small, large = (encode(photograph(side, side), "image/jpeg") for side in (8, 400))
        at = large.index(b"\xff\xc0")
        frame = large[at : at + 19]
        at = small.index(b"\xff\xc0")
        assert refusal(small[:at] + frame + small[at:], "image/jpeg") is ProblemKind.CORRUPT

    @pytest.mark.parametrize("process", [0xC3, 0xC5, 0xC7, 0xCB, 0xCF])
    def test_processes_that_are_not_decoded_are_named(self, process: int) -> None:
        data = bytearray(encode(photograph(20, 10), "image/jpeg"))
        data[data.index(b"\xff\xc0") + 1] = process
        assert refusal(bytes(data), "image/jpeg") is ProblemKind.UNSUPPORTED_PIXELS

    def test_twelve_bits_a_sample_are_named(self) -> None:
        data = bytearray(encode(photograph(20, 10), "image/jpeg"))
        data[data.index(b"\xff\xc0") + 4] = 12
        assert refusal(bytes(data), "image/jpeg") is ProblemKind.UNSUPPORTED_PIXELS

    @pytest.mark.parametrize("tail", [b"", b"\xff", b"\xff\xd9", b"\xff\xe0", b"\xff\xe0\x00\x00"])
    def test_a_start_without_a_picture(self, tail: bytes) -> None:
        assert refusal(b"\xff\xd8" + tail, "image/jpeg") in {
            ProblemKind.CORRUPT,
            ProblemKind.TRUNCATED,
        }


def test_global_switches_of_pillow_are_left_as_they_were() -> None:
    before = Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES
    data = encode(photograph(), "image/png")
    opened(data, "image/png").pixels()
    opened(data[: len(data) // 2], "image/png").pixels()
    assert before == (Image.MAX_IMAGE_PIXELS, ImageFile.LOAD_TRUNCATED_IMAGES)


def test_an_error_names_no_byte_of_the_file() -> None:
    data = bytearray(encode(photograph(20, 10), "image/png"))
    data[37:41] = b"SECR"
    with pytest.raises(PictureError) as caught:
        opened(bytes(data), "image/png").pixels()
    assert "SECR" not in str(caught.value)
