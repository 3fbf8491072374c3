"""Hostile, odd and torn tars, and what is packed as a whole."""

import bz2
import gzip
import io
import lzma
import tarfile

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.archives.sample_archives import contents, noise_of, open_bytes, read_all, tarred

from rempart.media import ArchiveLimits, ContainerError, sniff

NOISE = noise_of(3000)
END = bytes(1024)


def header(
    name: bytes = b"a",
    size: bytes | int = 0,
    kind: bytes = b"0",
    *,
    changes: dict[int, bytes] | None = None,
) -> bytes:
    """Return one header with a checksum that fits."""
    written = size if isinstance(size, bytes) else b"%011o\0" % size
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108] = b"0000644\0"
    block[124 : 124 + len(written)] = written
    block[156:157] = kind
    block[257:265] = b"ustar\x0000"
    for at, content in (changes or {}).items():
        block[at : at + len(content)] = content
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def content(data: bytes) -> bytes:
    """Return data in whole blocks."""
    return data + bytes(-len(data) % 512)


def good(name: bytes = b"good") -> bytes:
    return header(name, len(NOISE)) + content(NOISE)


def records(**values: str) -> bytes:
    """Return a pax header with these records; `__` in a key stands for a dot."""
    lines = b""
    for key, value in values.items():
        body = f" {key.replace('__', '.')}={value}\n".encode()
        length = len(body) + 1
        while len(str(length)) + len(body) != length:
            length = len(str(length)) + len(body)
        lines += str(length).encode() + body
    return header(b"pax", len(lines), b"x") + content(lines)


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "problem"),
        [
            (b"1", "link-not-followed"),
            (b"2", "link-not-followed"),
            (b"3", "not-a-file"),
            (b"4", "not-a-file"),
            (b"6", "not-a-file"),
        ],
    )
    def test_links_and_devices_are_members_without_content(self, kind: bytes, problem: str) -> None:
        found = read_all(header(b"odd", 0, kind) + good() + END)
        assert found == ([(1, b"odd", problem), (2, b"good", NOISE)], None)

    def test_a_link_out_of_the_archive_is_not_followed(self) -> None:
        link = header(b"x", 0, b"2", changes={157: b"../../../../etc/passwd"})
        assert contents(link + header(b"x/y", 3) + content(b"abc") + END)[0] == "link-not-followed"

    def test_folders_are_no_members(self) -> None:
        data = header(b"d/", 0, b"5") + header(b"old/", 0, b"\0") + good() + END
        assert read_all(data) == ([(1, b"good", NOISE)], None)

    def test_unknown_kinds_are_files(self) -> None:
        data = (
            header(b"a", 3, b"7") + content(b"abc") + header(b"b", 3, b"Z") + content(b"def") + END
        )
        assert contents(data) == [b"abc", b"def"]

    @pytest.mark.parametrize("name", [b"../../x", b"/etc/passwd", b"\xff\xfe", b"a\nb"])
    def test_a_name_is_a_label_and_keeps_its_bytes(self, name: bytes) -> None:
        assert read_all(header(name, 3) + content(b"abc") + END)[0] == [(1, name, b"abc")]

    def test_long_names_of_gnu_and_pax(self) -> None:
        name = b"long/" * 500
        gnu = header(b"././@LongLink", len(name), b"L") + content(name) + good(b"short")
        pax = records(path="é" * 300) + good(b"short")
        found = read_all(gnu + pax + good() + END)[0]
        assert [each[1] for each in found] == [name, ("é" * 300).encode(), b"good"]

    def test_a_size_in_a_pax_header_counts(self) -> None:
        assert contents(records(size="3") + header(b"a", 0) + content(b"abc") + END) == [b"abc"]

    def test_a_size_in_base_256(self) -> None:
        size = b"\x80" + (3).to_bytes(11, "big")
        assert contents(header(b"a", size) + content(b"abc") + END) == [b"abc"]


class TestSparse:
    PIECES = ((0, b"head" * 200), (10_000, b"tail" * 10))
    SIZE = 20_000

    @property
    def whole(self) -> bytes:
        data = bytearray(self.SIZE)
        for at, piece in self.PIECES:
            data[at : at + len(piece)] = piece
        return bytes(data)

    @property
    def stored(self) -> bytes:
        return b"".join(piece for _, piece in self.PIECES)

    def test_in_the_old_form_of_gnu(self) -> None:
        numbers = b"".join(b"%011o\0%011o\0" % (at, len(piece)) for at, piece in self.PIECES)
        changes = {257: b"ustar  \0", 386: numbers, 483: b"%011o\0" % self.SIZE}
        first = header(b"a", len(self.stored), b"S", changes=changes)
        assert contents(first + content(self.stored) + good() + END) == [self.whole, NOISE]

    def test_in_the_old_form_with_a_map_that_goes_on(self) -> None:
        changes = {482: b"\1", 483: b"%011o\0" % self.SIZE}
        first = header(b"a", len(self.stored), b"S", changes=changes)
        numbers = b"".join(b"%011o\0%011o\0" % (at, len(piece)) for at, piece in self.PIECES)
        more = numbers.ljust(512, b"\0")
        assert contents(first + more + content(self.stored) + good() + END) == [self.whole, NOISE]

    def test_in_the_forms_of_pax(self) -> None:
        places = [f"{at},{len(piece)}" for at, piece in self.PIECES]
        form_01 = records(GNU__sparse__size=str(self.SIZE), GNU__sparse__map=",".join(places))
        form_01 += header(b"a", len(self.stored)) + content(self.stored)
        numbers = b"2\n" + b"".join(b"%d\n%d\n" % (at, len(piece)) for at, piece in self.PIECES)
        form_10 = records(
            GNU__sparse__major="1",
            GNU__sparse__minor="0",
            GNU__sparse__name="real",
            GNU__sparse__realsize=str(self.SIZE),
        )
        inner = content(numbers) + self.stored
        form_10 += header(b"a", len(inner)) + content(inner)
        found, problem = read_all(form_01 + form_10 + good() + END)
        assert found == [(1, b"a", self.whole), (2, b"real", self.whole), (3, b"good", NOISE)]
        assert problem is None

    @pytest.mark.parametrize(
        "numbers",
        [
            b"%011o\0%011o\0" % (5, 100) + b"%011o\0%011o\0" % (50, 100),
            b"%011o\0%011o\0" % (10**9, 200),
            b"\xff" * 24,
            b"9" * 24,
        ],
    )
    def test_a_map_that_contradicts_itself_costs_only_its_member(self, numbers: bytes) -> None:
        changes = {386: numbers, 483: b"%011o\0" % self.SIZE}
        first = header(b"a", 200, b"S", changes=changes)
        assert contents(first + content(bytes(200)) + good() + END) == ["corrupt", NOISE]

    def test_holes_count_as_unpacked_bytes(self) -> None:
        changes = {386: b"%011o\0%011o\0" % (0, 3), 483: b"\x80" + (2**62).to_bytes(11, "big")}
        first = header(b"a", 3, b"S", changes=changes)
        assert contents(first + content(b"abc") + good() + END) == ["expands-too-much", NOISE]

    def test_a_map_without_end_is_bounded(self) -> None:
        numbers = b"%011o\0%011o\0" % (0, 0)
        more = (numbers * 21 + b"\1").ljust(512, b"\0")
        first = header(b"a", 3, b"S", changes={482: b"\1"})
        found, _ = read_all(first + more * 6000 + content(b"abc") + good() + END)
        assert found[0][2] == "corrupt"
        assert found[-1][2] == NOISE


class TestDamage:
    @pytest.mark.parametrize(
        "size", [b"\xff" * 12, b"-0000000001\0", b"99999999999\0", b"hello world\0"]
    )
    def test_a_size_that_is_none_is_damage(self, size: bytes) -> None:
        found, problem = read_all(good(b"first") + header(b"bad", size) + good() + END)
        assert [name for _, name, _ in found] == [b"first", b"good"]
        assert problem == "corrupt"

    def test_a_size_beyond_the_end_is_a_tear(self) -> None:
        huge = b"\x80" + (2**80).to_bytes(11, "big")
        found, problem = read_all(good(b"first") + header(b"huge", huge) + good())
        assert [content for _, _, content in found] == [NOISE, "truncated"]
        assert problem == "truncated"

    def test_behind_damage_the_next_header_is_found(self) -> None:
        found, problem = read_all(good(b"first") + noise_of(2048) + good() + END)
        assert [name for _, name, _ in found] == [b"first", b"good"]
        assert problem == "corrupt"

    def test_an_archive_that_was_appended_is_read_too(self) -> None:
        assert contents(good(b"first") + END + good() + END) == [NOISE, NOISE]

    def test_an_archive_without_end_is_torn(self) -> None:
        assert read_all(good())[1] == "truncated"

    def test_headers_that_are_too_long_are_passed_over(self) -> None:
        long = header(b"pax", 3_000_000, b"x") + bytes(3_000_320)
        found, problem = read_all(good(b"first") + long + good() + END)
        assert [name for _, name, _ in found] == [b"first", b"good"]
        assert problem == "corrupt"

    @pytest.mark.parametrize(
        "data", [b"999 a=b\n", b"x a=b\n", b"6 ab\n\n", b"-1 a=b\n", b"0 a=b\n"]
    )
    def test_a_pax_header_of_another_form_is_damage(self, data: bytes) -> None:
        archive = header(b"pax", len(data), b"x") + content(data) + good() + END
        assert read_all(archive) == ([(1, b"good", NOISE)], "corrupt")

    def test_a_member_cannot_be_read_once_the_next_is_asked_for(self) -> None:
        members = open_bytes(good() + good() + END).members()
        stream = next(members).open()
        next(members)
        with pytest.raises(ValueError, match="only until the next"):
            stream.read(1)


class TestPackedAsAWhole:
    def test_a_bomb_ends_at_the_ratio(self) -> None:
        data = gzip.compress(tarred([("first", b"x"), ("bomb", bytes(5_000_000)), ("last", b"y")]))
        found, problem = read_all(data, limits=ArchiveLimits(max_ratio=100))
        assert [content for _, _, content in found] == [b"x", "expands-too-much"]
        assert problem == "expands-too-much"

    def test_what_nobody_reads_is_counted_too(self) -> None:
        data = lzma.compress(tarred([("bomb", bytes(5_000_000)), ("last", b"y")]), preset=0)
        container = open_bytes(data, ArchiveLimits(max_bytes=1_000_000, max_ratio=10**9))
        assert [member.name for member in container.members()] == [b"bomb"]
        assert container.problem is not None

    @pytest.mark.parametrize(
        "pack", [gzip.compress, bz2.compress, lzma.compress, zstandard.compress]
    )
    def test_one_file_is_one_member(self, pack: object) -> None:
        data = pack(NOISE)  # type: ignore[operator]  # one of the four above
        assert read_all(data) == ([(1, b"content", NOISE)], None)
        twice = pack(NOISE) + pack(b"more")  # type: ignore[operator]  # the same
        assert contents(twice) == [NOISE + b"more"]
        assert contents(data + b"\0" * 100) == [NOISE]
        assert contents(data + b"left over") == [NOISE]
        assert contents(data[:-1]) == ["truncated"]

    @pytest.mark.parametrize("field", [-8, -1])
    @pytest.mark.parametrize("behind", [b"", b"junk", gzip.compress(b"more", mtime=0)])
    @pytest.mark.parametrize("step", [1, 512, 65536, 262144])
    def test_all_is_given_before_a_false_checksum_is_told(
        self, field: int, behind: bytes, step: int
    ) -> None:
        plain = NOISE[:3000] + bytes(3000)
        packed = bytearray(gzip.compress(plain))
        packed[field] ^= 1
        stream = next(open_bytes(bytes(packed) + behind).members()).open()
        whole = plain + (b"more" if behind[:1] == b"\x1f" else b"")
        given = b""
        while len(given) < len(whole) and (piece := stream.read(step)):
            given += piece
        assert given == whole
        with pytest.raises(ContainerError, match="checksum") as caught:
            stream.read(step)
        assert caught.value.gave_all

    def test_the_name_in_a_gzip_is_a_label(self) -> None:
        buffer = io.BytesIO()
        with gzip.GzipFile("../../etc/passwd", "wb", fileobj=buffer) as file:
            file.write(NOISE)
        ((_, name, found),) = read_all(buffer.getvalue())[0]
        assert (found, name) == (NOISE, b"passwd")
        plain = gzip.compress(NOISE)
        named = plain[:3] + b"\x08" + plain[4:10] + b"/etc/\xff\0" + plain[10:]
        assert read_all(named)[0] == [(1, b"/etc/\xff", NOISE)]

    def test_a_dictionary_larger_than_the_memory_is_refused(self) -> None:
        filters = [
            {
                "id": lzma.FILTER_LZMA2,
                "dict_size": 600 * 1024**2,
                "mf": lzma.MF_HC3,
                "mode": lzma.MODE_FAST,
            }
        ]
        data = lzma.compress(b"small", filters=filters)
        assert contents(data) == ["memory-limit"]
        window = zstandard.ZstdCompressionParameters(window_log=30, enable_ldm=1)
        packer = zstandard.ZstdCompressor(compression_params=window).compressobj()
        assert contents(packer.compress(bytes(100)) + packer.flush()) == ["memory-limit"]

    def test_zstandard_without_end_or_with_large_blocks(self) -> None:
        data = zstandard.compress(NOISE)
        skippable = b"\x50\x2a\x4d\x18\x03\0\0\0abc"
        assert contents(data + skippable) == [NOISE]
        assert contents(data[:5] + b"\xff\xff\xff" + data[8:])[0] in {"corrupt", "truncated"}

    def test_a_torn_packed_tar_gives_what_is_there(self) -> None:
        noise = noise_of(200_000)
        data = gzip.compress(tarred([("a", noise), ("b", noise)]))
        found, problem = read_all(data[: len(data) * 3 // 4])
        assert [content for _, _, content in found] == [noise, "truncated"]
        assert problem == "truncated"


@settings(max_examples=25, deadline=None)
@given(
    files=st.lists(
        st.tuples(
            st.text("ab/.é€", min_size=1, max_size=120).filter(lambda name: name[-1] != "/"),
            st.binary(max_size=1200),
        ),
        max_size=5,
    ),
    form=st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]),
)
def test_what_is_written_is_read_back(files: list[tuple[str, bytes]], form: int) -> None:
    if not files:
        return
    found, problem = read_all(tarred(files, form))
    assert problem is None
    assert [(name.decode(), data) for _, name, data in found] == files


@settings(max_examples=40, deadline=None)
@given(
    seed=st.sampled_from([good() + records(path="b") + good() + END, TestSparse().stored + good()]),
    where=st.floats(0, 1),
    cut=st.integers(0, 600),
    inserted=st.binary(max_size=12),
)
def test_damage_anywhere_is_an_outcome(
    seed: bytes, where: float, cut: int, inserted: bytes
) -> None:
    at = int(where * len(seed))
    data = seed[:at] + inserted + seed[at + cut :]
    if sniff(data) == "application/x-tar":
        try:
            read_all(data)
        except ContainerError:
            pytest.fail("what is wrong inside is no error of opening")
