"""Pictures and attachments out of PDFs, whole, torn, hostile and encrypted."""

import base64
import io
import re
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.media.archives.sample_archives import problem_of, read_all
from tests.media.archives.sample_documents import DOCUMENTS, pdf, picture, stream

from rempart.media import HEAD_BYTES, ArchiveLimits, WorkerLimits, WorkerPool, open_picture, sniff
from rempart.media.archives import _pdf_objects, _pdf_window

GREY = Image.linear_gradient("L").resize((40, 30))
COLOUR = Image.merge(
    "RGB", (GREY, GREY.transpose(Image.Transpose.ROTATE_180), GREY.point(lambda v: 255 - v))
)
SIZE = COLOUR.size


def pixels_of(data: bytes) -> np.ndarray:
    """Return the pixels of the only picture in a PDF, through our own decoders."""
    ((_, _, content),) = read_all(data)[0]
    assert isinstance(content, bytes), content
    media_type = sniff(content[:HEAD_BYTES])
    found = open_picture(content, media_type=media_type or "", max_pixels=10**6).pixels()
    assert found.problem is None
    return found.array


def same(data: bytes, image: Image.Image) -> bool:
    return bool(np.array_equal(pixels_of(data).squeeze(), np.asarray(image).squeeze()))


def jpeg(image: Image.Image = COLOUR) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def rows_with_filter(image: Image.Image) -> bytes:
    """Return pixels as PNG has them before deflate: each row behind its filter, here Up."""
    array = np.asarray(image).reshape(image.height, -1)
    lines = np.diff(array.astype(np.int16), axis=0, prepend=0).astype(np.uint8)
    return b"".join(b"\x02" + line.tobytes() for line in lines)


class TestKindsOfPictures:
    def test_a_jpeg_is_given_as_it_is(self) -> None:
        data = pdf(stream(b"/Subtype /Image /Filter /DCTDecode", jpeg()))
        assert read_all(data) == ([(1, b"picture-1-0", jpeg())], None)

    def test_a_jpeg_packed_once_more_is_unpacked(self) -> None:
        packed = stream(b"/Subtype /Image /Filter [/FlateDecode /DCTDecode]", zlib.compress(jpeg()))
        assert read_all(pdf(packed))[0] == [(1, b"picture-1-0", jpeg())]

    @pytest.mark.parametrize("junk", [b"\n", b"\r\n", b"\xff\xd8 and prose", b"x" * 1000])
    def test_what_stands_before_a_jpeg_is_passed_over(self, junk: bytes) -> None:
        data = pdf(stream(b"/Subtype /Image /Filter /DCTDecode", junk + jpeg()))
        assert read_all(data) == ([(1, b"picture-1-0", jpeg())], None)

    @pytest.mark.parametrize("content", [b"", b"\xff", b"no picture " * 500])
    def test_what_is_no_jpeg_at_all_stays_as_it_is(self, content: bytes) -> None:
        data = pdf(stream(b"/Subtype /Image /Filter /DCTDecode", content))
        assert read_all(data) == ([(1, b"picture-1-0", content)], None)

    def test_a_jpeg_in_text_is_unpacked(self) -> None:
        written = base64.a85encode(jpeg()) + b"~>"
        data = pdf(stream(b"/Subtype /Image /Filter [/ASCII85Decode /DCTDecode]", written))
        assert read_all(data)[0] == [(1, b"picture-1-0", jpeg())]
        written = jpeg().hex().encode() + b">"
        data = pdf(stream(b"/Subtype /Image /Filter [ /AHx /DCT ]", written))
        assert read_all(data)[0] == [(1, b"picture-1-0", jpeg())]

    @pytest.mark.parametrize("packed", [True, False])
    def test_plain_pixels_become_a_picture(self, *, packed: bool) -> None:
        assert same(pdf(picture(SIZE, COLOUR.tobytes(), packed=packed)), COLOUR)
        assert same(pdf(picture(SIZE, GREY.tobytes(), space=b"/DeviceGray", packed=packed)), GREY)

    def test_pixels_packed_as_png_has_them(self) -> None:
        more = b"/DecodeParms << /Predictor 15 /Columns 40 /Colors %d >>"
        assert same(pdf(picture(SIZE, rows_with_filter(COLOUR), more=more % 3)), COLOUR)
        grey = picture(SIZE, rows_with_filter(GREY), space=b"/DeviceGray", more=more % 1)
        assert same(pdf(grey), GREY)

    def test_pixels_packed_as_tiff_has_them(self) -> None:
        lines = np.diff(np.asarray(COLOUR).astype(np.int16), axis=1, prepend=0).astype(np.uint8)
        more = b"/DecodeParms << /Predictor 2 /Columns 40 /Colors 3 >>"
        assert same(pdf(picture(SIZE, lines.tobytes(), more=more)), COLOUR)

    def test_colours_of_a_table(self) -> None:
        numbers = COLOUR.quantize(16)
        table = bytes(numbers.getpalette() or [])[:48]
        expected = numbers.convert("RGB")
        for written in (b"<" + table.hex().encode() + b">", b"2 0 R"):
            space = b"[/Indexed /DeviceRGB 15 " + written + b"]"
            made = picture(SIZE, numbers.tobytes(), space=space)
            assert same(pdf(made, stream(b"", table)), expected)

    def test_colours_of_a_profile_behind_references(self) -> None:
        made = picture(SIZE, COLOUR.tobytes(), space=b"2 0 R")
        data = pdf(made, b"[/ICCBased 3 0 R]", stream(b"/N 3", b"profile"))
        assert same(data, COLOUR)

    def test_ink_becomes_light(self) -> None:
        ink = COLOUR.convert("CMYK")
        found = pixels_of(pdf(picture(SIZE, ink.tobytes(), space=b"/DeviceCMYK")))
        assert np.abs(found.astype(int) - np.asarray(COLOUR)).max() <= 2

    @pytest.mark.parametrize(
        ("space", "decode"),
        [(b"/DeviceGray", b"/Decode [1 0]"), (b"[/Separation /Black /DeviceCMYK 9 0 R]", b"")],
    )
    def test_turned_grey_is_turned_back(self, space: bytes, decode: bytes) -> None:
        turned = GREY.point(lambda value: 255 - value)
        assert same(pdf(picture(SIZE, turned.tobytes(), space=space, more=decode)), GREY)

    def test_a_mask_is_a_picture_too(self) -> None:
        mask = GREY.point(lambda value: 255 * (value > 100)).convert("1")
        more = b"/Subtype /Image /Width 40 /Height 30 /ImageMask true /Filter /FlateDecode"
        found = pixels_of(pdf(stream(more, zlib.compress(mask.tobytes()))))
        assert np.array_equal(found.squeeze() > 0, np.asarray(mask))

    def test_a_fax_page(self) -> None:
        page = GREY.point(lambda value: 255 * (value > 100)).convert("1")
        buffer = io.BytesIO()
        page.save(buffer, "PDF")  # Pillow packs such pictures as a fax
        found = pixels_of(buffer.getvalue())
        assert np.array_equal(found.squeeze() > 0, np.asarray(page))

    def test_runs_of_bytes(self) -> None:
        dictionary = (
            b"/Subtype /Image /Width 40 /Height 2 /BitsPerComponent 8 /ColorSpace /G /Filter /RL"
        )
        runs = bytes([257 - 40, 7, 39]) + bytes(range(40)) + b"\x80"
        expected = np.array([[7] * 40, list(range(40))], np.uint8)
        assert np.array_equal(pixels_of(pdf(stream(dictionary, runs))).squeeze(), expected)

    def test_lzw(self) -> None:
        buffer = io.BytesIO()
        GREY.save(buffer, "TIFF", compression="tiff_lzw")
        tiff = Image.open(io.BytesIO(buffer.getvalue()))
        start, length = tiff.tag_v2[273][0], tiff.tag_v2[279][0]  # type: ignore[attr-defined]  # a TIFF's tags
        assert len(tiff.tag_v2[273]) == 1  # type: ignore[attr-defined]  # a TIFF's tags
        packed = buffer.getvalue()[start : start + length]
        dictionary = (
            b"/Subtype /Image /Width 40 /Height 30 /BPC 8 /ColorSpace /G /Filter /LZWDecode"
        )
        assert same(pdf(stream(dictionary, packed)), GREY)

    @pytest.mark.parametrize("said", [b"/Params << /Size 9 >>", b"/Subtype /image#2Fjpeg"])
    def test_an_attached_file_need_not_say_its_type(self, said: bytes) -> None:
        data = pdf(stream(said + b" /Filter /FlateDecode", zlib.compress(jpeg())))
        assert read_all(data) == ([(1, b"file-1-0", jpeg())], None)

    @pytest.mark.parametrize(
        "said", [b"", b"/Subtype /XML", b"/Subtype 99999999999", b"/Subtype [1]"]
    )
    def test_other_streams_are_no_members(self, said: bytes) -> None:
        assert read_all(pdf(stream(said, jpeg()))) == ([], None)

    def test_an_attachment_is_a_member(self) -> None:
        content = b"\x00\x01attached" * 100
        dictionary = b"/Type /EmbeddedFile /Filter /FlateDecode"
        data = pdf(stream(dictionary, zlib.compress(content)))
        assert read_all(data) == ([(1, b"file-1-0", content)], None)

    @pytest.mark.parametrize(
        "specification",
        [
            b"<< /Type /Filespec /F (a) /EF << /F 1 0 R >> >>",
            b"<</F(a)/EF<</UF 1 0 R/F 1 0 R>>>>",
            b"<</EF\n<<\r\n /F\t1  0\nR>> >>",
            b"[ << /EF 3 0 R >> ]",
            b"<</#45F<</F 1 0 R>>>>",
            b"<</E#46 << /#46 1 0 R >> >>",
            b"<</EF %said\n<< % said\n/F % here\n1%\n0 R >> >>",
            b"<</EF<</Other null/F 1 0 R>>>>",
            b"<</EF<</Other(a)/F 1 0 R>>>>",
        ],
    )
    def test_a_file_that_only_its_specification_names_is_a_member(
        self, specification: bytes
    ) -> None:
        content = b"\x00\x01attached" * 100
        held = stream(b"/Filter /FlateDecode", zlib.compress(content))
        table = b"<< /F 1 0 R /Other (1 0 R) >>"
        assert read_all(pdf(held, specification, table)) == ([(1, b"file-1-0", content)], None)

    @pytest.mark.parametrize("before", range(262_100, 262_160, 3))
    def test_a_file_is_named_wherever_its_specification_stands(self, before: int) -> None:
        said = b"<< /A (" + b"x" * before + b") /EF << /F 1 0 R /UF 1 0 R >> >>"
        data = pdf(stream(b"", b"\x00attached"), said)
        assert read_all(data) == ([(1, b"file-1-0", b"\x00attached")], None)

    def test_a_file_that_is_named_inside_an_object_stream_is_a_member(self) -> None:
        inner = b"<< /EF << /F 1 0 R >> >>"
        table = b"5 0 "
        held = stream(b"", b"\x00attached")
        named = stream(
            b"/Type /ObjStm /N 1 /First %d /Filter /FlateDecode" % len(table),
            zlib.compress(table + inner),
        )
        assert read_all(pdf(held, named)) == ([(1, b"file-1-0", b"\x00attached")], None)

    def test_a_file_that_is_named_is_a_member_in_every_revision(self) -> None:
        first, second = stream(b"", b"\x00first"), stream(b"", b"\x00second")
        data = pdf(first, b"<< /EF << /F 1 0 R >> >>")
        later = b"\n1 0 obj\n" + second + b"\nendobj\nstartxref\n0\n%%EOF\n"
        contents = [content for _, _, content in read_all(data + later)[0]]
        assert contents == [b"\x00first", b"\x00second"]

    @pytest.mark.parametrize(
        "said",
        [
            b"/EF",
            b"/EF << /F",
            b"/EF << /F 1 0 >>",
            b"/EFF << /F 1 0 R >>",
            b"/EF 9 0 R",
            b"/EF << /F 99999999 0 R >>",
            b"/EF << /F 2 0 R >>",
        ],
    )
    def test_what_names_no_file_makes_no_member(self, said: bytes) -> None:
        data = pdf(stream(b"", jpeg()), b"<< " + said + b" >>")
        assert read_all(data) == ([], None)

    @pytest.mark.parametrize("named", [b"<< /EF << /F 1 0 R >> >>", b"<< /EF 3 0 R >>"])
    def test_a_file_that_poses_as_plain_pixels_is_given_as_both(self, named: bytes) -> None:
        said = b"/Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode"
        held = stream(said, zlib.compress(b"\x00\x01attached"))
        (_, name, _), last = read_all(pdf(held, named, b"<< /F 1 0 R >>"))[0]
        assert name == b"picture-1-0"
        assert last == (2, b"file-1-0", b"\x00\x01attached")

    def test_a_picture_that_is_named_as_a_file_is_one_member(self) -> None:
        data = pdf(stream(b"/Subtype /Image /Filter /DCTDecode", jpeg()), b"<</EF<</F 1 0 R>>>>")
        assert read_all(data) == ([(1, b"picture-1-0", jpeg())], None)

    @pytest.mark.parametrize(
        "more",
        [
            b"/Filter /JBIG2Decode",
            b"/ColorSpace [/Lab << >>]",
            b"/ColorSpace [/Pattern]",
            b"/ColorSpace [/Indexed 1 0 R 3 1 0 R]",
            b"/ColorSpace /DeviceCMYK /Decode [1 0 1 0 1 0 1 0]",
            b"/ColorSpace /DeviceCMYK /Filter /FlateDecode /DecodeParms << /Predictor 12 >>",
        ],
    )
    def test_what_is_not_read_is_said(self, more: bytes) -> None:
        size = b"/Subtype /Image /Width 40 /Height 30 /BitsPerComponent 8 "
        ((_, _, content),) = read_all(pdf(stream(size + more, b"x" * 100)))[0]
        assert content == "unsupported-pixels"


class TestStructure:
    def test_objects_inside_object_streams_are_found(self) -> None:
        found, problem = read_all(DOCUMENTS["object-streams"])
        assert problem is None
        assert [sniff(content) for _, _, content in found if isinstance(content, bytes)] == [
            "image/jpeg"
        ]

    def test_the_length_may_stand_elsewhere(self) -> None:
        content = jpeg() + b"endstream" + jpeg()  # what a comment inside a picture may hold
        dictionary = b"/Subtype /Image /Filter /DCTDecode"
        data = pdf(stream(dictionary, content, length=b"2 0 R"), b"%d" % len(content))
        assert read_all(data)[0] == [(1, b"picture-1-0", content)]

    @pytest.mark.parametrize("length", [b"5", b"99999999", b"-1", b"(x)", b"7 0 R", b"1 0 R"])
    def test_a_length_that_lies_is_not_believed(self, length: bytes) -> None:
        dictionary = b"/Subtype /Image /Filter /DCTDecode"
        data = pdf(stream(dictionary, jpeg(), length=length), picture(SIZE, COLOUR.tobytes()))
        found, _ = read_all(data)
        assert [len(content) > 100 for _, _, content in found] == [True, True]
        assert found[0][2].startswith(jpeg())  # type: ignore[arg-type]  # bytes, shown above

    def test_a_picture_that_a_later_revision_dropped_is_found(self) -> None:
        dictionary = b"/Subtype /Image /Filter /DCTDecode"
        data = (
            pdf(stream(dictionary, jpeg()))
            + b"1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\nstartxref\n9\n%%EOF"
        )
        assert len(read_all(data)[0]) == 1

    def test_torn_anywhere_the_pictures_before_the_tear_are_given(self) -> None:
        dictionary = b"/Subtype /Image /Filter /DCTDecode"
        data = pdf(*[stream(dictionary, jpeg())] * 3)
        ends = [found.end() for found in re.finditer(b"endstream", data)]
        for cut in range(len(data) - 1, 100, -97):
            found, problem = read_all(data[:cut])
            whole = [content for _, _, content in found if content == jpeg()]
            assert len(whole) == sum(end <= cut for end in ends)
            if cut < data.rfind(b"startxref"):
                assert problem == "truncated"

    def test_a_torn_picture_is_never_called_whole(self) -> None:
        data = pdf(stream(b"/Subtype /Image /Filter /DCTDecode", jpeg()))
        ((_, _, content),) = read_all(data[: data.index(b"stream") + 300])[0]
        assert content == "truncated"

    @pytest.mark.parametrize(
        "hostile",
        [
            b"1 0 R",
            b"[" * 100_000,
            b"<< /Subtype /Image /Width " + b"[" * 40,
            b"(" * 5000,
            b"<< /A " * 3000,
            b"<< /Type /ObjStm /N 99999999 /First 1 /Length 0 >>\nstream\n\nendstream",
            b"<< /Subtype /Image /Filter ["
            + b"/FlateDecode " * 50
            + b"] /Length 0 >>\nstream\n\nendstream",
            b"<< /Subtype /Image /Width [] /Height << >> /BitsPerComponent [] >>\nstream\nx\nendstream",
            b"<< /Subtype /Image /ColorSpace 1 0 R /Filter 1 0 R /Length 1 0 R >>\nstream\nx\nendstream",
        ],
    )
    def test_a_hostile_object_costs_only_itself(self, hostile: bytes) -> None:
        good = stream(b"/Subtype /Image /Filter /DCTDecode", jpeg())
        found, _ = read_all(pdf(hostile, good))
        assert jpeg() in [content for _, _, content in found]

    def test_an_object_stream_that_is_a_bomb_is_not_unpacked(self) -> None:
        bomb = stream(
            b"/Type /ObjStm /N 1 /First 5 /Filter /FlateDecode", zlib.compress(bytes(10**8), 9)
        )
        made = picture(SIZE, COLOUR.tobytes(), space=b"77 0 R")
        limits = ArchiveLimits(max_bytes=10**6)
        found, problem = read_all(pdf(bomb, made), limits=limits)
        assert [content for _, _, content in found] == ["unsupported-pixels"]
        assert problem == "expands-too-much"

    def test_objects_within_objects_end_at_the_effort(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(_pdf_objects, "_LEAST_EFFORT", 10_000)
        monkeypatch.setattr(_pdf_objects, "_EFFORT_A_BYTE", 0)
        good = stream(b"/Subtype /Image /Filter /DCTDecode", jpeg())
        found, problem = read_all(pdf(good, b"(stream 9 0 obj " * 1000, good))
        assert ([content for _, _, content in found], problem) == ([jpeg()], "corrupt")

    def test_too_many_objects_are_not_looked_at(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(_pdf_objects, "LARGEST_OBJECTS", 10)
        good = stream(b"/Subtype /Image /Filter /DCTDecode", jpeg())
        found, problem = read_all(pdf(good, *[b"1"] * 20, good))
        assert ([content for _, _, content in found], problem) == ([jpeg()], "unsupported-format")

    @pytest.mark.parametrize(
        "repeated", [b"1 0 obj ", b"1 0 obj<<>> stream\n", b"1 0 obj (stream "]
    )
    def test_a_word_that_is_nowhere_is_looked_for_once(
        self, repeated: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        searched: list[bytes] = []
        find = _pdf_window.Window.find

        def counted(window: _pdf_window.Window, word: bytes, start: int) -> int:
            searched.append(word)
            return find(window, word, start)

        monkeypatch.setattr(_pdf_window.Window, "find", counted)
        read_all(b"%PDF-1.7\n" + repeated * 500)
        assert searched.count(b"endstream") + searched.count(b"endobj") <= 4

    def test_a_bomb_of_pixels_stays_packed(self) -> None:
        made = picture((20_000, 20_000), bytes(10**7))
        ((_, _, content),) = read_all(pdf(made))[0]
        assert isinstance(content, bytes)
        assert len(content) < 20_000


class TestEncryption:
    @pytest.mark.parametrize("name", ["rc4-40", "rc4-128", "aes-128", "aes-256", "aes-256-old"])
    def test_what_opens_without_a_password_is_read(self, name: str) -> None:
        data = DOCUMENTS[name]
        plain = pixels_of(DOCUMENTS["object-streams"])
        assert np.array_equal(pixels_of(data), plain)

    def test_what_needs_a_password_is_said_to_be_encrypted(self) -> None:
        data = DOCUMENTS["password"]
        assert read_all(data) == ([], "encrypted")

    @pytest.mark.parametrize(
        "encryption",
        [b"<< /Filter /Other >>", b"<< /Filter /Standard /V 9 /R 9 >>", b"99 0 R", b"[]", b"<< >>"],
    )
    def test_what_is_encrypted_otherwise_is_said_to_be(self, encryption: bytes) -> None:
        trailer = b"/Encrypt 2 0 R /ID [<00> <00>]"
        good = stream(b"/Subtype /Image /Filter /DCTDecode", jpeg())
        assert problem_of(pdf(good, encryption, trailer=trailer)) == "encrypted"

    def test_words_about_encryption_hide_nothing(self) -> None:
        good = stream(b"/Subtype /Image /Filter /DCTDecode", jpeg())
        data = pdf(good).replace(b"1 0 obj", b"% trailer << /Encrypt 9 0 R >>\n1 0 obj", 1)
        assert read_all(data)[0] == [(1, b"picture-1-0", jpeg())]

    def test_it_is_read_inside_the_sandbox(self, tmp_path: Path) -> None:
        told = []
        with WorkerPool("container_workloads:read", None, 1, WorkerLimits()) as pool:
            for name in ("rc4-128", "aes-128", "aes-256"):
                path = tmp_path / name
                path.write_bytes(DOCUMENTS[name])
                with path.open("rb") as file:
                    pool.submit(file.fileno(), b"", name)
                told += [each.payload for each in pool.drain()]
        assert len(set(told)) == 1, told
        assert isinstance(told[0], bytes)
        assert b"null" in told[0]
