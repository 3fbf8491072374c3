"""What every format of archive, document and message keeps to."""

import hashlib
import io
import json
from pathlib import Path

import pytest
from tests.media.archives.sample_archives import FORMATS, LIMITS, noise_of, open_bytes, read_all

from rempart.media import (
    ArchiveBudget,
    ArchiveLimits,
    ContainerError,
    WorkerLimits,
    WorkerPool,
    open_container,
)
from rempart.model.scan import ProblemKind

NOISE = noise_of(30_000)
FILES = [
    ("one.bin", NOISE),
    ("two.bin", b"\x00two" * 5000),
    ("empty.bin", b""),
    ("deep/down/four.bin", NOISE[:513]),
    ("two.bin", b"\x00another of the same name"),
]
HEADER_BYTES = 300
TEN_LIKE = [(f"{number}.bin", b"\x01" + NOISE[:2000]) for number in range(10)]


@pytest.fixture(params=list(FORMATS))
def format_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.filterwarnings("ignore:Duplicate name")
class TestEveryFormat:
    def test_gives_back_the_members_that_were_put_in(self, format_name: str) -> None:
        found, problem = read_all(FORMATS[format_name](FILES))
        assert problem is None
        assert [(name, content) for _, name, content in found] == [
            (name.encode(), data) for name, data in FILES
        ]
        numbers = [number for number, _, _ in found]
        assert numbers == sorted(set(numbers))

    def test_begins_where_it_is_told_to(self, format_name: str) -> None:
        data = FORMATS[format_name](FILES)
        whole, _ = read_all(data)
        for at, (number, _, _) in enumerate(whole):
            assert read_all(data, first=number) == (whole[at:], None)

    def test_members_that_nobody_reads_are_passed_over(self, format_name: str) -> None:
        container = open_bytes(FORMATS[format_name](FILES))
        for at, member in enumerate(container.members()):
            if at == 3:
                assert member.open().read() == NOISE[:513]
            elif at == 0:
                assert member.open().read(10) == NOISE[:10]
        assert container.problem is None

    def test_small_reads_give_the_same_bytes(self, format_name: str) -> None:
        member = next(open_bytes(FORMATS[format_name](FILES)).members())
        stream = member.open()
        pieces = list(iter(lambda: stream.read(1009), b""))
        assert b"".join(piece or b"" for piece in pieces) == NOISE
        assert {len(piece or b"") for piece in pieces[:-1]} == {1009}

    def test_one_member_too_many_ends_it(self, format_name: str) -> None:
        found, problem = read_all(
            FORMATS[format_name](TEN_LIKE), limits=ArchiveLimits(max_members=4)
        )
        assert (len(found), problem) == (4, "too-many-members")

    def test_bytes_over_the_limit_end_it(self, format_name: str) -> None:
        found, problem = read_all(
            FORMATS[format_name](TEN_LIKE), limits=ArchiveLimits(max_bytes=5000)
        )
        assert problem == "expands-too-much"
        assert [len(content) for _, _, content in found[:2]] == [2001, 2001]
        assert len(found) <= 3

    def test_a_member_over_its_limit_costs_only_itself(self, format_name: str) -> None:
        limits = ArchiveLimits(max_member_bytes=29_000)
        found, problem = read_all(FORMATS[format_name](FILES), limits=limits)
        assert problem is None
        assert [content for _, _, content in found] == [
            "file-too-large",
            *(data for _, data in FILES[1:]),
        ]

    def test_members_of_nested_archives_share_one_budget(self, format_name: str) -> None:
        budget = ArchiveBudget(ArchiveLimits(max_members=15))
        data = FORMATS[format_name](TEN_LIKE)
        media_type = "application/zip"
        inner = FORMATS["zip stored"](TEN_LIKE)
        with open_container(
            io.BytesIO(inner), media_type=media_type, limits=budget.limits, budget=budget
        ) as first:
            assert len(list(first.members())) == 10
        second = open_bytes(data)
        second._budget = budget
        assert len(list(second.members())) == 5
        assert second.problem is not None
        assert second.problem.kind == ProblemKind.TOO_MANY_MEMBERS

    def test_torn_anywhere_it_gives_what_is_there_and_says_so(self, format_name: str) -> None:
        data = FORMATS[format_name](FILES)
        for cut in sorted({*range(1, 80, 13), *range(80, len(data) - 1, len(data) // 15)}):
            torn = data[:cut]
            try:
                found, problem = read_all(torn)
            except ContainerError:
                continue  # too little is left to tell what it was
            whole = [content for _, _, content in found if isinstance(content, bytes)]
            told = problem is not None or any(isinstance(content, str) for _, _, content in found)
            if format_name not in {"docx", "odt"}:  # whose torn texts count as members
                assert whole == [data for _, data in FILES][: len(whole)]
            # Nothing is lost with the blocks of zeros behind a tar; a mail may end with its header.
            assert told or len(whole) == len(FILES) or (format_name == "eml" and cut < HEADER_BYTES)

    def test_a_changed_byte_is_an_outcome(self, format_name: str) -> None:
        data = bytearray(FORMATS[format_name](FILES))
        for at in range(0, len(data), max(1, len(data) // 20)):
            data[at] ^= 0xA5
            try:
                read_all(bytes(data))
            except ContainerError:
                pass
            finally:
                data[at] ^= 0xA5

    def test_too_deep_is_refused_before_anything_is_read(self, format_name: str) -> None:
        del format_name
        with pytest.raises(ContainerError) as caught:
            open_container(
                io.BytesIO(),
                media_type="application/zip",
                limits=LIMITS,
                depth=LIMITS.max_depth + 1,
            )
        assert caught.value.kind == ProblemKind.NESTED_TOO_DEEP


def test_every_format_is_read_inside_the_sandbox(tmp_path: Path) -> None:
    expected = [hashlib.sha256(data).hexdigest() for _, data in FILES[:4]]
    told: dict[object, object] = {}
    with WorkerPool("container_workloads:read", None, 1, WorkerLimits()) as pool:
        for name, make in FORMATS.items():
            path = tmp_path / name
            path.write_bytes(make(FILES[:4]))
            if not pool.free_slots:
                told.update(pool.wait())
            with path.open("rb") as file:
                pool.submit(file.fileno(), b"", name)
        told.update(pool.drain())
    assert {
        name: json.loads(answer) if isinstance(answer, bytes) else answer
        for name, answer in told.items()
    } == {name: [expected, None] for name in FORMATS}
