"""7z archives: those of another program, and hostile ones."""

import lzma
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.archives.sample_archives import (
    contents,
    noise_of,
    open_bytes,
    problem_of,
    read_all,
)
from tests.media.archives.sample_documents import SEVEN_ZIPS
from tests.media.archives.seven_zip_writing import header_of, number, sealed, seven_zipped, streams

from rempart.media import ArchiveLimits

SAMPLE_FILES = [
    (1, b"one.bin", bytes(range(256)) * 8),
    (2, b"d/two.bin", b"text " * 300),
    (3, b"empty.bin", b""),
    (4, "café.bin".encode(), b"\x01\x02" * 200),
]
NOISE = noise_of(3000)
FILES = [("a", NOISE), ("b", b"x" * 500), ("folder/", b""), ("c", b""), ("d", NOISE[:77])]


class TestOfAnotherProgram:
    @pytest.mark.parametrize(
        "name", ["lzma2", "lzma", "bzip2", "deflate", "copy", "zstd", "delta", "x86"]
    )
    def test_every_packing_that_is_known(self, name: str) -> None:
        assert read_all(SEVEN_ZIPS[name]) == (SAMPLE_FILES, None)

    def test_several_folders(self) -> None:
        assert read_all(SEVEN_ZIPS["two folders"]) == (
            [*SAMPLE_FILES, (5, b"later.bin", b"more")],
            None,
        )

    def test_an_unknown_packing_is_said(self) -> None:
        assert contents(SEVEN_ZIPS["ppmd"]) == ["unsupported-format"] * 4

    def test_encryption_is_said(self) -> None:
        assert contents(SEVEN_ZIPS["encrypted"]) == ["encrypted"] * 4
        assert read_all(SEVEN_ZIPS["header encrypted"]) == ([], "encrypted")

    @pytest.mark.parametrize("name", list(SEVEN_ZIPS))
    def test_torn_anywhere_it_is_an_outcome(self, name: str) -> None:
        data = SEVEN_ZIPS[name]
        for cut in range(8, len(data), 17):
            found, problem = read_all(data[:cut])
            assert (found, problem) == ([], "truncated")


class TestMembers:
    def test_files_in_one_stream_are_told_apart(self) -> None:
        assert read_all(seven_zipped(FILES)) == (
            [(1, b"a", NOISE), (2, b"b", b"x" * 500), (3, b"c", b""), (4, b"d", NOISE[:77])],
            None,
        )

    def test_an_empty_archive(self) -> None:
        assert read_all(sealed(b"", b"")) == ([], None)
        assert read_all(seven_zipped([("a/", b""), ("b", b"")])) == ([(1, b"b", b"")], None)

    def test_members_may_be_opened_in_another_order(self) -> None:
        members = list(open_bytes(seven_zipped(FILES)).members())
        assert [members[at].open().read() for at in (3, 0, 1)] == [NOISE[:77], NOISE, b"x" * 500]

    def test_a_member_cannot_be_read_once_another_is_opened(self) -> None:
        members = list(open_bytes(seven_zipped(FILES)).members())
        stream = members[0].open()
        members[1].open()
        with pytest.raises(ValueError, match="until another"):
            stream.read()

    @pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "C:\\x", "\ud800", "a\nb"])
    def test_a_name_is_a_label(self, name: str) -> None:
        names = b"\0" + name.encode("utf-16-le", "surrogatepass") + b"\0\0"
        found, _ = read_all(seven_zipped([("a", NOISE)], names=names))
        assert found == [(1, name.encode("utf-8", "surrogatepass"), NOISE)]


class TestHostile:
    def test_a_checksum_that_does_not_fit_is_the_members_problem(self) -> None:
        whole = NOISE + b"x" * 500 + NOISE[:77]
        coder = b"\x01\x00"
        header = header_of(FILES, whole, whole, streams=streams(whole, whole, coder=coder))
        damaged = bytearray(sealed(whole, header))
        damaged[32 + 3100] ^= 1
        assert contents(bytes(damaged)) == [NOISE, "corrupt", b"", NOISE[:77]]

    def test_a_bomb_ends_at_the_ratio(self) -> None:
        data = seven_zipped([("bomb", bytes(5_000_000)), ("good", b"x")])
        found, _ = read_all(data, limits=ArchiveLimits(max_ratio=50))
        assert [content for _, _, content in found] == ["expands-too-much"] * 2

    def test_a_damaged_beginning_or_header_is_told(self) -> None:
        data = bytearray(seven_zipped(FILES))
        data[9] ^= 1
        assert problem_of(bytes(data)) == "corrupt"
        data = bytearray(seven_zipped(FILES))
        data[-3] ^= 1
        assert problem_of(bytes(data)) == "corrupt"

    def test_a_header_that_is_too_long_is_not_read(self) -> None:
        start = struct.pack("<QQL", 0, 1 << 40, 0)
        data = b"7z\xbc\xaf\x27\x1c\0\4" + struct.pack("<L", zlib.crc32(start)) + start
        assert problem_of(data) == "unsupported-format"

    def test_a_header_that_unpacks_to_too_much_is_not_unpacked(self) -> None:
        packed = lzma.compress(
            bytes(100), lzma.FORMAT_RAW, filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 4096}]
        )
        described = streams(packed, bytes(100)).replace(b"\x0c\x64", b"\x0c" + number(1 << 40))
        assert problem_of(sealed(packed, b"\x17" + described + b"\0")) == "unsupported-format"

    def test_a_header_that_is_packed_again_and_again_ends(self) -> None:
        header = b"\x01\0"
        packed = b""
        for _ in range(10):
            packed += header
            described = streams(header, header, coder=b"\x01\x00")
            described = described.replace(b"\x06\0", b"\x06" + number(len(packed) - len(header)), 1)
            header = b"\x17" + described + b"\0"
        assert problem_of(sealed(packed, header)) == "corrupt"

    @pytest.mark.parametrize(
        "changes",
        [
            {"count": number(1 << 50)},
            {"count": number(9)},
            {"names": b"\0a\0\0\0"},
            {"names": b"\1"},
            {"substreams": b"\x08\x0d" + number(1 << 60) + b"\0"},
            {"substreams": b"\x08\x0d" + number(2) + b"\x09" + number(1 << 40) + b"\0"},
            {"substreams": b"\x99"},
            {"streams": b"\x06" + number(0) + number(1 << 60) + b"\x09"},
            {"streams": b"\x07\x0b" + number(1 << 60)},
            {"streams": b"\x07\x0b\x01\0\x7f"},
            {"streams": b"\x07\x0b\x01\0\x01\xff"},
            {"streams": b"\x07\x0b\x01\x01"},
            {"streams": b""},
        ],
    )
    def test_a_header_that_makes_no_sense_is_damage(self, changes: dict[str, bytes]) -> None:
        assert problem_of(seven_zipped(FILES, **changes)) in {"corrupt", "truncated"}

    @pytest.mark.parametrize(
        "coder", [b"\x21\x21\x01\xff", b"\x21\x21\x01\x28", b"\x23\x03\x01\x01\x05abcde"]
    )
    def test_properties_that_make_no_sense_are_damage(self, coder: bytes) -> None:
        whole = b"".join(data for _, data in FILES)
        data = seven_zipped(FILES, streams=streams(b"x" * 9, whole, coder=coder))
        assert set(contents(data)) <= {"corrupt", "memory-limit", b""}

    @settings(max_examples=60, deadline=None)
    @given(
        where=st.floats(0, 1),
        cut=st.integers(0, 6),
        inserted=st.binary(max_size=6),
    )
    def test_damage_behind_checksums_that_fit_is_an_outcome(
        self, where: float, cut: int, inserted: bytes
    ) -> None:
        whole = b"".join(data for _, data in FILES)
        header = header_of(FILES, whole, whole, streams=streams(whole, whole, coder=b"\x01\x00"))
        at = int(where * len(header))
        read_all(sealed(whole, header[:at] + inserted + header[at + cut :]))
