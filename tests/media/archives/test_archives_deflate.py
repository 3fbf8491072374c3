"""Deflated members of a zip: unpacked in one go or by zlib, what is told of them is the same."""

import contextlib
import io
import tracemalloc
import zlib

import deflate
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.media.archives.sample_archives import LIMITS, noise_of, zipped

from rempart.media import ArchiveBudget, ArchiveLimits, ContainerError, open_container
from rempart.media.archives import _unpackers
from rempart.media.archives._deflate import LARGEST_WHOLE_BYTES, DeflatedMember
from rempart.media.archives._reading import PIECE_BYTES, Part, Reading
from rempart.media.archives._streams import MemberStream, Meter

NOISE = noise_of(3 * PIECE_BYTES)
_STEPS = (4096, PIECE_BYTES, 4 * PIECE_BYTES)

contents = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.builds(
        lambda piece, times: piece * times, st.binary(min_size=1, max_size=40), st.integers(1, 9000)
    ),
    st.builds(
        lambda start, end: NOISE[start:end], st.integers(0, 999), st.integers(1000, len(NOISE))
    ),
)


class Watched(io.BytesIO):
    """A file that keeps how much was asked of it."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.asked: list[int] = []

    def read(self, size: int | None = -1, /) -> bytes:
        self.asked.append(-1 if size is None else size)
        return super().read(size)


def packed_by_zlib(data: bytes, level: int = 6, strategy: int = zlib.Z_DEFAULT_STRATEGY) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return packer.compress(data) + packer.flush()


def told(reading: Reading, *, size: int, crc: int, step: int) -> tuple[bytes, object]:
    """Return what a member's stream gives, and how it ends."""
    stream = MemberStream(reading, Meter(LIMITS, ArchiveBudget(LIMITS)), size=size, crc=crc)
    found = b""
    try:
        while piece := stream.read(step):
            found += piece
    except ContainerError as error:
        return found, (error.problem, error.gave_all)
    return found, None


def assert_same(packed: bytes, *, size: int, crc: int, step: int) -> tuple[bytes, object]:
    """Read both ways, hold one against the other, and return what was told."""
    source = io.BytesIO(b"before" + packed + b"behind")
    end = 6 + len(packed)
    member = DeflatedMember(Part(source, 6, end), packed_size=len(packed), size=size, crc=crc)
    found = told(member, size=size, crc=crc, step=step)
    assert found == told(_unpackers.deflate(Part(source, 6, end)), size=size, crc=crc, step=step)
    return found


contents_packed = st.builds(
    lambda data, level, strategy: (data, packed_by_zlib(data, level, strategy)),
    contents,
    st.integers(0, 9),
    st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED]),
)
steps = st.sampled_from(_STEPS)
changes = st.tuples(st.floats(0, 1), st.binary(max_size=8), st.integers(0, 9))


def changed(packed: bytes, change: tuple[float, bytes, int]) -> bytes:
    """Return the data with some bytes dropped at a place, and others put there."""
    where, put, dropped = change
    at = int(where * len(packed))
    return packed[:at] + put + packed[at + dropped :]


class TestTheSameIsToldAsByZlib:
    @given(made=contents_packed, step=steps)
    @settings(max_examples=50)
    def test_of_whole_members(self, made: tuple[bytes, bytes], step: int) -> None:
        data, packed = made
        found = assert_same(packed, size=len(data), crc=zlib.crc32(data), step=step)
        assert found == (data, None)

    @given(made=contents_packed, where=st.floats(0, 1), cut=st.integers(1, 60), step=steps)
    @settings(max_examples=40)
    def test_of_torn_members(
        self, made: tuple[bytes, bytes], where: float, cut: int, step: int
    ) -> None:
        data, packed = made
        for torn in (packed[: int(where * len(packed))], packed[:-cut]):
            assert_same(torn, size=len(data), crc=zlib.crc32(data), step=step)

    @given(made=contents_packed, change=changes, step=steps)
    @settings(max_examples=50)
    def test_of_damaged_members(
        self, made: tuple[bytes, bytes], change: tuple[float, bytes, int], step: int
    ) -> None:
        data, packed = made
        assert_same(changed(packed, change), size=len(data), crc=zlib.crc32(data), step=step)

    @given(
        made=contents_packed, behind=st.binary(max_size=30), off=st.integers(-300, 300), step=steps
    )
    @settings(max_examples=40)
    def test_of_false_sizes_and_of_bytes_behind_the_end(
        self, made: tuple[bytes, bytes], behind: bytes, off: int, step: int
    ) -> None:
        data, packed = made
        size = max(1, len(data) + off)
        assert_same(packed + behind, size=size, crc=zlib.crc32(data), step=step)

    @given(made=contents_packed, step=steps)
    @settings(max_examples=20)
    def test_of_false_checksums_whose_bytes_are_all_given(
        self, made: tuple[bytes, bytes], step: int
    ) -> None:
        data, packed = made
        found, ended = assert_same(packed, size=len(data), crc=zlib.crc32(data) ^ 1, step=step)
        assert found == data
        assert isinstance(ended, tuple)
        assert ended[1], "all was given"

    @given(junk=st.binary(min_size=1, max_size=200), size=st.integers(1, 1000), step=steps)
    @settings(max_examples=50)
    def test_of_bytes_that_are_no_packed_data(self, junk: bytes, size: int, step: int) -> None:
        assert_same(junk, size=size, crc=zlib.crc32(bytes(size)), step=step)

    @pytest.mark.long
    @pytest.mark.timeout(600)
    @given(
        made=contents_packed,
        several=st.lists(changes, max_size=3),
        off=st.sampled_from([(0, 0), (0, 0), (0, 1), (-1, 0), (1, 0), (5000, 0)]),
        step=steps,
    )
    @settings(max_examples=5000, deadline=None)
    def test_whatever_is_wrong(
        self,
        made: tuple[bytes, bytes],
        several: list[tuple[float, bytes, int]],
        off: tuple[int, int],
        step: int,
    ) -> None:
        data, packed = made
        for change in several:
            packed = changed(packed, change)
        size, crc = max(1, len(data) + off[0]), zlib.crc32(data) ^ off[1]
        assert_same(packed, size=size, crc=crc, step=step)

    @given(data=contents, so_far=st.integers(0, 2**32 - 1))
    @settings(max_examples=30)
    def test_of_checksums(self, data: bytes, so_far: int) -> None:
        assert deflate.crc32(data, so_far) == zlib.crc32(data, so_far)


def opened(data: bytes, limits: ArchiveLimits = LIMITS) -> tuple[Watched, io.RawIOBase]:
    """Return a zip of one member that says how it is read from now on, and that member."""
    source = Watched(zipped([("a", data)]))
    container = open_container(source, media_type="application/zip", limits=limits)
    member = next(container.members())
    content = member.open()
    source.asked.clear()
    return source, content


def drain(stream: io.RawIOBase) -> int:
    """Read to the end; return how many bytes there were."""
    found = 0
    while piece := stream.read(4 * PIECE_BYTES):
        found += len(piece)
    return found


def peak_bytes_of(stream: io.RawIOBase) -> int:
    """Return how much memory it takes at most to read a member to its end, or to its limit."""
    tracemalloc.start()
    try:
        with contextlib.suppress(ContainerError):
            drain(stream)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


class TestWhatIsUnpackedInOneGo:
    def test_a_member_of_which_much_is_asked_for(self) -> None:
        source, content = opened(NOISE)
        assert content.read(4 * PIECE_BYTES) == NOISE
        assert source.asked[0] > len(NOISE)
        assert content.read(1) == b""

    def test_nothing_for_a_glance_at_the_beginning(self) -> None:
        source, content = opened(NOISE)
        assert content.read(64) == NOISE[:64]
        assert content.read(4 * PIECE_BYTES) == NOISE[64:]
        assert max(source.asked) == PIECE_BYTES

    @pytest.mark.parametrize(
        "limits",
        [
            ArchiveLimits(max_bytes=2 * PIECE_BYTES),
            ArchiveLimits(max_member_bytes=2 * PIECE_BYTES),
        ],
        ids=["bytes", "bytes of a member"],
    )
    def test_nothing_beyond_a_limit(self, limits: ArchiveLimits) -> None:
        source, content = opened(NOISE, limits)
        assert content.read(2 * PIECE_BYTES) == NOISE[: 2 * PIECE_BYTES]
        with pytest.raises(ContainerError, match="more than"):
            content.read(2 * PIECE_BYTES)
        assert max(source.asked) == PIECE_BYTES

    def test_no_bomb_and_nothing_that_packs_well(self) -> None:
        stream = opened(bytes(LARGEST_WHOLE_BYTES), ArchiveLimits(max_ratio=2000))[1]
        assert peak_bytes_of(stream) < 2 * 1024**2

    def test_nothing_of_which_the_archive_has_not_the_packed_bytes(self) -> None:
        size = LARGEST_WHOLE_BYTES
        packed = len(packed_by_zlib(NOISE))
        data = zipped([("a", NOISE)])
        for true, claimed in ((len(NOISE), size), (packed, size)):
            data = data.replace(true.to_bytes(4, "little"), claimed.to_bytes(4, "little"))
        source = io.BytesIO(data)
        container = open_container(source, media_type="application/zip", limits=LIMITS)
        assert peak_bytes_of(next(container.members()).open()) < 2 * 1024**2

    def test_nothing_that_is_too_large(self) -> None:
        whole = NOISE * (LARGEST_WHOLE_BYTES // len(NOISE) + 1)
        source, content = opened(whole)
        assert drain(content) == len(whole)
        assert max(source.asked) == PIECE_BYTES
