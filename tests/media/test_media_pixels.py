"""Every format and every kind of pixel, against pixels known beforehand or converted by numpy."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin
from tests.media.sample_pictures import (
    encode,
    grey_tiff_tags,
    noise,
    opened,
    photograph,
    png,
    png_chunk,
    tiff,
)

from rempart.media import PictureError
from rempart.model.scan import ProblemKind

LOSSLESS = ["image/png", "image/tiff", "image/bmp"]


def whole(data: bytes, media_type: str) -> NDArray[np.uint8]:
    picture = opened(data, media_type)
    pixels = picture.pixels()
    assert pixels.is_whole, pixels.problem
    assert pixels.problem is None
    assert pixels.array.dtype == np.uint8
    assert pixels.array.shape[:2] == (picture.height, picture.width)
    array: NDArray[np.uint8] = pixels.array
    return array


def tone(array: NDArray[np.uint8]) -> NDArray[np.int64]:
    return array.astype(np.int64)


class TestLossless:
    @pytest.mark.parametrize("media_type", LOSSLESS)
    @pytest.mark.parametrize("size", [(1, 1), (3, 2), (301, 97), (1, 400), (400, 1)])
    def test_colour_comes_back_as_it_was(self, media_type: str, size: tuple[int, int]) -> None:
        expected = noise(size[1], size[0], 3)
        found = whole(encode(Image.fromarray(expected), media_type), media_type)
        assert np.array_equal(found, expected)
        assert found.flags.c_contiguous

    @pytest.mark.parametrize("media_type", LOSSLESS)
    def test_grey_comes_back_as_a_plane(self, media_type: str) -> None:
        expected = noise(70, 90)
        assert np.array_equal(
            whole(encode(Image.fromarray(expected), media_type), media_type), expected
        )

    @pytest.mark.parametrize("media_type", ["image/png", "image/tiff", "image/bmp"])
    def test_one_bit_becomes_black_and_white(self, media_type: str) -> None:
        bits = noise(33, 45) > 128
        found = whole(encode(Image.fromarray(bits), media_type), media_type)
        assert np.array_equal(found, np.where(bits, 255, 0))

    @pytest.mark.parametrize("media_type", ["image/png", "image/tiff", "image/bmp", "image/gif"])
    def test_palette_gives_its_colours(self, media_type: str) -> None:
        indices, colours = noise(40, 50), noise(256, 3, seed=2)
        image = Image.fromarray(indices).convert("P")
        image.putdata(indices.ravel().tolist())
        image.putpalette(colours.tobytes())
        assert np.array_equal(whole(encode(image, media_type), media_type), colours[indices])

    @pytest.mark.parametrize("media_type", ["image/png", "image/gif"])
    def test_transparent_palette_drops_its_transparency(self, media_type: str) -> None:
        indices, colours = noise(40, 50), noise(256, 3, seed=2)
        image = Image.fromarray(indices).convert("P")
        image.putdata(indices.ravel().tolist())
        image.putpalette(colours.tobytes())
        data = encode(image, media_type, transparency=int(indices[0, 0]))
        assert np.array_equal(whole(data, media_type), colours[indices])

    @pytest.mark.parametrize("media_type", ["image/png", "image/tiff", "image/webp"])
    def test_alpha_is_dropped_not_composited(self, media_type: str) -> None:
        rgba = noise(60, 50, 4)
        options: dict[str, Any] = {"lossless": True, "exact": True}
        data = encode(
            Image.fromarray(rgba), media_type, **options if media_type == "image/webp" else {}
        )
        assert np.array_equal(whole(data, media_type), rgba[:, :, :3])

    @pytest.mark.parametrize("media_type", ["image/png", "image/tiff"])
    def test_alpha_of_grey_is_dropped(self, media_type: str) -> None:
        grey_and_alpha = noise(60, 50, 2)
        image = Image.frombytes("LA", (50, 60), grey_and_alpha.tobytes())
        assert np.array_equal(whole(encode(image, media_type), media_type), grey_and_alpha[:, :, 0])

    def test_lossless_webp_comes_back_as_it_was(self) -> None:
        expected = noise(60, 50, 3)
        data = encode(Image.fromarray(expected), "image/webp", lossless=True)
        assert np.array_equal(whole(data, "image/webp"), expected)

    @pytest.mark.parametrize(
        "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "tiff_deflate"]
    )
    def test_compressed_tiff(self, compression: str) -> None:
        expected = noise(60, 50, 3)
        data = encode(Image.fromarray(expected), "image/tiff", compression=compression)
        assert np.array_equal(whole(data, "image/tiff"), expected)

    def test_fax_compressed_tiff(self) -> None:
        bits = noise(33, 45) > 128
        data = encode(Image.fromarray(bits), "image/tiff", compression="group4")
        assert np.array_equal(whole(data, "image/tiff"), np.where(bits, 255, 0))


class TestSixteenBits:
    GREY = np.arange(0, 65536, 23, dtype=np.uint16)[: 50 * 56].reshape(50, 56)

    def test_grey_png_gives_its_high_byte(self) -> None:
        data = encode(Image.fromarray(self.GREY), "image/png")
        assert np.array_equal(whole(data, "image/png"), self.GREY >> 8)

    def test_colour_png_gives_its_high_byte(self) -> None:
        high, low = noise(20, 30, 3), noise(20, 30, 3, seed=5)
        samples = np.stack([high, low], axis=-1).reshape(20, -1)
        raw = b"".join(b"\x00" + row.tobytes() for row in samples)
        assert np.array_equal(whole(png(30, 20, raw, bits=16), "image/png"), high)

    @pytest.mark.parametrize("order", ["<", ">"])
    def test_grey_tiff_gives_its_high_byte(self, order: str) -> None:
        body = self.GREY.astype(order + "u2").tobytes()
        data = tiff(grey_tiff_tags(56, 50, bits=16), body=body, order=order)
        assert np.array_equal(whole(data, "image/tiff"), self.GREY >> 8)

    def test_compressed_grey_tiff_gives_its_high_byte(self) -> None:
        data = encode(Image.fromarray(self.GREY), "image/tiff", compression="tiff_lzw")
        assert np.array_equal(whole(data, "image/tiff"), self.GREY >> 8)

    def test_grey_tiff_that_counts_from_white_is_turned(self) -> None:
        tags = grey_tiff_tags(56, 50, bits=16) | {262: (3, 1, 0)}
        data = tiff(tags, body=self.GREY.astype("<u2").tobytes())
        assert np.array_equal(whole(data, "image/tiff"), 255 - (self.GREY >> 8))

    def test_twelve_bits_give_their_high_byte(self) -> None:
        values = (np.arange(40 * 20) * 5 % 4096).reshape(20, 40)
        pairs = values.reshape(20, 20, 2)
        first, second = pairs[:, :, 0], pairs[:, :, 1]
        packed = np.stack(
            [first >> 4, (first & 15) << 4 | second >> 8, second & 255], axis=-1
        ).astype(np.uint8)
        data = tiff(grey_tiff_tags(40, 20, bits=12), body=packed.tobytes())
        assert np.array_equal(whole(data, "image/tiff"), values >> 4)

    @pytest.mark.parametrize("mode", ["I", "F"])
    def test_samples_without_a_known_range_are_refused(self, mode: str) -> None:
        data = encode(Image.new(mode, (8, 8)), "image/tiff")
        with pytest.raises(PictureError) as caught:
            opened(data, "image/tiff").pixels()
        assert caught.value.kind is ProblemKind.UNSUPPORTED_PIXELS


class TestInk:
    def test_tiff_ink_becomes_light(self) -> None:
        ink = Image.frombytes("CMYK", (40, 30), noise(30, 40, 4).tobytes())
        found = whole(encode(ink, "image/tiff"), "image/tiff")
        assert np.array_equal(found, np.asarray(ink.convert("RGB")))

    def test_white_and_black_ink(self) -> None:
        white = encode(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "image/jpeg")
        black = encode(Image.new("CMYK", (16, 16), (0, 0, 0, 255)), "image/jpeg")
        assert whole(white, "image/jpeg").min() > 250
        assert whole(black, "image/jpeg").max() < 5

    def test_adobe_ink_equals_pillow(self) -> None:
        ink = photograph().convert("CMYK")
        data = encode(ink, "image/jpeg", quality=90)
        assert b"Adobe" in data
        with Image.open(io.BytesIO(data)) as reference:
            expected = np.asarray(reference.convert("RGB"))
        assert np.array_equal(whole(data, "image/jpeg"), expected)

    def test_ink_without_adobe_marker_is_not_inverted(self) -> None:
        data = encode(Image.new("CMYK", (16, 16), (0, 0, 0, 0)), "image/jpeg")
        at = data.index(b"\xff\xee")
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        plain = data[:at] + data[at + 2 + length :]
        assert whole(plain, "image/jpeg").max() < 5  # stored as 255: full ink

    def test_ycck_equals_pillow(self) -> None:
        data = bytearray(encode(photograph().convert("CMYK"), "image/jpeg", quality=90))
        at = data.index(b"Adobe")
        data[at + 11] = 2  # now the four planes mean Y, Cb, Cr and K
        with Image.open(io.BytesIO(data)) as reference:
            expected = np.asarray(reference.convert("RGB"))
        assert np.array_equal(whole(bytes(data), "image/jpeg"), expected)


class TestOtherColours:
    @pytest.mark.parametrize(
        ("stored", "expected"),
        [((255, 0, 0), 255), ((0, 0, 0), 0), ((136, 0, 0), 126)],
    )
    def test_lab_greys(self, stored: tuple[int, int, int], expected: int) -> None:
        # L* = 53.4 (136 of 255) is the grey 127 of sRGB; a* and b* are 0.
        body = bytes(stored) * 64
        tags = grey_tiff_tags(8, 8, size=192) | {262: (3, 1, 8), 277: (3, 1, 3)}
        data = _with_three_samples(tags, body)
        found = whole(data, "image/tiff")
        assert np.abs(tone(found) - expected).max() <= 3

    def test_ycbcr_tiff(self) -> None:
        image = photograph().convert("YCbCr")
        found = whole(encode(image, "image/tiff", compression="raw"), "image/tiff")
        assert np.abs(tone(found) - tone(np.asarray(image.convert("RGB")))).max() <= 3

    def test_colour_profile_is_not_applied(self) -> None:
        expected = noise(20, 20, 3)
        from PIL import ImageCms  # noqa: PLC0415 - only here

        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
        data = encode(Image.fromarray(expected), "image/png", icc_profile=profile)
        assert np.array_equal(whole(data, "image/png"), expected)


def _with_three_samples(tags: dict[int, tuple[int, int, int]], body: bytes) -> bytes:
    """Return a TIFF of three 8-bit samples: their sizes stand behind the pixels."""
    sizes = struct.pack("<HHH", 8, 8, 8)
    return tiff(tags | {258: (3, 3, 8 + len(body))}, body=body + sizes)


class TestFirstFrame:
    @pytest.mark.parametrize("media_type", ["image/gif", "image/webp", "image/png", "image/tiff"])
    def test_it_is_the_one_that_counts(self, media_type: str) -> None:
        frames = [Image.new("RGB", (24, 18), colour) for colour in ("red", "lime", "blue")]
        options: dict[str, Any] = {"lossless": True} if media_type == "image/webp" else {}
        data = encode(frames[0], media_type, save_all=True, append_images=frames[1:], **options)
        expected = np.broadcast_to(np.array([255, 0, 0], np.uint8), (18, 24, 3))
        assert np.array_equal(whole(data, media_type), expected)

    def test_animated_avif(self) -> None:
        frames = [Image.new("RGB", (24, 18), colour) for colour in ("red", "lime")]
        data = encode(frames[0], "image/avif", save_all=True, append_images=frames[1:], quality=100)
        found = tone(whole(data, "image/avif"))
        assert np.abs(found - [255, 0, 0]).max() <= 4

    def test_apng_shows_its_default_image(self) -> None:
        still = Image.new("RGB", (20, 20), "yellow")
        frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "lime")]
        data = encode(still, "image/png", save_all=True, append_images=frames, default_image=True)
        assert b"acTL" in data
        assert (whole(data, "image/png") == [255, 255, 0]).all()

    def test_a_frame_larger_than_the_screen_grows_the_canvas(self) -> None:
        data = bytearray(encode(Image.fromarray(noise(20, 30)), "image/gif"))
        data[6:10] = struct.pack("<HH", 4, 4)
        expected = np.repeat(noise(20, 30)[:, :, None], 3, axis=2)
        assert np.array_equal(whole(bytes(data), "image/gif"), expected)


class TestOrientation:
    @pytest.mark.parametrize("orientation", range(2, 9))
    @pytest.mark.parametrize("media_type", ["image/jpeg", "image/png", "image/webp", "image/tiff"])
    def test_it_is_not_applied(self, media_type: str, orientation: int) -> None:
        image = photograph(48, 32)
        exif = Image.Exif()
        exif[0x0112] = orientation
        options: dict[str, Any] = {"lossless": True} if media_type == "image/webp" else {}
        plain = whole(encode(image, media_type, **options), media_type)
        marked = encode(image, media_type, exif=exif, **options)
        assert plain.shape == (32, 48, 3)
        assert np.array_equal(whole(marked, media_type), plain)

    @pytest.mark.parametrize("orientation", [3, 6])
    def test_avif_is_not_turned(self, orientation: int) -> None:
        image = photograph(48, 32)
        exif = Image.Exif()
        exif[0x0112] = orientation
        marked = whole(encode(image, "image/avif", exif=exif), "image/avif")
        assert np.array_equal(marked, whole(encode(image, "image/avif"), "image/avif"))

    def test_compressed_tiff_is_not_turned(self) -> None:
        info = TiffImagePlugin.ImageFileDirectory_v2()
        info[274] = 6
        expected = noise(20, 30, 3)
        data = encode(
            Image.fromarray(expected), "image/tiff", compression="tiff_lzw", tiffinfo=info
        )
        assert np.array_equal(whole(data, "image/tiff"), expected)


class TestLossy:
    @pytest.mark.parametrize("media_type", ["image/webp", "image/avif"])
    @pytest.mark.parametrize("mode", ["RGB", "L", "RGBA"])
    def test_it_is_what_pillow_shows(self, media_type: str, mode: str) -> None:
        data = encode(photograph().convert(mode), media_type)
        with Image.open(io.BytesIO(data)) as reference:
            expected = np.asarray(reference.convert("RGB" if reference.mode != "L" else "L"))
        assert np.array_equal(whole(data, media_type), expected)


class TestHighDynamicPng:
    def test_interlaced_png(self) -> None:
        # Seven passes of a picture whose every pixel is its own coordinates.
        y, x = np.mgrid[0:13, 0:17].astype(np.uint8)
        expected = np.stack([x, y, x + y], axis=-1)
        raw = b""
        for left, top, across, down in (
            *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
            *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
        ):
            part = expected[top::down, left::across]
            raw += b"".join(b"\x00" + row.tobytes() for row in part if row.size)
        header = struct.pack(">IIBBBBB", 17, 13, 8, 2, 0, 0, 1)
        data = (
            b"\x89PNG\r\n\x1a\n"
            + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(raw))
            + png_chunk(b"IEND", b"")
        )
        assert np.array_equal(whole(data, "image/png"), expected)
