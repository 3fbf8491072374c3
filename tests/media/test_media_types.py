"""Media type by content."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rempart.media import HEAD_BYTES, is_decodable, is_recognised_media, sniff
from rempart.media.media_types import is_recognised_container


def box(kind: bytes, *brands: bytes) -> bytes:
    body = kind + brands[0] + b"\x00\x00\x00\x00" + b"".join(brands[1:])
    return (len(body) + 4).to_bytes(4, "big") + body


EXAMPLES = [
    (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
    (b"RIFF\x10\x00\x00\x00AVI LIST", "video/vnd.avi"),
    (b"II*\x00\x08\x00\x00\x00", "image/tiff"),
    (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
    (b"II+\x00\x08\x00\x00\x00\x10\x00", "image/tiff"),
    (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "image/x-canon-cr2"),
    (b"BM" + bytes(12) + (40).to_bytes(4, "little"), "image/bmp"),
    (box(b"ftyp", b"avif", b"mif1", b"miaf"), "image/avif"),
    (box(b"ftyp", b"mif1", b"miaf", b"avif"), "image/avif"),
    (box(b"ftyp", b"mif1", b"heic"), "image/heic"),
    (box(b"ftyp", b"mif1"), "image/heif"),
    (box(b"ftyp", b"heic", b"mif1"), "image/heic"),
    (box(b"ftyp", b"isom", b"mp42"), "video/mp4"),
    (box(b"ftyp", b"mp42"), "video/mp4"),
    (box(b"ftyp", b"qt  "), "video/quicktime"),
    (b"\x00\x00\x00\x20moov", "video/quicktime"),
    (box(b"ftyp", b"3gp5"), "video/3gpp"),
    (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
    (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", "video/matroska"),
    (b"\x00\x00\x01\xba\x44", "video/mpeg"),
    (b"G" + (bytes(187) + b"G") * 2, "video/mp2t"),
    (b"\x00\x00\x00\x0cJXL \r\n\x87\n", "image/jxl"),
    (b"\xff\x0a\x00", "image/jxl"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    (b"\xff\x4f\xff\x51\x00\x2f", "image/j2c"),
    (b"8BPS\x00\x01", "image/vnd.adobe.photoshop"),
    (box(b"ftyp", b"crx ", b"isom"), "image/x-canon-cr3"),
    (b"II\x1a\0\0\0HEAPCCDR\2\0", "image/x-canon-crw"),
    (b"FUJIFILMCCD-RAW 0201", "image/x-fuji-raf"),
    (b"IIRO\x08\0\0\0", "image/x-olympus-orf"),
    (b"IIRS\x08\0\0\0", "image/x-olympus-orf"),
    (b"MMOR\0\0\0\x08", "image/x-olympus-orf"),
    (b"IIU\0\x18\0\0\0", "image/x-panasonic-rw2"),
    (b"FOVb\2\0\3\0", "image/x-sigma-x3f"),
    (b"\0MRM\0\1", "image/x-minolta-mrw"),
    (b".RMF\0\0\0\x12", "application/vnd.rn-realmedia"),
    (b'<?xml version="1.0"?>\n<!-- a --><svg xmlns="x">', "image/svg+xml"),
    (b"\xef\xbb\xbf  <svg>", "image/svg+xml"),
]


@pytest.mark.parametrize(("head", "media_type"), EXAMPLES)
def test_type_is_told_by_content(head: bytes, media_type: str) -> None:
    assert sniff(head) == media_type
    assert is_recognised_media(media_type)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"B",
        b"BM and then prose, long enough for a header",
        b"RIFF\x10\x00\x00\x00WAVEfmt ",
        b"<html><body>",
        b"<?xml version='1.0'?><html/>",
        b"\xff\xd8",
        b"\x1a\x45\xdf\xa3",
        b"\x1a\x45\xdf\xa3\x42\x82",
        b"%PD",
        b"PK\x01\x02",
        b"BZh9 and then prose",
        b"G" + bytes(600),
    ],
)
def test_what_is_not_known_is_not_guessed(head: bytes) -> None:
    assert sniff(head) is None


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("GIF", "image/gif"),
        ("AVIF", "image/avif"),
        ("TIFF", "image/tiff"),
        ("BMP", "image/bmp"),
    ],
)
def test_every_decodable_format_is_recognised_as_written(name: str, media_type: str) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (9, 7)).save(buffer, name)
    assert sniff(buffer.getvalue()[:HEAD_BYTES]) == media_type
    assert is_decodable(media_type)


@pytest.mark.parametrize("media_type", ["image/jp2", "video/mp4", "image/svg+xml", "image/jxl"])
def test_recognised_is_not_decodable(media_type: str) -> None:
    assert is_recognised_media(media_type)
    assert not is_decodable(media_type)


def test_what_is_no_media_is_not_recognised() -> None:
    assert not is_recognised_media("application/pdf")
    assert not is_recognised_media("")


def packets(count: int, *, behind: int = 0, before: int = 0) -> bytes:
    """Return packets of a transport stream that hold nothing worth reading."""
    return count * (bytes(before) + b"G\x40\x11\x10" + 184 * b"\x5a" + bytes(behind))


@pytest.mark.parametrize("cut", [0, 1, 100, 187])
@pytest.mark.parametrize(("before", "behind"), [(0, 0), (4, 0), (0, 16)])
def test_a_transport_stream_that_begins_within_a_packet(cut: int, before: int, behind: int) -> None:
    data = packets(40, before=before, behind=behind)
    assert sniff(data[cut : cut + HEAD_BYTES]) == "video/mp2t"


PACK_OF_2 = b"\0\0\1\xba\x44\0\4\0\4\1\0\1\3\xfa\xff\xff\0\0\1\xe0"
PACK_OF_1 = b"\0\0\1\xba\x21\0\1\0\1\x80\0\1\0\0\1\xe0"


@pytest.mark.parametrize("pack", [PACK_OF_1, PACK_OF_2])
def test_a_program_stream_that_begins_within_a_pack(pack: bytes) -> None:
    assert sniff(700 * b"\x5a" + pack + 100 * b"\x5a") == "video/mpeg"


@pytest.mark.parametrize(
    "head",
    [
        b"prose" + HEAD_BYTES * b"G",
        b"x" + packets(40).replace(b"G\x40", b"G\xc0"),
        b"x" + packets(40).replace(b"\x11\x10", b"\x11\0"),
        b"x" + packets(4),
        HEAD_BYTES * b"G",
        100 * b"row 17 of the table: Group 12 in it, and more .\n",
        b"x" + packets(20) + b"prose" * 100,
        b"x" + PACK_OF_2[:16],
        b"x" + PACK_OF_2[:17] + b"\0\0\2\xe0",
        b"x" + PACK_OF_1.replace(b"\x21", b"\x61"),
        b"x\0\0\1\xba",
    ],
)
def test_what_only_resembles_such_a_stream_is_none(head: bytes) -> None:
    assert sniff(head[:HEAD_BYTES]) is None


@settings(max_examples=50, deadline=None)
@given(
    head=st.one_of(
        st.binary(max_size=64),
        st.builds(
            lambda example, cut, tail: example[0][:cut] + tail,
            st.sampled_from(EXAMPLES),
            st.integers(0, 40),
            st.binary(max_size=40),
        ),
    )
)
def test_any_bytes_have_a_recognised_type_or_none(head: bytes) -> None:
    media_type = sniff(head)
    assert (
        media_type is None or is_recognised_media(media_type) or is_recognised_container(media_type)
    )
