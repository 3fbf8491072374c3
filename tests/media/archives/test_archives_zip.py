"""Hostile, odd and torn zips."""

import contextlib
import io
import struct
import tracemalloc
import zipfile
import zlib
from collections import deque
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.archives.sample_archives import (
    LIMITS,
    contents,
    noise_of,
    open_bytes,
    problem_of,
    read_all,
    zipped,
    zipped_64,
    zipped_forward,
)

from rempart.media import ArchiveLimits, ContainerError, open_container, sniff
from rempart.media.archives import _extents

NOISE = noise_of(5000)


def local(
    name: bytes, data: bytes, *, flags: int = 0, method: int = 0, crc: int | None = None
) -> bytes:
    """Return a member as it stands in a zip, stored or packed before."""
    crc = zlib.crc32(data) if crc is None else crc
    sizes = (len(data), len(data))
    return (
        struct.pack("<4s5H3L2H", b"PK\3\4", 20, flags, method, 0, 33, crc, *sizes, len(name), 0)
        + name
        + data
    )


def entry(
    name: bytes, data: bytes, offset: int, *, flags: int = 0, size: int | None = None
) -> bytes:
    """Return a member's entry in the directory."""
    sizes = (len(data), len(data) if size is None else size)
    return (
        struct.pack(
            "<4s4B4HL2L5H2L",
            *(b"PK\1\2", 20, 3, 20, 0, flags, 0, 0, 33, zlib.crc32(data), *sizes),
            *(len(name), 0, 0, 0, 0, 0, offset),
        )
        + name
    )


def closed(
    members: bytes, entries: list[bytes], *, comment: bytes = b"", count: int | None = None
) -> bytes:
    """Return an archive of these members and entries."""
    directory = b"".join(entries)
    number = len(entries) if count is None else count
    end = struct.pack(
        "<4s4H2LH", b"PK\5\6", 0, 0, number, number, len(directory), len(members), len(comment)
    )
    return members + directory + end + comment


def one(name: bytes = b"a", data: bytes = NOISE) -> bytes:
    return closed(local(name, data), [entry(name, data, 0)])


def overlapping(content: bytes, count: int) -> bytes:
    """Return an archive whose members are all packed in the same bytes."""
    made = zipped([("0", content)])
    start, end = made.index(b"PK\1\2"), made.index(b"PK\5\6")
    return closed(made[:start], [made[start:end]] * count)


def quine() -> bytes:
    """Return an archive that nests itself deeper than anybody goes: each level is the next one's only member."""
    data = zipped([("end.txt", b"end")])
    for _ in range(40):
        data = zipped([("r.zip", data)])
    return data


def peak_bytes(work: Callable[[], object]) -> int:
    """Return how much memory some work took at most."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestNames:
    @pytest.mark.parametrize(
        "name",
        [
            b"../../etc/passwd",
            b"/etc/passwd",
            b"C:\\windows\\x",
            b"a/../../b",
            b"caf\x82",
            b"\xff\xfe\x00",
            "bild-ä-€".encode(),
            b"new\nline\x1b[31m",
            b"",
            b"x" * 65535,
        ],
    )
    def test_a_name_is_a_label_and_keeps_its_bytes(self, name: bytes) -> None:
        assert read_all(one(name)) == ([(1, name, NOISE)], None)

    def test_names_that_occur_twice_are_told_apart_by_their_numbers(self) -> None:
        data = [b"first", b"second", b"third"]
        members = b"".join(local(b"same", each) for each in data)
        places = [sum(len(local(b"same", each)) for each in data[:at]) for at in range(3)]
        archive = closed(
            members, [entry(b"same", each, at) for each, at in zip(data, places, strict=True)]
        )
        assert read_all(archive)[0] == [(at, b"same", each) for at, each in enumerate(data, 1)]

    def test_folders_are_no_members(self) -> None:
        assert read_all(zipped([("a/", b""), ("a/b", b"x"), ("c/", b"")]))[0] == [(1, b"a/b", b"x")]

    def test_a_folder_with_content_is_a_member(self) -> None:
        assert contents(one(b"folder/")) == [NOISE]


class TestBombs:
    def test_a_member_over_the_ratio_costs_only_itself(self) -> None:
        data = zipped([("bomb", bytes(5_000_000)), ("good", NOISE)])
        found, problem = read_all(data, limits=ArchiveLimits(max_ratio=100))
        assert [content for _, _, content in found] == ["expands-too-much", NOISE]
        assert problem is None

    def test_members_that_share_their_bytes_are_bounded_together(self) -> None:
        content = bytes(400_000)
        found, _ = read_all(overlapping(content, 50), limits=ArchiveLimits(max_ratio=100))
        given = [each for _, _, each in found]
        # The first shares with none before it; two more unpack to less than the mebibyte that no ratio counts for.
        assert given == [content] * 3 + ["expands-too-much"] * 47

    def test_members_that_share_their_bytes_are_bounded_by_the_archives_size(self) -> None:
        content = noise_of(300_000)
        found, _ = read_all(overlapping(content, 50), limits=ArchiveLimits(max_ratio=6))
        given = [each for _, _, each in found]
        # Packed bytes count as well: three members and a bit are six times the archive.
        assert given == [content] * 4 + ["expands-too-much"] * 46

    def test_shared_bytes_that_unpack_to_nothing_are_bounded_too(self) -> None:
        nothing = b"\0\0\0\xff\xff" * 80_000 + b"\1\0\0\xff\xff"
        members = local(b"0", nothing, method=8)
        again = entry(b"0", nothing, 0, size=0)
        again = again[:10] + struct.pack("<H", 8) + again[12:16] + bytes(4) + again[20:]
        members = members[:14] + struct.pack("<3L", 0, len(nothing), 0) + members[26:]
        found, _ = read_all(closed(members, [again] * 50), limits=ArchiveLimits(max_ratio=4))
        assert [content for _, _, content in found] == [b""] * 5 + ["expands-too-much"] * 45

    @pytest.mark.parametrize("claimed", [1 << 30, 20_000])
    def test_an_entry_that_claims_all_bytes_hides_nothing(self, claimed: int) -> None:
        cover = bytearray(local(b"cover", b"", method=8))
        cover[18:26] = struct.pack("<2L", claimed, claimed)
        first = bytearray(entry(b"cover", b"", 0))
        first[10:12] = struct.pack("<H", 8)
        first[20:28] = struct.pack("<2L", claimed, claimed)
        members, entries = bytes(cover), [bytes(first)]
        for at in range(3):
            entries.append(entry(b"%d" % at, NOISE, len(members)))
            members += local(b"%d" % at, NOISE)
        found = contents(closed(members, entries))
        assert isinstance(found[0], str)
        assert found[1:] == [NOISE] * 3

    def test_members_that_lie_within_another_are_given(self) -> None:
        inner = local(b"inner", NOISE)
        outer = local(b"outer", inner)
        entries = [
            entry(b"outer", inner, 0),
            entry(b"inner", NOISE, len(outer) - len(inner)),
            entry(b"after", b"last", len(outer)),
        ]
        found = contents(closed(outer + local(b"after", b"last"), entries))
        assert found == [inner, NOISE, b"last"]

    def test_archives_within_archives_end_at_the_depth(self) -> None:
        limits = ArchiveLimits(max_depth=5)
        data = quine()
        for depth in range(1, 6):
            data = contents(data)[0]  # type: ignore[assignment]  # bytes, or the next line fails
            assert sniff(data) == "application/zip", depth
        source = io.BytesIO(data)
        with pytest.raises(ContainerError, match="deeper"):
            open_container(source, media_type="application/zip", limits=limits, depth=6)

    def test_a_header_that_promises_little_is_not_believed(self) -> None:
        packed = zlib.compress(bytes(100_000))[2:-4]
        member = local(b"a", packed, method=8)
        sizes = entry(b"a", packed, 0, size=10)
        sizes = sizes[:10] + struct.pack("<H", 8) + sizes[12:]
        member = member[:22] + struct.pack("<L", 10) + member[26:]
        assert contents(closed(member, [sizes])) == ["corrupt"]

    def test_a_header_that_promises_much_takes_no_memory(self) -> None:
        archive = zipped_64([("a", NOISE)]).replace(struct.pack("<L", 5000), b"\xfe\xff\xff\xff")
        assert [member.size for member in open_bytes(archive).members()] == [0xFFFFFFFE]
        assert peak_bytes(lambda: read_all(archive)) < 2_000_000
        assert contents(archive) == ["truncated"]

    def test_a_large_member_is_read_in_little_memory(self) -> None:
        data = zipped([("large", bytes(10_000_000))])
        stream = next(open_bytes(data, ArchiveLimits(max_ratio=2000)).members()).open()
        assert peak_bytes(lambda: deque(iter(lambda: stream.read(65536), b""), 0)) < 2_000_000

    def test_many_tiny_members_are_given_in_little_memory(self) -> None:
        count = 5_000
        member = local(b"a", b"")
        entries = [entry(b"a", b"", at * len(member)) for at in range(count)]
        container = open_bytes(closed(member * count, entries))
        assert peak_bytes(lambda: deque(container.members(), 0)) < 2_000_000
        assert container._budget.members == LIMITS.max_members - count

    @pytest.mark.long
    @pytest.mark.timeout(600)
    def test_very_many_members_in_the_dearest_order_are_given_in_little_memory(self) -> None:
        count = 300_000
        member = local(b"a", b"x")
        entries = [entry(b"a", b"x", at * len(member)) for at in reversed(range(count))]
        container = open_bytes(closed(member * count, entries, count=count & 0xFFFF))
        del entries
        # Sixteen bytes for each member: which bytes are taken has to be known.
        assert peak_bytes(lambda: deque(container.members(), 0)) < 15_000_000
        assert container.problem is None


class TestEncryption:
    @pytest.mark.parametrize("flags", [1, 1 | 64, 1 | 8])
    def test_an_encrypted_member_is_said_to_be(self, flags: int) -> None:
        archive = closed(local(b"a", NOISE, flags=flags), [entry(b"a", NOISE, 0, flags=flags)])
        assert contents(archive) == ["encrypted"]

    def test_encryption_that_only_one_header_names_is_a_contradiction(self) -> None:
        archive = closed(local(b"a", NOISE, flags=1), [entry(b"a", NOISE, 0)])
        assert contents(archive) == ["corrupt"]


class TestDamage:
    def test_a_checksum_that_does_not_fit_is_the_members_problem(self) -> None:
        data = bytearray(zipped([("a", NOISE), ("b", b"good")], zipfile.ZIP_STORED))
        data[100] ^= 1
        assert read_all(bytes(data)) == ([(1, b"a", "corrupt"), (2, b"b", b"good")], None)

    def test_what_came_before_the_damage_is_given(self) -> None:
        data = bytearray(zipped([("a", NOISE * 100)], zipfile.ZIP_STORED))
        data[-200] ^= 1
        stream = next(open_bytes(bytes(data)).members()).open()
        assert stream.read(100_000) == (NOISE * 100)[:100_000]
        with pytest.raises(ContainerError, match="checksum"):
            stream.read()

    def test_headers_that_contradict_the_directory_are_refused(self) -> None:
        other = closed(local(b"a", NOISE, crc=7), [entry(b"a", NOISE, 0)])
        assert contents(other) == ["corrupt"]
        nowhere = closed(local(b"a", NOISE), [entry(b"a", NOISE, 17)])
        assert contents(nowhere) == ["corrupt"]
        beyond = closed(local(b"a", NOISE), [entry(b"a", NOISE, 10**9)])
        assert contents(beyond) == ["truncated"]

    def test_another_name_in_the_members_own_header_changes_nothing(self) -> None:
        archive = closed(local(b"harmless.txt", NOISE), [entry(b"picture.jpg", NOISE, 0)])
        assert read_all(archive) == ([(1, b"picture.jpg", NOISE)], None)

    def test_a_directory_that_promises_more_entries_is_damaged(self) -> None:
        archive = closed(local(b"a", NOISE), [entry(b"a", NOISE, 0)], count=7)
        assert read_all(archive) == ([(1, b"a", NOISE)], "corrupt")

    def test_without_its_directory_the_members_own_headers_are_read(self) -> None:
        data = zipped([("a", NOISE), ("b", b"x" * 9000), ("c", NOISE)])
        cut = data.index(b"PK\1\2")
        assert read_all(data[:cut]) == (read_all(data)[0], "truncated")

    def test_sizes_behind_the_members_are_found_wherever_they_stand(self) -> None:
        for length in range(65_440, 65_560, 7):
            data = zipped_forward([("a", noise_of(length)), ("b", b"x")])
            cut = data.index(b"PK\1\2")
            assert read_all(data[:cut]) == (read_all(data)[0], "truncated")

    def test_an_archive_in_front_of_another_is_read_too_and_told(self) -> None:
        hidden = zipped([("hidden", NOISE)])
        shown = zipped([("shown", b"x")])
        assert read_all(hidden + shown) == ([(1, b"hidden", NOISE), (2, b"shown", b"x")], "corrupt")

    def test_a_header_in_front_that_claims_all_bytes_hides_nothing(self) -> None:
        claim = bytearray(local(b"x", b""))
        claim[18:26] = struct.pack("<2L", 1 << 30, 1 << 30)
        shown = zipped([("shown", NOISE)])
        assert read_all(bytes(claim) + shown)[0] == [
            (1, b"x", "truncated"),
            (2, b"shown", NOISE),
        ]

    def test_the_directory_of_a_stored_archive_is_not_taken_for_that_of_a_torn_one(self) -> None:
        inner = zipped([("in", NOISE)])
        whole = zipped([("a", NOISE), ("inner.zip", inner), ("b", NOISE)], zipfile.ZIP_STORED)
        torn = whole[: whole.index(inner) + len(inner)]
        found, problem = read_all(torn)
        assert found[:2] == [(1, b"a", NOISE), (2, b"inner.zip", inner)]
        assert problem == "corrupt"

    def test_bytes_behind_the_end_are_left_alone(self) -> None:
        assert read_all(one() + b"\n")[0] == [(1, b"a", NOISE)]
        assert read_all(closed(local(b"a", NOISE), [entry(b"a", NOISE, 0)], comment=b"PK\5\6"))[0]

    def test_of_one_part_of_a_split_archive_the_members_that_are_there_are_read(self) -> None:
        data = bytearray(one())
        data[-18:-16] = b"\3\0"
        assert read_all(bytes(data)) == ([(1, b"a", NOISE)], "unsupported-format")

    @pytest.mark.parametrize("mark", [b"PK\x07\x08", b"PK00"])
    def test_an_archive_that_was_meant_to_be_split_is_read(self, mark: bytes) -> None:
        members = mark + local(b"a", NOISE)
        whole = closed(members, [entry(b"a", NOISE, len(mark))])
        assert sniff(whole) == "application/zip"
        assert read_all(whole) == ([(1, b"a", NOISE)], None)
        assert read_all(members) == ([(1, b"a", NOISE)], "truncated")

    def test_an_unknown_packing_is_said(self) -> None:
        member = local(b"a", NOISE, method=99)
        line = entry(b"a", NOISE, 0)
        line = line[:10] + struct.pack("<H", 99) + line[12:]
        assert contents(closed(member, [line])) == ["unsupported-format"]

    def test_an_empty_archive_has_no_members(self) -> None:
        assert read_all(zipped([])) == ([], None)

    def test_a_directory_that_cannot_be_there_is_damage(self) -> None:
        data = bytearray(one())
        data[-6:-2] = b"\xff\xff\xff\x7f"
        assert read_all(bytes(data)) == ([(1, b"a", NOISE)], "corrupt")


class TestWhatAFileIs:
    def test_a_picture_with_an_archive_behind_it_is_a_picture(self) -> None:
        assert sniff(b"\xff\xd8\xff\xe0" + NOISE + zipped([("a", NOISE)])) == "image/jpeg"

    def test_a_document_is_told_by_its_parts(self) -> None:
        from rempart.media import container_type  # noqa: PLC0415 - one name for one test

        parts = [("[Content_Types].xml", b"<Types/>"), ("ppt/media/a.jpg", NOISE)]
        assert (container_type(io.BytesIO(zipped(parts)), "application/zip") or "").endswith(
            "presentationml.presentation"
        )
        for other in (parts[:1], parts[1:]):
            data = io.BytesIO(zipped(other))
            assert container_type(data, "application/zip") == "application/zip"
        assert container_type(io.BytesIO(b"PK\3\4"), "application/zip") == "application/zip"
        assert container_type(io.BytesIO(), None) is None

    def test_a_picture_that_is_called_xml_is_no_text_of_a_document(self) -> None:
        parts = [
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", b"\xff\xd8\xff" + NOISE),
            ("word/styles.jpg", b"<w/>"),
        ]
        assert contents(zipped(parts)) == [b"\xff\xd8\xff" + NOISE, b"<w/>"]

    def test_an_encrypted_open_document_is_said_to_be(self) -> None:
        manifest = b"<manifest:manifest>" + b" " * 500 + b"<manifest:encryption-data/>"
        parts = [
            ("mimetype", b"application/vnd.oasis.opendocument.text"),
            ("Pictures/a.jpg", NOISE),
            ("META-INF/manifest.xml", manifest),
        ]
        assert problem_of(zipped(parts, zipfile.ZIP_STORED)) == "encrypted"


@settings(max_examples=30, deadline=None)
@given(
    ranges=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 12)), max_size=60),
    block=st.integers(1, 4),
)
def test_bytes_are_taken_once_in_whatever_order(ranges: list[tuple[int, int]], block: int) -> None:
    taken: set[int] = set()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_extents, "_BLOCK", block)
        extents = _extents.Extents()
        for start, length in ranges:
            wanted = set(range(start, start + length))
            assert extents.take(start, start + length) == (not wanted & taken)
            taken |= wanted if not wanted & taken else set()


@settings(max_examples=25, deadline=None)
@given(
    files=st.lists(
        st.tuples(
            st.text("abc/.é€", min_size=1, max_size=12).filter(lambda name: name[-1] != "/"),
            st.binary(max_size=300),
        ),
        max_size=6,
        unique_by=lambda each: each[0],
    ),
    method=st.sampled_from([0, 8, 12, 14]),
)
def test_what_is_written_is_read_back(files: list[tuple[str, bytes]], method: int) -> None:
    found, problem = read_all(zipped(files, method))
    assert problem is None
    assert [(name.decode(), content) for _, name, content in found] == files


@settings(max_examples=40, deadline=None)
@given(where=st.floats(0, 1), cut=st.integers(0, 12), inserted=st.binary(max_size=12))
def test_damage_anywhere_is_an_outcome(where: float, cut: int, inserted: bytes) -> None:
    data = zipped([("a", b"text " * 40), ("b", NOISE[:50])])
    at = int(where * len(data))
    with open_container(
        io.BytesIO(data[:at] + inserted + data[at + cut :]),
        media_type="application/zip",
        limits=LIMITS,
    ) as container:
        for member in container.members():
            with contextlib.suppress(ContainerError):
                member.open().read()
